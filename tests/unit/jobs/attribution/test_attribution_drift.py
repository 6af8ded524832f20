"""NDCG against scikit-learn's, and what chance does to it and to shares."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import ndcg_score

from model_monitor_jobs.attribution.aggregate import aggregate, resample
from model_monitor_jobs.attribution.drift import measure_drift
from model_monitor_jobs.attribution.ndcg import ndcg
from model_monitor_jobs.errors import InputError

Doubles = NDArray[np.float64]
NAMES = ("a", "b", "c", "d", "e")
SCALES = np.array([1.0, 0.9, 0.3, 0.1, 0.02])
# Few different values, so that there are ties.
SIZES = st.sampled_from([0.0, 0.1, 0.25, 0.5, 1.0, 3.0])


def local(rows: int, scales: Doubles, seed: int) -> Doubles:
    return np.asarray(np.random.RandomState(seed).standard_normal((rows, len(scales))) * scales)


def by_name(values: Doubles) -> dict[str, float]:
    return dict(zip(NAMES, map(float, values), strict=True))


@settings(max_examples=200)
@given(pairs=st.lists(st.tuples(SIZES, SIZES), min_size=2, max_size=12).filter(lambda each: any(a for a, _ in each)))
def test_ndcg_is_scikit_learns_with_its_ties(pairs: list[tuple[float, float]]) -> None:
    baseline, current = np.array(pairs).T
    assert ndcg(baseline, current) == pytest.approx(ndcg_score([baseline], [current]), abs=1e-12)


@settings(max_examples=50)
@given(pairs=st.lists(st.tuples(SIZES, SIZES), min_size=2, max_size=8), seed=st.integers(0, 99))
def test_ndcg_does_not_depend_on_the_order_of_columns_on_signs_or_on_scales(
    pairs: list[tuple[float, float]], seed: int
) -> None:
    baseline, current = np.array(pairs).T
    found = ndcg(baseline, current)
    order = np.random.RandomState(seed).permutation(len(pairs))
    signs = np.where(np.random.RandomState(seed).random_sample(len(pairs)) < 0.5, -1, 1)
    assert ndcg(baseline[order], current[order]) == pytest.approx(found, abs=1e-12, nan_ok=True)
    assert ndcg(signs * baseline * 4, current * signs / 2) == pytest.approx(found, abs=1e-12, nan_ok=True)


def test_ndcg_of_nothing_is_undefined_and_of_one_feature_is_1() -> None:
    assert np.isnan(ndcg(np.zeros(3), np.ones(3)))
    assert ndcg(np.array([0.2]), np.array([7.0])) == 1.0


def test_global_values_are_clarifys() -> None:
    values = np.array([[1.0, -2.0], [3.0, 0.0], [-5.0, 1.0]])
    assert aggregate(values, "mean_abs").tolist() == [3.0, 1.0]
    assert aggregate(values, "median").tolist() == [1.0, 0.0]
    assert aggregate(values, "mean_sq") == pytest.approx([35 / 3, 5 / 3])
    with pytest.raises(InputError, match="no row"):
        aggregate(values[:0], "median")


@pytest.mark.parametrize("method", ["mean_abs", "mean_sq"])
def test_resampled_means_vary_as_the_standard_error_says(method: str) -> None:
    values = local(400, SCALES, 1)
    sized = np.abs(values) if method == "mean_abs" else values**2
    drawn = resample(values, method)  # type: ignore[arg-type]
    assert drawn.mean(axis=0) == pytest.approx(sized.mean(axis=0), rel=0.02)
    assert drawn.std(axis=0) == pytest.approx(sized.std(axis=0) / np.sqrt(400), rel=0.1)


def test_resampled_medians_lie_around_the_median() -> None:
    values = local(401, SCALES, 2) + 1
    drawn = resample(values, "median", 200)
    assert drawn.shape == (200, 5)
    # The asymptotic standard error of a normal's median.
    assert drawn.std(axis=0) == pytest.approx(SCALES * np.sqrt(np.pi / 2 / 401), rel=0.35)


def test_rows_like_the_baselines_are_not_below() -> None:
    values = local(300, SCALES, 3)
    baseline = by_name(aggregate(values, "mean_abs"))
    found = measure_drift(baseline, NAMES, values, "mean_abs")
    assert found.ndcg == found.high == 1.0
    assert not found.is_below(0.9)
    assert [share.change for share in found.shares] == pytest.approx([0.0] * 5, abs=1e-15)


def test_features_in_another_order_are_below() -> None:
    baseline = by_name(aggregate(local(300, SCALES, 4), "mean_abs"))
    found = measure_drift(baseline, NAMES, local(300, SCALES[::-1], 5), "mean_abs")
    assert found.low <= found.ndcg <= found.high < 0.9
    assert found.is_below(0.9)
    assert not found.is_below(0.5)


def test_a_low_value_that_may_be_chance_is_not_below() -> None:
    baseline = {"a": 1.0, "b": 0.05, "c": 0.05}
    swayed = np.array([[0.1, 0.15, 0.0]] * 9 + [[0.4, 0.1, 0.0]])
    found = measure_drift(baseline, NAMES[:3], swayed, "mean_abs")
    assert found.ndcg < 0.9 < found.high
    assert not found.is_below(0.9)


def test_a_change_of_size_without_another_order_shows_in_shares() -> None:
    other = SCALES * [3, 1, 1, 1, 1]
    reference = local(500, SCALES, 6)
    baseline = by_name(aggregate(reference, "mean_abs"))
    found = measure_drift(baseline, NAMES, local(500, other, 7), "mean_abs", reference)
    assert found.ndcg == 1.0
    first = found.shares[0]
    assert first.feature == "a"
    assert first.baseline == pytest.approx(1 / SCALES.sum(), abs=0.03)
    assert first.current == pytest.approx(3 / other.sum(), abs=0.03)
    assert first.low <= first.change <= first.high
    assert first.is_clear


def test_intervals_of_shares_hold_the_truth() -> None:
    held = []
    for seed in range(40):
        reference, current = local(150, SCALES, 2 * seed), local(100, SCALES, 2 * seed + 1)
        baseline = by_name(aggregate(reference, "mean_abs"))
        found = measure_drift(baseline, NAMES, current, "mean_abs", reference, draws=150)
        held += [share.low <= 0 <= share.high for share in found.shares]
        assert sum(share.current for share in found.shares) == pytest.approx(1)
    # 200 intervals of 95 %, of which those of one window depend on each other.
    assert 0.88 < np.mean(held) < 0.99


def test_noise_of_the_baseline_makes_intervals_wider() -> None:
    reference, current = local(60, SCALES, 8), local(60, SCALES, 9)
    baseline = by_name(aggregate(reference, "mean_abs"))
    fixed = measure_drift(baseline, NAMES, current, "mean_abs")
    noisy = measure_drift(baseline, NAMES, current, "mean_abs", reference)
    widths = [{share.feature: share.high - share.low for share in each.shares} for each in (fixed, noisy)]
    assert widths[1]["a"] > 1.2 * widths[0]["a"]


def test_features_that_were_deleted_from_the_baseline_do_not_count() -> None:
    values = local(200, SCALES, 10)
    found = measure_drift({"d": 0.1, "a": 1.0}, NAMES, values, "mean_abs")
    assert {share.feature for share in found.shares} == {"a", "d"}
    assert found.ndcg == 1.0


def test_a_feature_of_the_baseline_that_is_gone_is_named() -> None:
    with pytest.raises(InputError, match="'gone'"):
        measure_drift({"a": 1.0, "gone": 0.2}, NAMES, local(10, SCALES, 1), "mean_abs")
    with pytest.raises(InputError, match="name no feature"):
        measure_drift({}, NAMES, local(10, SCALES, 1), "mean_abs")


def test_a_baseline_that_attributes_nothing_decides_nothing() -> None:
    found = measure_drift(dict.fromkeys(NAMES, 0.0), NAMES, local(20, SCALES, 1), "mean_abs")
    assert np.isnan([found.ndcg, found.low, found.high]).all()
    assert not found.is_below(0.9)
