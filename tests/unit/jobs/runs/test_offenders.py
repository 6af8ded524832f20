"""Rows that offend: exactly those that a predicate is true of, and a fair sample where they are many."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_monitor_jobs.checks.predicates import Between, Equals, MissingValue, NotAmong, NotOfType, Predicate
from model_monitor_jobs.profiles.text_types import FRACTIONAL, INTEGRAL
from model_monitor_jobs.runs.offenders import Offenders, find_offenders, matching


@dataclass(frozen=True)
class Rows:
    batch: pa.RecordBatch
    first: int

    @property
    def identity(self) -> Callable[[int], str]:
        return lambda row: f"row {self.first + row}"


def in_batches(table: dict[str, list[str | None]], size: int) -> list[Rows]:
    batch = pa.RecordBatch.from_pydict({name: pa.array(cells, pa.string()) for name, cells in table.items()})
    return [Rows(batch.slice(start, size), start) for start in range(0, batch.num_rows, size)]


def found(values: pa.Array | list[str | None], predicate: Predicate) -> list[int]:
    array = values if isinstance(values, pa.Array) else pa.array(values, pa.string())
    return np.flatnonzero(matching(pa.RecordBatch.from_pydict({"a": array}), predicate)).tolist()


TEXTS = ["1", "2.5", "5.0", "x", None, "1_000", ".5", "-3", "NaN", "+ 7", "true", "1e400", "2e0"]


@pytest.mark.parametrize(
    ("predicate", "rows"),
    [
        (MissingValue("a"), [4]),
        (NotOfType("a", "Integral"), [1, 3, 5, 6, 8, 10]),
        (NotOfType("a", "Integral", strict=True), [1, 2, 3, 5, 6, 8, 10, 11, 12]),
        (NotOfType("a", "Fractional"), [3, 5, 6, 8, 10]),
        (NotAmong("a", ("1", "x", "true")), [1, 2, 5, 6, 7, 8, 9, 11, 12]),
        (Equals("a", "5.0"), [2]),
        (Between("a", 2.0, 5.0), [1, 2, 12]),
        (Between("a", None, 1.0), [0, 7]),
        (Between("a", 5.0, None), [2, 9]),
        (Equals("b", "5.0"), []),
        (MissingValue("b"), list(range(13))),
    ],
)
def test_predicates_on_text(predicate: Predicate, rows: list[int]) -> None:
    # 1e400 is infinite as a double: whole, yet nowhere between others.
    assert found(TEXTS, predicate) == rows


@pytest.mark.parametrize(
    ("values", "predicate", "rows"),
    [
        (pa.array([1.5, math.nan, None, math.inf, 2.0]), MissingValue("a"), [1, 2, 3]),
        (pa.array([1.5, math.nan, None, math.inf, 2.0]), NotOfType("a", "Integral"), [0]),
        (pa.array([1, 2, None, 3]), Between("a", 2.0, None), [1, 3]),
        (pa.array(["x", "y", None, "x"]).dictionary_encode(), NotAmong("a", ("x",)), [1]),
        (pa.array([True, None, False]), NotOfType("a", "Fractional"), [0, 2]),
        (pa.array([1, 2, None]), Equals("a", "2"), [1]),
    ],
)
def test_predicates_on_typed_columns(values: pa.Array, predicate: Predicate, rows: list[int]) -> None:
    assert found(values, predicate) == rows


def test_a_segment_narrows() -> None:
    table = {"a": ["1", None, None, None], "carrier": ["UA", "UA", "AA", None]}
    wanted = {"UA": (MissingValue("a"), ("carrier", "UA")), "all": (MissingValue("a"), ())}
    assert find_offenders(in_batches(table, 3), wanted) == {
        "UA": Offenders(("row 1",), 1),
        "all": Offenders(("row 1", "row 2", "row 3"), 3),
    }


def test_a_sample_is_spread_over_the_window_and_always_the_same() -> None:
    table: dict[str, list[str | None]] = {"a": [None if row % 2 else "1" for row in range(20_000)]}
    results = [find_offenders(in_batches(table, size), {0: (MissingValue("a"), ())})[0] for size in (20_000, 999)]
    assert results[0] == results[1]
    assert results[0].total == 10_000
    rows = [int(identity.split()[1]) for identity in results[0].ids]
    assert len(rows) == len(set(rows)) == 100
    assert rows == sorted(rows)
    assert all(row % 2 for row in rows)
    # Of 100 rows at random places no tenth of the window has less than 1 or more than 25 but once in 10,000 windows.
    tenths = np.bincount(np.array(rows) // 2000, minlength=10)
    assert tenths.min() >= 1
    assert tenths.max() <= 25


CELLS = st.one_of(st.none(), st.sampled_from(TEXTS), st.text(max_size=3), st.integers().map(str), st.floats().map(str))
PREDICATES = st.one_of(
    st.just(MissingValue("a")),
    st.builds(NotOfType, st.just("a"), st.sampled_from(["Integral", "Fractional"]), st.booleans()),
    st.builds(NotAmong, st.just("a"), st.lists(st.sampled_from(["1", "x", "2.5"])).map(tuple)),
    st.builds(Equals, st.just("a"), st.sampled_from(["1", "x", ""])),
    st.builds(Between, st.just("a"), st.none() | st.floats(-10, 10), st.none() | st.floats(-10, 10)),
)


def holds(predicate: Predicate, cell: str | None) -> bool:
    """The same, in plain Python, cell by cell."""
    if isinstance(predicate, MissingValue) or cell is None:
        return isinstance(predicate, MissingValue) and cell is None
    if isinstance(predicate, Equals):
        return cell == predicate.value
    if isinstance(predicate, NotAmong):
        return cell not in predicate.values
    integral = re.search(INTEGRAL.replace(r"\d", "[0-9]").replace("$", r"\Z"), cell) is not None
    fractional = re.search(FRACTIONAL.replace(r"\d", "[0-9]").replace("$", r"\Z"), cell) is not None
    number = float(cell.replace(" ", "")) if integral or fractional else math.nan
    if isinstance(predicate, NotOfType):
        if predicate.kind == "Fractional":
            return not (integral or fractional)
        return not (integral or (not predicate.strict and fractional and number == np.floor(number)))
    low = -math.inf if predicate.low is None else predicate.low
    high = math.inf if predicate.high is None else predicate.high
    return math.isfinite(number) and low <= number <= high


@settings(max_examples=300, deadline=None)
@given(st.lists(CELLS, min_size=1, max_size=30), PREDICATES, st.integers(1, 30), st.integers(0, 5))
def test_found_are_rows_that_offend_and_no_others(
    cells: list[str | None], predicate: Predicate, size: int, most: int
) -> None:
    offending = {f"row {row}" for row, cell in enumerate(cells) if holds(predicate, cell)}
    result = find_offenders(in_batches({"a": cells}, size), {0: (predicate, ())}, most)[0]
    assert result.total == len(offending)
    assert set(result.ids) <= offending
    assert len(result.ids) == len(set(result.ids)) == min(most, len(offending))
