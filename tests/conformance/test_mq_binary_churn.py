"""SageMaker's own model quality baseline of its churn demo, made again from the same predictions.

201 rows; a prediction is a probability above .8. What is printed with six digits is compared with six. Standard
deviations are those of five random samples of 80 % at SageMaker, so only their order of magnitude is compared.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.csv as csv
import pytest

from model_monitor_jobs.checks.model_quality.measured import MeasuredMetric, measure, measure_best_constant
from model_monitor_jobs.profiles.hashes import hash_numbers
from model_monitor_jobs.profiles.performance import (
    BLOCKS,
    Overall,
    PerformanceCounts,
    Problem,
    decode,
    empty_counts,
    empty_overall,
    find_classes,
)
from model_monitor_jobs.sagemaker.documents import to_document, to_json
from model_monitor_jobs.sagemaker.model_quality import Evaluation, read_model_quality_statistics, statistics_document
from model_monitor_jobs.sagemaker.model_quality_constraints import constraints_document, read_model_quality_constraints

THRESHOLD = 0.8
EXACT = 1e-15
SIX_DIGITS = 1e-6
PRINTED_WITH_SIX = {"accuracy_best_constant_classifier"}
BINARY: Final = "BinaryClassification"

Window = tuple[PerformanceCounts, Overall]


@pytest.fixture(scope="module")
def expected(conformance: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((conformance / "mq-binary-churn-baseline" / "expected.json").read_text())
    return found


@pytest.fixture(scope="module", params=["prediction and probability", "probability alone"])
def window(request: pytest.FixtureRequest, conformance: Path) -> Window:
    file = conformance / "mq-binary-churn-baseline" / "validation_with_predictions.csv"
    texts = csv.ConvertOptions(column_types=dict.fromkeys(("probability", "prediction", "label"), pa.string()))
    table = csv.read_csv(file, convert_options=texts).combine_chunks()
    columns = {name: table.column(name).combine_chunks() for name in table.column_names}
    problem = Problem(BINARY, find_classes(set(columns["label"].to_pylist())), THRESHOLD)
    prediction = columns["prediction"] if "prediction" in request.param.split() else None
    hashes = hash_numbers(pa.array(range(table.num_rows), type=pa.float64()).to_numpy())
    decoded = decode(problem, columns["label"], prediction, columns["probability"], None, hashes)
    assert decoded.kept.all()
    counts, overall = empty_counts(problem, BLOCKS, scored=True), empty_overall(problem, scored=True)
    assert overall is not None
    counts.update(decoded.rows, decoded.rows.blocks)
    overall.update(decoded.rows)
    return counts, overall


@pytest.fixture(scope="module")
def metrics(window: Window) -> dict[str, MeasuredMetric]:
    return measure(*window)


def statistics(window: Window, metrics: dict[str, MeasuredMetric]) -> dict[str, Any]:
    evaluation = Evaluation(datetime(2021, 8, 11, tzinfo=UTC))
    return statistics_document(*window, metrics, measure_best_constant(window[0]), evaluation)


def test_statistics_are_sagemakers(
    expected: dict[str, Any], window: Window, metrics: dict[str, MeasuredMetric]
) -> None:
    document = statistics(window, metrics)
    assert document["dataset"]["item_count"] == 201
    theirs, ours = dict(expected["binary_classification_metrics"]), document["binary_classification_metrics"]
    assert ours["confusion_matrix"] == theirs.pop("confusion_matrix")
    for name, value in theirs.items():
        within = SIX_DIGITS if name in PRINTED_WITH_SIX else EXACT
        assert ours[name]["value"] == pytest.approx(value, abs=within, rel=0), name
    for name in ("f0_5", "f1", "f2"):
        assert ours[f"{name}_best_constant_classifier"]["value"] == 0.0
    read = read_model_quality_statistics(to_json(document), "statistics.json", BINARY)
    assert to_document(read) == document


def test_the_auc_is_exact(expected: dict[str, Any], metrics: dict[str, MeasuredMetric]) -> None:
    assert metrics["auc"].value == pytest.approx(expected["binary_classification_metrics"]["auc"], abs=EXACT, rel=0)
    assert metrics["auc"].method == "delong"
    assert 0.85 < metrics["auc"].low < metrics["auc"].value < metrics["auc"].high < 0.99


def test_standard_deviations_are_of_the_same_size(
    expected: dict[str, Any], window: Window, metrics: dict[str, MeasuredMetric]
) -> None:
    ours = statistics(window, metrics)["binary_classification_metrics"]
    for name, deviation in expected["standard_deviation_seen"].items():
        found = ours[name]["standard_deviation"]
        assert deviation / 5 <= found <= deviation * 5, name


def test_constraints_are_sagemakers(expected: dict[str, Any], metrics: dict[str, MeasuredMetric]) -> None:
    document = constraints_document(BINARY, metrics)
    theirs, ours = expected["binary_classification_constraints"], document["binary_classification_constraints"]
    assert list(ours) == list(theirs)
    for name, constraint in theirs.items():
        assert ours[name]["comparison_operator"] == constraint["comparison_operator"], name
        within = SIX_DIGITS if name == "f0_5" else EXACT
        assert ours[name]["threshold"] == pytest.approx(constraint["threshold"], abs=within, rel=0), name


def test_the_baseline_does_not_violate_its_own_constraints(
    expected: dict[str, Any], metrics: dict[str, MeasuredMetric]
) -> None:
    """SageMaker's thresholds, as it wrote them, judge what they were made from as it does: equal is no violation.

    Its AUC is one rounding above ours.
    """
    file = {"version": 0.0, "binary_classification_constraints": expected["binary_classification_constraints"]}
    constraints = read_model_quality_constraints(to_json(file), "constraints.json", BINARY).metrics(BINARY)
    assert len(constraints) == 11
    violated = {name for name, constraint in constraints.items() if constraint.violated_by(metrics[name].value)}
    assert violated == set()
