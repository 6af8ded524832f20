"""Counts of columns in groups of rows: windows of a baseline, segments, or both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from model_monitor_jobs.profiles.counts import ColumnCounts
from model_monitor_jobs.profiles.row_types import as_texts, present_rows, row_types
from model_monitor_jobs.profiles.table import Tracking

_SCALARS: Final = ("present", "integral", "fractional", "whole", "boolean", "text")
_FEWEST_CELLS: Final = 9
_DENSE: Final = 8
"""Cells for each row up to which it is worth while to count all cells of a batch."""

Codes = NDArray[np.int64]
Table = NDArray[np.int64]


@dataclass(frozen=True)
class Coded:
    """The group of each row of a batch, below `groups`; -1 leaves a row out.

    `lasting`, when not all groups will stay, bounds the number of those that will.
    """

    codes: Codes
    groups: int
    lasting: int | None = None


@dataclass
class _Counted:
    """The counts of one column in all groups of a grouping."""

    scalars: Table
    cells: Table | None
    values: Table | None
    step: int = 1
    """The cells stand on every `step`-th cut point."""

    @property
    def width(self) -> int:
        """Cells a group."""
        return 0 if self.cells is None else self.cells.shape[1]

    @property
    def fixed(self) -> int:
        """Counts a group besides the cells."""
        return len(_SCALARS) + (0 if self.values is None else self.values.shape[1])

    @property
    def tables(self) -> dict[str, Table]:
        """All counts by their names here."""
        every = {"scalars": self.scalars, "cells": self.cells, "values": self.values}
        return {name: table for name, table in every.items() if table is not None}

    def coarsen(self) -> None:
        """Count on every second of the cut points that were counted on."""
        counts = ColumnCounts(cells=self.cells)
        self.cells, self.step = counts.coarser(2).cells, 2 * self.step


class Grouping:
    """One way to sort rows into groups, which are numbered from 0 and may grow in number.

    With more than `most_cells` counts, 8 bytes each, the finest columns are counted on every second cut point.
    """

    def __init__(self, tracking: Mapping[str, Tracking], most_cells: int | None = None) -> None:
        self._most_cells = most_cells
        self._rows = np.zeros(1, dtype=np.int64)
        self._columns = {name: _empty(track) for name, track in tracking.items()}
        self._lasting = 1

    def grow(self, groups: int, lasting: int | None = None) -> None:
        """Make room, and count as finely as there is room for the groups that will stay (all by default)."""
        # By the number of groups alone, not by the room for them: then it does not matter in what steps it grew.
        self._lasting = max(self._lasting, groups if lasting is None else lasting)
        while self._most_cells is not None and self._lasting * self._counts_a_group() > self._most_cells:
            finest = max(column.width for column in self._columns.values())
            if finest <= _FEWEST_CELLS:
                break
            for column in self._columns.values():
                if column.width == finest:
                    column.coarsen()
        if groups > len(self._rows):
            self._resize(max(groups, 2 * len(self._rows)))

    def regroup(self, groups: Codes) -> None:
        """Merge groups: gives the new group of each old one, numbered without gaps."""
        self.grow(len(groups), 0)
        order = np.argsort(groups, kind="stable")
        edges = np.flatnonzero(np.diff(groups[order], prepend=-1))
        self._rows = np.add.reduceat(self._rows[order], edges, dtype=np.int64)
        for column in self._columns.values():
            for name, table in column.tables.items():
                setattr(column, name, np.add.reduceat(table[order], edges, axis=0, dtype=np.int64))

    def _resize(self, capacity: int) -> None:
        self._rows = _longer(self._rows, capacity)
        for column in self._columns.values():
            for name, table in column.tables.items():
                setattr(column, name, _longer(table, capacity))

    def _counts_a_group(self) -> int:
        return sum(column.width + column.fixed for column in self._columns.values())

    def add_rows(self, codes: Codes) -> None:
        """Count rows."""
        self._rows += np.bincount(codes[codes >= 0], minlength=len(self._rows))

    def column(self, name: str) -> _Counted:
        """The counts of one column."""
        return self._columns[name]

    def counts(self, name: str, groups: int) -> ColumnCounts:
        """Counts of a column, each an array over the groups: scalars (groups,), cells and values (groups, …)."""
        self.grow(groups, 0)
        column = self._columns[name]
        scalars = {field: column.scalars[:groups, index] for index, field in enumerate(_SCALARS)}
        cells = None if column.cells is None else column.cells[:groups]
        values = None if column.values is None else column.values[:groups]
        return ColumnCounts(rows=self._rows[:groups], **scalars, cells=cells, values=values, step=column.step)


def fewest_cells(tracking: Mapping[str, Tracking]) -> int:
    """Counts a group that a grouping keeps at least, however many groups there are."""
    columns = [_empty(track) for track in tracking.values()]
    return sum(min(column.width, _FEWEST_CELLS) + column.fixed for column in columns)


def count_in_groups(
    batch: pa.RecordBatch, tracking: Mapping[str, Tracking], groupings: Sequence[Grouping], coded: Sequence[Coded]
) -> None:
    """Add a batch to several groupings at once; only columns that are tracked count."""
    for grouping, each in zip(groupings, coded, strict=True):
        grouping.grow(each.groups, each.lasting)
        grouping.add_rows(each.codes)
    for name, values in zip(batch.schema.names, batch.columns, strict=True):
        if name in tracking:
            _count(name, tracking[name], values, groupings, coded)


def _empty(tracking: Tracking) -> _Counted:
    cells = None if tracking.cuts is None else np.zeros((1, 2 * len(tracking.cuts) + 1), dtype=np.int64)
    values = np.zeros((1, len(tracking.values)), dtype=np.int64) if tracking.values else None
    return _Counted(np.zeros((1, len(_SCALARS)), dtype=np.int64), cells, values)


def _longer(counts: Table, length: int) -> Table:
    longer = np.zeros((length, *counts.shape[1:]), dtype=counts.dtype)
    longer[: len(counts)] = counts
    return longer


def _count(
    name: str, tracking: Tracking, values: pa.Array, groupings: Sequence[Grouping], coded: Sequence[Coded]
) -> None:
    mask, present = present_rows(values)
    if not len(present):
        return
    typed = row_types(present)
    every = np.ones(len(present), dtype=bool)
    flags = (every, typed.integral, typed.fractional, typed.whole, typed.boolean, typed.text)
    finite = np.isfinite(typed.numbers)
    numbers = typed.numbers[finite]
    places = None
    if tracking.values:
        texts = pa.array(list(tracking.values), pa.string())
        places = pc.fill_null(pc.index_in(as_texts(present), texts), -1).to_numpy(zero_copy_only=False)
    for grouping, each in zip(groupings, coded, strict=True):
        codes = each.codes[mask]
        inside = codes >= 0
        groups, local = np.unique(codes[inside], return_inverse=True)
        codes = np.full(len(codes), -1, dtype=np.int64)
        codes[inside] = local
        column = grouping.column(name)
        for index, flag in enumerate(flags):
            column.scalars[groups, index] += np.bincount(codes[inside & flag], minlength=len(groups))
        if column.cells is not None and tracking.cuts is not None:
            kept = inside[finite]
            cells = _cells_of(tracking.cuts[column.step - 1 :: column.step], numbers[kept])
            _add_pairs(column.cells, groups, codes[finite][kept], cells)
        if column.values is not None and places is not None:
            known = inside & (places >= 0)
            _add_pairs(column.values, groups, codes[known], places[known])


def _add_pairs(table: Table, groups: Codes, rows: Codes, columns: Codes) -> None:
    """Add how often each pair of row and column occurs; `groups` are the table's rows that `rows` counts from 0."""
    height, width = len(groups), table.shape[1]
    if height * width <= _DENSE * len(rows):
        table[groups] += np.bincount(rows * width + columns, minlength=height * width).reshape(height, width)
    else:
        places, counts = np.unique(groups[rows] * width + columns, return_counts=True)
        table.reshape(-1)[places] += counts


def _cells_of(cuts: NDArray[np.float64], numbers: NDArray[np.float64]) -> Codes:
    if not len(cuts):
        return np.zeros(len(numbers), dtype=np.int64)
    places = np.searchsorted(cuts, numbers, side="left")
    on_cut = cuts[np.minimum(places, len(cuts) - 1)] == numbers
    return np.asarray(2 * places + on_cut, dtype=np.int64)
