"""The profile of one column."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from model_monitor_jobs.profiles.cells import count_cells
from model_monitor_jobs.profiles.counts import ColumnCounts
from model_monitor_jobs.profiles.frequencies import Frequencies
from model_monitor_jobs.profiles.sketch import Doubles, QuantileSketch
from model_monitor_jobs.profiles.text_types import TypedValues, type_text, type_values

InferredType = Literal["Integral", "Fractional", "String", "Unknown"]
NUMERIC: Final = frozenset({"Integral", "Fractional"})


@dataclass
class Moments:
    """Count, sum, mean, spread and range of numbers; merges exactly up to rounding (Chan et al. 1979).

    Where a sum is beyond the range of doubles, it is infinite, and what follows from it is no number.
    """

    count: int = 0
    sum: float = 0.0
    mean: float = 0.0
    squares: float = 0.0
    """Sum of squared distances from the mean."""
    minimum: float = math.inf
    maximum: float = -math.inf

    @classmethod
    def of(cls, numbers: Doubles) -> Moments:
        """Moments of some numbers, none of them NaN."""
        if not len(numbers):
            return cls()
        with np.errstate(over="ignore", invalid="ignore"):
            mean = float(numbers.mean())
            return cls(
                len(numbers),
                float(numbers.sum()),
                mean,
                float(np.square(numbers - mean).sum()),
                float(numbers.min()),
                float(numbers.max()),
            )

    def merge(self, other: Moments) -> None:
        """Add the numbers of another part."""
        if not other.count:
            return
        total = self.count + other.count
        distance = other.mean - self.mean
        self.squares += other.squares + distance * distance * self.count * other.count / total
        self.mean += distance * other.count / total
        self.count, self.sum = total, self.sum + other.sum
        self.minimum, self.maximum = min(self.minimum, other.minimum), max(self.maximum, other.maximum)

    @property
    def standard_deviation(self) -> float:
        """Of the population (divided by n), as SageMaker reports it."""
        return math.sqrt(self.squares / self.count) if self.count else 0.0


@dataclass
class ColumnProfile:
    """All that is kept of one column; `present` rows have a value, the rest of the table's rows are missing."""

    name: str
    cuts: Doubles | None = None
    """Cut points to count numbers on, where there is a baseline."""
    present: int = 0
    integral: int = 0
    fractional: int = 0
    whole: int = 0
    boolean: int = 0
    text: int = 0
    moments: Moments = field(default_factory=Moments)
    sketch: QuantileSketch = field(default_factory=QuantileSketch)
    frequencies: Frequencies = field(default_factory=Frequencies)
    cells: NDArray[np.int64] | None = None

    @classmethod
    def empty(cls, name: str, cuts: Doubles | None = None, tracked: Sequence[str] = ()) -> ColumnProfile:
        """A profile of no rows; `tracked` values are counted exactly whatever else there is."""
        cells = None if cuts is None else np.zeros(2 * len(cuts) + 1, dtype=np.int64)
        return cls(name, cuts, frequencies=Frequencies(tracked), cells=cells)

    def counts(self, rows: int) -> ColumnCounts:
        """What a verdict about this column rests on; `rows` is the number of rows of the whole table."""
        tracked = self.frequencies.tracked
        return ColumnCounts(
            rows=rows,
            present=self.present,
            integral=self.integral,
            fractional=self.fractional,
            whole=self.whole,
            boolean=self.boolean,
            text=self.text,
            cells=None if self.cells is None else self.cells.copy(),
            values=self.frequencies.tracked_counts() if tracked else None,
        )

    @property
    def inferred_type(self) -> InferredType:
        """The type of the column by SageMaker's rules: any text makes it String, any fraction Fractional."""
        if not self.present:
            return "Unknown"
        if self.text or self.boolean:
            return "String"
        return "Fractional" if self.fractional else "Integral"

    def update(self, values: pa.Array) -> None:
        """Add one batch of the column."""
        values = _present(values)
        is_text = pa.types.is_string(values.type) or pa.types.is_large_string(values.type)
        typed = type_text(values) if is_text else type_values(values)
        self._add(typed, len(values))
        self.frequencies.update(values if is_text else pc.cast(values, pa.string()))

    def _add(self, typed: TypedValues, present: int) -> None:
        self.present += present
        self.integral += typed.integral
        self.fractional += typed.fractional
        self.whole += typed.whole
        self.boolean += typed.boolean
        self.text += typed.text
        numbers = typed.numbers[np.isfinite(typed.numbers)]
        self.moments.merge(Moments.of(numbers))
        self.sketch.update(numbers)
        if self.cuts is not None and self.cells is not None and len(numbers):
            self.cells += count_cells(self.cuts, numbers)

    def merge(self, other: ColumnProfile) -> None:
        """Add the profile of another part of the same column, with the same cut points."""
        for name in ("present", "integral", "fractional", "whole", "boolean", "text"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.moments.merge(other.moments)
        self.sketch.merge(other.sketch)
        self.frequencies.merge(other.frequencies)
        if self.cells is not None and other.cells is not None:
            self.cells = self.cells + other.cells


def _present(values: pa.Array) -> pa.Array:
    """Without nulls and numbers that are none; other types become text, in Python's form where Arrow has none."""
    kind = values.type
    if pa.types.is_dictionary(kind):
        values = values.dictionary_decode()
        kind = values.type
    if pa.types.is_floating(kind):
        values = pc.filter(values, pc.is_finite(pc.fill_null(values, math.nan)))
    values = values.drop_null()
    known = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_boolean, pa.types.is_string)
    if any(test(kind) for test in known):
        return values
    try:
        return pc.cast(values, pa.string())
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        return pa.array(map(str, values.to_pylist()), type=pa.string())
