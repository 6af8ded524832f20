"""The performance on all rows and on those of each segment."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from model_monitor_jobs.profiles.baseline_profile import SegmentKey
from model_monitor_jobs.profiles.by_window import EVERYTHING
from model_monitor_jobs.profiles.performance.problem import Problem
from model_monitor_jobs.profiles.performance.profile import PerformanceProfile
from model_monitor_jobs.profiles.performance.rows import LabelledRows
from model_monitor_jobs.profiles.segments import SegmentValues, segment_codes


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


def measured_segments(profiles: Mapping[SegmentKey, PerformanceProfile]) -> list[SegmentKey]:
    """The segments that have rows, all rows first."""
    return [key for key, profile in profiles.items() if not key or profile.rows]
