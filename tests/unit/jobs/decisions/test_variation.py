"""What is learned from a baseline's windows: against simulated truth, and what must not change it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import genpareto
from scipy.stats import t as student

from model_monitor_jobs.decisions import KolmogorovNoise, RateNoise, Variation, WindowHistory, incidents, learn
from model_monitor_jobs.decisions.student import student_quantile
from model_monitor_jobs.decisions.variation import Tail

Doubles = NDArray[np.float64]

ALPHA = 1e-4
HOURS = 24
RATE = RateNoise(0.3)


def history(differences: Doubles, counts: Doubles | int = 1_000, windows_a_day: int = HOURS) -> WindowHistory:
    rows = np.broadcast_to(np.asarray(counts), differences.shape).astype(np.int64)
    return WindowHistory(
        np.abs(differences), rows, np.full(len(differences), 10**7), np.arange(len(differences)) // windows_a_day
    )


def drawn(
    windows: int = 672, tau: float = 0.0, counts: Doubles | int = 1_000, beta: float = 1.0, seed: int = 1
) -> WindowHistory:
    """Changes of a rate of .3 with windows that stray by tau, and rows that come in clusters of beta."""
    random = np.random.default_rng(seed)
    rows = np.broadcast_to(np.asarray(counts), windows)
    noise = np.sqrt(beta * RATE.unit_variance * (1 / rows + 1e-7))
    return history(random.normal(0, np.sqrt(noise**2 + tau**2)), rows)


def learned(history: WindowHistory) -> Variation:
    variation = learn(history, RATE, ALPHA)
    assert variation is not None
    return variation


@given(st.integers(1, 1_000), st.floats(1e-9, 0.999))
def test_students_quantile(degrees: int, alpha: float) -> None:
    assert student_quantile(degrees, alpha) == pytest.approx(student.isf(alpha / 2, degrees), rel=1e-5)


@pytest.mark.parametrize("tau", [0.005, 0.02, 0.1])
@pytest.mark.parametrize("seed", range(5))
def test_the_windows_own_variation_is_found(tau: float, seed: int) -> None:
    found = learned(drawn(tau=tau, seed=seed))
    assert math.sqrt(found.tau_squared) == pytest.approx(tau, rel=0.2, abs=0.003)
    assert found.beta == 1
    assert found.degrees == 27
    assert found.typical == pytest.approx(0.6745 * math.hypot(tau, math.sqrt(0.21 / 1_000)), rel=0.2)


@pytest.mark.parametrize("seed", range(10))
def test_independent_rows_have_next_to_none(seed: int) -> None:
    found = learned(drawn(seed=seed))
    assert found.tau_squared <= 0.15 * RATE.variance(1_000, 10**7)
    assert found.overdispersion == pytest.approx(1, abs=0.2)
    assert not found.left_out
    assert not found.lasting


@pytest.mark.parametrize("seed", range(5))
def test_sizes_that_vary_tell_clusters_from_straying_windows(seed: int) -> None:
    sizes = 1_000 * 3 ** np.sin(2 * np.pi * np.arange(672) / HOURS)
    clustered = learned(drawn(counts=sizes, beta=20, seed=seed))
    assert clustered.beta == pytest.approx(20, rel=0.3)
    assert clustered.tau_squared <= 0.3 * 20 * 0.21 / 1_000
    straying = learned(drawn(counts=sizes, tau=0.1, seed=seed))
    assert math.sqrt(straying.tau_squared) == pytest.approx(0.1, rel=0.2)
    assert straying.overdispersion == clustered.overdispersion == 1


def test_a_few_tiny_windows_drown_nothing() -> None:
    sizes = np.full(672, 100_000)
    sizes[::20] = 30
    assert learned(drawn(counts=sizes)).tau_squared < 0.15 * RATE.variance(100_000, 10**7)


@pytest.mark.parametrize(
    ("windows", "a_day", "enough"), [(7, 1, False), (8, 1, True), (144, 24, False), (168, 24, True)]
)
def test_eight_windows_on_seven_days_are_needed(windows: int, a_day: int, enough: bool) -> None:
    days = history(np.full(windows, 0.01), windows_a_day=a_day)
    assert (learn(days, RATE, ALPHA) is not None) is enough


def test_windows_of_fewer_than_thirty_rows_do_not_count() -> None:
    assert learn(history(np.full(672, 0.01), 29), RATE, ALPHA) is None
    some = np.full(672, 1_000)
    some[5] = 29
    changes = np.abs(np.random.default_rng(2).normal(0, 0.01, 672))
    changes[5] = 1.0
    assert learned(history(changes, some)).worst < 4


def with_bad(hours: NDArray[np.int64], difference: float = 0.4, tau: float = 0.0) -> WindowHistory:
    quiet = drawn(tau=tau, seed=3)
    differences = quiet.differences.copy()
    differences[hours] = difference
    return replace(quiet, differences=differences)


@pytest.mark.parametrize("tau", [0.0, 0.02])
@pytest.mark.parametrize("hours", [np.arange(240, 264), np.arange(245, 250), np.array([100]), np.array([100, 650])])
def test_incidents_on_few_days_are_left_out(hours: NDArray[np.int64], tau: float) -> None:
    found = learned(with_bad(hours, 0.4 + 10 * tau, tau))
    assert found.left_out == tuple(hours.tolist())
    without = learned(with_bad(hours, 0.001, tau=tau))
    assert found.tau_squared == pytest.approx(without.tau_squared, rel=0.1, abs=3e-5)
    assert found.worst < 5


def test_a_whole_bad_day_is_an_incident_from_once_as_far_on_an_hour_from_twice() -> None:
    tail = 0.25
    assert learned(with_bad(np.arange(240, 264), tail)).left_out == tuple(range(240, 264))
    assert learned(with_bad(np.arange(240, 246), tail)).left_out == tuple(range(240, 246))
    assert learned(with_bad(np.arange(240, 245), 0.1)).left_out == ()
    assert learned(with_bad(np.arange(240, 246), 0.1)).left_out == tuple(range(240, 246))


def test_what_happens_every_week_is_no_incident() -> None:
    every_sunday = np.concatenate([np.arange(day * HOURS, day * HOURS + 6) for day in (6, 13, 20, 27)])
    found = learned(with_bad(every_sunday))
    assert found.left_out == ()
    assert found.worst > 5


def test_small_differences_are_no_incident() -> None:
    many_rows = replace(
        with_bad(np.arange(10), 0.019), counts=np.full(672, 10**6), reference_counts=np.full(672, 10**9)
    )
    many_rows = replace(many_rows, differences=np.where(many_rows.differences == 0.019, 0.019, 0.0003))
    assert incidents(many_rows, RATE, ALPHA) == ()
    assert incidents(replace(many_rows, differences=many_rows.differences * 1.2), RATE, ALPHA) == tuple(range(10))


def test_incidents_that_are_known_are_not_searched_again() -> None:
    bad = with_bad(np.arange(240, 264))
    again = learn(bad, RATE, ALPHA, left_out=(1, 2))
    assert again is not None
    assert again.left_out == (1, 2)
    assert again.worst > 5


@pytest.mark.parametrize("seed", range(10))
def test_normal_windows_hold_no_incidents(seed: int) -> None:
    assert learned(drawn(tau=0.1, seed=seed)).left_out == ()


def test_few_days_seldom_lose_one_that_is_none() -> None:
    random = np.random.default_rng(9)
    months = [history(random.normal(0, 0.05, 30), windows_a_day=1) for _ in range(1_000)]
    lost = sum(bool(incidents(month, RATE, 0.01)) for month in months)
    assert lost <= 50, "with the same chance for each day as for a window a month in four would lose one"
    bad = replace(months[0], differences=np.append(months[0].differences[:-1], 0.5))
    assert incidents(bad, RATE, 0.01) == (29,)


def test_neighbours_that_resemble_each_other_cost_a_tenth_of_alpha() -> None:
    random = np.random.default_rng(4)
    level, levels = 0.0, []
    for _ in range(672):
        level = 0.9 * level + random.normal(0, 0.05)
        levels.append(level)
    lasting = learned(history(np.array(levels)))
    assert lasting.lasting
    assert not learned(drawn(tau=0.1)).lasting
    assert lasting.reach(ALPHA) == replace(lasting, lasting=False).reach(ALPHA / 10)


def test_a_long_tail_lengthens_the_reach_and_defers_the_alert_at_once() -> None:
    random = np.random.default_rng(5)
    heavy = learned(history(0.05 * np.exp(random.normal(0, 1, 672))))
    normal = learned(drawn(tau=0.1))
    assert heavy.tail is not None
    assert normal.tail is not None
    assert heavy.reach(ALPHA) > 1.3 * normal.reach(ALPHA)
    assert normal.reach(ALPHA) < 1.25 * student_quantile(27, ALPHA)
    assert normal.immediate_ratio(ALPHA) == 3
    assert heavy.immediate_ratio(ALPHA) == pytest.approx(3 * heavy.worst / student_quantile(27, ALPHA))


def test_an_incident_in_a_column_that_never_changes_is_left_out() -> None:
    found = learned(history(np.where(np.arange(672) // HOURS == 10, 0.4, 0.0)))
    assert found.left_out == tuple(range(240, 264))
    assert found.worst == 0


def test_few_windows_have_no_tail() -> None:
    daily = learned(replace(drawn(31, tau=0.1), days=np.arange(31)))
    assert daily.tail is None
    assert daily.reach(ALPHA) == student_quantile(30, ALPHA)


def test_the_tail_of_an_exponential_is_its_quantile() -> None:
    assert Tail(math.log(10), 1.0).quantile(1e-4) == pytest.approx(math.log(1e4))
    assert Tail(2.0, 1.0).quantile(0.5) == 2.0
    assert Tail(1.0, 1.0, 1e-9).quantile(1e-4) == pytest.approx(Tail(1.0, 1.0).quantile(1e-4))


@pytest.mark.parametrize("shape", [0.1, 0.25, 0.4])
def test_a_tail_with_a_shape_is_a_generalised_pareto(shape: float) -> None:
    tail = Tail(2.0, 1.5, shape)
    exact = genpareto.isf(1e-4 / 0.1, shape, scale=1.5 * (1 - shape))
    assert tail.quantile(1e-4) == pytest.approx(2.0 + exact)


@pytest.mark.parametrize("seed", range(5))
def test_tails_of_window_effects_are_told_apart(seed: int) -> None:
    random = np.random.default_rng(seed)
    normal, heavy = learned(history(random.normal(0, 0.1, 672))), learned(history(0.02 * random.standard_t(3, 672)))
    assert normal.tail is not None
    assert heavy.tail is not None
    assert normal.tail.shape < 0.15
    assert heavy.reach(ALPHA) > normal.reach(ALPHA)


def test_windows_without_any_difference_have_no_variation() -> None:
    found = learned(history(np.zeros(672)))
    assert (found.tau_squared, found.beta, found.worst, found.typical) == (0, 1, 0, 0)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 10**6), st.integers(0, 10**8)), min_size=0, max_size=200),
    st.integers(1, 24),
    st.sampled_from([RATE, KolmogorovNoise(), RateNoise(1e-6)]),
)
def test_whatever_the_windows_hold_the_variation_is_finite(
    windows: list[tuple[float, int, int]], a_day: int, noise: RateNoise | KolmogorovNoise
) -> None:
    columns = np.array(windows, dtype=np.float64).reshape(-1, 3)
    days = np.arange(len(windows)) // a_day
    found = learn(
        WindowHistory(columns[:, 0], columns[:, 1].astype(int), columns[:, 2].astype(int), days), noise, ALPHA
    )
    if found is not None:
        assert found.tau_squared >= 0
        assert found.beta >= 1
        assert found.overdispersion >= 1
        assert found.degrees >= 5
        assert math.isfinite(found.worst)
        assert math.isfinite(found.reach(ALPHA))
