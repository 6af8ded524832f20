"""Baselines on the real control plane; the tests play the container."""

from __future__ import annotations

from tests.cluster.processes import wait_until
from tests.integration.operator.process import OperatorProcess
from tests.integration.operator.resources import FILES, Resources, baseline, complete, set_pod


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
    assert resources.wait_event("flights", "BaselineReady") == "1000 rows, 7 columns"


def test_a_corrected_image_replaces_the_job_that_waits(operator: OperatorProcess, resources: Resources) -> None:
    resources.apply(baseline(job={"image": "nowhere.invalid/image:1"}))
    job = resources.wait_job("flights-baseline-")
    name, uid = job["metadata"]["name"], job["metadata"]["uid"]
    set_pod(resources, name, "Pending", {"waiting": {"reason": "ErrImagePull", "message": "no such host"}})
    found = resources.wait_condition("Baseline", "flights", "Reconciling", "True", "ImagePullBackOff")
    assert "spec.job.image" in found["message"]
    resources.apply(baseline(job={"image": "model-monitor-jobs:1"}))

    def replaced() -> bool:
        body = resources.get("Job", name)
        if body is None or body["metadata"]["uid"] == uid:
            return False
        image = body["spec"]["template"]["spec"]["containers"][0]["image"]
        return bool(image == "model-monitor-jobs:1")

    wait_until(replaced, "the Job with the right image", timeout_seconds=20)
    resources.wait_condition("Baseline", "flights", "Reconciling", "True", "Pending")


def test_a_baseline_keeps_three_executions_and_one_job(operator: OperatorProcess, resources: Resources) -> None:
    made = [resources.make_baseline(dataset={"uri": f"s3://bucket/{number}.csv"}) for number in range(5)]
    wait_until(
        lambda: {body["metadata"]["name"] for body in resources.all_of("MonitoringExecution")} == set(made[-3:]),
        "three executions to be left",
    )
    wait_until(
        lambda: [body["metadata"]["name"] for body in resources.all_of("Job")] == made[-1:], "one Job to be left"
    )


def test_a_job_that_is_gone_after_its_time_is_not_run_again(operator: OperatorProcess, resources: Resources) -> None:
    name = resources.make_baseline()
    resources.delete("Job", name)
    resources.apply(baseline(job={"backoffLimit": 5}))
    resources.wait_condition("Baseline", "flights", "Ready", "True", "BaselineMade")
    assert resources.all_of("Job") == []
