"""What sampling does: formulas against scipy, and how often each bound is exceeded, exactly or by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import binom, chi2, kstwobign, norm, poisson

from model_monitor_jobs.decisions import (
    JENSEN_SHANNON_DIVISOR,
    ChiSquaredNoise,
    KolmogorovNoise,
    LargestRateNoise,
    Noise,
    RateNoise,
)

Doubles = NDArray[np.float64]

sizes = st.integers(1, 10**7)
alphas = st.floats(1e-8, 0.05)


@given(sizes, sizes, alphas)
def test_the_bound_of_a_distribution_is_kolmogorovs(count: int, reference: int, alpha: float) -> None:
    exact = kstwobign.isf(alpha) * math.sqrt(1 / count + 1 / reference)
    assert KolmogorovNoise().bound(alpha, count, reference) == pytest.approx(exact, rel=1e-3)
    assert KolmogorovNoise(0.002).bound(alpha, count, reference) == pytest.approx(exact + 0.002, rel=1e-3)


def test_the_mean_square_of_a_distribution_is_kolmogorovs() -> None:
    assert KolmogorovNoise().unit_variance == pytest.approx(kstwobign.var() + kstwobign.mean() ** 2, rel=1e-9)


@given(st.floats(0, 1), sizes, sizes, alphas)
def test_the_bound_of_a_rate_is_the_normal_limit_and_its_next_terms(
    probability: float, count: int, reference: int, alpha: float
) -> None:
    z = norm.isf(alpha / 2)
    normal = z * math.sqrt(probability * (1 - probability) * (1 / count + 1 / reference))
    expected = normal + (z * z - 1) / (6 * count) + z * z / (3 * reference)
    assert RateNoise(probability).bound(alpha, count, reference) == pytest.approx(expected, rel=1e-6)


def exceedance_of_a_rate(count: int, reference: int, probability: float, alpha: float) -> float:
    """Exact, but for baselines in the outermost 1e-9."""
    low, high = binom.ppf([1e-9, 1 - 1e-9], reference, probability).astype(int)
    hits = np.unique(np.linspace(low, high, min(int(high - low) + 1, 400)).astype(int))
    weights = binom.pmf(hits, reference, probability)
    bounds = np.array([RateNoise.of(int(hit), reference).bound(alpha, count, reference) for hit in hits])
    shares = hits / reference
    above = binom.sf(np.floor(count * (shares + bounds) + 1e-9), count, probability)
    below = binom.cdf(np.ceil(count * (shares - bounds) - 1e-9) - 1, count, probability)
    return float(weights @ (above + below) / weights.sum())


@pytest.mark.parametrize("alpha", [0.01, 5e-4, 1e-5])
@pytest.mark.parametrize("reference", [30, 200, 1_000, 10_000, 100_000, 1_000_000])
@pytest.mark.parametrize("count", [30, 200, 1_000, 10_000, 100_000])
def test_a_rate_that_did_not_change_is_beyond_its_bound_at_most_as_often_as_alpha(
    count: int, reference: int, alpha: float
) -> None:
    for probability in (0.00005, 0.0005, 0.002, 0.01, 0.05, 0.2, 0.5):
        assert exceedance_of_a_rate(count, reference, probability, alpha) <= alpha * 1.05, probability


def test_without_the_references_own_error_a_rare_rate_is_beyond_it_too_often() -> None:
    """What the last term is for: the plain limit with the skewness of the window alone."""
    count = reference = 10_000
    alpha, probability = 1e-4, 0.002
    low, high = 1, 60
    hits = np.arange(low, high)
    z = norm.isf(alpha / 2)
    rates = (hits + 1) / (reference + 2)
    bounds = z * np.sqrt(rates * (1 - rates) * 2 / count) + (z * z - 1) / (6 * count)
    above = binom.sf(np.floor(count * (hits / reference + bounds) + 1e-9), count, probability)
    assert binom.pmf(hits, reference, probability) @ above > 3 * alpha
    assert exceedance_of_a_rate(count, reference, probability, alpha) <= alpha


def zipf(categories: int) -> Doubles:
    return np.asarray(1 / np.arange(1, categories + 1))


def largest_changes(
    shares: Doubles, count: int, reference: int, trials: int, cumulated: bool = False
) -> tuple[Doubles, NDArray[np.int64]]:
    random = np.random.default_rng(11)
    shares = shares / shares.sum()
    windows = random.multinomial(count, shares, trials)
    baselines = random.multinomial(reference, shares, trials)
    now, then = windows / count, baselines / reference
    if cumulated:
        now, then = now.cumsum(axis=1), then.cumsum(axis=1)
    return np.abs(now - then).max(axis=1), baselines


def assert_exceeds_at_most(alpha: float, exceeded: NDArray[np.bool_]) -> None:
    assert exceeded.mean() <= alpha + 3 * math.sqrt(alpha * (1 - alpha) / len(exceeded))


@pytest.mark.parametrize(("count", "reference"), [(30, 1_000), (200, 100_000), (10_000, 10_000), (100_000, 10**7)])
@pytest.mark.parametrize("categories", [2, 3, 10, 30, 100])
@pytest.mark.parametrize("kind", ["uniform", "zipf"])
def test_categories_that_did_not_change_are_beyond_their_bound_at_most_as_often_as_alpha(
    kind: str, categories: int, count: int, reference: int
) -> None:
    shares = zipf(categories) if kind == "zipf" else np.ones(categories)
    changes, baselines = largest_changes(shares, count, reference, 2_000)
    for alpha in (0.05, 0.01):
        bounds = [LargestRateNoise.of(one.tolist()).bound(alpha, count, reference) for one in baselines[:10]]
        assert_exceeds_at_most(alpha, changes > min(bounds))


@pytest.mark.parametrize("categories", [2, 5, 30, 100])
@pytest.mark.parametrize("kind", ["uniform", "zipf"])
def test_the_mean_square_of_the_largest_change(kind: str, categories: int) -> None:
    shares = zipf(categories) if kind == "zipf" else np.ones(categories)
    changes, baselines = largest_changes(shares, 10_000, 10**6, 3_000)
    noise = LargestRateNoise.of(baselines[0].tolist())
    assert noise.variance(10_000, 10**6) == pytest.approx((changes**2).mean(), rel=0.12)


def test_the_bound_of_the_largest_change_is_where_the_chances_add_up() -> None:
    noise = LargestRateNoise((0.5, 0.3, 0.1, 0.1))
    count = reference = 10**9
    bound = noise.bound(1e-3, count, reference)
    spreads = np.sqrt(np.array([0.25, 0.21, 0.09, 0.09]) * (1 / count + 1 / reference))
    assert 2 * norm.sf(bound / spreads).sum() == pytest.approx(1e-3, rel=2e-3)


@given(st.lists(st.integers(0, 10**6), min_size=2, max_size=40), sizes, sizes, alphas)
def test_more_categories_never_lower_the_bound(counts: list[int], count: int, reference: int, alpha: float) -> None:
    most = max(counts, key=lambda hits: (hits + 1) * (sum(counts) + 1 - hits))
    alone = RateNoise.of(most, sum(counts)).bound(alpha, count, reference)
    assert LargestRateNoise.of(counts).bound(alpha, count, reference) >= alone * (1 - 1e-4)


DISCRETE = {
    "two values": np.array([0.9, 0.1]),
    "rare": np.array([0.98, 0.02]),
    "dice": np.full(6, 1 / 6),
    "poisson": poisson.pmf(np.arange(12), 2.0),
    "hour": np.full(24, 1 / 24),
    "fine": np.full(256, 1 / 256),
    "many zeros": np.concatenate([[0.5], np.full(200, 0.5 / 200)]),
}


def as_cells(counts: NDArray[np.int64]) -> list[int]:
    """Values that are cut points themselves: nothing lies between them."""
    cells = np.zeros(2 * len(counts) + 1, dtype=np.int64)
    cells[1::2] = counts
    return cells.tolist()


@pytest.mark.parametrize("name", DISCRETE)
@pytest.mark.parametrize(("count", "reference"), [(30, 1_000), (500, 14_000), (100_000, 10**6)])
def test_a_distribution_that_did_not_change_is_beyond_its_bound_at_most_as_often_as_alpha(
    name: str, count: int, reference: int
) -> None:
    distances, baselines = largest_changes(DISCRETE[name], count, reference, 2_000, cumulated=True)
    for alpha in (0.05, 0.01):
        bound = KolmogorovNoise.of(as_cells(baselines[0])).bound(alpha, count, reference)
        assert_exceeds_at_most(alpha, distances > bound)


@pytest.mark.parametrize("name", DISCRETE)
def test_the_mean_square_on_few_points(name: str) -> None:
    distances, baselines = largest_changes(DISCRETE[name], 5_000, 10**6, 3_000, cumulated=True)
    noise = KolmogorovNoise.of(as_cells(baselines[0]))
    assert noise.variance(5_000, 10**6) == pytest.approx((distances**2).mean(), rel=0.12)


def test_a_rare_flag_has_the_bound_of_a_rate() -> None:
    noise = KolmogorovNoise.of([0, 9_800, 0, 200, 0])
    assert noise.bound(1e-4, 1_000, 10_000) < 0.3 * KolmogorovNoise().bound(1e-4, 1_000, 10_000)
    assert noise.unit_variance == pytest.approx(0.0196, rel=0.02)


@given(st.integers(2, 200), sizes, sizes, alphas)
def test_the_bound_of_sums_of_squares_is_chi_squared(cells: int, count: int, reference: int, alpha: float) -> None:
    scale = 1 / count + 1 / reference
    bound = ChiSquaredNoise(cells).bound(alpha, count, reference)
    assert bound**2 == pytest.approx(chi2.isf(alpha, cells - 1) * scale, rel=1e-6)
    distance = ChiSquaredNoise(cells, JENSEN_SHANNON_DIVISOR).bound(alpha, count, reference)
    assert distance == pytest.approx(bound / math.sqrt(8 * math.log(2)), rel=1e-9)
    assert ChiSquaredNoise(1).bound(alpha, count, reference) == 0


@pytest.mark.parametrize("cells", [3, 10, 101])
@pytest.mark.parametrize("count", [1_000, 10_000])
def test_stability_index_and_jensen_shannon_are_beyond_their_bounds_at_most_as_often_as_alpha(
    cells: int, count: int
) -> None:
    random = np.random.default_rng(12)
    reference, trials = 50_000, 3_000
    shares = np.full(cells, 1 / cells)
    # Half a value a cell is added, as where the distances are computed.
    now, then = (random.multinomial(rows, shares, trials) + 0.5 for rows in (count, reference))
    now, then = now / now.sum(axis=1, keepdims=True), then / then.sum(axis=1, keepdims=True)
    middle = (now + then) / 2
    index = ((now - then) * np.log(now / then)).sum(axis=1)
    divergence = (now * np.log2(now / middle) + then * np.log2(then / middle)).sum(axis=1) / 2
    for noise, roots in (
        (ChiSquaredNoise(cells), np.sqrt(index)),
        (ChiSquaredNoise(cells, JENSEN_SHANNON_DIVISOR), np.sqrt(divergence)),
    ):
        assert noise.variance(count, reference) == pytest.approx((roots**2).mean(), rel=0.12)
        # Up to 101 cells with 10 rows each, where the approximation is a little too narrow.
        assert_exceeds_at_most(0.01 if count / cells > 50 else 0.02, roots > noise.bound(0.01, count, reference))


noises: st.SearchStrategy[Noise] = st.one_of(
    st.just(KolmogorovNoise()),
    st.builds(RateNoise, st.floats(1e-6, 1 - 1e-6)),
    st.builds(LargestRateNoise.of, st.lists(st.integers(0, 10**6), min_size=1, max_size=20)),
    st.builds(KolmogorovNoise.of, st.lists(st.integers(0, 10**6), min_size=3, max_size=41)),
    st.builds(ChiSquaredNoise, st.integers(2, 100)),
)


@given(noises, sizes, sizes, alphas)
def test_more_rows_and_a_larger_alpha_narrow_every_bound(
    noise: Noise, count: int, reference: int, alpha: float
) -> None:
    bound = noise.bound(alpha, count, reference)
    assert 0 < bound < math.inf
    assert noise.bound(alpha, 2 * count, reference) <= bound * (1 + 1e-3)
    assert noise.bound(alpha, count, 2 * reference) <= bound * (1 + 1e-3)
    assert noise.bound(min(2 * alpha, 0.1), count, reference) <= bound * (1 + 1e-3)
    assert noise.variance(count, reference) == pytest.approx(noise.unit_variance * (1 / count + 1 / reference))
