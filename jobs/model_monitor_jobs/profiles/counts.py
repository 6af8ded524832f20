"""What a verdict about a column rests on: whole numbers, which add up exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
Number = Any
"""An int, or an array of them over several windows."""

_SCALARS: Final = ("rows", "present", "integral", "fractional", "whole", "boolean", "text")


@dataclass
class ColumnCounts:
    """Counts of one column in some rows: a window, a part of one, or a baseline; or in many windows at once, each field
    an array over the windows (cells and values: windows first).

    `present` rows have a value; each is one of `integral`, `fractional`, `boolean` and `text`. `whole` are the
    fractional values that are whole numbers, such as 5.0.
    """

    rows: Number = 0
    present: Number = 0
    integral: Number = 0
    fractional: Number = 0
    whole: Number = 0
    boolean: Number = 0
    text: Number = 0
    cells: Counts | None = None
    """Finite numbers on the 2·c+1 cells of c cut points (`count_cells`), where there are any."""
    values: Counts | None = None
    """How often each of the tracked values occurs, in their order, where there are any."""
    step: int = 1
    """The cells stand on every `step`-th cut point."""

    @property
    def missing(self) -> Number:
        """Rows without a value."""
        return self.rows - self.present

    def add(self, other: ColumnCounts) -> None:
        """Add the counts of other rows, on the same cut points and tracked values."""
        for name in _SCALARS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.cells = _sum(self.cells, other.cells)
        self.values = _sum(self.values, other.values)
        self.__dict__.pop("numbers", None)

    @cached_property
    def numbers(self) -> Number:
        """Finite numbers."""
        return 0 if self.cells is None else self.cells.sum(axis=-1)

    def less(self, other: ColumnCounts) -> ColumnCounts:
        """The counts of the rows that are not among the other's."""
        scalars = {name: getattr(self, name) - getattr(other, name) for name in _SCALARS}
        cells = None if self.cells is None or other.cells is None else self.cells - other.cells
        values = None if self.values is None or other.values is None else self.values - other.values
        return ColumnCounts(**scalars, cells=cells, values=values, step=self.step)

    def at(self, places: Any) -> ColumnCounts:
        """The counts of one window, or of several, of many."""
        scalars = {name: getattr(self, name)[places] for name in _SCALARS}
        cells = None if self.cells is None else self.cells[places]
        values = None if self.values is None else self.values[places]
        return ColumnCounts(**scalars, cells=cells, values=values, step=self.step)

    def without(self, places: Sequence[int]) -> ColumnCounts:
        """The same windows, of which some have no rows any more."""
        if not len(places):
            return self

        def emptied(counts: Any) -> Any:
            left = counts.copy()
            left[list(places)] = 0
            return left

        scalars = {name: emptied(getattr(self, name)) for name in _SCALARS}
        cells = None if self.cells is None else emptied(self.cells)
        values = None if self.values is None else emptied(self.values)
        return ColumnCounts(**scalars, cells=cells, values=values, step=self.step)

    def total(self) -> ColumnCounts:
        """All windows together, which may be none."""
        scalars = {name: int(getattr(self, name).sum()) for name in _SCALARS}
        cells = None if self.cells is None else self.cells.sum(axis=0)
        values = None if self.values is None else self.values.sum(axis=0)
        return ColumnCounts(**scalars, cells=cells, values=values, step=self.step)

    def coarser(self, step: int) -> ColumnCounts:
        """The same with the cells on every `step`-th cut point."""
        if self.cells is None or step == self.step:
            return self
        if self.step != 1:
            raise ValueError(f"cells on every {self.step}th cut point can't be put on every {step}th")
        cuts = (self.cells.shape[-1] - 1) // 2
        kept = 2 * np.arange(step - 1, cuts, step) + 1
        # Each kept cut point is a cell, and so is what lies between two of them.
        edges = np.unique(np.concatenate(([0], kept, kept + 1)))
        return replace(self, cells=np.add.reduceat(self.cells, edges, axis=-1, dtype=np.int64), step=step)

    def summed(self, groups: Counts) -> ColumnCounts:
        """Many windows added up in groups; `groups` numbers the group of each window, from 0 without gaps."""
        order: Any = np.argsort(groups, kind="stable")
        edges = np.flatnonzero(np.diff(groups[order], prepend=-1))
        if len(edges) == 1:
            order = slice(None)  # What is one group already needs no copy.

        def summed(counts: Counts) -> Counts:
            return np.add.reduceat(counts[order], edges, axis=0, dtype=np.int64)

        scalars = {name: summed(getattr(self, name)) for name in _SCALARS}
        cells = None if self.cells is None else summed(self.cells)
        values = None if self.values is None else summed(self.values)
        return ColumnCounts(**scalars, cells=cells, values=values, step=self.step)


def _sum(first: Counts | None, second: Counts | None) -> Counts | None:
    if first is None or second is None:
        return second if first is None else first
    return first + second
