"""The profile of a table: one profile a column, over one pass of its record batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import pyarrow as pa

from model_monitor_jobs.profiles.blocks import fixed_blocks
from model_monitor_jobs.profiles.column import ColumnProfile
from model_monitor_jobs.profiles.hashes import hash_name, splitmix64
from model_monitor_jobs.profiles.memory import keep_freed_memory
from model_monitor_jobs.profiles.sketch import Doubles
from model_monitor_jobs.profiles.state import pack, unpack

BLOCK_ROWS: Final = 65_536
BLOCK_CELLS: Final = 16_000_000
"""A column's block costs some time however short it is, so those of wide tables have more cells than a batch."""


@dataclass(frozen=True)
class Tracking:
    """What a baseline wants counted of one column: numbers on its cut points, and its known values exactly."""

    cuts: Doubles | None = None
    values: tuple[str, ...] = ()
    """Counted exactly, in this order."""


@dataclass(frozen=True)
class ProfileRequest:
    """How to profile a table; all parts of one table are profiled by the same request. It can be pickled.

    `block_rows` bounds the memory: rows are profiled in blocks of this many, whatever the size of the batches.
    """

    exclude: frozenset[str] = frozenset()
    tracking: Mapping[str, Tracking] = field(default_factory=dict)
    block_rows: int = BLOCK_ROWS


DEFAULT_REQUEST: Final = ProfileRequest()
_UNTRACKED: Final = Tracking()


@dataclass
class TableProfile:
    """Rows and columns, in the order in which the columns were first seen."""

    rows: int = 0
    columns: dict[str, ColumnProfile] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    """Names of all columns that were read, those left out of the profile included."""

    def missing(self, name: str) -> int:
        """Rows without a value in this column."""
        return self.rows - self.columns[name].present

    def merge(self, other: TableProfile) -> None:
        """Add the profile of another part of the table, which comes after this one and is used up by it."""
        self.rows += other.rows
        known = set(self.order)
        self.order.extend(name for name in other.order if name not in known)
        for name, column in other.columns.items():
            if name in self.columns:
                self.columns[name].merge(column)
            else:
                self.columns[name] = column

    def to_bytes(self) -> bytes:
        """All of the profile; the same profile always gives the same bytes."""
        return pack(self.rows, self.order, self.columns)

    @classmethod
    def from_bytes(cls, content: bytes) -> TableProfile:
        """The profile that `to_bytes` wrote; raises ValueError for anything else."""
        return cls(*unpack(content))


def profile(
    batches: Iterable[pa.RecordBatch], request: ProfileRequest = DEFAULT_REQUEST, *, ordinal: int = 0
) -> TableProfile:
    """Read all batches of a table, or of the part of it with this ordinal, once.

    A column that a batch lacks is missing in all of the batch's rows. The same rows give the same profile, byte by
    byte, however they are cut into batches.
    """
    keep_freed_memory()
    table = TableProfile()
    for block in fixed_blocks(_noted(batches, table, request, ordinal), request.block_rows):
        for name, values in block:
            if name not in request.exclude:
                table.columns[name].update(values)
    return table


def _noted(
    batches: Iterable[pa.RecordBatch], table: TableProfile, request: ProfileRequest, ordinal: int
) -> Iterator[pa.RecordBatch]:
    """The same batches; their rows are counted, and their columns are taken up."""
    known: set[str] = set()
    for batch in batches:
        table.rows += batch.num_rows
        for name in batch.schema.names:
            if name in known:
                continue
            known.add(name)
            table.order.append(name)
            if name not in request.exclude:
                track = request.tracking.get(name, _UNTRACKED)
                seed = splitmix64(hash_name(name) ^ ordinal)
                table.columns[name] = ColumnProfile.empty(name, track.cuts, track.values, seed=seed)
        yield batch


def block_rows(columns: int) -> int:
    """How many rows to profile at once of a table with so many columns."""
    return max(1, min(BLOCK_ROWS, BLOCK_CELLS // max(1, columns)))


def merge_profiles(parts: Iterable[TableProfile]) -> TableProfile:
    """The profile of a whole table from those of its parts, in the order of their ordinals; uses them up.

    Parts are merged in one fixed tree: 0 with 1, 2 with 3, then those pairs, and so on; so the result does not depend
    on who profiled what. Keeps no more than about log2 of their number while it takes them one by one.
    """
    waiting: list[tuple[int, TableProfile]] = []
    for part in parts:
        height, merged = 0, part
        while waiting and waiting[-1][0] == height:
            _, before = waiting.pop()
            before.merge(merged)
            height, merged = height + 1, before
        waiting.append((height, merged))
    if not waiting:
        return TableProfile()
    _, merged = waiting.pop()
    while waiting:
        _, before = waiting.pop()
        before.merge(merged)
        merged = before
    return merged
