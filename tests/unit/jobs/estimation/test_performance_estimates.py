"""Estimates beside what labels show, on simulated rows whose truth is known."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import (
    accuracy_score,
    brier_score_loss,
    f1_score,
    fbeta_score,
    log_loss,
    precision_recall_fscore_support,
    precision_score,
    recall_score,
    roc_auc_score,
)
from threadpoolctl import threadpool_limits

from model_monitor_crds.model_quality import METRICS
from model_monitor_jobs.estimation import contributions
from model_monitor_jobs.estimation import estimate as estimating
from model_monitor_jobs.estimation.calibration import Isotonic, improves, weighted_calibration_error
from model_monitor_jobs.estimation.estimate import estimate
from model_monitor_jobs.estimation.estimates import Estimates
from model_monitor_jobs.estimation.features import FeatureColumn, Features
from model_monitor_jobs.estimation.samples import ReferenceSample, WindowSample
from model_monitor_jobs.estimation.shift import (
    LARGEST_WEIGHT,
    Shift,
    area_under_curve,
    bounded,
    find_shift,
    fit_logistic,
)
from model_monitor_jobs.profiles.performance.problem import Problem

Doubles = NDArray[np.float64]

BINARY = Problem("BinaryClassification", ("0", "1"))
COLUMNS = tuple(FeatureColumn(f"x{place}") for place in range(4))


def sigmoid(values: Doubles) -> Doubles:
    return np.asarray(1 / (1 + np.exp(-values)))


def draw(seed: int, rows: int, shift: float = 0.0, bend: float = 0.0) -> tuple[Doubles, Doubles, NDArray[np.int64]]:
    """Features, scores, labels; `bend` makes the scores wrong where the second column is large."""
    generator = np.random.RandomState(seed)
    values = generator.normal(size=(rows, len(COLUMNS)))
    values[:, :2] += shift
    logits = 1.5 * values[:, 0] - values[:, 1] - 0.5
    truth = sigmoid(logits + bend * np.square(np.maximum(values[:, 1] - 1, 0)))
    return values, sigmoid(logits), (generator.random_sample(rows) < truth).astype(np.int64)


def reference_of(values: Doubles, scores: Doubles, labels: NDArray[np.int64]) -> ReferenceSample:
    return ReferenceSample(Features(COLUMNS, values), labels, (scores > 0.5).astype(np.int64), scores, ("0", "1"))


def window_of(values: Doubles, scores: Doubles, rows: int | None = None) -> WindowSample:
    return WindowSample(Features(COLUMNS, values), (scores > 0.5).astype(np.int64), scores, rows or len(scores))


def shown(labels: NDArray[np.int64], scores: Doubles) -> dict[str, float]:
    predicted = scores > 0.5
    return {
        "accuracy": accuracy_score(labels, predicted),
        "auc": roc_auc_score(labels, scores),
        "brier_score": brier_score_loss(labels, scores),
        "f0_5": fbeta_score(labels, predicted, beta=0.5),
        "f1": f1_score(labels, predicted),
        "f2": fbeta_score(labels, predicted, beta=2),
        "false_negative_rate": 1 - recall_score(labels, predicted),
        "false_positive_rate": 1 - recall_score(labels, predicted, pos_label=0),
        "log_loss": log_loss(labels, scores),
        "precision": precision_score(labels, predicted),
        "recall": recall_score(labels, predicted),
        "true_negative_rate": recall_score(labels, predicted, pos_label=0),
        "true_positive_rate": recall_score(labels, predicted),
    }


def test_certain_labels_give_the_realised_metrics() -> None:
    _, scores, labels = draw(1, 300)
    scores = np.round(scores, 1)
    chances = labels.astype(np.float64)
    found = {each.metric: each.value for each in contributions.binary(chances, (scores > 0.5).astype(np.int64), scores)}
    clipped = np.clip(scores, 1e-15, 1 - 1e-15)
    expected = {**shown(labels, scores), "log_loss": log_loss(labels, clipped)}
    assert found == pytest.approx(expected, rel=1e-9)
    assert set(found) <= METRICS["BinaryClassification"]


def test_certain_labels_give_the_realised_metrics_of_several_classes() -> None:
    generator = np.random.RandomState(2)
    scores = generator.dirichlet([1, 1, 1, 1], size=200)
    labels, predicted = generator.randint(0, 4, size=200), scores.argmax(axis=1)
    predicted[predicted == 3] = 0
    chances = np.eye(4)[labels]
    found = {each.metric: each.value for each in contributions.multiclass(chances, predicted, scores)}
    expected = {
        "accuracy": accuracy_score(labels, predicted),
        "brier_score": float(np.square(scores - chances).sum(axis=1).mean()),
        "log_loss": log_loss(labels, scores),
    }
    for name, beta in (("weighted_f0_5", 0.5), ("weighted_f1", 1.0), ("weighted_f2", 2.0)):
        told = precision_recall_fscore_support(labels, predicted, beta=beta, average="weighted", zero_division=0)
        expected[name] = told[2]
        expected |= {"weighted_precision": told[0], "weighted_recall": told[1]}
    assert found == pytest.approx(expected)
    assert set(found) <= METRICS["MulticlassClassification"]


@pytest.mark.parametrize("classes", [2, 3])
def test_parts_are_the_derivative_of_each_metric(classes: int) -> None:
    generator = np.random.RandomState(5)
    chances = generator.dirichlet([2] * classes, size=120)
    scores, predicted = generator.dirichlet([2] * classes, size=120), generator.randint(0, classes, size=120)

    def values(given: Doubles) -> dict[str, contributions.Expected]:
        if classes == 2:
            return {each.metric: each for each in contributions.binary(given[:, 1], predicted, scores[:, 1])}
        return {each.metric: each for each in contributions.multiclass(given, predicted, scores)}

    step = 1e-6
    moved = chances.copy()
    moved[7, 0] -= step
    moved[7, 1] += step
    for name, before in values(chances).items():
        slope = (values(moved)[name].value - before.value) / step
        tolerance = 0.02 * abs(slope) if name == "auc" else 1e-6 + 1e-4 * abs(slope)
        assert before.parts[7, 1] - before.parts[7, 0] == pytest.approx(slope, abs=tolerance), name
        assert float((chances * before.parts).sum()) == pytest.approx(0, abs=1 / 120 if name == "auc" else 1e-9), name


def test_the_variance_of_accuracy_is_that_of_a_poisson_binomial_count() -> None:
    generator = np.random.RandomState(6)
    chances, predicted = generator.random_sample(400), generator.randint(0, 2, size=400)
    accuracy = next(each for each in contributions.binary(chances, predicted, None) if each.metric == "accuracy")
    both = np.column_stack([1 - chances, chances])
    variance = (both * np.square(accuracy.parts)).sum() - np.square((both * accuracy.parts).sum(axis=1)).sum()
    assert variance == pytest.approx((chances * (1 - chances)).sum() / 400**2)
    drawn = generator.random_sample((4_000, 400)) < chances
    assert variance == pytest.approx((drawn == predicted).mean(axis=1).var(), rel=0.1)


def test_isotonic_regression_with_weights_is_scikit_learns() -> None:
    generator = np.random.RandomState(7)
    scores = np.round(generator.random_sample(500), 2)
    labels, weights = (generator.random_sample(500) < scores**2).astype(np.float64), generator.exponential(size=500)
    oracle = IsotonicRegression(out_of_bounds="clip").fit(scores, labels, sample_weight=weights)
    asked = np.linspace(-0.1, 1.1, 241)
    np.testing.assert_allclose(Isotonic.fit(scores, labels, weights).probabilities(asked), oracle.predict(asked))


def test_calibration_is_used_where_it_helps() -> None:
    ones, right, wrong = np.ones(6_000), [], []
    for seed in range(10):
        _, scores, labels = draw(seed, 6_000)
        told = labels.astype(np.float64)
        right.append(improves(scores, told, ones))
        wrong.append(improves(scores**1.2, told, ones))
        assert weighted_calibration_error(scores**2, told, ones) > weighted_calibration_error(scores, told, ones)
    assert sum(right) <= 4
    assert all(wrong)


def test_weights_are_the_ratio_of_densities() -> None:
    values, _, _ = draw(9, 8_000)
    moved, _, _ = draw(10, 8_000, shift=0.5)
    shift = find_shift(values, moved, [False] * 4)
    truth = np.exp(0.5 * (values[:, 0] + values[:, 1]))
    assert shift.moved
    assert np.corrcoef(np.log(shift.weights), np.log(truth))[0, 1] > 0.9
    assert np.average(values[:, 0], weights=shift.weights) == pytest.approx(0.5, abs=0.06)


def test_rows_that_have_not_moved_are_not_weighted() -> None:
    with threadpool_limits(1):
        moved = [
            find_shift(draw(seed, 1_000)[0], draw(seed + 50, 1_000)[0], [False] * 4).moved for seed in range(100, 120)
        ]
    assert sum(moved) <= 1


def test_no_row_weighs_more_than_the_bound() -> None:
    weights = np.concatenate([np.full(999, 1e-3), [50.0]])
    assert Shift(0.9, True, bounded(weights)).effective_rows > 10
    assert bounded(weights).max() <= LARGEST_WEIGHT * (1 + 1e-6)
    assert bounded(weights).mean() == pytest.approx(1)


def test_the_logistic_slope_and_the_area_under_the_curve() -> None:
    generator = np.random.RandomState(11)
    values = np.round(generator.normal(size=20_000), 2)
    labels = generator.random_sample(20_000) < sigmoid(1.7 * values - 0.4)
    assert fit_logistic(values, labels) == pytest.approx((1.7, -0.4), abs=0.08)
    assert area_under_curve(values, labels) == pytest.approx(roc_auc_score(labels, values))


def test_intervals_hold_what_labels_show_95_times_in_100(monkeypatch: pytest.MonkeyPatch) -> None:
    # Without the trees, whose answer is the same here (test_rows_that_have_not_moved_are_not_weighted).
    def still(reference: Doubles, window: Doubles, categorical: list[bool]) -> Shift:
        return Shift(0.5, False, np.ones(len(reference)))

    monkeypatch.setattr(estimating, "find_shift", still)
    runs, covered, errors = 120, dict.fromkeys(shown(np.array([0, 1]), np.array([0.1, 0.9])), 0), []
    for seed in range(runs):
        values, scores, labels = draw(1_000 + seed, 3_000)
        later, asked, truth = draw(5_000 + seed, 2_000)
        # Scores that need calibration, and half of the window unsampled.
        found = estimate(
            BINARY, reference_of(values, scores**1.5, labels), window_of(later[:1_000], asked[:1_000] ** 1.5, 2_000)
        )
        for metric, value in shown(truth, asked**1.5).items():
            one = found.metrics[metric]
            covered[metric] += one.low <= value <= one.high
        errors.append(found.metrics["auc"].value - roc_auc_score(truth, asked))
    # Three standard errors of a share of .95 in so many runs, to both sides; above only a share of 1 remains.
    assert {metric: count / runs for metric, count in covered.items()} == pytest.approx(
        dict.fromkeys(covered, 0.95), abs=0.06
    )
    assert abs(np.mean(errors)) < 3 * np.std(errors) / np.sqrt(runs)


def test_weights_mend_what_covariate_shift_does_to_calibration() -> None:
    errors, plain = [], []
    for seed in range(3):
        reference = reference_of(*draw(20 + seed, 10_000, bend=0.7))
        values, scores, labels = draw(40 + seed, 4_000, shift=0.9, bend=0.7)
        found = estimate(BINARY, reference, window_of(values, scores))
        without = ReferenceSample(
            Features((), np.empty((10_000, 0))), reference.actual, reference.predicted, reference.score, ("0", "1")
        )
        blind = estimate(
            BINARY, without, replace(window_of(values, scores), features=Features((), np.empty((4_000, 0))))
        )
        truth = roc_auc_score(labels, scores)
        errors.append(abs(found.metrics["auc"].value - truth))
        plain.append(abs(blind.metrics["auc"].value - truth))
        assert found.diagnostics is not None
        assert found.diagnostics.weighted
        assert found.diagnostics.effective_rows < 5_000
    assert np.mean(errors) < 0.5 * np.mean(plain)


def test_rows_are_not_weighted_where_scores_mean_the_same_everywhere() -> None:
    found = estimate(BINARY, reference_of(*draw(60, 8_000)), window_of(*draw(61, 3_000, shift=0.7)[:2]))
    assert found.diagnostics is not None
    assert found.diagnostics.domain_auc > 0.6
    assert not found.diagnostics.weighted
    assert found.diagnostics.effective_rows == 8_000


def multiclass(seed: int, rows: int) -> tuple[Doubles, Doubles, NDArray[np.int64]]:
    generator = np.random.RandomState(seed)
    values = generator.normal(size=(rows, len(COLUMNS)))
    logits = values @ np.random.RandomState(0).normal(size=(len(COLUMNS), 3))
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    sharp = np.exp(1.5 * logits) / np.exp(1.5 * logits).sum(axis=1, keepdims=True)
    return values, sharp, (chances.cumsum(axis=1) < generator.random_sample((rows, 1))).sum(axis=1)


def test_several_classes_with_scores_that_are_too_sure() -> None:
    problem = Problem("MulticlassClassification", ("a", "b", "c"))
    values, scores, labels = multiclass(70, 6_000)
    reference = ReferenceSample(Features(COLUMNS, values), labels, scores.argmax(axis=1), scores, problem.classes)
    values, scores, labels = multiclass(71, 4_000)
    window = WindowSample(Features(COLUMNS, values), scores.argmax(axis=1), scores, 4_000)
    found = estimate(problem, reference, window)
    assert found.diagnostics is not None
    assert found.diagnostics.calibrated
    truth = accuracy_score(labels, scores.argmax(axis=1))
    claimed = scores.max(axis=1).mean()
    assert abs(found.metrics["accuracy"].value - truth) < 0.3 * abs(claimed - truth)
    for metric, value in (("accuracy", truth), ("log_loss", log_loss(labels, scores))):
        assert found.metrics[metric].low <= value <= found.metrics[metric].high


def test_predictions_alone_say_what_they_can() -> None:
    values, scores, labels = draw(80, 5_000)
    reference = replace(reference_of(values, scores, labels), score=None)
    values, scores, labels = draw(81, 5_000)
    found = estimate(BINARY, reference, replace(window_of(values, scores), score=None))
    assert "auc" not in found.metrics
    assert found.metrics["f1"].low <= f1_score(labels, scores > 0.5) <= found.metrics["f1"].high


def regression(seed: int, rows: int, shift: float = 0.0) -> tuple[Doubles, Doubles, Doubles]:
    generator = np.random.RandomState(seed)
    values = generator.normal(size=(rows, len(COLUMNS)))
    values[:, 0] += shift
    return values, values[:, 1] + np.exp(0.5 * values[:, 0]) * generator.normal(size=rows), values[:, 1]


@pytest.mark.parametrize("shift", [0.0, 0.8])
def test_errors_of_a_regression_are_foretold_from_where_its_rows_lie(shift: float) -> None:
    values, actual, predicted = regression(90, 8_000)
    reference = ReferenceSample(Features(COLUMNS, values), actual, predicted, None)
    before = np.abs(actual - predicted).mean()
    values, actual, predicted = regression(91, 4_000, shift)
    found = estimate(Problem("Regression"), reference, WindowSample(Features(COLUMNS, values), predicted, None, 4_000))
    mae = np.abs(actual - predicted).mean()
    assert found.metrics["mae"].low <= mae <= found.metrics["mae"].high
    assert found.metrics["rmse"].value == pytest.approx(np.sqrt(found.metrics["mse"].value))
    if shift:
        assert abs(found.metrics["mae"].value - mae) < 0.25 * abs(before - mae)


@pytest.mark.parametrize("kind", ["BinaryClassification", "Regression"])
def test_the_number_of_threads_changes_nothing(kind: str) -> None:
    values, scores, labels = draw(95, 3_000, bend=0.7)
    reference, window = reference_of(values, scores, labels), window_of(*draw(96, 2_000, shift=0.8, bend=0.7)[:2])
    problem = BINARY
    if kind == "Regression":
        problem = Problem("Regression")
        reference = ReferenceSample(reference.features, labels + values[:, 0], values[:, 0], None)
        window = WindowSample(window.features, window.features.values[:, 0], None, 2_000)
    found: list[Estimates] = []
    for threads in (1, 2, 4):
        with threadpool_limits(threads):
            found.append(estimate(problem, reference, window))
    assert found[0].metrics
    assert found[0] == found[1] == found[2]


def test_trees_do_not_depend_on_threads_either() -> None:
    values, moved = draw(97, 3_000)[0], draw(98, 2_000, shift=0.3)[0]
    weights = []
    for threads in (1, 2, 4):
        with threadpool_limits(threads):
            weights.append(find_shift(values, moved, [False] * 4).weights.tobytes())
    assert len(set(weights)) == 1


def test_columns_without_values_and_unseen_categories() -> None:
    values, scores, labels = draw(99, 2_000)
    columns = (FeatureColumn("empty"), FeatureColumn("none", ()), FeatureColumn("city", ("Oslo",)), FeatureColumn("x"))
    values[:, :2] = np.nan
    values[:, 2] = 0
    reference = replace(reference_of(values, scores, labels), features=Features(columns, values))
    later, asked, _ = draw(100, 500)
    later[:, 0] = np.nan
    later[:, 1:3] = [0, 1]
    found = estimate(BINARY, reference, replace(window_of(later, asked), features=Features(columns, later)))
    assert found.diagnostics is not None
    assert found.diagnostics.domain_auc > 0.95


def test_too_little_to_estimate_from_is_said() -> None:
    reference, window = reference_of(*draw(1, 2_000)), window_of(*draw(2, 1_000)[:2])
    few = estimate(BINARY, reference_of(*draw(1, 100)), window)
    assert "the baseline has 100 rows with labels" in few.reason
    short = estimate(BINARY, reference, window_of(*draw(2, 10)[:2]))
    assert "the window has 10 rows with answers" in short.reason
    one = estimate(BINARY, replace(reference, actual=np.zeros(2_000, dtype=np.int64)), window)
    assert "0 rows of the rarer label" in one.reason
    problem = Problem("MulticlassClassification", ("0", "1"))
    unscored = estimate(problem, replace(reference, score=None), replace(window, score=None))
    assert unscored.reason == "the model gives no probabilities"
    assert [each.metrics for each in (few, short, one, unscored)] == [{}] * 4


def test_samples_of_other_columns_are_refused() -> None:
    reference, window = reference_of(*draw(1, 2_000)), window_of(*draw(2, 1_000)[:2])
    with pytest.raises(ValueError, match="features"):
        estimate(BINARY, reference, replace(window, features=Features(COLUMNS[:3], window.features.values[:, :3])))
    with pytest.raises(ValueError, match="scores"):
        estimate(BINARY, reference, replace(window, score=None))


def test_scikit_learn_is_imported_only_to_estimate() -> None:
    imports = "import sys, model_monitor_jobs.estimation.estimate"
    program = f"{imports}; sys.exit('sklearn' in sys.modules or 'scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
