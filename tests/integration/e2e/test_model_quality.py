"""Model quality through the real controllers: labels that come late, from a store to the resources."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from model_monitor_crds.model_quality import ProblemType
from tests.cluster.processes import wait_until
from tests.integration.e2e.monitored import Monitored
from tests.unit.jobs.runs.shop import DAY, START, Payload, Shop, rows

STORE = {"envFrom": [{"secretRef": {"name": "store"}}]}


def resources(monitored: Monitored, shop: Shop, **schedule: Any) -> None:
    """Apply a Baseline and a MonitoringSchedule on the shop's data, and wait until both are ready."""
    spec = shop.baseline_spec().to_dict()
    bucket = f"s3://{monitored.namespace}"
    baseline = {
        "monitoringType": "ModelQuality",
        "modelQuality": {"problemType": shop.problem},
        "dataset": {"uri": f"{bucket}/training.csv"},
        "columns": spec["columns"],
        "windows": ["P1D"],
        "output": {"uri": f"{bucket}/baseline"},
        "job": STORE,
    }
    monitor = {
        "monitoringType": "ModelQuality",
        "schedule": "0 0 1 1 *",
        "baselineRef": {"name": "quality"},
        "input": {"endpoint": {"captureURI": f"{bucket}/capture"}},
        "groundTruth": {"uri": f"{bucket}/labels"},
        "output": {"uri": f"{bucket}/reports"},
        "job": STORE,
    } | schedule
    monitored.apply(
        *(
            {"apiVersion": "modelmonitor.dev/v1alpha1", "kind": kind, "metadata": {"name": "quality"}, "spec": own}
            for kind, own in (("Baseline", baseline), ("MonitoringSchedule", monitor))
        )
    )
    monitored.wait("baseline", "quality", "Ready")
    monitored.wait("monitoringschedule", "quality", "Ready")


@pytest.mark.parametrize(
    ("problem", "metric", "payload", "answer"),
    [
        ("BinaryClassification", "auc", "CSV", {"probability": "0"}),
        ("MulticlassClassification", "accuracy", "JSON", {"prediction": "result.value"}),
        ("Regression", "mae", "instances", {"prediction": "predictions[*].result.value"}),
    ],
    ids=["position", "name", "path"],
)
def test_a_model_that_got_worse_is_told_by_its_resources(
    monitored: Monitored, problem: ProblemType, metric: str, payload: Payload, answer: dict[str, str]
) -> None:
    shop = Shop(monitored.bucket, problem, payload)
    shop.write_training()
    for day, wrong in ((20, 0.0), (21, 0.6)):
        shop.write_day(day, wrong=wrong)
    resources(monitored, shop, columns=answer | {"groundTruth": "bought"})
    for day in (20, 21):
        start = START + day * DAY
        window = f"{start:%Y-%m-%dT%H:%M:%SZ}", f"{start + DAY:%Y-%m-%dT%H:%M:%SZ}"
        monitored.apply(monitored.execution(f"day-{day}", *window, schedule="quality"))
        monitored.wait("mexe", f"day-{day}", "Ready")
    fine, worse = (monitored.get("mexe", f"day-{day}")["status"] for day in (20, 21))
    assert fine["violationCount"] == 0
    assert (fine["labels"]["coverage"], fine["labels"]["matched"], fine["recordCount"]) == (1, 600, 600)
    assert fine["metrics"][0]["metric"] == metric
    assert fine["metrics"][0]["low"] < fine["metrics"][0]["value"] < fine["metrics"][0]["high"]
    assert [violation["check"] for violation in worse["violations"]] == [f"{metric}_check"]
    assert worse["violations"][0]["description"].endswith("worse")
    schedule = monitored.wait("msch", "quality", "ViolationsDetected")
    assert schedule["status"]["violations"][0]["check"] == f"{metric}_check"
    assert monitored.condition(schedule, "Ready")["status"] == "True", "a worse model must not make Ready False"
    folder = monitored.bucket / "reports/quality/on-demand/day-21"
    document = json.loads((folder / "constraint_violations.json").read_text())
    assert [violation["metric_name"] for violation in document["violations"]] == [metric]
    assert {path.name for path in folder.iterdir()} == {
        "statistics.json",
        "constraints.json",
        "constraint_violations.json",
        "report.html",
        "execution.json",
    }
    wide = monitored.kubectl("get", "mexe", "day-21", "-o", "wide")
    assert "COVERAGE" in wide


def test_a_batch_folder_with_the_ids_of_batch_transform(monitored: Monitored) -> None:
    shop = Shop(monitored.bucket)
    shop.write_training()
    made = rows(shop.problem, 600, 20, wrong=0.6)
    folder = monitored.bucket / "batch" / "2026-01-21"
    folder.mkdir(parents=True)
    named = [f"3f2a7c1e-0000-4000-8000-{number:012}" for number in range(600)]
    (folder / "part-0.csv.out").write_text(
        "".join(f"{row.probability},{id},2026-01-21T04:00:00Z\n" for row, id in zip(made, named, strict=True))
    )
    labels = "".join(f"{id},{row.label}\n" for row, id in zip(made, named, strict=True))
    (monitored.bucket / "labels.csv").write_text("order,bought\n" + labels)
    bucket = f"s3://{monitored.namespace}"
    batch = {"dataURI": f"{bucket}/batch/%Y-%m-%d", "csv": {"header": False}}
    truth = {"uri": f"{bucket}/labels.csv", "format": "CSV", "columns": {"id": "order", "label": "bought"}}
    resources(monitored, shop, input={"batch": batch}, groundTruth=truth, columns={"probability": "0"})
    monitored.apply(monitored.execution("day", "2026-01-21T00:00:00Z", "2026-01-22T00:00:00Z", schedule="quality"))
    status = monitored.wait("mexe", "day", "Complete")["status"]
    assert (status["recordCount"], status["labels"]["matched"]) == (600, 600)
    assert [violation["check"] for violation in status["violations"]] == ["auc_check"]


def test_labels_that_come_later_publish_a_new_result(monitored: Monitored) -> None:
    shop = Shop(monitored.bucket)
    shop.write_training()
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    shop.write_span(hour - timedelta(hours=2), timedelta(hours=1), 600, late=timedelta(minutes=1))
    truth = {"uri": f"s3://{monitored.namespace}/labels", "recheck": "PT30M"}
    endpoint = {"captureURI": f"s3://{monitored.namespace}/capture"}
    window = {"startOffset": "-PT3H", "endOffset": "PT0S"}
    resources(monitored, shop, schedule="* * * * *", groundTruth=truth, input={"endpoint": endpoint, "window": window})

    def named(pattern: str) -> list[str]:
        return [name for name in monitored.names("mexe") if re.fullmatch(pattern, name)]

    wait_until(lambda: bool(named(r"quality-[0-9]{8}")), "a scheduled run", timeout_seconds=90)
    first = named(r"quality-[0-9]{8}")[0]
    before = monitored.wait("mexe", first, "Complete")["status"]
    assert before["violationCount"] == 0
    assert before["labels"]["asOf"] == before["scheduledTime"]
    for id in shop.known:
        shop.write_label(id, "1" if shop.known[id] == "0" else "0", datetime.now(UTC))
    wait_until(lambda: bool(named(r"quality-r[a-p]{8}")), "a window judged again", timeout_seconds=150)
    again = monitored.wait("mexe", named(r"quality-r[a-p]{8}")[0], "Complete")["status"]
    assert again["window"] == before["window"]
    assert again["labels"]["revision"] == 1
    assert again["labels"]["asOf"] > before["labels"]["asOf"]
    assert [violation["check"] for violation in again["violations"]] == ["auc_check"]
    monitored.wait("msch", "quality", "InAlert")
    tick = datetime.fromisoformat(before["scheduledTime"])
    folder = monitored.bucket / "reports/quality" / f"{tick:%Y/%m/%d/%H}{tick:-%M}".removesuffix("-00")
    revisions = json.loads((folder / "execution.json").read_text())["revisions"]
    assert [revision["violated"] for revision in revisions] == [[]]
