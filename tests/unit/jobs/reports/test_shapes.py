"""Distributions in few enough parts to be drawn: every value lies in exactly one of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_monitor_jobs.profiles.cells import count_cells
from model_monitor_jobs.profiles.counts import ColumnCounts
from model_monitor_jobs.profiles.sketch import Doubles
from model_monitor_jobs.reports.html.bins import MOST_BINS, numbers
from model_monitor_jobs.reports.html.data_quality.shapes import (
    MOST_CATEGORIES,
    ColumnComparison,
    categories,
    distribution_of,
    rates_of,
)
from model_monitor_jobs.reports.html.distributions import draw_numbers
from model_monitor_jobs.reports.html.model import Categories, Numbers
from model_monitor_jobs.reports.html.words import label

values = st.lists(st.floats(-1e12, 1e12) | st.integers(-50, 50).map(float), min_size=1, max_size=80)


def bins_of(window: Doubles, baseline: Doubles) -> Numbers:
    cuts = np.unique(np.quantile(baseline, np.arange(1, 256) / 256, method="inverted_cdf"))
    return numbers(cuts, count_cells(cuts, window), count_cells(cuts, baseline))


@given(values, values)
def test_every_value_is_in_one_bin(window: list[float], baseline: list[float]) -> None:
    drawn = bins_of(np.array(window), np.array(baseline))
    sides = [side for side in (drawn.below, drawn.above) if side is not None]
    for shares in ([b.window for b in (*drawn.bins, *sides)], [b.baseline for b in (*drawn.bins, *sides)]):
        # Sides below a thousandth are left out.
        assert 0.998 <= sum(shares) <= 1 + 1e-9
        assert min(shares) >= -1e-12
    assert len(drawn.bins) == len(drawn.edges) - 1 <= MOST_BINS + 1
    assert all(np.diff(drawn.edges) > 0)


def test_whole_numbers_get_whole_bins_counted_exactly() -> None:
    random = np.random.default_rng(1)
    window, baseline = (random.integers(0, 24, n).astype(float) for n in (5_000, 50_000))
    drawn = bins_of(window, baseline)
    assert [b.label for b in drawn.bins] == [str(hour) for hour in range(24)]
    assert [b.window for b in drawn.bins] == pytest.approx(np.bincount(window.astype(int), minlength=24) / 5_000)
    assert drawn.edges[0] == -0.5


def test_bins_agree_with_the_histogram_of_the_values_themselves() -> None:
    random = np.random.default_rng(2)
    window, baseline = random.normal(0.3, 1, 40_000), random.normal(0, 1, 40_000)
    drawn = bins_of(window, baseline)
    counted, _ = np.histogram(window, drawn.edges)
    assert [b.window for b in drawn.bins] == pytest.approx(counted / 40_000, abs=0.006)
    assert drawn.below is not None
    assert drawn.below.window == pytest.approx(float(np.mean(window < drawn.edges[0])), abs=0.004)
    # Two normal distributions of one spread are furthest apart midway between their means.
    assert drawn.gap == pytest.approx(0.15, abs=0.1)


def test_one_enormous_value_does_not_flatten_the_rest() -> None:
    random = np.random.default_rng(3)
    window = np.append(random.normal(0, 1, 500), 1e12)
    drawn = bins_of(window, np.append(random.lognormal(0, 2, 5_000), 1e15))
    assert drawn.edges[-1] < 1e4
    assert drawn.above is not None


def test_a_constant_column_is_one_bin_amid_empty_ones() -> None:
    drawn = bins_of(np.full(10, 0.25), np.full(100, 0.25))
    assert [b.window for b in drawn.bins] == [0.0, 1.0, 0.0]


def test_categories_are_the_most_frequent_of_either_and_add_up() -> None:
    names = tuple(f"v{i}" for i in range(40))
    window = ColumnCounts(1_000, 900, text=900, values=np.array([*[10] * 39, 400]))
    baseline = ColumnCounts(10_000, 9_900, text=9_900, values=np.arange(40, 0, -1) * 10)
    drawn = categories(ColumnComparison(window, baseline, None, names))
    assert len(drawn.bins) == MOST_CATEGORIES + 2
    assert drawn.bins[0].label == "v39"
    assert [b.label for b in drawn.bins[-2:]] == ["other values", "no value"]
    assert sum(b.window for b in drawn.bins) == pytest.approx(1)
    assert sum(b.baseline for b in drawn.bins) == pytest.approx(1)
    assert drawn.bins[-1].window == pytest.approx(0.1)


def test_what_was_not_counted_is_not_drawn() -> None:
    empty = ColumnCounts(10, 0)
    assert distribution_of(ColumnComparison(empty, empty)) is None
    cells = ColumnCounts(10, 10, cells=np.array([0, 10, 0]))
    none = ColumnCounts(10, 0, cells=np.array([0, 0, 0]))
    cuts = np.array([1.0])
    assert distribution_of(ColumnComparison(none, cells, cuts)) is None
    drawn = distribution_of(ColumnComparison(cells, cells, cuts), drifted=False)
    assert isinstance(drawn, Numbers)
    assert drawn.gap is None
    values_ = ColumnCounts(10, 10, values=np.array([10]))
    assert isinstance(distribution_of(ColumnComparison(values_, values_, None, ("a",))), Categories)


def test_a_rate_of_missing_rows_is_told_where_there_are_any() -> None:
    assert rates_of(ColumnComparison(ColumnCounts(10, 10), ColumnCounts(10, 10))) == ()
    (rate,) = rates_of(ColumnComparison(ColumnCounts(10, 4), ColumnCounts(100, 99)))
    assert (rate.window, rate.baseline) == (0.6, 0.01)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("UA", "UA"),
        ("", "“”"),
        ("  ", "“  ”"),
        ("a\x00b\u202ec", "a�b�c"),
        ("x" * 80, "x" * 59 + "…"),
        ("日本", "日本"),
    ],
)
def test_a_label_shows_what_the_value_is(value: str, shown: str) -> None:
    assert label(value) == shown


extreme = st.sampled_from(
    [0.0, 1.0, 5e-324, 1e-320, 1e-149, 1e149, 1e300, 1e308, -1e308, -1.7e308, 1.7e308, 1e16, 1e15]
)


@given(st.lists(extreme, min_size=1, max_size=6), st.lists(extreme, min_size=1, max_size=6))
def test_no_numbers_are_too_extreme_for_the_page(window: list[float], baseline: list[float]) -> None:
    cuts = np.unique(baseline)
    now, then = (ColumnCounts(cells=count_cells(cuts, np.array(values))) for values in (window, baseline))
    drawn = distribution_of(ColumnComparison(now, then, cuts))
    if drawn is not None:
        assert isinstance(drawn, Numbers)
        picture = draw_numbers(drawn).svg()
        assert "nan" not in picture
        assert "inf" not in picture
