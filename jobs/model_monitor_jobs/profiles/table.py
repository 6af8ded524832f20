"""The profile of a table: one profile a column, over one pass of its record batches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import pyarrow as pa

from model_monitor_jobs.profiles.column import ColumnProfile
from model_monitor_jobs.profiles.sketch import Doubles

BLOCK_ROWS: Final = 65_536


@dataclass(frozen=True)
class Tracking:
    """What a baseline wants counted of one column: numbers on its cut points, and its known values exactly."""

    cuts: Doubles | None = None
    values: tuple[str, ...] = ()
    """Counted exactly, in this order."""


@dataclass(frozen=True)
class ProfileRequest:
    """How to profile a table; all parts of one table are profiled by the same request. It can be pickled."""

    exclude: frozenset[str] = frozenset()
    tracking: Mapping[str, Tracking] = field(default_factory=dict)
    block_rows: int = BLOCK_ROWS


DEFAULT_REQUEST: Final = ProfileRequest()


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


def profile(
    batches: Iterable[pa.RecordBatch],
    request: ProfileRequest = DEFAULT_REQUEST,
    *,
    ordinal: int = 0,  # noqa: ARG001
) -> TableProfile:
    """Read all batches once; a column that a batch lacks is missing in all of the batch's rows."""
    table = TableProfile()
    seen: set[str] = set()
    for batch in batches:
        table.rows += batch.num_rows
        for name, values in zip(batch.schema.names, batch.columns, strict=True):
            if name not in seen:
                seen.add(name)
                table.order.append(name)
            if name in request.exclude:
                continue
            if name not in table.columns:
                track = request.tracking.get(name, Tracking())
                table.columns[name] = ColumnProfile.empty(name, track.cuts, track.values)
            table.columns[name].update(values)
    return table
