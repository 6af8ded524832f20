"""Bias through the real controllers: a model that came to treat a group differently, from a store to the resources."""

from __future__ import annotations

import json
from typing import Any

from tests.integration.e2e.monitored import Monitored
from tests.unit.jobs.runs.bias_shop import FACETS, BiasShop
from tests.unit.jobs.runs.shop import DAY, START

STORE = {"envFrom": [{"secretRef": {"name": "store"}}]}


def resources(monitored: Monitored, shop: BiasShop) -> None:
    """Apply a Baseline and a MonitoringSchedule on the shop's data, and wait until both are ready."""
    bucket = f"s3://{monitored.namespace}"
    baseline: dict[str, Any] = {
        "monitoringType": "ModelBias",
        "modelBias": FACETS,
        "dataset": {"uri": f"{bucket}/training.csv"},
        "columns": shop.baseline_spec().columns.to_dict(),
        "windows": ["P1D"],
        "output": {"uri": f"{bucket}/baseline"},
        "job": STORE,
    }
    monitor: dict[str, Any] = {
        "monitoringType": "ModelBias",
        "schedule": "0 0 1 1 *",
        "baselineRef": {"name": "bias"},
        "input": {"endpoint": {"captureURI": f"{bucket}/capture"}},
        "groundTruth": {"uri": f"{bucket}/labels"},
        "output": {"uri": f"{bucket}/reports"},
        "job": STORE,
    }
    monitored.apply(
        *(
            {"apiVersion": "modelmonitor.dev/v1alpha1", "kind": kind, "metadata": {"name": "bias"}, "spec": own}
            for kind, own in (("Baseline", baseline), ("MonitoringSchedule", monitor))
        )
    )
    monitored.wait("baseline", "bias", "Ready")
    monitored.wait("monitoringschedule", "bias", "Ready")


def test_a_model_that_became_unfair_is_told_by_its_resources(monitored: Monitored) -> None:
    shop = BiasShop(monitored.bucket)
    shop.write_training()
    for day, unfair in ((20, 0.0), (21, 0.4)):
        shop.unfair = unfair
        shop.write_day(day)
    resources(monitored, shop)
    for day in (20, 21):
        start = START + day * DAY
        window = f"{start:%Y-%m-%dT%H:%M:%SZ}", f"{start + DAY:%Y-%m-%dT%H:%M:%SZ}"
        monitored.apply(monitored.execution(f"day-{day}", *window, schedule="bias"))
        monitored.wait("mexe", f"day-{day}", "Ready")
    fair, unfair_ = (monitored.get("mexe", f"day-{day}")["status"] for day in (20, 21))
    assert fair["violationCount"] == 0
    assert (fair["labels"]["matched"], fair["recordCount"]) == (600, 600)
    assert [(metric["metric"], metric["facet"]) for metric in fair["metrics"][:2]] == [
        ("DPL", "plan = b"),
        ("DPPL", "plan = b"),
    ]
    assert [(each["column"], each["check"]) for each in unfair_["violations"]] == [("plan = b", "dppl_check")]
    assert unfair_["violations"][0]["description"].endswith("further from equal treatment")
    schedule = monitored.wait("msch", "bias", "ViolationsDetected")
    assert schedule["status"]["violations"][0]["check"] == "dppl_check"
    baseline = monitored.get("baseline", "bias")["status"]
    assert baseline["files"]["constraintsURI"].endswith("/analysis.json")
    assert "metrics" in monitored.condition({"status": baseline}, "Ready")["message"]
    folder = monitored.bucket / "reports/bias/on-demand/day-21"
    document = json.loads((folder / "constraint_violations.json").read_text())
    assert [(each["facet"], each["metric_name"]) for each in document["violations"]] == [("plan", "DPPL")]
    assert {path.name for path in folder.iterdir()} == {
        "analysis.json",
        "constraint_violations.json",
        "report.html",
        "execution.json",
    }
