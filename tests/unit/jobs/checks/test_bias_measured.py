"""Intervals and standard errors of bias metrics: published values, naive loops, and honest coverage."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from model_monitor_jobs.checks.bias import intervals
from model_monitor_jobs.checks.bias.measured import MeasuredBias, measure, measure_flips
from model_monitor_jobs.checks.bias.metrics import on_scale, values
from model_monitor_jobs.profiles.bias import BiasCounts, BiasProblem, Facet, Flips, Selection

STRATA = ("a", "b", "c")
PROBLEM = BiasProblem((Facet("sex", Selection(values=("F",))),), Selection(values=("1",)), stratified_by="job")
BASES = (0.3, 0.4, 0.5)


def counts_of(cells: Any) -> BiasCounts:
    """From rows (strata, sides, labels, answers)."""
    made = BiasCounts.empty(PROBLEM, 1)
    made.table[0, 0, :, :2, :2] = cells.sum(axis=0)
    by_stratum = np.stack((cells.sum(axis=-1), cells.sum(axis=-2)), axis=1)[np.newaxis, np.newaxis]
    return BiasCounts(PROBLEM, made.table, made.missing, by_stratum, None, STRATA)


def shares(disadvantaged: float, gap: float, recalls: tuple[float, float], alarms: tuple[float, float]) -> Any:
    """Chances of each cell, where the labels differ by `gap` and answers as recalls and false positive rates say."""
    made = np.zeros((3, 2, 2, 2))
    for stratum, base in enumerate(BASES):
        for side, of_side in enumerate((1 - disadvantaged, disadvantaged)):
            for label, of_label in enumerate((1 - base + gap * side, base - gap * side)):
                positive = (recalls if label else alarms)[side]
                made[stratum, side, label] = of_side * of_label / 3 * np.array([1 - positive, positive])
    return made


def measured(cells: Any) -> dict[str, MeasuredBias]:
    return measure(counts_of(cells))[0]


CELLS = np.random.RandomState(3).multinomial(400, shares(0.3, 0.1, (0.8, 0.7), (0.2, 0.3)).ravel()).reshape(3, 2, 2, 2)


def test_newcombes_example() -> None:
    """56 of 70 and 48 of 80 (Newcombe 1998, table II, method 10)."""
    assert intervals.difference_interval((56, 48), (70, 80)) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert intervals.difference_interval((9, 3), (10, 10)) == pytest.approx((0.1705, 0.8090), abs=5e-5)
    assert intervals.difference_interval((10, 0), (10, 10)) == pytest.approx((0.6075, 1.0), abs=5e-5)


def test_a_ratio_turned_round_has_the_reciprocal_interval() -> None:
    low, high = intervals.ratio_interval((30, 12), (100, 60))
    other_low, other_high = intervals.ratio_interval((12, 30), (60, 100))
    assert (low, high) == pytest.approx((1 / other_high, 1 / other_low))
    assert low < (12 / 60) / (30 / 100) < high
    assert intervals.ratio_interval((0, 5), (50, 50))[1] == math.inf
    assert intervals.ratio_interval((5, 0), (50, 50))[0] == 0.0
    assert intervals.ratio_interval((0, 0), (50, 50)) == (0.0, math.inf)


def test_two_wider_intervals_hold_at_once() -> None:
    """Wilson's interval with z of Šidák's level, by its formula."""
    z = stats.norm.ppf(1 - (1 - math.sqrt(0.95)) / 2)
    low, rate, high = intervals.score_interval(7, 50, of_two=True)
    middle = (7 + z * z / 2) / (50 + z * z)
    spread = z / (50 + z * z) * math.sqrt(7 * 43 / 50 + z * z / 4)
    assert (low, rate, high) == pytest.approx((middle - spread, 0.14, middle + spread))


def test_standard_errors_of_rates_know_that_zero_is_not_certain() -> None:
    """Agresti and Caffo's of 0 of 10 and 0 of 20; Walter's of 0 of 10 and 5 of 20."""
    expected = math.sqrt(1 / 12 * 11 / 12 / 12 + 1 / 22 * 21 / 22 / 22)
    assert intervals.difference_error((0, 0), (10, 20)) == pytest.approx(expected)
    assert intervals.ratio_error((0, 5), (10, 20)) == pytest.approx(math.sqrt(2 - 1 / 10.5 + 1 / 5.5 - 1 / 20.5))


@pytest.mark.parametrize("name", ["CDDL", "CDDPL", "DCA", "DCR", "GE", "JS", "KL", "TE"])
def test_the_jackknife_is_that_of_a_loop_over_all_rows(name: str) -> None:
    left_out, weights = [], []
    for place in np.argwhere(CELLS):
        fewer = CELLS.copy()
        fewer[tuple(place)] -= 1
        left_out.append(float(on_scale(name, values(counts_of(fewer))[name])[0, 0]))
        weights.append(int(CELLS[tuple(place)]))
    each = np.repeat(left_out, weights)
    expected = math.sqrt((len(each) - 1) / len(each) * np.square(each - each.mean()).sum())
    assert len(each) == 400
    assert measured(CELLS)[name].standard_error == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("name", ["AD", "CDDL", "CDDPL", "CI", "DAR", "DCA", "DPL", "DPPL", "GE", "JS", "RD", "TE"])
def test_standard_errors_are_those_of_many_samples(name: str) -> None:
    """Against the spread of the metric over 400 samples of 2,000 rows."""
    chances = shares(0.3, 0.15, (0.8, 0.7), (0.2, 0.3))
    samples = np.random.RandomState(5).multinomial(2_000, chances.ravel(), 400).reshape(400, 3, 2, 2, 2)
    found = [float(on_scale(name, values(counts_of(cells))[name])[0, 0]) for cells in samples]
    error = measured(np.rint(chances * 2_000).astype(np.int64))[name].standard_error
    assert error == pytest.approx(np.std(found), rel=0.12)


def test_intervals_hold_their_values_and_are_always_the_same() -> None:
    found = measured(CELLS)
    for metric in found.values():
        assert metric.low <= metric.value <= metric.high, metric.name
        assert math.isfinite(metric.standard_error), metric.name
        assert (metric.defined, metric.error) == (True, "")
    assert measured(CELLS) == found
    assert {name: metric.value for name, metric in found.items()} == {
        name: float(column[0, 0]) for name, column in values(counts_of(CELLS)).items()
    }


def test_resamples_are_those_of_the_rows() -> None:
    """Means and covariances of multinomial counts."""
    cells = np.array([[40, 0], [10, 50]])
    draws = intervals.resampled(cells).reshape(-1, 4)
    assert (draws.sum(axis=1) == 100).all()
    np.testing.assert_allclose(draws.mean(axis=0), [40, 0, 10, 50], atol=0.7)
    rates = np.array([0.4, 0, 0.1, 0.5])
    np.testing.assert_allclose(np.cov(draws.T), 100 * (np.diag(rates) - np.outer(rates, rates)), atol=3)


@pytest.mark.parametrize(
    ("rows", "chances"),
    [
        (500, shares(0.35, 0.05, (0.8, 0.75), (0.2, 0.22))),
        (500, shares(0.35, 0.0, (0.8, 0.8), (0.2, 0.2))),
        (1_000, shares(0.1, 0.02, (0.6, 0.5), (0.05, 0.08))),
    ],
    ids=["some bias", "no bias", "a small side"],
)
def test_intervals_cover(rows: int, chances: Any) -> None:
    """Of 150 samples. Were it 95 %, fewer than 86 % would have a chance of 6 in a million."""
    truth = values(counts_of(np.rint(chances * 1e9).astype(np.int64)))
    random = np.random.RandomState(7)
    held: dict[str, list[bool]] = {}
    for _ in range(150):
        cells = random.multinomial(rows, chances.ravel()).reshape(chances.shape)
        for name, metric in measured(cells).items():
            true = float(truth[name][0, 0])
            held.setdefault(name, []).append(metric.low - 1e-9 <= true <= metric.high + 1e-9)
    for name, each in held.items():
        assert np.mean(each) >= 0.86, name


def test_what_is_infinite_is_said() -> None:
    """No false positive on the disadvantaged side, and no positive answer at all on the advantaged side."""
    cells = np.zeros((3, 2, 2, 2), dtype=np.int64)
    cells[0] = [[[30, 0], [20, 0]], [[25, 0], [5, 10]]]
    found = measured(cells)
    assert found["DI"].value == found["DCA"].value == math.inf
    assert found["DI"].low > 1
    assert found["DI"].high == math.inf
    assert found["DI"].reason == "it is infinite, and its logarithm with it"
    for name in ("DCA", "DI", "EOR"):
        assert math.isnan(found[name].standard_error)
    assert found["DCA"].reason == "it is infinite: something is divided by 0"
    assert found["EOR"].reason == "it is 0, and its logarithm with it"


def test_resamples_that_are_infinite_or_undefined_are_said() -> None:
    cells = np.zeros((3, 2, 2, 2), dtype=np.int64)
    cells[0] = [[[30, 3], [5, 20]], [[25, 1], [5, 10]]]
    found = measured(cells)["TE"]
    assert found.high == math.inf
    assert math.isnan(found.standard_error)
    assert found.reason == "without one of the rows it would be infinite or undefined"
    cells[0, 1, 0, 1] = 4
    found = measured(cells)["TE"]
    assert math.isfinite(found.standard_error)
    assert found.reason.endswith("% of its resamples are infinite")
    lonely = np.zeros((3, 2, 2, 2), dtype=np.int64)
    lonely[0] = [[[30, 3], [5, 20]], [[0, 0], [0, 1]]]
    found = measured(lonely)["TE"]
    assert math.isnan(found.low)
    assert found.reason.endswith("% of its resamples have no value")
    assert found.value == -5 / 3


def test_an_error_has_no_interval() -> None:
    cells = CELLS.copy()
    cells[:, 1] = 0
    found = measured(cells)["RD"]
    assert math.isnan(found.value)
    assert math.isnan(found.low)
    assert not found.defined
    assert found.error == found.reason == "DLA: Facet set is empty"
    assert found.count == 0


def test_distances_over_all_label_values_are_resampled() -> None:
    problem = BiasProblem(PROBLEM.facets, PROBLEM.positive, every_label=True)
    made = BiasCounts.empty(problem, 1)
    by_label = np.array([[60, 20], [30, 25], [10, 15]])
    made.table[0, 0, :, 1, 1], made.table[0, 0, :, 0, 1] = by_label[0], by_label[1:].sum(axis=0)
    counts = BiasCounts(
        problem, made.table, made.missing, None, by_label[np.newaxis, np.newaxis], (), ("high", "low", "medium")
    )
    found = measure(counts)[0]
    first, second = by_label.T / by_label.sum(axis=0)[:, np.newaxis]
    assert found["TVD"].value == pytest.approx(np.abs(first - second).sum() / 2)
    for name in ("JS", "KL", "KS", "LP", "TVD"):
        assert found[name].method == "bootstrap"
        assert found[name].low < found[name].value < found[name].high
        assert found[name].standard_error > 0


def test_the_flip_test_is_measured() -> None:
    """(12 - 4)/100, and Student's interval of 15 degrees; groups that are alike leave Agresti and Min's error."""
    found = measure_flips(Flips(12, 4, 100, 250, 350, 16, 0.05))
    assert (found.value, found.count, found.reason, found.degrees) == (0.08, 100, "", 15)
    assert found.standard_error == 0.05
    assert (found.low, found.high) == pytest.approx((0.08 - 2.13145 * 0.05, 0.08 + 2.13145 * 0.05), abs=1e-5)
    error = math.sqrt((12.5 + 4.5) - (12.5 - 4.5) ** 2 / 102) / 102
    assert measure_flips(Flips(12, 4, 100, 250, 350, 16, 0.0)).standard_error == pytest.approx(error)
    assert measure_flips(Flips(12, 4, 100, 250, 9_000, 16, 0.05)).reason == "of a sample of 350 of 9,000 rows"
    assert math.isnan(measure_flips(Flips(1, 0, 1, 1, 2, 1)).low)
    nothing = measure_flips(Flips(0, 0, 0, 5, 5, error="Facet set is empty"))
    assert math.isnan(nothing.value)
    assert nothing.error == "Facet set is empty"
