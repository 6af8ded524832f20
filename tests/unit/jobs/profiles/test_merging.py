"""Profiles of parts add up to the profile of the whole."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_monitor_jobs.profiles.column import ColumnProfile
from model_monitor_jobs.profiles.table import ProfileRequest, profile
from model_monitor_jobs.sagemaker.constraints import constraints_document
from model_monitor_jobs.sagemaker.documents import to_json
from model_monitor_jobs.sagemaker.statistics import statistics_document

CELLS = st.none() | st.integers(-1000, 1000).map(str) | st.floats(-1e6, 1e6).map(repr) | st.sampled_from(["a", "true"])
PARTS = st.lists(CELLS, max_size=60)
CUTS = np.array([-10.0, 0.0, 0.5, 300.0])


def column(*parts: list[str | None]) -> ColumnProfile:
    made = ColumnProfile.empty("x", CUTS, ["a", "7"])
    for part in parts:
        made.update(pa.array(part, type=pa.string()))
    return made


@given(PARTS, PARTS)
def test_merged_parts_are_the_whole(first: list[str | None], second: list[str | None]) -> None:
    merged, whole = column(first), column(first + second)
    merged.merge(column(second))
    for name in ("present", "integral", "fractional", "whole", "boolean", "text", "inferred_type"):
        assert getattr(merged, name) == getattr(whole, name), name
    assert merged.frequencies.counts == whole.frequencies.counts
    assert merged.frequencies.total == whole.frequencies.total
    assert merged.sketch.count == whole.sketch.count == whole.moments.count
    assert merged.cells is not None
    assert whole.cells is not None
    assert merged.cells.tolist() == whole.cells.tolist()
    assert merged.cells.sum() == whole.moments.count
    scale = max(1.0, abs(whole.moments.minimum), abs(whole.moments.maximum)) if whole.moments.count else 1.0
    assert merged.moments.count == whole.moments.count
    assert (merged.moments.minimum, merged.moments.maximum) == (whole.moments.minimum, whole.moments.maximum)
    assert math.isclose(merged.moments.mean, whole.moments.mean, rel_tol=1e-9, abs_tol=1e-9 * scale)
    assert math.isclose(merged.moments.squares, whole.moments.squares, rel_tol=1e-9, abs_tol=1e-9 * scale**2)


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=80))
def test_moments_are_numpys(numbers: list[float]) -> None:
    made = ColumnProfile.empty("x")
    for number in numbers:
        made.update(pa.array([number]))
    scale = max(map(abs, numbers)) or 1.0
    assert made.moments.mean == pytest.approx(np.mean(numbers), rel=1e-9, abs=1e-12 * scale)
    assert made.moments.standard_deviation == pytest.approx(np.std(numbers), rel=1e-9, abs=1e-6 * scale)
    assert made.moments.sum == pytest.approx(math.fsum(numbers), rel=1e-9, abs=1e-12 * scale * len(numbers))


def test_a_small_spread_far_from_zero_is_not_lost() -> None:
    made = ColumnProfile.empty("x")
    for part in np.array_split(1e9 + np.arange(10_000) % 2, 7):
        made.update(pa.array(part))
    assert made.moments.standard_deviation == pytest.approx(0.5, rel=1e-9)


def batches() -> list[pa.RecordBatch]:
    random = np.random.default_rng(3)
    numbers, texts = random.normal(size=20_000), random.integers(0, 20_000, 20_000).astype(str)
    table = pa.table({"number": numbers, "text": pa.array(texts).cast(pa.string()), "half": numbers > 0})
    return list(table.to_batches(max_chunksize=3_000))


def test_the_same_records_give_the_same_bytes() -> None:
    first, second = profile(batches()), profile(batches())
    assert to_json(statistics_document(first)) == to_json(statistics_document(second))
    assert to_json(constraints_document(first)) == to_json(constraints_document(second))


def test_a_column_that_a_batch_lacks_is_missing_in_its_rows() -> None:
    one = pa.record_batch({"a": ["1"], "b": ["x"]})
    two = pa.record_batch({"a": ["2", "3"], "c": ["y", None]})
    table = profile([one, two], ProfileRequest(exclude=frozenset({"c"})))
    assert (table.rows, table.missing("a"), table.missing("b")) == (3, 0, 2)
    assert table.order == ["a", "b", "c"]
    assert list(table.columns) == ["a", "b"]
