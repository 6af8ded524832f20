"""Types of single values as text, with the rules of Deequ, the engine of SageMaker's data quality monitor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

INTEGRAL = r"^(-|\+)? ?\d+$"
FRACTIONAL = r"^(-|\+)? ?\d+((\.\d+)|((\.\d+)?[Ee][-+]?\d+))$"
BOOLEAN = r"^(true|false)$"


@dataclass(frozen=True)
class TypedValues:
    """One batch of a column, without its missing values, sorted into types.

    `numbers` are the values of all integral and fractional texts, in the order of the rows.
    """

    integral: int
    fractional: int
    whole: int
    """Fractional texts whose value is a whole number, such as 5.0."""
    boolean: int
    text: int
    numbers: NDArray[np.float64]


def type_text(values: pa.Array) -> TypedValues:
    """Type every text of an Arrow string array that has no nulls."""
    is_integral = pc.match_substring_regex(values, INTEGRAL)
    integral = int(pc.sum(is_integral).as_py() or 0)
    if integral == len(values):
        return TypedValues(integral, 0, 0, 0, 0, _numbers(values))
    is_fractional = pc.match_substring_regex(values, FRACTIONAL)
    fractional = int(pc.sum(is_fractional).as_py() or 0)
    boolean = 0
    if integral + fractional < len(values):
        boolean = int(pc.sum(pc.match_substring_regex(values, BOOLEAN)).as_py() or 0)
    numeric = pc.or_(is_integral, is_fractional)
    numbers = _numbers(pc.filter(values, numeric))
    fractions = numbers[pc.filter(is_fractional, numeric).to_numpy(zero_copy_only=False)]
    whole = int(np.count_nonzero(fractions == np.floor(fractions)))
    return TypedValues(integral, fractional, whole, boolean, len(values) - integral - fractional - boolean, numbers)


def type_values(values: pa.Array) -> TypedValues:
    """Type an Arrow array without nulls that has a type of its own; floats that are no number are left out before."""
    kind = values.type
    if pa.types.is_integer(kind):
        return TypedValues(len(values), 0, 0, 0, 0, _as_doubles(values))
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        numbers = _as_doubles(values)
        whole = int(np.count_nonzero(numbers == np.floor(numbers)))
        return TypedValues(0, len(values), whole, 0, 0, numbers)
    nothing = np.empty(0, dtype=np.float64)
    if pa.types.is_boolean(kind):
        return TypedValues(0, 0, 0, len(values), 0, nothing)
    return TypedValues(0, 0, 0, 0, len(values), nothing)


def _as_doubles(values: pa.Array) -> NDArray[np.float64]:
    return np.asarray(pc.cast(values, pa.float64(), safe=False).to_numpy(zero_copy_only=False), dtype=np.float64)


def _numbers(values: pa.Array) -> NDArray[np.float64]:
    """Read numeric texts; a sign may be followed by a space, which Arrow does not read."""
    try:
        return _as_doubles(pc.cast(values, pa.float64()))
    except pa.ArrowInvalid:
        plain = pc.replace_substring_regex(values, r"^\+? ?", "")
        return _as_doubles(pc.cast(pc.replace_substring_regex(plain, r"^- ", "-"), pa.float64()))
