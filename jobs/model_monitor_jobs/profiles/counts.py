"""What a verdict about a column rests on: whole numbers, which add up exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]

_SCALARS: Final = ("rows", "present", "integral", "fractional", "whole", "boolean", "text")


@dataclass
class ColumnCounts:
    """Counts of one column in some rows: a window, a part of one, or a baseline.

    `present` rows have a value; each is one of `integral`, `fractional`, `boolean` and `text`. `whole` are the
    fractional values that are whole numbers, such as 5.0.
    """

    rows: int = 0
    present: int = 0
    integral: int = 0
    fractional: int = 0
    whole: int = 0
    boolean: int = 0
    text: int = 0
    cells: Counts | None = None
    """Finite numbers on the 2·c+1 cells of c cut points (`count_cells`), where there are any."""
    values: Counts | None = None
    """How often each of the tracked values occurs, in their order, where there are any."""

    @property
    def missing(self) -> int:
        """Rows without a value."""
        return self.rows - self.present

    def add(self, other: ColumnCounts) -> None:
        """Add the counts of other rows, on the same cut points and tracked values."""
        for name in _SCALARS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.cells = _sum(self.cells, other.cells)
        self.values = _sum(self.values, other.values)


def _sum(first: Counts | None, second: Counts | None) -> Counts | None:
    if first is None or second is None:
        return second if first is None else first
    return first + second
