"""Keeps the rows of a window by a column that holds their time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from model_monitor_crds.window import Window
from model_monitor_jobs.errors import InputError
from model_monitor_jobs.profiles.instants import MICROSECONDS, instants
from model_monitor_jobs.sources.blocks import Block
from model_monitor_jobs.sources.records import MAXIMUM_SAMPLES, ReadReport


def in_window(
    block: Block, window: Window, column: str, name: str, report: ReadReport, *, required: bool
) -> pa.RecordBatch:
    """The rows of `rows_in_window` as a batch."""
    return rows_in_window(block, window, column, name, report, required=required).batch


def rows_in_window(
    block: Block, window: Window, column: str, name: str, report: ReadReport, *, required: bool
) -> Block:
    """The rows whose time lies in `[start, end)`.

    Times are timestamps, dates or ISO 8601 text; without an offset they count as UTC. Rows outside are
    counted in `outside_window`, rows without a readable time in `unreadable`. A block without the column
    raises InputError if it is `required`, else none of its rows has a readable time.
    """
    batch = block.batch
    index = batch.schema.get_field_index(column)
    if index < 0 and required:
        raise InputError(
            f"{name}: there is no column {column!r}, which should hold the rows' time",
            remedy=f"name one of its columns: {_listed(batch.schema.names)}",
        )
    values = batch.column(index) if index >= 0 else pa.nulls(batch.num_rows, pa.string())
    times = instants(values)
    missing = times.null_count
    if missing:
        unreadable = np.flatnonzero(times.is_null().to_numpy(zero_copy_only=False))
        reason = f"the time in {column!r} can't be read (ISO 8601 is expected)"
        for row in unreadable[:MAXIMUM_SAMPLES].tolist():
            text = values[row].as_py()
            report.add_unreadable(name, block.line_of(row), reason, "" if text is None else str(text))
    inside = pc.and_(
        pc.greater_equal(times, pa.scalar(window.start, MICROSECONDS)),
        pc.less(times, pa.scalar(window.end, MICROSECONDS)),
    )
    kept = batch.filter(inside, null_selection_behavior="drop")
    report.outside_window += batch.num_rows - kept.num_rows - missing
    return Block(kept, _lines_of(block, inside))


def _lines_of(block: Block, kept: pa.Array) -> Callable[[int], int]:
    def line_of(row: int) -> int:
        return block.line_of(int(np.flatnonzero(pc.fill_null(kept, False).to_numpy(zero_copy_only=False))[row]))

    return line_of


def _listed(names: list[str]) -> str:
    return ", ".join(names[:20]) + (", …" if len(names) > 20 else "")
