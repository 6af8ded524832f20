"""Verdicts at their borders, intervals, and what no outlier may change."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from model_monitor_jobs.decisions import (
    Evidence,
    KolmogorovNoise,
    RateNoise,
    Variation,
    Verdict,
    WindowHistory,
    distance_interval,
    learn,
    rate_interval,
    shared_alpha,
    weigh,
)
from model_monitor_jobs.profiles.cells import count_cells, cumulative_shares

ALPHA = shared_alpha(0.01, 60)


def evidence(difference: float, limit: float, count: int, immediate_ratio: float = 3.0) -> Evidence:
    return Evidence(difference, limit, 0.0, 0.0, 1.0, count, immediate_ratio=immediate_ratio, blind=limit >= 0.5)


@pytest.mark.parametrize(
    ("difference", "limit", "count", "verdict"),
    [
        (0.3, 0.2, 29, Verdict.INSUFFICIENT_DATA),
        (0.3, 0.2, 30, Verdict.VIOLATION),
        (0.2, 0.2, 30, Verdict.INSUFFICIENT_DATA),
        (0.2, 0.2, 199, Verdict.INSUFFICIENT_DATA),
        (0.2, 0.2, 200, Verdict.PASS),
        (0.2, 0.499, 200, Verdict.PASS),
        (0.2, 0.5, 200, Verdict.TOO_VARIABLE),
        (0.6, 0.5, 200, Verdict.VIOLATION),
        (0.2, 0.5, 199, Verdict.INSUFFICIENT_DATA),
    ],
)
def test_verdicts_at_their_borders(difference: float, limit: float, count: int, verdict: Verdict) -> None:
    assert evidence(difference, limit, count).verdict is verdict


@pytest.mark.parametrize(
    ("difference", "limit", "count", "ratio", "immediate"),
    [
        (0.31, 0.1, 1_000, 3.0, True),
        (0.3, 0.1, 1_000, 3.0, False),
        (0.1, 0.02, 1_000, 3.0, True),
        (0.099, 0.02, 1_000, 3.0, False),
        (0.31, 0.1, 29, 3.0, False),
        (0.35, 0.1, 1_000, 4.0, False),
        (0.41, 0.1, 1_000, 4.0, True),
    ],
)
def test_far_beyond_the_limit_is_immediate(
    difference: float, limit: float, count: int, ratio: float, immediate: bool
) -> None:
    assert evidence(difference, limit, count, ratio).immediate is immediate


def weighed(hits: int, count: int, reference_hits: int = 20, reference: int = 10_000) -> Evidence:
    difference = abs(hits / max(1, count) - reference_hits / reference)
    interval = rate_interval(hits, count, reference_hits, reference)
    noise = RateNoise.of(reference_hits, reference)
    return weigh(difference, interval, noise, None, ALPHA, None, count, reference)


def test_a_column_without_any_value_speaks_from_thirty_rows_on() -> None:
    assert weighed(0, 0).verdict is Verdict.INSUFFICIENT_DATA
    assert weighed(29, 29).verdict is Verdict.INSUFFICIENT_DATA
    assert weighed(30, 30).verdict is Verdict.VIOLATION


@pytest.mark.parametrize("count", [30, 60, 199])
@pytest.mark.parametrize("probability", [0.002, 0.05, 0.5])
def test_small_windows_that_did_not_change_do_not_speak(count: int, probability: float) -> None:
    """The exception of 30 rows costs no false violations: the noise of so few rows is in the limit."""
    random = np.random.default_rng(8)
    reference = 10_000
    hits, before = random.binomial(count, probability, 20_000), random.binomial(reference, probability, 20)
    for then in before.tolist():
        noise = RateNoise.of(then, reference)
        bound = noise.bound(ALPHA, count, reference)
        assert (np.abs(hits / count - then / reference) > bound).mean() <= 3 * ALPHA


def test_nothing_says_nothing() -> None:
    variation = Variation(1e-4, 1.0, 27, 1.0, 1.0, typical=0.01)
    found = weigh(0.0, (0.0, 0.0), KolmogorovNoise(), variation, ALPHA, None, 0, 10_000)
    assert (found.verdict, found.low, found.high, found.typical) == (Verdict.INSUFFICIENT_DATA, 0.0, 1.0, 0.01)


def test_evidence_says_what_it_rests_on() -> None:
    variation = Variation(1e-4, 1.0, 27, 10.0, 1.0, typical=0.01)
    found = weigh(0.05, (0.04, 0.06), KolmogorovNoise(), variation, ALPHA, None, 10_000, 280_000)
    assert found.learned
    assert found.typical == 0.01
    assert found.immediate_ratio == pytest.approx(variation.immediate_ratio(ALPHA))
    assert found.noise == KolmogorovNoise().bound(ALPHA, 10_000, 280_000)
    assert found.limit > found.noise
    assert not weigh(0.05, (0.04, 0.06), KolmogorovNoise(), None, ALPHA, None, 10_000, 280_000).learned


def newcombe(hits: int, count: int, reference_hits: int, reference: int) -> tuple[float, float]:
    """Straight from the paper, signed."""
    z = norm.isf(0.025)

    def wilson(x: int, n: int) -> tuple[float, float]:
        middle, root = 2 * x + z * z, z * math.sqrt(z * z + 4 * x * (1 - x / n))
        return (middle - root) / (2 * (n + z * z)), (middle + root) / (2 * (n + z * z))

    (low1, high1), (low2, high2) = wilson(hits, count), wilson(reference_hits, reference)
    p1, p2 = hits / count, reference_hits / reference
    change = p1 - p2
    return change - math.hypot(p1 - low1, high2 - p2), change + math.hypot(high1 - p1, p2 - low2)


@given(st.integers(1, 5_000), st.integers(1, 5_000), st.data())
def test_the_interval_of_a_rates_change_is_newcombes(count: int, reference: int, data: st.DataObject) -> None:
    hits, then = data.draw(st.integers(0, count)), data.draw(st.integers(0, reference))
    low, high = rate_interval(hits, count, then, reference)
    change = abs(hits / count - then / reference)
    assert 0 <= low <= change + 1e-12
    assert change - 1e-12 <= high <= 1
    signed_low, signed_high = newcombe(hits, count, then, reference)
    if hits / count < then / reference:
        signed_low, signed_high = -signed_high, -signed_low
    assert low == pytest.approx(max(0.0, signed_low), abs=1e-9)
    assert high == pytest.approx(min(1.0, signed_high), abs=1e-9)


def test_the_interval_of_a_distance_is_kolmogorovs_band() -> None:
    low, high = distance_interval(0.3, 400, 400, 0.01)
    assert high - 0.3 == pytest.approx(0.3 - low)
    assert high - 0.3 == pytest.approx(1.3581 * math.sqrt(2 / 400) + 0.01, rel=1e-4)
    assert distance_interval(0.3, 0, 400) == (0.0, 1.0)
    assert distance_interval(0.01, 30, 30)[0] == 0.0


@given(st.integers(0, 2**32 - 1), st.sampled_from([500, 10_000]), st.floats(0, 0.3))
def test_one_value_of_a_million_moves_a_distance_by_one_row(seed: int, count: int, shift: float) -> None:
    """And so it changes a verdict only where one ordinary row would."""
    random = np.random.default_rng(seed)
    cuts = norm.ppf(np.arange(1, 256) / 256)
    reference = count_cells(cuts, random.normal(size=10_000))
    values = random.normal(shift, size=count)
    before = cumulative_shares(count_cells(cuts, values))
    values[0] = 1e6
    after = cumulative_shares(count_cells(cuts, values))
    then = cumulative_shares(reference)
    assert abs(np.abs(after - then).max() - np.abs(before - then).max()) <= 1 / count + 1e-12


def test_one_value_of_a_million_in_the_baseline_changes_no_limit() -> None:
    random = np.random.default_rng(9)
    cuts = norm.ppf(np.arange(1, 256) / 256)
    windows = random.normal(size=(168, 1_000))

    def limits(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Variation:
        cells = np.array([count_cells(cuts, window) for window in values])
        rest = cells.sum(axis=0) - cells
        shares = np.array([cumulative_shares(window) for window in cells])
        others = np.array([cumulative_shares(window) for window in rest])
        history = WindowHistory(
            np.abs(shares - others).max(axis=1), np.full(168, 1_000), np.full(168, 167_000), np.arange(168) // 24
        )
        variation = learn(history, KolmogorovNoise.of(cells.sum(axis=0).tolist()), ALPHA)
        assert variation is not None
        return variation

    clean = limits(windows)
    windows[17, 3] = 1e6
    touched = limits(windows)
    assert touched.left_out == clean.left_out == ()
    assert touched.worst == pytest.approx(clean.worst, rel=0.03)
    assert touched.overdispersion == pytest.approx(clean.overdispersion, rel=0.01)


def test_the_family_shares_alpha() -> None:
    assert shared_alpha(0.01, 0) == shared_alpha(0.01, 1) == 0.01
    assert shared_alpha(0.01, 50) == pytest.approx(0.0002)


def test_a_threshold_of_ones_own_is_no_reason_not_to_judge() -> None:
    passed = weigh(0.4, (0.3, 0.5), RateNoise(0.1), None, 0.001, 0.6, 10_000, 10_000)
    assert passed.limit > 0.6
    assert passed.verdict is Verdict.PASS
    assert weigh(0.4, (0.3, 0.5), RateNoise(0.5), None, 0.001, 0.6, 200, 30).verdict is Verdict.TOO_VARIABLE
