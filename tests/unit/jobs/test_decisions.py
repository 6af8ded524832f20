"""The default rule's limits: formulas against scipy, false alarms and power by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import kstwobign, norm

from model_monitor_jobs.decisions import (
    Evidence,
    Margin,
    Verdict,
    categories_evidence,
    distribution_evidence,
    rate_evidence,
    rate_noise,
    shared_alpha,
)

NO_MARGIN = Margin(0.0)
REFERENCE = 10_000


@given(st.integers(1, 10**7), st.integers(1, 10**7), st.floats(1e-8, 0.01))
def test_the_limit_of_a_distribution_is_kolmogorovs(count: int, reference: int, alpha: float) -> None:
    evidence = distribution_evidence(0.0, count, reference, alpha, Margin(0.1))
    exact = kstwobign.isf(alpha) * math.sqrt(1 / count + 1 / reference)
    assert evidence.noise == pytest.approx(exact, rel=1e-6)
    assert evidence.limit == pytest.approx(0.1 + evidence.noise)


def test_the_sketchs_error_is_added_to_limit_and_interval() -> None:
    without, with_error = (distribution_evidence(0.3, 500, 9_000, 0.01, Margin(), error) for error in (0.0, 0.002))
    assert with_error.limit - without.limit == pytest.approx(0.002)
    assert with_error.high - without.high == pytest.approx(0.002)


@given(st.floats(0, 1), st.integers(1, 10**6), st.integers(1, 10**6), st.floats(1e-8, 0.2))
def test_the_noise_of_a_rate_is_the_normal_limit_and_its_next_term(
    probability: float, count: int, reference: int, alpha: float
) -> None:
    z = ndtri(1 - alpha / 2)
    spread = math.sqrt(probability * (1 - probability) * (1 / count + 1 / reference))
    expected = z * spread + (z * z - 1) / (6 * count)
    assert rate_noise(probability, count, reference, alpha) == pytest.approx(expected, rel=1e-6, abs=1e-12)


@given(st.integers(1, 5_000), st.integers(1, 5_000), st.data())
def test_two_categories_have_the_difference_of_a_rate(count: int, reference: int, data: st.DataObject) -> None:
    hits, reference_hits = data.draw(st.integers(0, count)), data.draw(st.integers(0, reference))
    rate = rate_evidence(hits, count, reference_hits, reference, 0.01, Margin())
    pair, place = categories_evidence(
        [hits, count - hits], [reference_hits, reference - reference_hits], 0.01, Margin()
    )
    assert pair.difference == pytest.approx(rate.difference, abs=1e-12)
    assert pair.limit >= rate.limit - 1e-9
    assert place in (0, 1)
    for evidence in (rate, pair):
        assert 0 <= evidence.low <= evidence.difference + 1e-12
        assert evidence.difference - 1e-12 <= evidence.high <= 1


def test_the_category_that_changed_most_is_named() -> None:
    assert categories_evidence([50, 30, 20], [50, 20, 30], 0.01, Margin())[1] == 1
    assert categories_evidence([10, 10, 80], [40, 40, 20], 0.01, Margin())[1] == 2


@pytest.mark.parametrize("count", [200, 1_000])
@pytest.mark.parametrize("alpha", [0.01, 0.0005])
@pytest.mark.parametrize("probability", [0.0001, 0.001, 0.01, 0.1, 0.5])
def test_a_rate_that_did_not_change_exceeds_its_noise_at_most_as_often_as_alpha(
    count: int, alpha: float, probability: float
) -> None:
    random = np.random.default_rng(7)
    trials = 200_000
    seen, windows = np.unique(random.binomial(count, probability, trials), return_counts=True)
    before, baselines = np.unique(random.binomial(REFERENCE, probability, trials), return_counts=True)
    false = 0.0
    for reference_hits, weight in zip(before.tolist(), baselines / trials, strict=True):
        noise = rate_noise((reference_hits + 1) / (REFERENCE + 2), count, REFERENCE, alpha)
        beyond = np.abs(seen / count - reference_hits / REFERENCE) > noise
        false += weight * windows[beyond].sum() / trials
    assert false <= alpha * 1.05


@pytest.mark.parametrize("count", [200, 1_000])
@pytest.mark.parametrize("categories", [3, 101])
def test_categories_that_did_not_change_exceed_their_noise_at_most_as_often_as_alpha(
    count: int, categories: int
) -> None:
    random = np.random.default_rng(8)
    shares = 1 / np.arange(1, categories + 1)
    shares /= shares.sum()
    trials, alpha = 600, 0.05
    windows, baselines = (random.multinomial(rows, shares, trials).tolist() for rows in (count, REFERENCE))
    evidence = [
        categories_evidence(now, then, alpha, NO_MARGIN)[0] for now, then in zip(windows, baselines, strict=True)
    ]
    assert sum(found.difference > found.limit for found in evidence) <= trials * alpha


def distances(count: int, trials: int, shift: float = 0.0) -> NDArray[np.float64]:
    random = np.random.default_rng(9)
    both = np.concatenate((random.normal(size=(trials, REFERENCE)), random.normal(shift, size=(trials, count))), axis=1)
    steps = np.where(np.argsort(both, axis=1) < REFERENCE, -1 / REFERENCE, 1 / count)
    return np.asarray(np.abs(np.cumsum(steps, axis=1)).max(axis=1))


@pytest.mark.parametrize("count", [200, 1_000])
def test_a_distribution_that_did_not_change_exceeds_its_noise_at_most_as_often_as_alpha(count: int) -> None:
    limit = distribution_evidence(0.0, count, REFERENCE, 0.05, NO_MARGIN).limit
    trials = 300
    assert (distances(count, trials) > limit).mean() <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / trials)


@pytest.mark.parametrize(("count", "smallest"), [(10_000, 0.021), (500, 0.093)])
def test_the_smallest_change_of_twenty_columns_that_sampling_lets_be_seen(count: int, smallest: float) -> None:
    alpha = shared_alpha(0.01, 40)
    assert distribution_evidence(0.0, count, 720 * count, alpha, NO_MARGIN).limit == pytest.approx(smallest, rel=0.03)


def test_a_tenth_of_a_standard_deviation_is_beyond_noise_but_within_the_margin() -> None:
    """A shift of .1 sd is a distance of .040: only a baseline that knows its own variation can tell it."""
    difference = 2 * norm.cdf(0.05) - 1
    assert difference == pytest.approx(0.040, abs=0.0005)
    alpha = shared_alpha(0.01, 40)
    assert distribution_evidence(difference, 10_000, 7_200_000, alpha, NO_MARGIN).verdict is Verdict.VIOLATION
    assert distribution_evidence(difference, 10_000, 7_200_000, alpha, Margin(0.1)).verdict is Verdict.PASS


def test_half_a_standard_deviation_is_seen_in_a_thousand_rows() -> None:
    limit = distribution_evidence(0.0, 1_000, REFERENCE, shared_alpha(0.01, 40), Margin(0.1)).limit
    assert (distances(1_000, 200, shift=0.6) > limit).mean() > 0.95


def evidence(difference: float, limit: float, count: int) -> Evidence:
    return Evidence(difference, limit, 0.0, 0.0, 1.0, count)


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
    ("difference", "limit", "immediate"),
    [(0.31, 0.1, True), (0.3, 0.1, False), (0.1, 0.02, True), (0.099, 0.02, False)],
)
def test_far_beyond_the_limit_is_immediate(difference: float, limit: float, immediate: bool) -> None:
    assert evidence(difference, limit, 1_000).immediate is immediate


@pytest.mark.parametrize("count", [0, 29])
def test_nothing_and_next_to_nothing_say_nothing(count: int) -> None:
    found = rate_evidence(count, count, 0, REFERENCE, 0.01, Margin())
    assert found.verdict is Verdict.INSUFFICIENT_DATA


def test_a_column_without_any_value_speaks_from_thirty_rows_on() -> None:
    assert rate_evidence(30, 30, 20, REFERENCE, shared_alpha(0.01, 60), Margin()).verdict is Verdict.VIOLATION


def test_the_family_shares_alpha() -> None:
    assert shared_alpha(0.01, 0) == shared_alpha(0.01, 1) == 0.01
    assert shared_alpha(0.01, 50) == pytest.approx(0.0002)
