"""What makes a figure of model quality wrong without a word: each is told, refused, or right."""

from __future__ import annotations

import csv
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sklearn import metrics as oracle

from model_monitor_crds import MonitoringSchedule
from model_monitor_crds.alert import Check
from model_monitor_crds.baseline import BaselineFiles, BaselineSpec
from model_monitor_crds.window import Window
from model_monitor_jobs.decisions import Verdict
from model_monitor_jobs.errors import InputError
from model_monitor_jobs.estimation.backtest import Backtest
from model_monitor_jobs.execution.local import occasions, replay
from model_monitor_jobs.runs.baseline import make_baseline
from model_monitor_jobs.runs.history import EarlierCheck, EarlierMetric, EarlierResult, History
from model_monitor_jobs.runs.labels_as_of import LabelsAsOf
from model_monitor_jobs.runs.model_quality import run_model_quality
from tests.unit.jobs.runs.shop import DAY, START, Row, Shop, rows


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = Shop(tmp_path)
    made.write_training()
    return made


def adopted(shop: Shop, thresholds: dict[str, float], **existing: str) -> BaselineFiles:
    """Adopt constraints of a binary problem."""
    constraints = {
        name: {"threshold": threshold, "comparison_operator": "LessThanThreshold"}
        for name, threshold in thresholds.items()
    }
    document = {"version": 0.0, "binary_classification_constraints": constraints}
    (shop.root / "adopted.json").write_text(json.dumps(document))
    existing = {"constraintsURI": "pvc://shop/adopted.json", **existing}
    spec = BaselineSpec.model_validate({"monitoringType": "ModelQuality", "existing": existing})
    return make_baseline(spec, shop.storage).files


def test_captured_values_without_names_give_the_answer_of_a_dataset_that_has_it_last(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    made = rows(shop.problem, 3000, 1)
    with (shop.root / "training.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["x", "y", "plan", "score", "bought", "at"])
        for place, row in enumerate(made):
            moment = START + place * DAY / 250
            writer.writerow([*(f"{x:.3f}" for x in row.x), row.plan, row.probability, row.label, moment.isoformat()])
    shop.write_day(20)
    columns = {"probability": "score", "groundTruth": "bought", "timestamp": "at"}
    result = shop.judge(shop.baseline(columns=columns), 20, monitor=shop.monitor(columns=columns))
    window = rows(shop.problem, 600, 20)
    expected = oracle.roc_auc_score([int(row.label) for row in window], [row.probability for row in window])
    assert result.measured["auc"].value == pytest.approx(expected)


@pytest.mark.parametrize("label", ["0", "1"])
def test_labels_of_one_class_judge_nothing(shop: Shop, label: str) -> None:
    shop.write_day(20, label=lambda _: label)
    metrics = ["f1", "accuracy", "precision", "log_loss", "auc"]
    result = shop.judge(shop.baseline(), 20, monitor=shop.monitor(modelQuality={"metrics": metrics}))
    assert {finding.verdict for finding in result.findings} == {Verdict.INSUFFICIENT_DATA}
    assert all(f"all 600 labels are {label}" in finding.description for finding in result.findings)


def test_labels_of_one_class_of_many_judge_nothing(tmp_path: Path) -> None:
    shop = Shop(tmp_path, "MulticlassClassification")
    shop.write_training()
    shop.write_day(20, label=lambda _: "bus")
    (finding,) = shop.judge(shop.baseline(), 20).findings
    assert finding.verdict is Verdict.INSUFFICIENT_DATA
    assert finding.description == "accuracy: all 600 labels are bus"


def test_classes_that_the_baseline_does_not_know_are_named(tmp_path: Path) -> None:
    shop = Shop(tmp_path, "MulticlassClassification")
    shop.write_training()
    shop.write_day(20, label=lambda row: "fish" if row.x[0] > 1 else row.label)
    fish = sum(row.x[0] > 1 for row in rows(shop.problem, 600, 20))
    expected = f'{fish} labels are of classes that the baseline does not know: "fish"'
    assert expected in shop.judge(shop.baseline(), 20).notes


def test_a_segment_needs_labels_of_its_own(shop: Shop) -> None:
    kept: list[Row] = []
    for place, row in enumerate(rows(shop.problem, 1200, 20)):
        moment = START + 20 * DAY + place * DAY / 1200
        shop._next += 1
        id = f"order-{shop._next}"
        shop._append("capture", moment, shop._event(row, id, moment))
        if row.plan == "a" or place % 10 < 7:
            kept.append(row)
            shop.write_label(id, row.label, moment)
    columns = shop.baseline_spec().columns.to_dict() | {"segments": ["plan"]}
    result = shop.judge(shop.baseline(columns=columns), 20, monitor=shop.monitor(columns=columns))
    verdicts = {finding.segment: finding for finding in result.findings}
    assert len(kept) > 0.8 * 1200
    assert verdicts[()].verdict is Verdict.PASS
    assert verdicts["plan", "a"].verdict is Verdict.PASS
    assert verdicts["plan", "b"].verdict is Verdict.INSUFFICIENT_DATA
    assert "80.0 % are needed" in verdicts["plan", "b"].description


def test_adopted_constraints_judge_a_batch_folder_with_its_own_labels(shop: Shop) -> None:
    folder = shop.root / "batch"
    folder.mkdir()
    made = rows(shop.problem, 600, 20)
    lines = ["score,bought", *(f"{row.probability},{row.label}" for row in made)]
    (folder / "part.csv").write_text("\n".join(lines) + "\n")
    columns = {"probability": "score", "groundTruth": "bought"}
    monitor = shop.monitor(input={"batch": {"dataURI": "pvc://shop/batch"}}, columns=columns, groundTruth=None)
    result = shop.judge(adopted(shop, {"auc": 0.9}), 20, monitor=monitor)
    expected = oracle.roc_auc_score([int(row.label) for row in made], [row.probability for row in made])
    assert result.measured["auc"].value == pytest.approx(expected)


def test_an_own_label_column_that_is_not_there_is_named(shop: Shop) -> None:
    folder = shop.root / "batch"
    folder.mkdir()
    (folder / "part.csv").write_text("score,bought\n" + ".5,1\n" * 300)
    monitor = shop.monitor(
        input={"batch": {"dataURI": "pvc://shop/batch"}},
        columns={"probability": "score", "groundTruth": "bougth"},
        groundTruth=None,
    )
    with pytest.raises(InputError, match=r"spec\.columns\.groundTruth: .*'bougth'.*bought"):
        shop.judge(shop.baseline(), 20, monitor=monitor)


def test_an_edited_threshold_is_not_the_value_of_an_adopted_baseline(shop: Shop) -> None:
    shop.write_day(20)
    files = shop.baseline()
    own = adopted(shop, {"auc": 0.5}, statisticsURI=str(files.statistics_uri))
    (finding,) = shop.judge(own, 20, monitor=shop.monitor(columns={"probability": "0"})).findings
    assert finding.verdict is Verdict.PASS
    monitor = shop.monitor(columns={"probability": "0"}, modelQuality={"compatibility": "SageMaker"})
    (finding,) = shop.judge(own, 20, monitor=monitor).findings
    assert finding.expected == "LessThanThreshold 0.500"


def test_a_constraint_on_what_is_not_measured_is_told(shop: Shop) -> None:
    shop.write_day(20)
    monitor = shop.monitor(
        modelQuality={"compatibility": "SageMaker", "probabilityThreshold": 0.5}, columns={"prediction": "0"}
    )
    found = {finding.check: finding for finding in _of_predictions(shop, monitor)}
    assert found["auc_check"].verdict is Verdict.INSUFFICIENT_DATA
    assert found["auc_check"].description == "auc: it needs probabilities"


def _of_predictions(shop: Shop, monitor: Any) -> Any:
    folder = shop.root / "batch"
    folder.mkdir()
    made = rows(shop.problem, 600, 20)
    lines = ["answer,bought", *(f"{row.prediction},{row.label}" for row in made)]
    (folder / "part.csv").write_text("\n".join(lines) + "\n")
    own = monitor.model_copy(deep=True).to_dict() | {
        "input": {"batch": {"dataURI": "pvc://shop/batch"}},
        "columns": {"prediction": "answer", "groundTruth": "bought"},
    }
    own.pop("groundTruth")
    chosen = type(monitor).model_validate(own)
    return shop.judge(adopted(shop, {"auc": 0.9, "accuracy": 0.5}), 20, monitor=chosen).findings


def test_a_label_folder_that_is_not_there_is_told(shop: Shop) -> None:
    shop.write_day(20)
    result = shop.judge(shop.baseline(), 20, monitor=shop.monitor({"uri": "pvc://shop/lables"}))
    assert any("no files of labels for this window below pvc://shop/lables" in note for note in result.notes)


def test_large_labels_of_an_adopted_regression_keep_their_digits(tmp_path: Path) -> None:
    shop = Shop(tmp_path, "Regression")
    folder = shop.root / "batch"
    folder.mkdir()
    made = [(1e8 + float(row.prediction), 1e8 + float(row.label)) for row in rows(shop.problem, 600, 20)]
    (folder / "part.csv").write_text("answer,price\n" + "".join(f"{a:.3f},{b:.3f}\n" for a, b in made))
    constraints = {"r2": {"threshold": 0.5, "comparison_operator": "LessThanThreshold"}}
    (shop.root / "own.json").write_text(json.dumps({"version": 0.0, "regression_constraints": constraints}))
    spec = {"monitoringType": "ModelQuality", "existing": {"constraintsURI": "pvc://shop/own.json"}}
    files = make_baseline(BaselineSpec.model_validate(spec), shop.storage).files
    monitor = shop.monitor(
        input={"batch": {"dataURI": "pvc://shop/batch"}},
        columns={"prediction": "answer", "groundTruth": "price"},
        groundTruth=None,
    )
    answers, labels = zip(*((round(a, 3), round(b, 3)) for a, b in made), strict=True)
    measured = shop.judge(files, 20, monitor=monitor).measured["r2"].value
    assert measured == pytest.approx(oracle.r2_score(labels, answers), abs=1e-6)


def test_labels_of_a_table_with_times_are_looked_for_again(shop: Shop) -> None:
    for day in range(20, 24):
        shop.write_day(day, 600, labelled=0.0)
    with (shop.root / "table.csv").open("w") as file:
        file.write("id,label,at\n")
        for place in range(2400):
            moment = START + (20 + place // 600) * DAY + timedelta(hours=3 if place % 600 < 490 else 70)
            file.write(f"order-{place + 1},{'1' if place % 3 else '0'},{moment.isoformat()}\n")
    truth = {
        "uri": "pvc://shop/table.csv", "format": "CSV", "columns": {"timestamp": "at"}, "delay": "PT24H",
        "recheck": "P3D",
    }  # fmt: skip
    spec = shop.monitor(truth, modelQuality={"estimate": False})
    schedule = MonitoringSchedule.model_validate({"metadata": {"name": "shop"}, "spec": spec.to_dict()})
    span = Window(START + 20 * DAY, START + 24 * DAY)
    runs = replay(
        schedule, spec, shop.baseline(), occasions("shop", spec, span.end, span), shop.storage,
        lambda: datetime.now(START.tzinfo),
    )  # fmt: skip
    again = {run.occasion.window.start: run.again for run in runs if run.again}
    assert "labels cover 100.0 % now" in again[START + 20 * DAY]


def test_each_metrics_estimates_are_held_to_account_by_themselves(shop: Shop) -> None:
    shop.write_day(20)
    metrics = {
        "auc": EarlierMetric(value=0.5, estimate=0.9, estimate_low=0.88, estimate_high=0.92),
        "accuracy": EarlierMetric(value=0.8, estimate=0.8, estimate_low=0.7, estimate_high=0.9),
    }
    checks = {Check("", "auc_check"): EarlierCheck(judged=True, violated=False)}
    moments = [START + day * DAY for day in range(6, 20)]
    history = History(tuple(EarlierResult(at, at - DAY, at, checks, metrics, 1.0) for at in moments))
    monitor = shop.monitor(modelQuality={"metrics": ["lift", "auc", "accuracy"]})
    start = START + 20 * DAY
    known = LabelsAsOf(start + 2 * DAY, history=history)
    result = run_model_quality(monitor, shop.baseline(), Window(start, start + DAY), known, shop.storage)
    assert isinstance(result.backtests["auc"], Backtest)
    assert not result.trusts("auc")
    assert result.trusts("accuracy")
    told = {metric.metric: metric for metric in result.metrics_status()}
    assert told["auc"].estimate is None
    assert told["accuracy"].estimate is not None
    assert any(note.startswith("the estimate of auc without labels is not shown") for note in result.notes)
