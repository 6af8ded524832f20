"""Counts of each of a dataset's windows, whatever is counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Generic, Protocol, Self, TypeVar
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from model_monitor_jobs.profiles.baseline_profile import SegmentKey
from model_monitor_jobs.profiles.baseline_windows import FEWEST_WINDOWS, MOST_CELLS, MOST_WINDOWS
from model_monitor_jobs.profiles.counts import Counts
from model_monitor_jobs.profiles.grouped import Codes
from model_monitor_jobs.profiles.segments import SegmentValues, segment_codes
from model_monitor_jobs.profiles.spans import Spans
from model_monitor_jobs.profiles.windows import Calendar

EVERYTHING: Final[SegmentKey] = ()


class GroupedCounts(Protocol):
    """Sums over rows in groups that add up and can be taken away again, such as `PerformanceCounts`."""

    @property
    def rows(self) -> Counts:
        """Rows of each group."""

    def update(self, rows: Any, codes: Counts) -> None:
        """Add rows to the groups that `codes` number, -1 for rows that are left out."""

    def grow(self, groups: int) -> None:
        """Have at least so many groups; the new ones are empty."""

    def parts(self) -> dict[str, Any]:
        """The arrays by their names, groups first."""

    def less(self, other: Self) -> Self:
        """The counts of the rows that are not among the other's; one group is taken from each."""

    def at(self, places: Any) -> Self:
        """Some of the groups, or one, as groups again."""

    def total(self) -> Self:
        """All groups together, as one."""

    def summed(self, groups: Counts) -> Self:
        """Groups added up; `groups` numbers the new group of each, from 0 without gaps."""


Counted = TypeVar("Counted", bound=GroupedCounts)


@dataclass(frozen=True)
class WindowCounts(Generic[Counted]):
    """The windows of one length: their starts in seconds since 1970, and their counts by segment, a group a window."""

    length: timedelta
    starts: Counts
    counts: Mapping[SegmentKey, Counted]


class CountsByWindow(Generic[Counted]):
    """Counts of each of a dataset's windows, of all rows and of each segment; of each length the latest windows.

    The memory that it takes does not grow with the rows, nor with the windows they lie in.
    """

    def __init__(
        self,
        empty: Callable[[], Counted],
        segments: SegmentValues,
        lengths: Sequence[timedelta],
        zone: ZoneInfo,
    ) -> None:
        """`empty` makes counts of one group without rows."""
        self._lengths = lengths
        self._parts: list[tuple[str, tuple[str, ...]]] = [("", ("",)), *segments.items()]
        self._counts = [empty() for _ in self._parts]
        cells = sum(part[0].size for part in self._counts[0].parts().values())
        room = MOST_CELLS // max(1, cells * sum(len(values) for _, values in self._parts))
        self._spans = Spans(
            [Calendar(length, zone) for length in lengths], min(MOST_WINDOWS, max(FEWEST_WINDOWS, room))
        )

    @property
    def unstamped(self) -> int:
        """Rows without a readable time."""
        return self._spans.unstamped

    def add(self, batch: pa.RecordBatch, rows: Any, timestamp: str) -> None:
        """Add the rows of a batch, as the counts take them, by the times in a column."""
        index = batch.schema.get_field_index(timestamp)
        times = batch.column(index) if index >= 0 else pa.nulls(batch.num_rows, pa.string())
        span, moved = self._spans.codes(times)
        for place, (column, values) in enumerate(self._parts):
            count = len(values)
            if moved is not None:
                groups = (moved[:, np.newaxis] * count + np.arange(count)).reshape(-1)
                self._counts[place].grow(len(groups))
                self._counts[place] = self._counts[place].summed(groups)
            codes = self._codes(batch, column, values)
            self._counts[place].grow(max(1, len(self._spans.known)) * count)
            self._counts[place].update(rows, np.where((span >= 0) & (codes >= 0), span * count + codes, -1))

    def windows(self) -> Iterator[WindowCounts[Counted]]:
        """The windows of each length."""
        if not self._spans.known:
            return
        for place, length in enumerate(self._lengths):
            starts, groups, kept = self._spans.windows(place)
            counts: dict[SegmentKey, Counted] = {}
            for (column, values), counted in zip(self._parts, self._counts, strict=True):
                counted.grow(len(groups) * len(values))
                for segment, value in enumerate(values):
                    own = counted.at(slice(segment, len(groups) * len(values), len(values)))
                    counts[(column, value) if column else EVERYTHING] = own.summed(groups).at(kept)
            yield WindowCounts(length, starts[kept], counts)

    @staticmethod
    def _codes(batch: pa.RecordBatch, column: str, values: tuple[str, ...]) -> Codes:
        if not column:
            return np.zeros(batch.num_rows, dtype=np.int64)
        return segment_codes(batch, column, values)
