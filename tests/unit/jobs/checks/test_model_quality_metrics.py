"""Every metric is scikit-learn's, for many groups at once; NaN where it is undefined."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from sklearn import metrics as oracle
from sklearn.dummy import DummyClassifier

from model_monitor_crds.model_quality import METRICS, Costs
from model_monitor_jobs.checks.model_quality.metrics import (
    LOSSES,
    best_constant_values,
    bounds,
    support,
    undefined,
    values,
)
from model_monitor_jobs.profiles.performance import (
    BinaryCounts,
    LabelledRows,
    MulticlassCounts,
    PerformanceCounts,
    Problem,
    RegressionCounts,
)

BINARY = Problem("BinaryClassification", ("no", "yes"))
MULTICLASS = Problem("MulticlassClassification")
REGRESSION = Problem("Regression")
GROUPS = 4
FEW_SCORES = 64
COSTS = Costs(false_positive=2, false_negative=7)
BETAS = {"f0_5": 0.5, "f1": 1.0, "f2": 2.0}


def binary(seed: int, count: int = 2000) -> tuple[LabelledRows, Any]:
    """Scores on the grid of the cells, so that those of groups are exact too."""
    random = np.random.RandomState(seed)
    score = random.randint(0, FEW_SCORES + 1, count) / FEW_SCORES
    actual = (random.rand(count) < score**2).astype(np.int64)
    rows = LabelledRows(actual, (score > 0.6).astype(np.int64), score, random.randint(0, 64, count), BINARY.classes)
    return rows, random.randint(0, GROUPS, count)


def multiclass(seed: int, count: int = 2000) -> tuple[LabelledRows, Any]:
    random = np.random.RandomState(seed)
    score = random.dirichlet([0.5, 1, 2, 0.2], count)
    actual = np.array([random.choice(4, p=0.5 * p + 0.125) for p in score])
    actual[actual == 3] = 0
    rows = LabelledRows(actual, score.argmax(axis=1), score, random.randint(0, 64, count), ("a", "b", "c", "d"))
    return rows, random.randint(0, GROUPS, count)


def regression(seed: int, count: int = 3001) -> tuple[LabelledRows, Any]:
    random = np.random.RandomState(seed)
    actual = random.normal(1e7, 3, count)
    rows = LabelledRows(actual, actual + random.normal(0.5, 2, count), None, random.randint(0, 64, count))
    return rows, random.randint(0, GROUPS, count)


def counted(made: PerformanceCounts, drawn: tuple[LabelledRows, Any]) -> PerformanceCounts:
    made.update(*drawn)
    return made


def one(actual: list[int], predicted: list[int], score: list[float] | None = None) -> PerformanceCounts:
    """A single group of binary answers."""
    zeros = np.zeros(len(actual), dtype=np.int64)
    scores = None if score is None else np.array(score, dtype=np.float64)
    rows = LabelledRows(np.array(actual, dtype=np.int64), np.array(predicted, dtype=np.int64), scores, zeros)
    return counted(BinaryCounts.empty(BINARY, 1, scored=score is not None), (rows, zeros))


def expected_binary(actual: Any, predicted: Any, score: Any) -> dict[str, float]:
    true_negatives, false_positives, false_negatives, true_positives = oracle.confusion_matrix(
        actual, predicted
    ).ravel()
    order = np.argsort(-score, kind="stable")
    top = len(score) // 10
    made = {
        "accuracy": oracle.accuracy_score(actual, predicted),
        "precision": oracle.precision_score(actual, predicted),
        "recall": oracle.recall_score(actual, predicted),
        "true_positive_rate": oracle.recall_score(actual, predicted),
        "true_negative_rate": oracle.recall_score(actual, predicted, pos_label=0),
        "false_positive_rate": false_positives / (false_positives + true_negatives),
        "false_negative_rate": false_negatives / (false_negatives + true_positives),
        "auc": oracle.roc_auc_score(actual, score),
        "log_loss": oracle.log_loss(actual, np.clip(score, 1e-15, 1 - 1e-15)),
        "brier_score": oracle.brier_score_loss(actual, score),
        "cost": (2 * false_positives + 7 * false_negatives) / len(actual),
        "lift": actual[order[:top]].mean() / actual.mean(),
    }
    return made | {name: oracle.fbeta_score(actual, predicted, beta=beta) for name, beta in BETAS.items()}


def calibration_error(confidence: Any, correct: Any) -> float:
    """Bin by bin."""
    bins = np.minimum((confidence * 10).astype(int), 9)
    apart = [
        (bins == place).sum() * abs(correct[bins == place].mean() - confidence[bins == place].mean())
        for place in np.unique(bins)
    ]
    return float(sum(apart) / len(confidence))


@pytest.mark.parametrize("seed", range(3))
def test_binary_metrics_are_scikit_learns(seed: int) -> None:
    drawn = binary(seed)
    rows, codes = drawn
    found = values(counted(BinaryCounts.empty(BINARY, GROUPS, scored=True), drawn), COSTS)
    assert found.keys() == METRICS["BinaryClassification"]
    for group in range(GROUPS):
        within = codes == group
        actual, predicted, score = rows.actual[within], rows.predicted[within], rows.score[within]  # type: ignore[index]
        expected = expected_binary(actual, predicted, score)
        expected["calibration_error"] = calibration_error(score, actual)
        expected["lift"] = found["lift"][group]  # Equal scores: see test_lift_*.
        assert {name: value[group] for name, value in found.items()} == pytest.approx(expected, rel=1e-12), group


def test_lift_without_equal_scores() -> None:
    random = np.random.RandomState(2)
    score = random.permutation((np.arange(100) + 0.5) / 128)
    actual = (random.rand(100) < score).astype(np.int64)
    found = values(one(actual.tolist(), actual.tolist(), score.tolist()))
    assert found["lift"][0] == pytest.approx(expected_binary(actual, actual, score)["lift"], rel=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_multiclass_metrics_are_scikit_learns(seed: int) -> None:
    """One class is never the label, and another is seldom predicted."""
    drawn = multiclass(seed)
    rows, codes = drawn
    found = values(counted(MulticlassCounts.empty(MULTICLASS, GROUPS, scored=True), drawn))
    assert found.keys() == METRICS["MulticlassClassification"]
    for group in range(GROUPS):
        within = codes == group
        actual, predicted, score = rows.actual[within], rows.predicted[within], rows.score[within]  # type: ignore[index]
        weighted: dict[str, Any] = {"average": "weighted", "zero_division": 0}
        hot = np.eye(4)[actual]
        expected = {
            "accuracy": oracle.accuracy_score(actual, predicted),
            "weighted_recall": oracle.recall_score(actual, predicted, **weighted),
            "weighted_precision": oracle.precision_score(actual, predicted, **weighted),
            "log_loss": oracle.log_loss(actual, score, labels=range(4)),
            "brier_score": float(np.mean(np.sum((score - hot) ** 2, axis=1))),
            "calibration_error": calibration_error(score.max(axis=1), score.argmax(axis=1) == actual),
        } | {
            f"weighted_{name}": oracle.fbeta_score(actual, predicted, beta=beta, **weighted)
            for name, beta in BETAS.items()
        }
        assert {name: value[group] for name, value in found.items()} == pytest.approx(expected, rel=1e-11), group


@pytest.mark.parametrize("seed", range(3))
def test_regression_metrics_are_scikit_learns(seed: int) -> None:
    drawn = regression(seed)
    rows, codes = drawn
    found = values(counted(RegressionCounts.empty(REGRESSION, GROUPS, shift=1e7), drawn))
    assert found.keys() == METRICS["Regression"]
    for group in range(GROUPS):
        within = codes == group
        actual, predicted = rows.actual[within], rows.predicted[within]
        expected = {
            "mae": oracle.mean_absolute_error(actual, predicted),
            "mse": oracle.mean_squared_error(actual, predicted),
            "rmse": oracle.root_mean_squared_error(actual, predicted),
            "r2": oracle.r2_score(actual, predicted),
        }
        assert {name: found[name][group] for name in expected} == pytest.approx(expected, rel=1e-9), group
        errors = np.abs(predicted - actual)
        for name, share in (("median", 0.5), ("p90", 0.9), ("p95", 0.95)):
            exact = np.quantile(errors, share)
            assert found[f"{name}_absolute_error"][group] == pytest.approx(exact, rel=0.03), name


def test_quantiles_of_errors_keep_to_their_cell() -> None:
    """Whatever the errors, a quantile is off by no more than the 9 % of a cell; no error is exactly none."""
    for error in (0.0, 1e-12, 0.3, 1.0, 7.0, 1e9):
        made = RegressionCounts.empty(REGRESSION, 1)
        rows = LabelledRows(np.zeros(9), np.full(9, error), None, np.zeros(9, dtype=np.int64))
        made.update(rows, rows.blocks)
        found = values(made)["median_absolute_error"][0]
        assert abs(found - error) <= max(0.0906 * error, 2.0**-32)


CASES = [
    ([], [], {"accuracy", "precision", "recall", "f1", "cost", "true_negative_rate"}),
    ([0, 0], [0, 0], {"precision", "recall", "false_negative_rate", "f1"}),
    ([0, 0], [0, 1], {"recall", "true_positive_rate", "false_negative_rate"}),
    ([1, 1], [1, 0], {"true_negative_rate", "false_positive_rate"}),
    ([1, 0], [0, 0], {"precision"}),
    ([1, 0], [0, 1], set()),
]


@pytest.mark.parametrize(("actual", "predicted", "nowhere"), CASES)
def test_what_is_undefined_is_no_number(actual: list[int], predicted: list[int], nowhere: set[str]) -> None:
    """As scikit-learn with `zero_division=nan`; an F score is defined where anything is or is called positive."""
    found = {name: value[0] for name, value in values(one(actual, predicted)).items()}
    assert {name for name in found if name in nowhere and not math.isnan(found[name])} == set()
    if actual:
        blank: dict[str, Any] = {"zero_division": math.nan}
        assert found["precision"] == pytest.approx(oracle.precision_score(actual, predicted, **blank), nan_ok=True)
        assert found["recall"] == pytest.approx(oracle.recall_score(actual, predicted, **blank), nan_ok=True)
        assert found["f1"] == pytest.approx(oracle.f1_score(actual, predicted, **blank), nan_ok=True)


def test_what_is_undefined_is_said() -> None:
    assert undefined(one([0] * 512, [1] * 512), "recall") == "all 512 labels are no"
    assert undefined(one([1] * 3, [1] * 3, [0.5] * 3), "auc") == "all 3 labels are yes"
    assert undefined(one([0, 1], [0, 0]), "precision") == "nothing was predicted yes"
    assert undefined(one([0, 0], [0, 0]), "f1") == "all 2 labels are no"
    assert undefined(one([], []), "accuracy") == "there are no labelled answers"
    equal = RegressionCounts.empty(REGRESSION, 1, shift=0.1)
    rows = LabelledRows(np.full(7, 1e9 / 3), np.arange(7.0), None, np.zeros(7, dtype=np.int64))
    equal.update(rows, rows.blocks)
    assert np.isnan(values(equal)["r2"][0])
    assert undefined(equal, "r2") == "all 7 labels are equal"


def test_probabilities_of_0_and_1_have_a_finite_loss() -> None:
    found = values(one([1, 0], [0, 1], [0.0, 1.0]))
    assert found["log_loss"][0] == pytest.approx(-math.log(1e-15), rel=1e-2)
    assert found["brier_score"][0] == 1.0


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_the_best_constant_classifier_is_scikit_learns(share: float) -> None:
    actual = np.arange(100) < share * 100
    twin = DummyClassifier(strategy="constant", constant=bool(share >= 0.5)).fit(actual[:, None], actual)
    answers = twin.predict(actual[:, None])
    found = best_constant_values(one(actual.astype(int).tolist(), [0] * 100))
    got = {name: 0.0 if math.isnan(value[0]) else value[0] for name, value in found.items()}
    expected = {
        "accuracy": oracle.accuracy_score(actual, answers),
        "precision": oracle.precision_score(actual, answers, zero_division=0),
        "recall": oracle.recall_score(actual, answers),
    } | {name: oracle.fbeta_score(actual, answers, beta=beta) for name, beta in BETAS.items()}
    assert got == pytest.approx(expected)


def test_the_best_constant_of_many_classes_is_scikit_learns() -> None:
    rows, codes = multiclass(5)
    found = best_constant_values(counted(MulticlassCounts.empty(MULTICLASS, GROUPS, scored=True), (rows, codes)))
    for group in range(GROUPS):
        actual = rows.actual[codes == group]
        answers = np.full(len(actual), np.bincount(actual).argmax())
        weighted: dict[str, Any] = {"average": "weighted", "zero_division": 0}
        expected = {
            "accuracy": oracle.accuracy_score(actual, answers),
            "weighted_recall": oracle.recall_score(actual, answers, **weighted),
            "weighted_precision": oracle.precision_score(actual, answers, **weighted),
        } | {
            f"weighted_{name}": oracle.fbeta_score(actual, answers, beta=beta, **weighted)
            for name, beta in BETAS.items()
        }
        assert {name: value[group] for name, value in found.items()} == pytest.approx(expected)


def test_every_metric_knows_its_range_and_its_rows() -> None:
    made = [
        counted(BinaryCounts.empty(BINARY, GROUPS, scored=True), binary(1)),
        counted(MulticlassCounts.empty(MULTICLASS, GROUPS, scored=True), multiclass(1)),
        counted(RegressionCounts.empty(REGRESSION, GROUPS, shift=1e7), regression(1)),
    ]
    for counts in made:
        found = values(counts)
        assert support(counts.total()).keys() == found.keys() == METRICS[counts.problem.type]
        for name, value in found.items():
            least, greatest = bounds(name)
            assert ((least <= value) & (value <= greatest)).all(), name
            assert 0 < support(counts.total())[name] <= counts.rows.sum(), name
    assert set().union(*METRICS.values()) >= LOSSES
    held = support(one([1, 1, 1, 0, 0], [1, 0, 0, 1, 0], [0.9, 0.1, 0.1, 0.9, 0.1]))
    assert (held["recall"], held["precision"], held["true_negative_rate"], held["auc"], held["f1"]) == (3, 2, 2, 2, 4)
