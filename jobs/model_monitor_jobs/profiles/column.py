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

from model_monitor_jobs.profiles.cells import count_sorted
from model_monitor_jobs.profiles.counts import ColumnCounts
from model_monitor_jobs.profiles.frequencies import Frequencies
from model_monitor_jobs.profiles.moments import Moments
from model_monitor_jobs.profiles.row_types import as_texts
from model_monitor_jobs.profiles.sketch import Doubles, QuantileSketch
from model_monitor_jobs.profiles.text_types import (
    PlainNumbers,
    as_doubles,
    classify,
    count_plain,
    read_plain,
    split_plain,
)

InferredType = Literal["Integral", "Fractional", "String", "Unknown"]
NUMERIC: Final = frozenset({"Integral", "Fractional"})
COUNTS: Final = ("present", "integral", "fractional", "whole", "boolean", "text")
MOST_NUMBERS_AS_TEXTS: Final = 1_000
"""A block with more distinct numbers than this does not count them as texts."""
_PROBED: Final = 512
_FEW: Final = 256
_SHORT: Final = 16_384
"""In a block of so few rows, reading numbers takes no longer than finding out how many are distinct."""


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
    def empty(
        cls, name: str, cuts: Doubles | None = None, tracked: Sequence[str] = (), *, seed: int = 0
    ) -> ColumnProfile:
        """A profile of no rows; `tracked` values are counted exactly whatever else there is.

        `seed` is the sketch's: it tells the columns and parts of a table apart.
        """
        cells = None if cuts is None else np.zeros(2 * len(cuts) + 1, dtype=np.int64)
        sketch = QuantileSketch(seed=seed)
        return cls(name, cuts, sketch=sketch, frequencies=Frequencies(tracked), cells=cells)

    def counts(self, rows: int) -> ColumnCounts:
        """What a verdict about this column rests on; `rows` is the number of rows of the whole table."""
        return ColumnCounts(
            rows=rows,
            present=self.present,
            integral=self.integral,
            fractional=self.fractional,
            whole=self.whole,
            boolean=self.boolean,
            text=self.text,
            cells=None if self.cells is None else self.cells.copy(),
            values=self.frequencies.tracked_counts() if self.frequencies.tracked else None,
        )

    @property
    def describes_numbers(self) -> bool:
        """Whether numbers are not counted as texts: they have cut points, and no value of theirs is asked for."""
        return self.cuts is not None and not self.frequencies.tracked

    @property
    def inferred_type(self) -> InferredType:
        """The type of the column by SageMaker's rules: any text makes it String, any fraction Fractional."""
        if not self.present:
            return "Unknown"
        if self.text or self.boolean:
            return "String"
        return "Fractional" if self.fractional else "Integral"

    def update(self, values: pa.Array) -> None:
        """Add one block of the column."""
        kind = values.type
        if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
            self._add_typed(values)
        else:
            self._add_texts(values if pa.types.is_large_string(kind) else as_texts(values))

    def merge(self, other: ColumnProfile) -> None:
        """Add the profile of another part of the same column, with the same cut points and tracked values."""
        for name in COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.moments.merge(other.moments)
        self.sketch.merge(other.sketch)
        self.frequencies.merge(other.frequencies)
        if self.cells is not None and other.cells is not None:
            self.cells = self.cells + other.cells

    def _add_typed(self, values: pa.Array) -> None:
        """Add numbers; floats that are no number count as missing."""
        numbers = as_doubles(values)
        if pa.types.is_integer(values.type):
            self._add_numbers(PlainNumbers(values, 0, numbers))
            return
        odd = np.isinf(numbers)
        if odd.any():
            values, numbers = values.filter(pa.array(~odd)), numbers[~odd]
        self._add_numbers(PlainNumbers(values, len(numbers) - int(np.count_nonzero(np.isnan(numbers))), numbers))

    def _add_texts(self, texts: pa.Array) -> None:
        if self.describes_numbers and len(texts) <= _SHORT and (plain := read_plain(texts)) is not None:
            self._add_numbers(plain)
            return
        sample = texts if len(texts) <= _PROBED else texts.take(_places(len(texts)))
        if len(texts) <= _PROBED or self.frequencies.tracked or len(sample.unique()) <= _FEW:
            self._add_distinct_texts(texts)
        elif (plain := read_plain(texts)) is not None:
            self._add_numbers(plain)
        elif count_plain(sample) >= (len(sample) - sample.null_count) / 2:
            plain, rest = split_plain(texts.drop_null())
            self._add_numbers(plain)
            self._add_distinct_texts(rest)
        else:
            self._add_distinct_texts(texts)

    def _add_numbers(self, plain: PlainNumbers) -> None:
        """Add numbers of which many are distinct: sort them, and count texts only where they turn out to be few."""
        ordered = np.sort(plain.numbers)
        ordered = ordered[: np.searchsorted(ordered, math.inf, side="right")]
        count = len(ordered)
        if not count:
            return
        integral = count - plain.fractional
        self.present += count
        self.integral += integral
        self.fractional += plain.fractional
        if plain.fractional:
            self.whole += int(np.count_nonzero(ordered == np.floor(ordered))) - integral
        if math.isinf(ordered[0]) or math.isinf(ordered[-1]):
            ordered = ordered[np.isfinite(ordered)]
        self._describe(ordered)
        starts = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
        few = len(starts) < MOST_NUMBERS_AS_TEXTS and not (self.describes_numbers and len(ordered))
        if few or self.frequencies.tracked:
            texts, counts = _counted(plain.values)
            self.frequencies.add(pc.cast(texts, pa.large_string()), counts)
        elif len(starts) + 1 == len(ordered):
            self.frequencies.add_numbers(ordered, count, 1)
        else:
            places = np.concatenate(([0], starts, [len(ordered)]))
            self.frequencies.add_numbers(ordered[places[:-1]], count, int((places[1:] - places[:-1]).max()))

    def _add_distinct_texts(self, texts: pa.Array) -> None:
        """Add texts of which few are distinct, or which are no numbers: look at each distinct one once."""
        distinct, counts = _counted(texts)
        if not len(distinct):
            return
        present = int(counts.sum())
        kinds = classify(distinct)
        integral, fractional, boolean = (
            int(counts[kind].sum()) for kind in (kinds.integral, kinds.fractional, kinds.boolean)
        )
        self.present += present
        self.integral += integral
        self.fractional += fractional
        self.boolean += boolean
        self.text += present - integral - fractional - boolean
        if integral or fractional:
            self.whole += int(counts[kinds.fractional & (kinds.numbers == np.floor(kinds.numbers))].sum())
            finite = np.isfinite(kinds.numbers)
            numbers, counted = kinds.numbers[finite], counts[finite]
            order = np.argsort(numbers, kind="stable")
            self._describe(np.repeat(numbers[order], counted[order]))
            if self.describes_numbers and len(numbers):
                self.frequencies.add_numbers(np.unique(numbers), int(counted.sum()), int(counted.max()))
                rest = ~finite
                self.frequencies.add(distinct.filter(pa.array(rest)), counts[rest])
                return
        self.frequencies.add(distinct, counts, kinds.numbers)

    def _describe(self, ordered: Doubles) -> None:
        """Add finite numbers in ascending order to what describes numbers."""
        if not len(ordered):
            return
        self.moments.merge(Moments.of(ordered))
        self.sketch.update_sorted(ordered)
        if self.cuts is not None and self.cells is not None:
            self.cells += count_sorted(self.cuts, ordered)


def _places(rows: int) -> pa.Array:
    """Where to look for what the values of a block are like."""
    return pa.array(np.arange(_PROBED) * rows // _PROBED)


def _counted(values: pa.Array) -> tuple[pa.Array, NDArray[np.int64]]:
    """Distinct values other than null and NaN, and how often each occurs."""
    tally = pc.value_counts(values)
    distinct, counts = tally.field("values"), tally.field("counts").to_numpy()
    absent = distinct.is_null(nan_is_null=True)
    if distinct.null_count or absent.true_count:
        return distinct.filter(pc.invert(absent)), counts[~absent.to_numpy(zero_copy_only=False)]
    return distinct, counts
