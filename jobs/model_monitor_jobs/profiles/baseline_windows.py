"""Counting a baseline's rows: all of them, and those of each of its windows and segments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from model_monitor_jobs.profiles.baseline_profile import BaselineWindows, CountsByColumn, SegmentKey
from model_monitor_jobs.profiles.cells import count_sketch
from model_monitor_jobs.profiles.counts import ColumnCounts
from model_monitor_jobs.profiles.grouped import Coded, Codes, Grouping, count_in_groups, fewest_cells
from model_monitor_jobs.profiles.segments import SegmentValues, segment_codes
from model_monitor_jobs.profiles.spans import Spans
from model_monitor_jobs.profiles.table import TableProfile, Tracking
from model_monitor_jobs.profiles.windows import Calendar

MOST_WINDOWS: Final = 1_400
"""Windows of one length that are kept, the latest: eight weeks of hours, as each hour of the week needs seven."""
FEWEST_WINDOWS: Final = 400
"""Windows that are kept at least, however many columns and segments there are."""
MOST_CELLS: Final = 48_000_000
"""Counts of windows that are kept in memory, 8 bytes each. Beyond, columns are counted on fewer cut points; where that
is not enough, in fewer windows."""


@dataclass(frozen=True)
class CountedBaseline:
    """The counts of all rows, and of each window by its length; `unstamped` rows have no readable time."""

    whole: CountsByColumn
    windows: tuple[BaselineWindows, ...] = ()
    unstamped: int = 0
    from_sketches: bool = False


def counted_once(table: TableProfile, tracking: Mapping[str, Tracking]) -> CountedBaseline:
    """The counts of all rows as a profile tells them, where there are no windows and segments to count."""
    counts = {}
    for name, track in tracking.items():
        column = table.columns[name]
        values = column.frequencies.counts
        counts[name] = replace(
            column.counts(table.rows),
            cells=None if track.cuts is None else count_sketch(track.cuts, column.sketch),
            values=np.array([values[value] for value in track.values], dtype=np.int64) if track.values else None,
        )
    return CountedBaseline({(): counts}, from_sketches=True)


def count_baseline(
    batches: Iterable[pa.RecordBatch],
    tracking: Mapping[str, Tracking],
    timestamp: str | None,
    lengths: Sequence[timedelta],
    zone: ZoneInfo,
    segments: SegmentValues,
    most_windows: int = MOST_WINDOWS,
    most_cells: int = MOST_CELLS,
) -> CountedBaseline:
    """Count every row of a dataset; with a column of times also in the latest windows of each length.

    The memory that it takes does not grow with the rows, nor with the windows they lie in.
    """
    calendars = [Calendar(length, zone) for length in lengths] if timestamp is not None else []
    parts: list[tuple[str, tuple[str, ...]]] = [("", ("",)), *segments.items()]
    groups = sum(len(values) for _, values in parts)
    room = most_cells // max(1, groups * fewest_cells(tracking))
    spans = Spans(calendars, min(most_windows, max(FEWEST_WINDOWS, room)))
    wholes = [Grouping(tracking) for _ in parts]
    windowed = [Grouping(tracking, most_cells * len(values) // groups) for _, values in parts] if calendars else []
    for batch in batches:
        own = [_part_codes(batch, column, values) for column, values in parts]
        coded = [Coded(codes, len(values)) for codes, (_, values) in zip(own, parts, strict=True)]
        if timestamp is not None and calendars:
            span, moved = spans.codes(_times(batch, timestamp))
            for codes, (_, values), grouping in zip(own, parts, windowed, strict=True):
                count = len(values)
                if moved is not None:
                    grouping.regroup((moved[:, np.newaxis] * count + np.arange(count)).reshape(-1))
                joined = np.where((span >= 0) & (codes >= 0), span * count + codes, -1)
                coded.append(Coded(joined, len(spans.known) * count, spans.lasting * count))
        count_in_groups(batch, tracking, [*wholes, *windowed], coded)
    whole: dict[SegmentKey, dict[str, ColumnCounts]] = {}
    for (column, values), grouping in zip(parts, wholes, strict=True):
        for name in tracking:
            counts = grouping.counts(name, len(values))
            for place, value in enumerate(values):
                whole.setdefault((column, value) if column else (), {})[name] = counts.at(place)
    found = tuple(
        _windows(place, length, spans, parts, windowed, tracking) for place, length in enumerate(lengths) if spans.known
    )
    return CountedBaseline(whole, found, spans.unstamped)


def _times(batch: pa.RecordBatch, timestamp: str) -> pa.Array:
    index = batch.schema.get_field_index(timestamp)
    return batch.column(index) if index >= 0 else pa.nulls(batch.num_rows, pa.string())


def _part_codes(batch: pa.RecordBatch, column: str, values: tuple[str, ...]) -> Codes:
    if not column:
        return np.zeros(batch.num_rows, dtype=np.int64)
    return segment_codes(batch, column, values)


def _windows(
    place: int,
    length: timedelta,
    spans: Spans,
    parts: Sequence[tuple[str, tuple[str, ...]]],
    windowed: Sequence[Grouping],
    tracking: Mapping[str, Tracking],
) -> BaselineWindows:
    starts, groups, kept = spans.windows(place)
    counted: dict[SegmentKey, dict[str, ColumnCounts]] = {}
    for (column, values), grouping in zip(parts, windowed, strict=True):
        for name in tracking:
            counts = grouping.counts(name, len(groups) * len(values))
            for segment, value in enumerate(values):
                summed = counts.at(slice(segment, None, len(values))).summed(groups)
                counted.setdefault((column, value) if column else (), {})[name] = summed.at(kept)
    return BaselineWindows(length, starts[kept], counted)
