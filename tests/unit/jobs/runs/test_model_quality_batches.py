"""Model quality of batch folders, and against files that SageMaker made."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model_monitor_crds.baseline import BaselineFiles, BaselineSpec
from model_monitor_jobs.decisions import Verdict
from model_monitor_jobs.errors import ConfigurationError, InputError, MonitorError
from model_monitor_jobs.runs.baseline import make_baseline
from model_monitor_jobs.runs.model_quality_result import ModelQualityResult
from tests.unit.jobs.runs.shop import DAY, START, Shop, rows

DAY_20 = "2026-01-21"
LABELS = {"uri": "pvc://shop/labels.csv", "format": "CSV", "columns": {"id": "order", "label": "bought"}}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = Shop(tmp_path)
    made.write_training()
    return made


def judge(shop: Shop, batch: dict[str, Any], columns: dict[str, Any], **changes: Any) -> ModelQualityResult:
    """Judge day 20 of a batch folder."""
    source = {"batch": {"dataURI": "pvc://shop/batch/%Y-%m-%d", **batch}}
    monitor = shop.monitor(input=source, columns=columns, **changes)
    return shop.judge(shop.baseline(), 20, monitor=monitor)


def write(path: Path, lines: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines))


def ids(count: int) -> list[str]:
    return [str(uuid.uuid5(uuid.NAMESPACE_URL, f"order {number}")) for number in range(count)]


def write_labels(shop: Shop, named: list[str], labels: list[str]) -> None:
    write(shop.root / "labels.csv", ["order,bought", *(f"{a},{b}" for a, b in zip(named, labels, strict=True))])


def test_sagemakers_batch_transform_adds_the_ids(shop: Shop) -> None:
    made, named = rows(shop.problem, 600, 20), ids(600)
    lines = [
        f"{row.x[0]:.3f},{row.x[1]:.3f},{row.plan},{row.probability},{id},2026-01-20T04:00:00Z"
        for row, id in zip(made, named, strict=True)
    ]
    write(shop.root / "batch" / DAY_20 / "part-0.csv.out", lines)
    write_labels(shop, named, [row.label for row in made])
    result = judge(shop, {"csv": {"header": False}}, {"probability": "3"}, groundTruth=LABELS)
    assert result.coverage.matched == 600
    assert result.findings[0].verdict is Verdict.PASS


def test_json_lines_joined_with_their_input(shop: Shop) -> None:
    made, named = rows(shop.problem, 600, 20), ids(600)
    records = [
        {
            "features": [*row.x, row.plan],
            "SageMakerOutput": {"score": row.probability},
            "SageMakerInferenceId": id,
            "SageMakerInferenceTime": "2026-01-20T04:00:00Z",
        }
        for row, id in zip(made, named, strict=True)
    ]
    write(shop.root / "batch" / DAY_20 / "part-0.jsonl.out", list(map(json.dumps, records)))
    write_labels(shop, named, [row.label for row in made])
    result = judge(shop, {"format": "JSONLines"}, {"probability": "score"}, groundTruth=LABELS)
    assert result.coverage.matched == 600
    assert result.findings[0].verdict is Verdict.PASS


def test_predictions_beside_their_input(shop: Shop) -> None:
    made, named = rows(shop.problem, 600, 20), ids(600)
    for part in range(2):
        some = slice(300 * part, 300 * part + 300)
        inputs = [f"{id},{row.x[0]:.3f},{row.x[1]:.3f}" for row, id in zip(made[some], named[some], strict=True)]
        write(shop.root / "batch" / DAY_20 / f"file_{part}.csv", ["order,x,y", *inputs])
        write(
            shop.root / "predictions" / DAY_20 / f"file_{part}.csv.out",
            ["chance", *(str(row.probability) for row in made[some])],
        )
    write_labels(shop, named, [row.label for row in made])
    beside = {"predictionsURI": "pvc://shop/predictions/%Y-%m-%d"}
    columns = {"probability": "chance", "id": "order"}
    result = judge(shop, beside, columns, groundTruth=LABELS)
    assert result.coverage.matched == 600
    assert result.findings[0].verdict is Verdict.PASS
    (shop.root / "predictions" / DAY_20 / "file_1.csv.out").write_text("chance\n0.5\n")
    with pytest.raises(InputError, match=r"file_1\.csv.*300.*file_1\.csv\.out.*1"):
        judge(shop, beside, columns, groundTruth=LABELS)


def test_labels_that_stand_in_the_folder_itself(shop: Shop) -> None:
    made = rows(shop.problem, 600, 20)
    table = pa.table(
        {
            "chance": [row.probability for row in made],
            "bought": [int(row.label) if place else None for place, row in enumerate(made)],
        }
    )
    path = shop.root / "batch" / DAY_20 / "part.parquet"
    path.parent.mkdir(parents=True)
    pq.write_table(table, path)
    columns = {"probability": "chance", "groundTruth": "bought"}
    result = judge(shop, {"format": "Parquet"}, columns, groundTruth=None)
    assert (result.coverage.records, result.needed.labelled) == (600, 599)
    assert result.findings[0].verdict is Verdict.PASS


def test_a_table_of_labels_without_the_column_is_an_error(shop: Shop) -> None:
    shop.write_day(20)
    write_labels(shop, ["a"], ["1"])
    truth = LABELS | {"columns": {"id": "number"}}
    with pytest.raises(InputError, match=r"no column 'number' \(spec\.groundTruth\.columns\.id\).*order, bought"):
        shop.judge(shop.baseline(), 20, monitor=shop.monitor(groundTruth=truth))


def adopted(shop: Shop, constraints: dict[str, Any], **spec: Any) -> BaselineFiles:
    """A baseline of constraints alone."""
    (shop.root / "constraints.json").write_text(json.dumps(constraints))
    existing = {"existing": {"constraintsURI": "pvc://shop/constraints.json"}}
    whole = {"monitoringType": "ModelQuality"} | existing | spec
    return make_baseline(BaselineSpec.model_validate(whole), shop.storage).files


def constraints_of(**thresholds: float) -> dict[str, Any]:
    greater = ("false_positive_rate", "false_negative_rate")
    return {
        "version": 0.0,
        "binary_classification_constraints": {
            name: {
                "threshold": value,
                "comparison_operator": "GreaterThanThreshold" if name in greater else "LessThanThreshold",
            }
            for name, value in thresholds.items()
        },
    }


def test_a_problem_that_adopted_constraints_are_not_of_is_refused(shop: Shop) -> None:
    constraints = constraints_of(auc=0.8)
    assert adopted(shop, constraints, modelQuality={"problemType": shop.problem}) == adopted(shop, constraints)
    message = r"spec\.modelQuality\.problemType: is Regression, pvc://shop/constraints\.json is of BinaryClassification"
    with pytest.raises(ConfigurationError, match=message):
        adopted(shop, constraints, modelQuality={"problemType": "Regression"})


def test_sagemakers_thresholds_decide_as_they_did(shop: Shop) -> None:
    shop.write_day(20)
    files = adopted(shop, constraints_of(recall=0.99, auc=0.5, false_positive_rate=0.0, f0_5=0.99))
    columns = {"probability": "0"}
    monitor = shop.monitor(columns=columns, modelQuality={"compatibility": "SageMaker"})
    result = shop.judge(files, 20, monitor=monitor)
    verdicts = {finding.check: finding.verdict for finding in result.findings}
    assert verdicts == {
        "recall_check": Verdict.VIOLATION,
        "false_positive_rate_check": Verdict.VIOLATION,
        "auc_check": Verdict.PASS,
        "f0_5_check": Verdict.VIOLATION,
    }
    document = result.documents()["constraint_violations.json"]["violations"]
    rate = next(violation for violation in document if violation["metric_name"] == "falsePositiveRate")
    assert rate["constraint_check_type"] == "GreaterThanThreshold"
    assert rate["description"].startswith("Metric falsePositiveRate with 0.")
    assert rate["description"].endswith("was GreaterThanThreshold '0.0'")
    published = result.published(START + 21 * DAY, {"MonitoringSchedule": "shop"}).decode().splitlines()
    assert {"recall", "auc", "f0_5"} <= {json.loads(line)["MetricName"] for line in published}


def test_adopted_values_are_judged_by_the_default_rule_as_well(shop: Shop) -> None:
    shop.write_day(20)
    good = shop.judge(adopted(shop, constraints_of(auc=0.9)), 20, monitor=shop.monitor(columns={"probability": "0"}))
    (finding,) = good.findings
    assert finding.verdict is Verdict.PASS
    assert any("usual variation of this baseline is unknown" in note for note in good.notes)
    bad = shop.judge(adopted(shop, constraints_of(auc=0.2)), 20, monitor=shop.monitor(columns={"probability": "0"}))
    assert bad.findings[0].verdict is Verdict.VIOLATION
    assert bad.findings[0].description.endswith("better")


@pytest.mark.parametrize(
    ("document", "error"),
    [
        ({"version": 0.0}, "has none of"),
        (constraints_of(recal=0.9), "recal: unknown key; did you mean recall"),
        ({"version": 0.0, "features": []}, "data quality|has none of|features"),
    ],
)
def test_constraints_that_can_not_be_adopted(shop: Shop, document: dict[str, Any], error: str) -> None:
    with pytest.raises(MonitorError, match=error):
        adopted(shop, document)
