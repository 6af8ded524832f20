"""Baselines on the real control plane; the tests play the container."""

from __future__ import annotations

from tests.integration.operator.process import OperatorProcess
from tests.integration.operator.resources import FILES, Resources, baseline, complete


def test_a_baseline_gets_a_job_and_the_outcome_of_its_execution(
    operator: OperatorProcess, resources: Resources
) -> None:
    resources.apply(baseline())
    job = resources.wait_job("flights-baseline-")
    name = job["metadata"]["name"]
    resources.wait_condition("Baseline", "flights", "Reconciling", "True")
    resources.record(name, baseline(), complete(baselineFiles=FILES, recordCount=1000))
    ready = resources.wait_condition("Baseline", "flights", "Ready", "True")
    assert ready["message"] == "1000 rows, 7 columns"
    status = resources.get("Baseline", "flights")["status"]  # type: ignore[index]
    assert status["files"] == FILES
    assert status["executionName"] == name
    resources.wait_condition("MonitoringExecution", name, "Ready", "True", "Completed")
    assert ("BaselineReady", "1000 rows, 7 columns") in resources.events("flights")
