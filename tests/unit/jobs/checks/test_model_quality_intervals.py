"""Intervals of metrics: as scipy's, and as often right as they say."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from model_monitor_jobs.checks.model_quality.intervals import (
    auc_interval,
    binomial_ranks,
    jackknife,
    order_statistics,
    quantile,
    quantile_interval,
    student_spread,
    wilson,
)
from model_monitor_jobs.profiles.performance.scores import auc, auc_variance
from model_monitor_jobs.profiles.sketch import QuantileSketch


def sketch(values: object, size: int = 2048) -> QuantileSketch:
    made = QuantileSketch(size=size)
    made.update(np.asarray(values, dtype=np.float64))
    return made


@pytest.mark.parametrize(("hits", "count"), [(0, 1), (1, 1), (0, 30), (30, 30), (3, 10), (499, 1000), (1, 10**6)])
def test_wilsons_interval_is_scipys(hits: int, count: int) -> None:
    expected = stats.binomtest(hits, count).proportion_ci(0.95, method="wilson")
    assert wilson(hits, count) == pytest.approx((expected.low, expected.high), rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("count", [1, 5, 10, 59, 60, 100, 1000, 30_000])
@pytest.mark.parametrize("share", [0.5, 0.9, 0.95])
def test_ranks_hold_the_quantile_between_them(count: int, share: float) -> None:
    """The narrowest for which either tail has at most 2.5 %, by scipy's binomial."""
    low, high = binomial_ranks(count, share)
    below = stats.binom(count, share)
    assert below.cdf(low - 1) <= 0.025 < below.cdf(low)
    assert below.sf(high - 1) <= 0.025 < below.sf(high - 2)


def test_quantiles_are_numpys_and_their_interval_is_scipys() -> None:
    values = np.random.RandomState(1).lognormal(size=1001)
    made = sketch(values)
    for share in (0.5, 0.9, 0.95):
        assert quantile(made, share) == pytest.approx(np.quantile(values, share), rel=1e-12)
    assert order_statistics(made, np.array([1.0, 1001.0])).tolist() == [values.min(), values.max()]
    expected = stats.quantile_test(values, p=0.5, q=0).confidence_interval(0.95)
    assert quantile_interval(made, 0.5) == (expected.low, expected.high)


def test_too_few_rows_leave_the_interval_open() -> None:
    assert quantile_interval(sketch([1.0, 2.0, 3.0]), 0.5) == (0.0, math.inf)
    low, high = quantile_interval(sketch(np.arange(1.0, 21)), 0.95)
    assert (low, high) == (17.0, math.inf)


def test_the_sketchs_error_widens_the_interval() -> None:
    values = np.arange(1.0, 100_001)
    made = sketch(values, 256)
    low, high = quantile_interval(made, 0.5)
    below, above = binomial_ranks(100_000, 0.5)
    slack = made.rank_error * 100_000
    assert slack > 100
    assert low <= below - slack / 2
    assert high >= above + slack / 2


def test_a_jackknife_of_means_is_the_standard_error() -> None:
    """Of groups of one row each, the standard error of a mean; of its t interval, scipy's."""
    values = np.random.RandomState(1).normal(size=25)
    left_out = (values.sum() - values) / 24
    error = jackknife(left_out)
    assert error == pytest.approx(stats.sem(values), rel=1e-12)
    expected = stats.t.interval(0.95, 24, loc=values.mean(), scale=error)
    assert values.mean() + student_spread(error, 24) == pytest.approx(expected[1], rel=1e-9)


def test_the_interval_of_an_auc_stays_within_0_and_1() -> None:
    low, high = auc_interval(0.995, 0.004**2, 50, 50)
    assert 0.97 < low < 0.995 < high < 1
    assert math.log(high / (1 - high)) - math.log(0.995 / 0.005) == pytest.approx(
        1.96 * 0.004 / (0.995 * 0.005), rel=1e-4
    )


@pytest.mark.parametrize(("area", "end"), [(1.0, 1.0), (0.0, 0.0)])
def test_a_perfect_auc_is_not_certain(area: float, end: float) -> None:
    """Newcombe's example-free check: the distance to the far end is 1.96 of the standard errors that hold there."""
    low, high = auc_interval(area, 0.0, 20, 10)
    far = low if area else high
    assert {low, high} == {far, end}
    size = (20 + 10) / 2 - 1
    spread = far * (1 - far) * (1 + size * (1 - far) / (2 - far) + size * far / (1 + far)) / 200
    assert abs(area - far) == pytest.approx(1.959964 * math.sqrt(spread), rel=1e-6)
    assert 0.6 < abs(1 - area - far) < 0.95


def test_intervals_of_an_auc_are_right_as_often_as_they_say() -> None:
    random = np.random.RandomState(20_220_711)
    truth = float(stats.norm.cdf(1.2 / math.sqrt(2)))
    actual = np.repeat([0, 1], [150, 60])
    held = 0
    for _ in range(600):
        score = np.round(random.normal(1.2 * actual, 1), 2)
        _, places = np.unique(score, return_inverse=True)
        table = np.bincount(places * 2 + actual, minlength=2 * (places.max() + 1)).reshape(-1, 2)
        low, high = auc_interval(float(auc(table)), auc_variance(table), 150, 60)
        held += low <= truth <= high
    # 95 % of 600, within three standard deviations of that count.
    assert 0.92 <= held / 600 <= 0.98


def test_intervals_of_a_quantile_are_right_as_often_as_they_say() -> None:
    random = np.random.RandomState(20_220_711)
    truth = stats.expon.ppf(0.9)
    held = sum(
        low <= truth <= high
        for low, high in (quantile_interval(sketch(random.exponential(size=200)), 0.9) for _ in range(600))
    )
    assert 0.93 <= held / 600 <= 0.99
