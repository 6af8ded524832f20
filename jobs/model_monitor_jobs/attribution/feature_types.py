"""Features as the model gets them: numbers as numbers, whatever text they came as."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from model_monitor_jobs.profiles.row_types import as_texts, present_rows, row_types

FeatureType = Literal["integral", "fractional", "boolean", "text"]

NUMERIC_SHARE: Final = 0.95
"""Share of a column's values that must be numbers for it to be one of numbers."""


def type_of(values: pa.Array) -> FeatureType:
    """The type of a column, from its values in the baseline; what is missing does not count."""
    if pa.types.is_boolean(values.type):
        return "boolean"
    _, present = present_rows(values)
    if not len(present):
        return "text"
    numbers = row_types(present).numbers
    known = np.isfinite(numbers)
    if known.sum() < NUMERIC_SHARE * len(present):
        return "text"
    return "integral" if (np.floor(numbers[known]) == numbers[known]).all() else "fractional"


def typed_rows(batch: pa.RecordBatch, types: Mapping[str, FeatureType]) -> tuple[pa.RecordBatch, dict[str, int]]:
    """The features of rows in the order of `types`, and by feature how many values are of another type and so missing.

    A feature that is no column is missing in all rows. Whole numbers stay whole where all of them are.
    """
    columns, strays = [], {}
    for name, kind in types.items():
        index = batch.schema.get_field_index(name)
        values = batch.column(index) if index >= 0 else pa.nulls(batch.num_rows, pa.string())
        column, stray = _typed(values, kind)
        columns.append(column)
        if stray:
            strays[name] = stray
    return pa.RecordBatch.from_arrays(columns, names=[*types]), strays


def columns_of(values: Mapping[str, Sequence[object]]) -> pa.RecordBatch:
    """Columns of Python values, those of several types as texts."""
    made = []
    for cells in values.values():
        try:
            made.append(pa.array(cells))
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            made.append(pa.array([None if cell is None else str(cell) for cell in cells], pa.string()))
    return pa.RecordBatch.from_arrays(made, names=[*values])


def _typed(values: pa.Array, kind: FeatureType) -> tuple[pa.Array, int]:
    mask, present = present_rows(values)
    if kind == "text":
        texts = np.full(len(values), None, dtype=object)
        texts[mask] = as_texts(present).to_numpy(zero_copy_only=False)
        return pa.array(texts, pa.string()), 0
    if kind == "boolean":
        return _booleans(values, mask, present)
    numbers = np.full(len(values), np.nan)
    numbers[mask] = row_types(present).numbers
    known = np.isfinite(numbers)
    whole = kind == "integral" and bool((np.floor(numbers[known]) == numbers[known]).all())
    column = pa.array(np.where(known, numbers, 0.0), pa.float64(), mask=~known)
    stray = int(mask.sum() - known.sum())
    return (pc.cast(column, pa.int64(), safe=False) if whole else column), stray


def _booleans(values: pa.Array, mask: np.ndarray, present: pa.Array) -> tuple[pa.Array, int]:
    if pa.types.is_boolean(values.type):
        return values, 0
    texts = np.full(len(values), "", dtype=object)
    texts[mask] = [text.lower() for text in as_texts(present).to_pylist()]
    true, false = texts == "true", texts == "false"
    return pa.array(true, pa.bool_(), mask=~(true | false)), int(mask.sum() - (true | false).sum())
