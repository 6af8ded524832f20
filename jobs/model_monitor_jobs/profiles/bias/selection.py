"""Which values of a column are meant: the disadvantaged group of a facet, or the positive labels."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from model_monitor_jobs.profiles.performance.problem import Problem, canonical_label, canonical_labels
from model_monitor_jobs.profiles.performance.rows import Doubles, Indices, decode_answers
from model_monitor_jobs.profiles.row_types import Mask, as_texts, present_rows

_NUMBERS: Final = Problem("Regression")
_NUMBER: Final = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_INTERVAL: Final = re.compile(rf"\(\s*({_NUMBER})\s*,\s*({_NUMBER}|\+?inf)?\s*\]")


@dataclass(frozen=True)
class Selection:
    """Some values of a column, as they were written, or all numbers above a threshold.

    Values are compared as labels are (`canonical_labels`): `1`, `1.0` and `"1"` are one value, as are `True` and
    `true`. Raises ValueError where there are both values and a threshold, or neither.
    """

    values: tuple[str, ...] = ()
    threshold: float | None = None

    def __post_init__(self) -> None:
        if bool(self.values) == (self.threshold is not None):
            raise ValueError("a selection has either values or a threshold")
        if self.threshold is not None and not math.isfinite(self.threshold):
            raise ValueError(f"threshold {self.threshold} is not finite")

    @property
    def key(self) -> frozenset[str] | float:
        """The same for two selections of the same values, however they are written."""
        return frozenset(map(canonical_label, self.values)) if self.threshold is None else self.threshold

    def marked(self, column: pa.Array) -> Marked:
        """Which rows of a column have one of the values, or a number above the threshold."""
        if self.threshold is not None:
            numbers = numbers_of(column)
            with np.errstate(invalid="ignore"):
                return Marked(numbers > self.threshold, ~np.isnan(numbers), numbers)
        codes, names = codes_of(column)
        key = self.key
        # The last place is that of rows without a value, whose code is -1.
        chosen = np.array([isinstance(key, frozenset) and name in key for name in names] + [False], dtype=np.bool_)
        return Marked(chosen[codes], codes >= 0)

    def text(self, maximum: float = math.nan, *, whole: bool = True) -> str:
        """As Clarify writes it: `F,M`, or the interval from the threshold to the column's maximum, as `(40, 75]`.

        `whole`: whether all of the column's numbers are whole. NaN is the maximum of a column without numbers.
        """
        if self.threshold is None:
            return ",".join(self.values)
        whole = whole and float(self.threshold).is_integer()
        if math.isnan(maximum):
            return f"({_number(self.threshold, whole)}, ]"
        low, high = sorted((self.threshold, maximum))
        return f"({_number(low, whole)}, {_number(high, whole)}]"


@dataclass(frozen=True)
class Marked:
    """Which of n rows are selected, which have a value at all, and of a threshold the numbers, NaN where none is."""

    chosen: Mask
    present: Mask
    numbers: Doubles | None = None


def read_selection(text: str) -> Selection:
    """What `Selection.text` wrote, or a person: an interval is a threshold, all else values with commas between them.

    The maximum of an interval is passed over, as it is that of the data on which it was written.
    """
    interval = _INTERVAL.fullmatch(text.strip())
    if interval:
        return Selection(threshold=float(interval[1]))
    return Selection(values=tuple(part.strip() for part in text.split(",")))


def codes_of(column: pa.Array) -> tuple[Indices, tuple[str, ...]]:
    """The place of each row's value among the column's distinct ones, -1 where there is none; and those, in order."""
    mask, values = present_rows(column)
    encoded = values.dictionary_encode()
    forms = canonical_labels(as_texts(encoded.dictionary)).to_pylist()
    names = sorted({form for form in forms if form is not None})
    places = {form: place for place, form in enumerate(names)}
    places_of: NDArray[np.int64] = np.array([places.get(form, -1) for form in forms], dtype=np.int64)
    codes = np.full(len(column), -1, dtype=np.int64)
    if len(forms):
        codes[mask] = places_of[encoded.indices.to_numpy(zero_copy_only=False)]
    return codes, tuple(names)


def numbers_of(column: pa.Array) -> Doubles:
    """The number of each row, NaN where there is none or something else than a finite number."""
    answers = decode_answers(_NUMBERS, column, None, None)
    return np.where(answers.valid, answers.predicted, np.nan)


def _number(value: float, whole: bool) -> str:
    return str(int(value)) if whole else repr(float(value))
