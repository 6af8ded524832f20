"""The performance on all rows and on those of each segment, and in a baseline on those of each of its windows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from model_monitor_jobs.profiles.baseline_profile import SegmentKey
from model_monitor_jobs.profiles.baseline_windows import FEWEST_WINDOWS, MOST_CELLS, MOST_WINDOWS
from model_monitor_jobs.profiles.grouped import Codes
from model_monitor_jobs.profiles.performance.baseline import PerformanceWindows
from model_monitor_jobs.profiles.performance.by_problem import empty_counts
from model_monitor_jobs.profiles.performance.counts import PerformanceCounts
from model_monitor_jobs.profiles.performance.problem import Problem
from model_monitor_jobs.profiles.performance.profile import PerformanceProfile
from model_monitor_jobs.profiles.performance.rows import LabelledRows
from model_monitor_jobs.profiles.segments import SegmentValues, segment_codes
from model_monitor_jobs.profiles.spans import Spans
from model_monitor_jobs.profiles.windows import Calendar

EVERYTHING: Final[SegmentKey] = ()


class PerformanceParts:
    """Profiles of all rows and of each segment."""

    def __init__(self, problem: Problem, segments: SegmentValues, *, scored: bool, shift: float = 0.0) -> None:
        """`scored` and `shift` as in `empty_counts`; `segments` has for each column the values that are told apart."""
        self._segments = segments
        keys = [(column, value) for column, values in segments.items() for value in values]
        self.profiles: dict[SegmentKey, PerformanceProfile] = {
            key: PerformanceProfile.empty(problem, scored=scored, shift=shift) for key in [EVERYTHING, *keys]
        }

    def add(self, batch: pa.RecordBatch, rows: LabelledRows) -> None:
        """Add the rows of a batch, all of which have labels."""
        self.profiles[EVERYTHING].update(rows)
        for column, values in self._segments.items():
            codes = segment_codes(batch, column, values)
            for place, value in enumerate(values):
                chosen = codes == place
                if chosen.any():
                    self.profiles[(column, value)].update(rows.at(chosen))


class PerformanceByWindow:
    """Counts of each of a dataset's windows, of all rows and of each segment; of each length the latest windows.

    The memory that it takes does not grow with the rows, nor with the windows they lie in.
    """

    def __init__(
        self,
        problem: Problem,
        segments: SegmentValues,
        lengths: Sequence[timedelta],
        zone: ZoneInfo,
        *,
        scored: bool,
        shift: float = 0.0,
    ) -> None:
        self._lengths = lengths
        self._parts: list[tuple[str, tuple[str, ...]]] = [("", ("",)), *segments.items()]
        self._counts = [empty_counts(problem, 1, scored=scored, shift=shift) for _ in self._parts]
        cells = sum(part[0].size for part in self._counts[0].parts().values())
        room = MOST_CELLS // max(1, cells * sum(len(values) for _, values in self._parts))
        self._spans = Spans(
            [Calendar(length, zone) for length in lengths], min(MOST_WINDOWS, max(FEWEST_WINDOWS, room))
        )

    @property
    def unstamped(self) -> int:
        """Rows without a readable time."""
        return self._spans.unstamped

    def add(self, batch: pa.RecordBatch, rows: LabelledRows, timestamp: str) -> None:
        """Add the rows of a batch, all of which have labels, by the times in a column."""
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

    def windows(self) -> Iterator[PerformanceWindows]:
        """The windows of each length."""
        if not self._spans.known:
            return
        for place, length in enumerate(self._lengths):
            starts, groups, kept = self._spans.windows(place)
            counts: dict[SegmentKey, PerformanceCounts] = {}
            for (column, values), counted in zip(self._parts, self._counts, strict=True):
                counted.grow(len(groups) * len(values))
                for segment, value in enumerate(values):
                    own = counted.at(slice(segment, len(groups) * len(values), len(values)))
                    counts[(column, value) if column else EVERYTHING] = own.summed(groups).at(kept)
            yield PerformanceWindows(length, starts[kept], counts)

    @staticmethod
    def _codes(batch: pa.RecordBatch, column: str, values: tuple[str, ...]) -> Codes:
        if not column:
            return np.zeros(batch.num_rows, dtype=np.int64)
        return segment_codes(batch, column, values)


def measured_segments(profiles: Mapping[SegmentKey, PerformanceProfile]) -> list[SegmentKey]:
    """The segments that have rows, all rows first."""
    return [key for key, profile in profiles.items() if not key or profile.rows]
