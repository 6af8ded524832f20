"""SageMaker's files of model quality: written in its schema, read again, and edited by people."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest

from model_monitor_crds.model_quality import METRICS, ProblemType
from model_monitor_jobs.errors import InputError
from model_monitor_jobs.profiles.performance import (
    LabelledRows,
    Overall,
    PerformanceCounts,
    Problem,
    empty_counts,
    empty_overall,
)
from model_monitor_jobs.sagemaker.documents import Part, to_document, to_json
from model_monitor_jobs.sagemaker.model_quality import (
    Evaluation,
    model_quality_lines,
    read_model_quality_statistics,
    statistics_document,
)
from model_monitor_jobs.sagemaker.model_quality_constraints import (
    PUBLISHED,
    BinaryConstraints,
    MetricConstraint,
    ModelQualityConstraints,
    MulticlassConstraints,
    RegressionConstraints,
    constraints_document,
    metric_violation,
    problem_of,
    read_model_quality_constraints,
    violations_document,
)

URI = "s3://acme/churn/constraints.json"
EVALUATION = Evaluation(
    datetime(2026, 2, 8, 14, 5, tzinfo=timezone(timedelta(hours=1))),
    datetime(2026, 2, 8, 12, tzinfo=UTC),
    datetime(2026, 2, 8, 13, tzinfo=UTC),
)
BINARY = Problem("BinaryClassification", ("0", "1"))
PROBLEMS: tuple[ProblemType, ...] = ("BinaryClassification", "MulticlassClassification", "Regression")


@dataclass(frozen=True)
class Metric:
    value: float
    standard_deviation: float = math.nan


def numbers(problem: ProblemType) -> dict[str, Metric]:
    return {name: Metric(0.5 + 0.01 * place, 0.001) for place, name in enumerate(sorted(METRICS[problem]))}


def window() -> tuple[PerformanceCounts, Overall | None]:
    actual, predicted = np.array([0, 0, 1, 1, 1]), np.array([0, 1, 1, 0, 1])
    rows = LabelledRows(actual, predicted, np.array([0.1, 0.6, 0.9, 0.3, 0.8]), np.zeros(5, dtype=np.int64), ("0", "1"))
    counts, overall = empty_counts(BINARY, 2, scored=True), empty_overall(BINARY, scored=True)
    counts.update(rows, rows.blocks)
    assert overall is not None
    overall.update(rows)
    return counts, overall


def written(metrics: Mapping[str, Metric], twins: Mapping[str, Metric] | None = None) -> dict[str, Any]:
    return statistics_document(*window(), metrics, twins or {}, EVALUATION)


def test_statistics_of_a_binary_problem_are_in_sagemakers_schema() -> None:
    made = written(numbers("BinaryClassification"), {"recall": Metric(1.0), "f1": Metric(0.4, 0.1)})
    assert list(made) == ["version", "dataset", "binary_classification_metrics"]
    assert made["dataset"] == {
        "item_count": 5,
        "start_time": "2026-02-08T12:00:00Z",
        "end_time": "2026-02-08T13:00:00Z",
        "evaluation_time": "2026-02-08T13:05:00Z",
    }
    section = made["binary_classification_metrics"]
    assert section.keys() == {
        "confusion_matrix",
        *PUBLISHED["BinaryClassification"],
        "recall_best_constant_classifier",
        "f1_best_constant_classifier",
        "receiver_operating_characteristic_curve",
        "precision_recall_curve",
    }
    assert section["confusion_matrix"] == {"0": {"0": 1, "1": 1}, "1": {"0": 1, "1": 2}}
    assert section["recall_best_constant_classifier"] == {"value": 1.0, "standard_deviation": "NaN"}
    assert section["f1_best_constant_classifier"] == {"value": 0.4, "standard_deviation": 0.1}
    curve = section["receiver_operating_characteristic_curve"]
    assert curve["false_positive_rates"] == [0.0, 0.0, 0.0, 0.5, 0.5, 1.0]
    assert curve["true_positive_rates"] == pytest.approx([0.0, 1 / 3, 2 / 3, 2 / 3, 1.0, 1.0])
    curve = section["precision_recall_curve"]
    assert curve["precisions"] == pytest.approx([1.0, 1.0, 1.0, 2 / 3, 0.75])
    assert curve["recalls"] == pytest.approx([0.0, 1 / 3, 2 / 3, 2 / 3, 1.0])


def test_a_baseline_without_a_window_has_no_start() -> None:
    made = statistics_document(*window(), {}, {}, Evaluation(EVALUATION.evaluation_time))
    assert made["dataset"] == {"item_count": 5, "evaluation_time": "2026-02-08T13:05:00Z"}


def test_statistics_of_other_problems() -> None:
    problem = Problem("MulticlassClassification")
    places = np.array([0, 1, 1])
    rows = LabelledRows(places, places[::-1], None, places, ("a", "b"))
    counts, overall = empty_counts(problem, 64), empty_overall(problem)
    counts.update(rows, rows.blocks)
    assert overall is not None
    overall.update(rows)
    made = statistics_document(counts, overall, numbers("MulticlassClassification"), {}, EVALUATION)
    section = made["multiclass_classification_metrics"]
    assert section["confusion_matrix"] == {"a": {"a": 0, "b": 1}, "b": {"a": 1, "b": 1}}
    assert list(section)[1:] == list(PUBLISHED["MulticlassClassification"])
    made = statistics_document(
        empty_counts(Problem("Regression"), 64), None, numbers("Regression") | {"r2": Metric(math.nan)}, {}, EVALUATION
    )
    assert list(made["regression_metrics"]) == ["mae", "mse", "rmse"]
    assert made["dataset"]["item_count"] == 0


def test_an_undefined_share_is_0_in_the_file() -> None:
    """As scikit-learn's `zero_division=0`; an undefined AUC is no number at all, so it is left out."""
    section = written({"precision": Metric(math.nan), "auc": Metric(math.nan)})["binary_classification_metrics"]
    assert section["precision"] == {"value": 0.0, "standard_deviation": "NaN"}
    assert "auc" not in section


@pytest.mark.parametrize("problem", PROBLEMS)
def test_what_is_written_is_read_again(problem: ProblemType) -> None:
    document = constraints_document(problem, numbers(problem))
    constraints = read_model_quality_constraints(to_json(document), URI, problem)
    assert to_document(constraints) == document
    assert list(constraints.metrics(problem)) == list(PUBLISHED[problem])
    assert problem_of(to_json(document), URI) == problem
    counts = empty_counts(Problem(problem, ("0", "1")), 64)
    document = statistics_document(counts, None, numbers(problem), {}, EVALUATION)
    document["note"] = {"kept": [1]}
    statistics = read_model_quality_statistics(to_json(document), "statistics.json", problem)
    assert to_document(statistics) == document
    assert statistics.dataset.item_count == 0
    found = statistics.metrics(problem)
    assert found.keys() == set(PUBLISHED[problem])
    assert {name: metric.value for name, metric in found.items()} == {
        name: numbers(problem)[name].value for name in PUBLISHED[problem]
    }


def test_sagemakers_own_sample_is_read() -> None:
    """As its developer guide prints it, with texts for what is no number."""
    section = {
        "confusion_matrix": {"0": {"0": 1, "1": 2}, "1": {"0": 0, "1": 1}},
        "recall": {"value": 1.0, "standard_deviation": "NaN"},
        "recall_best_constant_classifier": {"value": 1.0, "standard_deviation": "NaN"},
    }
    content = json.dumps({"version": 0.0, "dataset": {"item_count": 4}, "binary_classification_metrics": section})
    found = read_model_quality_statistics(content.encode(), "statistics.json", "BinaryClassification")
    assert found.metrics("BinaryClassification")["recall"].value == 1.0
    assert math.isnan(found.metrics("BinaryClassification")["recall"].standard_deviation)
    assert found.binary_classification_metrics is not None
    assert found.binary_classification_metrics.confusion_matrix == section["confusion_matrix"]
    assert to_document(found)["binary_classification_metrics"] == section


@pytest.mark.parametrize(
    ("section", "said"),
    [
        (
            {"auc": {"value": "high"}},
            'binary_classification_metrics.auc.value: expected a number, or "NaN", found "high"',
        ),
        ({"auc": 0.9}, "binary_classification_metrics.auc: expected an object in { }, found 0.9"),
        ({"auc": {}}, "binary_classification_metrics.auc.value: is missing"),
    ],
)
def test_broken_statistics_are_answered(section: dict[str, Any], said: str) -> None:
    content = json.dumps({"dataset": {"item_count": 4}, "binary_classification_metrics": section}).encode()
    with pytest.raises(InputError) as caught:
        read_model_quality_statistics(content, "statistics.json", "BinaryClassification")
    assert said in str(caught.value)


def test_every_metric_of_the_api_can_be_constrained() -> None:
    parts: list[type[Part]] = [BinaryConstraints, MulticlassConstraints, RegressionConstraints]
    for problem, part in zip(PROBLEMS, parts, strict=True):
        assert part.model_fields.keys() == METRICS[problem]
        assert METRICS[problem].issuperset(PUBLISHED[problem])


def test_operators_are_sagemakers() -> None:
    """Of rates of errors, and of errors, more is worse."""
    operators = {
        name: constraint["comparison_operator"]
        for problem in PROBLEMS
        for section in (constraints_document(problem, numbers(problem)),)
        for name, constraint in next(value for key, value in section.items() if key != "version").items()
    }
    greater = {name for name, operator in operators.items() if operator == "GreaterThanThreshold"}
    assert greater == {"false_positive_rate", "false_negative_rate", "mae", "mse", "rmse"}
    assert len(operators) == 11 + 6 + 4 - 1  # accuracy is of two problems


def edited(*path: str, value: Any = None) -> bytes:
    """The file with a value at a place, or without it."""
    made = constraints_document("BinaryClassification", numbers("BinaryClassification"))
    within = made
    for part in path[:-1]:
        within = within[part]
    if value is None:
        del within[path[-1]]
    else:
        within[path[-1]] = value
    return to_json(made)


SECTION = "binary_classification_constraints"


def read(content: bytes) -> ModelQualityConstraints:
    return read_model_quality_constraints(content, URI, "BinaryClassification")


def test_a_deleted_metric_is_not_checked() -> None:
    assert "recall" not in read(edited(SECTION, "recall")).metrics("BinaryClassification")


def test_edits_are_followed() -> None:
    constraints = read(edited(SECTION, "recall", "threshold", value="0.7")).metrics("BinaryClassification")
    assert constraints["recall"].threshold == 0.7
    more = {"threshold": 0.4, "comparison_operator": "GreaterThanThreshold"}
    constraints = read(edited(SECTION, "log_loss", value=more)).metrics("BinaryClassification")
    assert constraints["log_loss"].violated_by(0.41)
    assert read(edited(SECTION, "_note", value="why")).metrics("BinaryClassification")


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ((SECTION, "recal"), {}, f"{SECTION}.recal: unknown key; did you mean recall?"),
        ((SECTION, "gini"), {}, f"{SECTION}.gini: unknown metric; expected one of accuracy, auc, brier_score"),
        ((SECTION, "mae"), {}, f"{SECTION}.mae: has no effect here; it belongs in regression_constraints"),
        (("binary_clasification_constraints",), {}, "unknown key; did you mean binary_classification_constraints?"),
        ((SECTION, "auc", "treshold"), 1, f"{SECTION}.auc.treshold: unknown key; did you mean threshold?"),
        ((SECTION, "threshold"), 1, f"{SECTION}.threshold: has no effect here; it belongs in the object of a metric"),
        ((SECTION, "auc", "threshold"), "high", f"{SECTION}.auc.threshold: expected a number that is neither NaN nor"),
        ((SECTION, "auc", "threshold"), "0,9", 'found "0,9"; write 0.9'),
        ((SECTION, "auc", "threshold"), "NaN", "expected a number that is neither NaN nor infinite"),
        ((SECTION, "auc", "threshold"), None, f"{SECTION}.auc.threshold: is missing"),
        (
            (SECTION, "auc", "comparison_operator"),
            "lessthanthreshold",
            "expected 'LessThanThreshold' or 'GreaterThanThreshold', found \"lessthanthreshold\"; did you mean Less",
        ),
        ((SECTION, "auc"), 0.9, f"{SECTION}.auc: expected an object in {{ }}, found 0.9"),
        ((SECTION,), None, f"{SECTION}: is missing"),
    ],
)
def test_a_broken_edit_is_answered(path: tuple[str, ...], value: Any, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read(edited(*path, value=value))
    assert str(caught.value).startswith(f"{URI}: ")
    assert said in str(caught.value)


def test_files_are_told_apart() -> None:
    regression = to_json(constraints_document("Regression", numbers("Regression")))
    with pytest.raises(InputError, match=r"binary_classification_constraints: is missing; it is of Regression"):
        read(regression)
    statistics = to_json(written(numbers("BinaryClassification")))
    with pytest.raises(InputError, match=r"is a statistics.json of a model quality monitor; a constraints.json of a"):
        read(statistics)
    with pytest.raises(InputError, match=r"is a constraints.json of a model quality monitor; a statistics.json of a"):
        read_model_quality_statistics(regression, URI, "Regression")
    with pytest.raises(InputError, match=r"is a constraints.json; a constraints.json of a model quality monitor"):
        problem_of(b'{"features": [], "monitoring_config": {}}', URI)
    with pytest.raises(InputError, match=r"it has none of binary_classification_constraints"):
        problem_of(b"{}", URI)
    with pytest.raises(InputError, match=r"stands twice"):
        read(b'{"binary_classification_constraints": {"auc": {}, "auc": {}}}')
    with pytest.raises(InputError, match=r"line 1, column 1: no JSON"):
        read(b"{")


@pytest.mark.parametrize(
    ("operator", "value", "violated"),
    [
        ("LessThanThreshold", 0.49, True),
        ("LessThanThreshold", 0.5, False),
        ("LessThanThreshold", 0.5 - 1e-15, False),
        ("LessThanThreshold", 0.5 - 1e-9, True),
        ("LessThanThreshold", math.nan, False),
        ("GreaterThanThreshold", 0.51, True),
        ("GreaterThanThreshold", 0.5, False),
        ("GreaterThanThreshold", math.nan, False),
    ],
)
def test_equal_is_no_violation(operator: Any, value: float, violated: bool) -> None:
    assert MetricConstraint(threshold=0.5, comparison_operator=operator).violated_by(value) is violated


def test_violations_are_in_sagemakers_words() -> None:
    less = MetricConstraint(threshold=0.5714285714285714, comparison_operator="LessThanThreshold")
    more = MetricConstraint(threshold=0.0001, comparison_operator="GreaterThanThreshold")
    found = violations_document(
        [
            metric_violation("true_positive_rate", Metric(0.1148, 0.0022), less),
            metric_violation("f0_5", Metric(0.25), less),
            metric_violation("false_negative_rate", Metric(0.5, 1e-5), more),
        ]
    )
    assert found == {
        "violations": [
            {
                "constraint_check_type": "LessThanThreshold",
                "description": "Metric truePositiveRate with 0.1148 +/- 0.0022 was LessThanThreshold "
                "'0.5714285714285714'",
                "metric_name": "truePositiveRate",
            },
            {
                "constraint_check_type": "LessThanThreshold",
                "description": "Metric f0_5 with 0.25 +/- NaN was LessThanThreshold '0.5714285714285714'",
                "metric_name": "f0_5",
            },
            {
                "constraint_check_type": "GreaterThanThreshold",
                "description": "Metric falseNegativeRate with 0.5 +/- 1.0E-5 was GreaterThanThreshold '1.0E-4'",
                "metric_name": "falseNegativeRate",
            },
        ]
    }


def test_metrics_are_published_by_the_names_of_the_file() -> None:
    document = written({"recall": Metric(0.5), "f0_5": Metric(math.nan)}, {"accuracy": Metric(0.75)})
    lines = model_quality_lines(document, EVALUATION.evaluation_time, {"Endpoint": "churn"})
    found = [json.loads(line) for line in lines.decode().splitlines()]
    shared = {"Timestamp": "2026-02-08T13:05:00Z", "Dimensions": [{"Name": "Endpoint", "Value": "churn"}]}
    assert found == [
        {"MetricName": "recall", "Value": 0.5} | shared,
        {"MetricName": "f0_5", "Value": 0.0} | shared,
        {"MetricName": "accuracy_best_constant_classifier", "Value": 0.75} | shared,
    ]
    regression = statistics_document(
        empty_counts(Problem("Regression"), 1), None, {"mse": Metric(1e300), "mae": Metric(2.0)}, {}, EVALUATION
    )
    assert model_quality_lines(regression, EVALUATION.evaluation_time, {}).count(b"\n") == 1
