"""Counts of values and of cells."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ks_2samp

from model_monitor_jobs.profiles.cells import MOST_CUTS, count_cells, cumulative_shares, cut_points, reference_shares
from model_monitor_jobs.profiles.frequencies import KEPT_VALUES, MOST_VALUES, Frequencies
from model_monitor_jobs.profiles.sketch import QuantileSketch


def texts(start: int, stop: int) -> pa.Array:
    return pa.array(np.arange(start, stop).astype(str)).cast(pa.string())


def test_a_million_distinct_values_are_bounded_in_memory_and_estimated() -> None:
    frequencies = Frequencies(["123456", "never"])
    for start in range(0, 1_000_000, 50_000):
        frequencies.update(texts(start, start + 50_000))
    assert frequencies.total == 1_000_000
    assert not frequencies.exact
    assert frequencies.distinct == pytest.approx(1_000_000, rel=0.05)
    assert len(frequencies.counts) <= KEPT_VALUES + 2
    assert frequencies.counts["123456"] == 1
    assert "never" not in frequencies.counts


def test_what_is_frequent_and_what_is_tracked_is_counted_exactly_among_many() -> None:
    frequencies = Frequencies(["rare"])
    for start in range(0, 60_000, 20_000):
        frequencies.update(pa.concat_arrays([texts(start, start + 20_000), pa.array(["often"] * 500 + ["rare"])]))
    assert frequencies.counts["often"] == 1_500
    assert frequencies.counts["rare"] == 3
    assert next(iter(frequencies.counts)) == "often"


def test_up_to_the_limit_everything_is_exact() -> None:
    frequencies = Frequencies()
    frequencies.update(texts(0, MOST_VALUES))
    assert frequencies.exact
    assert frequencies.distinct == MOST_VALUES
    frequencies.update(texts(0, MOST_VALUES + 1))
    assert not frequencies.exact
    assert frequencies.distinct == pytest.approx(MOST_VALUES + 1, rel=0.05)


def test_many_merged_parts_stay_bounded() -> None:
    whole = Frequencies()
    for part in range(12):
        one = Frequencies()
        one.update(texts(part * 11_000, (part + 1) * 11_000))
        whole.merge(one)
    assert whole.distinct == pytest.approx(132_000, rel=0.05)
    assert len(whole.counts) <= KEPT_VALUES


@pytest.mark.parametrize("swap", [False, True])
def test_an_exact_and_an_estimated_part_merge(swap: bool) -> None:
    many, few = Frequencies(["7"]), Frequencies(["7"])
    many.update(texts(0, 20_000))
    few.update(pa.array(["7", "7", "x"]))
    first, second = (few, many) if swap else (many, few)
    first.merge(second)
    assert first.total == 20_003
    assert first.counts["7"] == 3
    assert first.distinct == pytest.approx(20_001, rel=0.05)


NUMBERS = st.lists(st.integers(-20, 20).map(float) | st.floats(-20, 20), min_size=1, max_size=150)


# scipy computes a p-value, too, and warns of it.
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@given(NUMBERS, NUMBERS)
def test_the_distance_on_cut_points_is_kolmogorov_smirnovs(baseline: list[float], window: list[float]) -> None:
    sketch = QuantileSketch()
    sketch.update(np.array(baseline))
    cuts = cut_points(sketch)
    cells = count_cells(cuts, np.array(window))
    assert cells.sum() == len(window)
    distance = np.abs(cumulative_shares(cells) - reference_shares(cuts, sketch)).max()
    assert distance == pytest.approx(ks_2samp(window, baseline, method="asymp").statistic, abs=1e-12)


@pytest.mark.parametrize("shift", [0.0, 0.3])
def test_on_many_values_the_distance_is_within_a_cell(shift: float) -> None:
    random = np.random.default_rng(5)
    baseline, window = random.normal(size=200_000), random.normal(shift, size=20_000)
    sketch = QuantileSketch()
    sketch.update(baseline)
    cuts = cut_points(sketch)
    assert len(cuts) <= MOST_CUTS
    shares = cumulative_shares(count_cells(cuts, window))
    distance = np.abs(shares - reference_shares(cuts, sketch)).max()
    assert abs(distance - ks_2samp(window, baseline, method="asymp").statistic) < 1 / 256 + sketch.rank_error


def test_an_atom_is_a_cell_of_its_own() -> None:
    sketch = QuantileSketch()
    sketch.update(np.concatenate((np.zeros(50_000), np.random.default_rng(1).uniform(1, 2, 50_000))))
    cuts = cut_points(sketch)
    assert cuts[0] == 0
    cells = count_cells(cuts, np.array([0.0, 0.0, -1.0, 0.5]))
    assert cells[:3].tolist() == [1, 2, 1]
