"""Deequ's distances against scipy, where both compute the same; its own test cases are among the conformance tests."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from model_monitor_jobs.checks.data_quality.distances import (
    categorical_distance,
    chi_squared_p_value,
    chi_squared_statistic,
    numerical_distance,
)
from model_monitor_jobs.profiles.sketch import QuantileSketch

NUMBERS = st.lists(st.integers(-20, 20).map(float) | st.floats(-1e9, 1e9), min_size=1, max_size=60)
COUNTS = st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 500), min_size=1)


def sketch(values: list[float]) -> QuantileSketch:
    made = QuantileSketch()
    made.update(np.array(values))
    return made


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@given(NUMBERS, NUMBERS)
@settings(deadline=None)
def test_the_simple_distance_is_kolmogorov_and_smirnovs(current: list[float], baseline: list[float]) -> None:
    expected = stats.ks_2samp(current, baseline, method="exact").statistic
    simple = numerical_distance(sketch(current), sketch(baseline), robust=False)
    assert simple == pytest.approx(expected, abs=1e-12)
    robust = numerical_distance(sketch(current), sketch(baseline), robust=True)
    n, m = len(current), len(baseline)
    assert robust == pytest.approx(max(0.0, expected - 1.8 * math.sqrt(1 / n + 1 / m)), abs=1e-12)


def test_distances_of_sketches_are_within_their_errors() -> None:
    random = np.random.default_rng(2)
    current, baseline = random.normal(size=60_000), random.normal(0.2, 1, size=90_000)
    one, other = QuantileSketch(), QuantileSketch()
    one.update(current)
    other.update(baseline)
    expected = stats.ks_2samp(current, baseline, method="asymp").statistic
    assert abs(numerical_distance(one, other, robust=False) - expected) <= one.rank_error + other.rank_error


@given(COUNTS, COUNTS)
def test_the_categorical_distance_is_bounded_and_symmetric(current: dict[str, int], baseline: dict[str, int]) -> None:
    distance = categorical_distance(current, baseline, robust=False)
    assert 0 <= distance <= 1
    assert distance == categorical_distance(baseline, current, robust=False)
    assert categorical_distance(current, current, robust=False) == 0
    assert categorical_distance(current, baseline, robust=True) <= distance


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.integers(100, 300), min_size=2),
    st.lists(st.integers(0, 300), min_size=6, max_size=6),
)
@settings(deadline=None)
def test_chi_squared_of_enough_values_is_scipys(baseline: dict[str, int], seen: list[int]) -> None:
    """No category is expected fewer than 10 times, so none is merged with another."""
    current = {key: count + 50 for key, count in zip(baseline, seen, strict=False)}
    observed = np.array([current[key] for key in baseline], dtype=float)
    expected = np.array(list(baseline.values())) * observed.sum() / sum(baseline.values())
    if expected.min() < 10:
        return
    reference = stats.chisquare(observed, expected)
    statistic, degrees = chi_squared_statistic(current, baseline)
    assert degrees == len(baseline) - 1
    assert statistic == pytest.approx(reference.statistic, rel=1e-9, abs=1e-9)
    assert chi_squared_p_value(current, baseline) == pytest.approx(reference.pvalue, rel=1e-7, abs=1e-300)
