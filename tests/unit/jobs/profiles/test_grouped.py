"""Counts of groups are those that a plain count of each group's rows gives, for every type."""

from __future__ import annotations

import datetime
import math
import tracemalloc
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_monitor_jobs.profiles.counts import ColumnCounts
from model_monitor_jobs.profiles.grouped import Coded, Grouping, count_in_groups
from model_monitor_jobs.profiles.table import ProfileRequest, Tracking, profile

NUMBERS_AS_TEXTS = [
    "1",
    "-1",
    "+1",
    "+ 1",
    " 1",
    "1.0",
    "-.5",
    ".5",
    "5.",
    "1e3",
    "1.5E-2",
    "1_000",
    "nan",
    "inf",
    "1e999",
    "0x10",
    "٣",
]
TEXTS = ["", "a", "true", "false", "True", "2013-02-08", "\x00", "€", *NUMBERS_AS_TEXTS]
DAY = datetime.date(2013, 2, 8)
COLUMNS: dict[str, tuple[pa.DataType, st.SearchStrategy[Any]]] = {
    "text": (pa.string(), st.sampled_from(TEXTS) | st.text(max_size=4)),
    "large text": (pa.large_string(), st.sampled_from(TEXTS)),
    "text view": (pa.string_view(), st.sampled_from(TEXTS)),
    "dictionary": (pa.dictionary(pa.int32(), pa.string()), st.sampled_from(TEXTS)),
    "integer": (pa.int64(), st.integers(-5, 5) | st.integers(-(2**63), 2**63 - 1)),
    "small integer": (pa.int8(), st.integers(-3, 3)),
    "float": (pa.float64(), st.sampled_from([0.0, -0.0, 1.0, 1.5, math.nan, math.inf, -math.inf]) | st.floats()),
    "short float": (pa.float32(), st.floats(width=32)),
    "decimal": (pa.decimal128(6, 2), st.decimals(-9, 9, places=2)),
    "boolean": (pa.bool_(), st.booleans()),
    "null": (pa.null(), st.none()),
    "timestamp": (pa.timestamp("us", "UTC"), st.just(datetime.datetime(2013, 2, 8, tzinfo=datetime.UTC))),
    "date": (pa.date32(), st.just(DAY)),
    "list": (pa.list_(pa.int64()), st.lists(st.integers(0, 3), max_size=2)),
    "struct": (pa.struct([("a", pa.int64())]), st.fixed_dictionaries({"a": st.integers(0, 3)})),
}
CUTS = np.array([-1.0, 0.0, 1.0, 1.5, 3.0])
TRACKED = Tracking(CUTS, ("1", "a", "true", "1.5", "€", "[1]", "2013-02-08"))
GROUPS = 4


def rows_of(kind: str) -> st.SearchStrategy[list[tuple[Any, int]]]:
    return st.lists(st.tuples(st.none() | COLUMNS[kind][1], st.integers(-1, GROUPS - 1)), max_size=30)


def by_profile(values: pa.Array) -> ColumnCounts:
    """The count that the profile of just these rows makes: another code, of which other tests know that it is right."""
    table = profile(
        [pa.record_batch({"x": values, "row": pa.nulls(len(values), pa.int8())})],
        ProfileRequest(tracking={"x": TRACKED}),
    )
    if "x" not in table.columns:
        return ColumnCounts(rows=len(values), cells=np.zeros(11, np.int64), values=np.zeros(7, np.int64))
    return table.columns["x"].counts(table.rows)


def same(found: ColumnCounts, expected: ColumnCounts) -> None:
    for name in ("rows", "present", "integral", "fractional", "whole", "boolean", "text"):
        assert int(getattr(found, name)) == int(getattr(expected, name)), name
    assert np.array_equal(found.cells, expected.cells)  # type: ignore[arg-type]
    assert np.array_equal(found.values, expected.values)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", COLUMNS)
def test_groups_count_what_their_rows_count_alone(kind: str) -> None:
    @settings(max_examples=60, deadline=None)
    @given(rows_of(kind), st.integers(0, 30))
    def holds(rows: list[tuple[Any, int]], cut: int) -> None:
        values = pa.array([value for value, _ in rows], COLUMNS[kind][0])
        codes = np.array([code for _, code in rows], dtype=np.int64)
        grouping = Grouping({"x": TRACKED})
        for part in (slice(0, cut), slice(cut, None)):
            batch = pa.record_batch({"x": values[part]})
            count_in_groups(batch, {"x": TRACKED}, [grouping], [Coded(codes[part], GROUPS)])
        counts = grouping.counts("x", GROUPS)
        for group in range(GROUPS):
            same(
                counts.at(group),
                by_profile(pa.array([value for value, code in rows if code == group], COLUMNS[kind][0])),
            )

    holds()


@given(st.lists(st.floats(-4, 4), max_size=40), st.integers(2, 30), st.integers(1, 3))
def test_a_grouping_that_grows_too_large_counts_on_fewer_cut_points(
    numbers: list[float], groups: int, steps: int
) -> None:
    cuts = np.linspace(-3, 3, 16)
    tracking = {"fine": Tracking(cuts), "few": Tracking(np.array([0.0]))}
    codes = np.arange(len(numbers)) % groups
    values = pa.array(numbers, pa.float64())
    batch = pa.record_batch({"fine": values, "few": values})
    exact, small = Grouping(tracking), Grouping(tracking, most_cells=groups * 40 // 2**steps)
    for grown in range(1, groups + 1, 7):
        small.grow(grown)
    for grouping in (exact, small):
        count_in_groups(batch, tracking, [grouping], [Coded(codes, groups)])
    rough, fine = small.counts("fine", groups), exact.counts("fine", groups)
    assert rough.step > 1
    assert np.array_equal(rough.cells, fine.coarser(rough.step).cells)  # type: ignore[arg-type]
    assert np.array_equal(small.counts("few", groups).cells, exact.counts("few", groups).cells)  # type: ignore[arg-type]
    assert small.counts("few", groups).step == 1, "a column of few values loses none of them"


def test_how_fine_the_counts_are_does_not_depend_on_how_the_rows_came() -> None:
    tracking = {"x": Tracking(np.linspace(0, 1, 64))}
    steps = set()
    for jumps in (range(1, 101), (3, 100), (100,), (40, 64, 65, 100)):
        grouping = Grouping(tracking, most_cells=8_000)
        for groups in jumps:
            grouping.grow(groups)
        steps.add(grouping.counts("x", 100).step)
    assert steps == {2}


def test_making_room_for_many_groups_takes_no_more_memory_than_they_need() -> None:
    tracking = {f"x{n}": Tracking(np.linspace(0, 1, 255)) for n in range(200)}
    tracemalloc.start()
    Grouping(tracking, most_cells=1_000_000).grow(1_000)
    assert tracemalloc.get_traced_memory()[1] < 8 * 4_000_000
    tracemalloc.stop()


def test_a_column_that_is_not_in_a_batch_is_missing_there() -> None:
    tracking = {"x": TRACKED, "y": TRACKED}
    grouping = Grouping(tracking)
    count_in_groups(pa.record_batch({"x": [1, 2]}), tracking, [grouping], [Coded(np.array([0, 1]), 2)])
    assert grouping.counts("y", 2).missing.tolist() == [1, 1]
    assert Decimal(int(grouping.counts("x", 2).present.sum())) == 2
