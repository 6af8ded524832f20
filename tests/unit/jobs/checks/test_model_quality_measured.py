"""The metrics of a window with their intervals: each by its method, jackknives as a naive loop, honest coverage."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as oracle

from model_monitor_crds.model_quality import METRICS, Costs
from model_monitor_jobs.checks.model_quality.measured import MeasuredMetric, measure, measure_best_constant
from model_monitor_jobs.checks.model_quality.metrics import values
from model_monitor_jobs.profiles.hashes import hash_numbers
from model_monitor_jobs.profiles.performance import (
    BLOCKS,
    LabelledRows,
    Overall,
    PerformanceCounts,
    Problem,
    block_of,
    empty_counts,
    empty_overall,
)

BINARY = Problem("BinaryClassification", ("0", "1"))
MULTICLASS = Problem("MulticlassClassification")
REGRESSION = Problem("Regression")


def blocks(count: int, start: int = 0) -> Any:
    return block_of(hash_numbers(np.arange(start, start + count, dtype=np.float64)))


def binary(seed: int, count: int, *, scored: bool = True) -> LabelledRows:
    random = np.random.RandomState(seed)
    score = random.beta(1, 3, count)
    actual = (random.rand(count) < score).astype(np.int64)
    return LabelledRows(
        actual, (score > 0.3).astype(np.int64), score if scored else None, blocks(count, seed * count), BINARY.classes
    )


def multiclass(seed: int, count: int) -> LabelledRows:
    random = np.random.RandomState(seed)
    score = random.dirichlet([1, 2, 1], count)
    actual = (score.cumsum(axis=1) < random.rand(count, 1)).sum(axis=1).clip(0, 2)
    return LabelledRows(actual, score.argmax(axis=1), score, blocks(count, seed * count), ("a", "b", "c"))


def regression(seed: int, count: int) -> LabelledRows:
    random = np.random.RandomState(seed)
    actual = random.normal(10, 3, count)
    return LabelledRows(actual, actual + random.laplace(0.2, 2, count), None, blocks(count, seed * count))


def counted(problem: Problem, rows: LabelledRows) -> tuple[PerformanceCounts, Overall | None]:
    scored = rows.score is not None
    made, overall = empty_counts(problem, BLOCKS, scored=scored, shift=10.0 if problem == REGRESSION else 0.0), None
    made.update(rows, rows.blocks)
    if (overall := empty_overall(problem, scored=scored)) is not None:
        overall.update(rows)
    return made, overall


def measured(problem: Problem, rows: LabelledRows) -> dict[str, MeasuredMetric]:
    return measure(*counted(problem, rows), Costs())


def answers(actual: list[int], predicted: list[int], score: list[float] | None = None) -> LabelledRows:
    scores = None if score is None else np.array(score, dtype=np.float64)
    labels, given = (np.array(side, dtype=np.int64) for side in (actual, predicted))
    return LabelledRows(labels, given, scores, blocks(len(actual)), BINARY.classes)


CASES = [(BINARY, binary), (MULTICLASS, multiclass), (REGRESSION, regression)]


@pytest.mark.parametrize(("problem", "draw"), CASES)
def test_every_metric_is_measured(problem: Problem, draw: Any) -> None:
    rows = draw(1, 3000)
    found = measured(problem, rows)
    assert list(found) == sorted(METRICS[problem.type])
    for name, metric in found.items():
        assert metric.name == name
        assert metric.low <= metric.value <= metric.high
        assert 0 < metric.standard_error < metric.high - metric.low
        # Samples of four fifths differ by about half of the standard error of all (.56 with disjoint fifths).
        assert 0.1 < metric.standard_deviation / metric.standard_error < 1.5, name
        assert metric.comparable == pytest.approx(metric.value, rel=0.02)
        assert metric.reason == ""
    methods = {
        "BinaryClassification": {"wilson", "delong", "jackknife"},
        "MulticlassClassification": {"wilson", "jackknife"},
        "Regression": {"order_statistics", "jackknife"},
    }
    assert {metric.method for metric in found.values()} == methods[problem.type]


@pytest.mark.parametrize(("problem", "draw"), CASES)
@pytest.mark.parametrize("count", [40, 1000])
def test_the_jackknife_is_a_naive_loops(problem: Problem, draw: Any, count: int) -> None:
    rows = draw(2, count)
    found = measured(problem, rows)
    filled = np.unique(rows.blocks)
    left_out: dict[str, list[float]] = {name: [] for name in found}
    for block in filled:
        part, _ = counted(problem, rows.at(rows.blocks != block))
        for name, value in values(part.total()).items():
            left_out[name].append(value[0])
    jackknifed = [metric for metric in found.values() if metric.method == "jackknife"]
    assert len(jackknifed) >= 3
    for metric in jackknifed:
        each = np.array(left_out[metric.name])
        error = math.sqrt((len(each) - 1) / len(each) * ((each - each.mean()) ** 2).sum())
        assert metric.standard_error == pytest.approx(error, rel=1e-6), metric.name
        assert metric.degrees == len(filled) - 1
        wide = stats.t.ppf(0.975, len(filled) - 1) * error
        assert metric.high - metric.value == pytest.approx(wide, rel=1e-5) or metric.high == 1


@pytest.mark.parametrize(("problem", "draw"), CASES)
def test_the_standard_deviation_is_that_of_five_samples(problem: Problem, draw: Any) -> None:
    rows = draw(3, 500)
    found = measured(problem, rows)
    samples = [values(counted(problem, rows.at(rows.blocks % 5 != fifth))[0].total()) for fifth in range(5)]
    for name, metric in found.items():
        expected = np.std([sample[name][0] for sample in samples], ddof=1)
        assert metric.standard_deviation == pytest.approx(expected, rel=1e-6), name
    few = measured(problem, draw(3, 199))
    assert all(math.isnan(metric.standard_deviation) for metric in few.values())


def test_rates_have_wilsons_interval() -> None:
    rows = binary(4, 800)
    metric = measured(BINARY, rows)["recall"]
    positive = int(rows.actual.sum())
    expected = stats.binomtest(int(rows.predicted[rows.actual == 1].sum()), positive).proportion_ci(method="wilson")
    assert (metric.low, metric.high) == pytest.approx((expected.low, expected.high))
    assert metric.standard_error == pytest.approx(math.sqrt(metric.value * (1 - metric.value) / positive))
    assert (metric.count, metric.method) == (positive, "wilson")


def test_the_whole_windows_auc_and_quantiles_are_exact() -> None:
    rows = binary(5, 2000)
    assert measured(BINARY, rows)["auc"].value == pytest.approx(
        oracle.roc_auc_score(rows.actual, rows.score), rel=1e-14
    )
    errors = regression(5, 1501)
    found = measured(REGRESSION, errors)
    assert found["median_absolute_error"].value == pytest.approx(
        oracle.median_absolute_error(errors.actual, errors.predicted), rel=1e-12
    )
    assert found["p95_absolute_error"].value == pytest.approx(
        np.quantile(np.abs(errors.predicted - errors.actual), 0.95), rel=1e-12
    )


def test_without_scores_metrics_of_scores_are_left_out() -> None:
    found = measured(BINARY, binary(1, 300, scored=False))
    assert METRICS["BinaryClassification"] - found.keys() == {
        "auc",
        "brier_score",
        "calibration_error",
        "lift",
        "log_loss",
    }


def test_what_is_undefined_has_a_reason_and_no_interval() -> None:
    found = measured(BINARY, answers([0] * 512, [0] * 512, [0.2] * 512))
    for name in ("recall", "auc", "lift", "f1"):
        metric = found[name]
        assert not metric.defined
        assert math.isnan(metric.low)
        assert metric.reason == "all 512 labels are 0"
        assert metric.method == ""
    assert found["precision"].reason == "nothing was predicted 1"
    assert found["accuracy"].defined
    none = measured(REGRESSION, LabelledRows(np.empty(0), np.empty(0), None, blocks(0)))
    assert {metric.reason for metric in none.values()} == {"there are no labelled answers"}


def test_a_value_at_the_end_of_its_range_is_not_certain() -> None:
    found = measured(BINARY, answers([0, 1] * 20, [0, 1] * 20, [0.1, 0.9] * 20))
    assert (found["f1"].value, found["f1"].method) == (1.0, "wilson")
    assert found["f1"].low == pytest.approx(stats.binomtest(20, 20).proportion_ci(method="wilson").low)
    assert (found["auc"].value, found["auc"].high, found["auc"].method) == (1.0, 1.0, "newcombe")
    assert 0.7 < found["auc"].low < 0.95
    assert found["auc"].standard_error > 0
    assert found["accuracy"].low < 0.95


def test_a_single_block_tells_no_spread() -> None:
    found = measured(BINARY, answers([1], [1]))
    assert found["cost"].value == 0
    assert math.isnan(found["cost"].low)
    assert found["cost"].reason == "too few rows to tell how sure it is"
    assert found["recall"].defined


def test_blocks_without_which_a_metric_is_undefined_are_left_out() -> None:
    """The only positive row: without its block there is no F score."""
    found = measured(BINARY, answers([1] + [0] * 99, [1] + [0] * 99))
    assert (found["f1"].value, found["f1"].method, found["f1"].count) == (1.0, "wilson", 1)


def test_the_same_rows_give_the_same_numbers() -> None:
    assert measured(BINARY, binary(6, 700)) == measured(BINARY, binary(6, 700))


def test_other_groups_than_blocks_are_refused() -> None:
    with pytest.raises(ValueError, match="3 groups; expected 64 blocks"):
        measure(empty_counts(BINARY, 3))
    with pytest.raises(ValueError, match="sketches"):
        measure(empty_counts(REGRESSION, BLOCKS))


def test_the_best_constant_classifier_is_measured() -> None:
    counts, _ = counted(BINARY, binary(7, 1000))
    found = measure_best_constant(counts)
    negative = float((binary(7, 1000).actual == 0).mean())
    assert found["accuracy"].value == pytest.approx(negative)
    assert found["recall"].value == 0.0
    assert 0 < found["accuracy"].standard_deviation < 0.05
    assert measure_best_constant(counted(REGRESSION, regression(1, 10))[0]) == {}


WINDOWS = 400


@pytest.mark.parametrize(("problem", "draw"), CASES)
def test_intervals_are_right_as_often_as_they_say(problem: Problem, draw: Any) -> None:
    """Every metric of windows of 600 rows, against that of a million; seeded, so the share is known to .022."""
    truth = {name: metric.value for name, metric in measured(problem, draw(9_999, 1_000_000)).items()}
    held = dict.fromkeys(truth, 0)
    for seed in range(WINDOWS):
        for name, metric in measured(problem, draw(seed, 600)).items():
            held[name] += metric.low <= truth[name] <= metric.high
    # The error of calibration is biased upwards in small samples; its interval is of its spread.
    held.pop("calibration_error", None)
    shares = {name: count / WINDOWS for name, count in held.items()}
    assert {name: share for name, share in shares.items() if not 0.92 <= share <= 0.98} == {}
