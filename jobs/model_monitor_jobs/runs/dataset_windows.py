"""The times and windows of a baseline's dataset, whatever is counted in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any, Generic
from zoneinfo import ZoneInfo

import pyarrow as pa

from model_monitor_crds.window import format_duration, parse_duration, parse_zone
from model_monitor_jobs.decisions.variation import FEWEST_DAYS, FEWEST_WINDOWS
from model_monitor_jobs.errors import ConfigurationError, InputError
from model_monitor_jobs.profiles.by_window import Counted, CountsByWindow, WindowCounts
from model_monitor_jobs.profiles.counts import Counts
from model_monitor_jobs.profiles.segments import SegmentValues
from model_monitor_jobs.profiles.windows import local_days


def read_zone(name: str) -> ZoneInfo:
    """The time zone of a Baseline. Raises ConfigurationError for an unknown one."""
    try:
        return parse_zone(name)
    except ValueError as error:
        raise ConfigurationError(f"spec.timeZone: {error}") from error


class DatasetWindows(Generic[Counted]):
    """Counts of a dataset's windows of some lengths; none where no column has its times."""

    def __init__(
        self,
        empty: Callable[[], Counted],
        segments: SegmentValues,
        windows: Sequence[str],
        timestamp: str | None,
        zone: ZoneInfo,
    ) -> None:
        """`empty` makes counts of one group without rows; `windows` are durations in ISO 8601."""
        lengths = sorted({parse_duration(window) for window in windows}) if timestamp else []
        self._timestamp = timestamp
        self._zone = zone
        self._counted = CountsByWindow(empty, segments, lengths, zone) if lengths else None

    def add(self, batch: pa.RecordBatch, rows: Any) -> None:
        """Add the rows of a batch, as the counts take them."""
        if self._counted is not None and self._timestamp is not None:
            self._counted.add(batch, rows, self._timestamp)

    def windows(self, rows: int, uri: str) -> tuple[WindowCounts[Counted], ...]:
        """The windows of each length. Raises InputError where none of the dataset's `rows` has a time."""
        if self._counted is None:
            return ()
        check_times(self._counted.unstamped, rows, self._timestamp, uri)
        return tuple(self._counted.windows())

    def learned(self, windows: Sequence[WindowCounts[Counted]]) -> Iterator[str]:
        """What was learned of them, for a person."""
        lengths = [(own.starts, own.length) for own in windows]
        unstamped = self._counted.unstamped if self._counted is not None else 0
        return what_was_learned(lengths, self._zone, self._timestamp, unstamped)


def check_times(unstamped: int, rows: int, timestamp: str | None, uri: str) -> None:
    """Raise InputError where a column of times is named and no row has one."""
    if timestamp is not None and unstamped == rows:
        raise InputError(
            f"{uri}: no row has a time in {timestamp!r} that can be read",
            remedy="write times as in 2026-01-31T09:30:00Z, or name another column in columns.timestamp",
        )


def what_was_learned(
    windows: Iterable[tuple[Counts, timedelta]], zone: ZoneInfo, timestamp: str | None, unstamped: int
) -> Iterator[str]:
    """How many windows of each length there are (their starts are given), and whether they suffice."""
    if timestamp is None:
        yield (
            "columns.timestamp is not set: how much the baseline's own windows vary is unknown, so only large changes "
            "will be reported"
        )
    for starts, duration in windows:
        days = len(set(local_days(starts.tolist(), zone).tolist()))
        count, length = len(starts), format_duration(duration)
        if count < FEWEST_WINDOWS or days < FEWEST_DAYS:
            yield (
                f"{count} windows of {length} on {days} days: too few to learn how much they vary "
                f"({FEWEST_WINDOWS} windows on {FEWEST_DAYS} days are needed)"
            )
        else:
            yield f"learned how much {count} windows of {length} on {days} days vary"
    if unstamped and timestamp is not None:
        yield f"{unstamped:,} rows have no readable time in {timestamp!r} and are in no window"
