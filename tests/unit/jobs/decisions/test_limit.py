"""The limit: how it is put together, how often it is exceeded, and what it lets be seen."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import ndtr
from scipy.stats import norm

from model_monitor_jobs.decisions import (
    KolmogorovNoise,
    LargestRateNoise,
    Noise,
    RateNoise,
    Variation,
    WindowHistory,
    learn,
    limit,
    shared_alpha,
)
from model_monitor_jobs.decisions.student import student_quantile

Doubles = NDArray[np.float64]

ALPHA = shared_alpha(0.01, 60)
NOISE = KolmogorovNoise()
QUIET = Variation(tau_squared=0.0, beta=1.0, degrees=27, worst=1.0, overdispersion=1.0, typical=0.01)


def test_without_variation_the_limit_is_the_floor_and_the_noise() -> None:
    bound = NOISE.bound(ALPHA, 10_000, 280_000)
    assert limit(NOISE, None, ALPHA, None, 10_000, 280_000) == pytest.approx(0.1 + bound)
    assert limit(NOISE, None, ALPHA, 0.05, 10_000, 280_000) == pytest.approx(0.05 + bound)


def test_with_variation_the_limit_is_the_largest_of_its_parts() -> None:
    bound = NOISE.bound(ALPHA, 10_000, 280_000)
    spread = math.sqrt(NOISE.variance(10_000, 280_000))

    def of(floor: float | None = None, **parts: float) -> float:
        variation = Variation(**{**vars(QUIET), **parts})
        return limit(NOISE, variation, ALPHA, floor, 10_000, 280_000)

    assert of() == pytest.approx(bound)
    assert of(floor=0.05) == 0.05
    assert limit(NOISE, QUIET, ALPHA, None, 10**6, 10**8) == 0.02
    assert of(tau_squared=1e-4) == pytest.approx(math.hypot(bound, student_quantile(27, ALPHA) * 0.01))
    assert of(beta=20.0) == pytest.approx(math.sqrt(20) * bound)
    assert of(overdispersion=4.0) == pytest.approx(2 * bound)
    assert of(worst=10.0) == pytest.approx(10 * spread)
    assert of(worst=1e3) == 1.0
    assert of(worst=10.0, beta=4.0, tau_squared=1e-4) == pytest.approx(10 * math.sqrt(4 * spread**2 + 1e-4))


def test_the_smallest_change_of_twenty_columns_that_sampling_lets_be_seen() -> None:
    for count, smallest in ((100_000, 0.02), (10_000, 0.0221), (500, 0.0986)):
        assert limit(NOISE, QUIET, ALPHA, None, count, 28 * count) == pytest.approx(smallest, rel=0.01)


def changes_of_rates(probabilities: Doubles, count: int, total: int, probability: float, seed: int) -> Doubles:
    random = np.random.default_rng(seed)
    return np.abs(random.binomial(count, probabilities) / count - random.binomial(total, probability) / total)


@pytest.mark.parametrize(("count", "probability"), [(500, 0.02), (500, 0.3), (10_000, 0.001), (10_000, 0.1)])
@pytest.mark.parametrize("straying", [0.0, 0.1, 0.3])
def test_a_rate_that_strays_as_before_is_within_its_learned_limit(
    straying: float, count: int, probability: float
) -> None:
    """Windows whose rate strays on the scale of a hidden normal: learned on four weeks, judged in a month."""
    violations = judged = 0
    for seed in range(10):
        random = np.random.default_rng(100 + seed)
        hidden = norm.ppf(probability) + random.normal(0, straying, 672 + 720)
        rates = ndtr(hidden / math.sqrt(1))
        whole = rates[:672].mean()
        changes = changes_of_rates(rates, count, 672 * count, whole, seed)
        noise = RateNoise(whole)
        rows = np.full(672, count)
        variation = learn(WindowHistory(changes[:672], rows, 671 * rows, np.arange(672) // 24), noise, ALPHA)
        assert variation is not None
        bound = limit(noise, variation, ALPHA, 0.0, count, 672 * count)
        violations += int((changes[672:] > bound).sum())
        judged += 720
    # The tails of rates that stray by factors are longer than a normal's; two of three windows do the rest.
    assert violations / judged <= 2e-3


@pytest.mark.parametrize("size", [0.3, 1.0, 3.0])
def test_a_limit_learned_at_one_size_holds_at_others(size: float) -> None:
    """Rows come in clusters of ten; sizes do not vary in the baseline, so that only the guard can know."""
    random = np.random.default_rng(6)
    usual, cluster = 2_000, 10

    def changes(rows: int, windows: int) -> Doubles:
        return np.abs(random.binomial(rows // cluster, 0.3, windows) / (rows // cluster) - 0.3)

    noise, rows = RateNoise(0.3), np.full(672, usual)
    variation = learn(WindowHistory(changes(usual, 672), rows, 671 * rows, np.arange(672) // 24), noise, ALPHA)
    assert variation is not None
    assert variation.overdispersion == pytest.approx(cluster, rel=0.2)
    count = int(size * usual)
    bound = limit(noise, variation, ALPHA, 0.0, count, 672 * usual)
    assert (changes(count, 20_000) > bound).mean() <= 10 * ALPHA


def test_learning_takes_a_millisecond_a_check() -> None:
    random = np.random.default_rng(7)
    rows = np.full(720, 10_000)
    history = WindowHistory(np.abs(random.normal(0, 0.01, 720)), rows, 719 * rows, np.arange(720) // 24)
    noises: list[Noise] = [KolmogorovNoise.of([9] * 511), LargestRateNoise.of(range(1, 102)), RateNoise(0.1)]
    learn(history, noises[0], ALPHA)
    begun = time.process_time()
    for _ in range(27):
        for noise in noises:
            variation = learn(history, noise, ALPHA)
            limit(noise, variation, ALPHA, None, 10_000, 280_000)
    # 80 checks in a tenth of a second; five times that is let pass on a machine with other work.
    assert time.process_time() - begun < 0.5
