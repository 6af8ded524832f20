"""Counting a baseline's rows: all of them, and those of each of its windows and segments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from model_monitor_jobs.profiles.baseline_profile import BaselineWindows, CountsByColumn, SegmentKey
from model_monitor_jobs.profiles.cells import count_sketch
from model_monitor_jobs.profiles.counts import ColumnCounts
from model_monitor_jobs.profiles.grouped import Coded, Codes, Grouping, count_in_groups
from model_monitor_jobs.profiles.instants import instants
from model_monitor_jobs.profiles.segments import SegmentValues, segment_codes
from model_monitor_jobs.profiles.table import TableProfile, Tracking
from model_monitor_jobs.profiles.windows import Calendar

MOST_WINDOWS: Final = 1_400
"""Windows of one length that are kept, the latest: eight weeks of hours, as each hour of the week needs seven."""


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


@dataclass
class _Spans:
    """Which windows of all lengths a row lies in, as one number; lengths nest, so there are few more than the
    shortest has windows."""

    calendars: Sequence[Calendar]
    known: dict[tuple[int, ...], int] = field(default_factory=dict)
    unstamped: int = 0

    def codes(self, values: pa.Array) -> Codes:
        """The number of each row's windows; -1 for rows without a readable time."""
        times = instants(values)
        valid = times.is_valid().to_numpy(zero_copy_only=False)
        self.unstamped += int(len(valid) - valid.sum())
        codes = np.full(len(valid), -1, dtype=np.int64)
        moments = times.drop_null().cast(pa.int64()).to_numpy(zero_copy_only=False)
        if not len(moments):
            return codes
        starts = np.stack([calendar.starts(moments) for calendar in self.calendars])
        tuples, places = np.unique(starts, axis=1, return_inverse=True)
        numbers = [self.known.setdefault(tuple(each), len(self.known)) for each in tuples.T.tolist()]
        codes[valid] = np.array(numbers, dtype=np.int64)[places.reshape(-1)]
        return codes


def count_baseline(
    batches: Iterable[pa.RecordBatch],
    tracking: Mapping[str, Tracking],
    timestamp: str | None,
    lengths: Sequence[timedelta],
    zone: ZoneInfo,
    segments: SegmentValues,
) -> CountedBaseline:
    """Count every row of a dataset; with a column of times also in windows of each length."""
    calendars = [Calendar(length, zone) for length in lengths] if timestamp is not None else []
    spans = _Spans(calendars)
    parts: list[tuple[str, tuple[str, ...]]] = [("", ("",)), *segments.items()]
    wholes = [Grouping(tracking) for _ in parts]
    windowed = [Grouping(tracking) for _ in parts] if calendars else []
    for batch in batches:
        own = [_part_codes(batch, column, values) for column, values in parts]
        coded = [Coded(codes, len(values)) for codes, (_, values) in zip(own, parts, strict=True)]
        if timestamp is not None and calendars:
            span = spans.codes(_times(batch, timestamp))
            for codes, (_, values) in zip(own, parts, strict=True):
                joined = np.where((span >= 0) & (codes >= 0), span * len(values) + codes, -1)
                coded.append(Coded(joined, len(spans.known) * len(values)))
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
    spans: _Spans,
    parts: Sequence[tuple[str, tuple[str, ...]]],
    windowed: Sequence[Grouping],
    tracking: Mapping[str, Tracking],
) -> BaselineWindows:
    own = np.array([key[place] for key in spans.known], dtype=np.int64)
    starts, groups = np.unique(own, return_inverse=True)
    kept = slice(max(0, len(starts) - MOST_WINDOWS), None)
    counted: dict[SegmentKey, dict[str, ColumnCounts]] = {}
    for (column, values), grouping in zip(parts, windowed, strict=True):
        for name in tracking:
            counts = grouping.counts(name, len(own) * len(values))
            for segment, value in enumerate(values):
                summed = counts.at(slice(segment, None, len(values))).summed(groups.astype(np.int64))
                counted.setdefault((column, value) if column else (), {})[name] = summed.at(kept)
    return BaselineWindows(length, starts[kept], counted)
