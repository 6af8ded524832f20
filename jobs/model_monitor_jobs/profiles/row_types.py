"""The type of each single row's value, where rows are counted in groups."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from model_monitor_jobs.profiles.text_types import classify

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class RowTypes:
    """Types of values that are all present: a mask each, and the numbers (NaN for what is none)."""

    integral: Mask
    fractional: Mask
    whole: Mask
    boolean: Mask
    text: Mask
    numbers: NDArray[np.float64]


def present_rows(values: pa.Array) -> tuple[Mask, pa.Array]:
    """Which rows have a value, and the values, texts all of one type; floats that are not finite count as missing."""
    kind = values.type
    if pa.types.is_dictionary(kind):
        values = values.dictionary_decode()
        kind = values.type
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        values = values.cast(pa.string())
    if pa.types.is_floating(kind):
        mask = pc.is_finite(pc.fill_null(values, math.nan))
        return mask.to_numpy(zero_copy_only=False), pc.filter(values, mask)
    mask = values.is_valid().to_numpy(zero_copy_only=False)
    return mask, values.drop_null()


def row_types(values: pa.Array) -> RowTypes:
    """Type every value of an array without nulls, texts by SageMaker's rules."""
    kind, count = values.type, len(values)
    none, every = np.zeros(count, dtype=bool), np.ones(count, dtype=bool)
    if pa.types.is_integer(kind):
        return RowTypes(every, none, none, none, none, _doubles(values))
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        numbers = _doubles(values)
        return RowTypes(none, every, numbers == np.floor(numbers), none, none, numbers)
    blank = np.full(count, math.nan)
    if pa.types.is_boolean(kind):
        return RowTypes(none, none, none, every, none, blank)
    if not pa.types.is_string(kind):
        return RowTypes(none, none, none, none, every, blank)
    kinds = classify(values)
    integral, fractional, boolean, blank = kinds.integral, kinds.fractional, kinds.boolean, kinds.numbers
    numeric = integral | fractional
    with np.errstate(invalid="ignore"):
        whole = fractional & (blank == np.floor(blank))
    return RowTypes(integral, fractional, whole, boolean, ~(numeric | boolean), blank)


def as_texts(values: pa.Array) -> pa.Array:
    """The values as texts, as frequencies count them, in Python's form where Arrow has none; null stays null."""
    if pa.types.is_string(values.type):
        return values
    try:
        return pc.cast(values, pa.string())
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        texts = [None if value is None else str(value) for value in values.to_pylist()]
        return pa.array(texts, type=pa.string())


def _doubles(values: pa.Array) -> NDArray[np.float64]:
    return np.asarray(pc.cast(values, pa.float64(), safe=False).to_numpy(zero_copy_only=False), dtype=np.float64)
