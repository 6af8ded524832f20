"""Which part of the baseline a window is compared with, and what the baseline's own windows do."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import numpy as np

from model_monitor_crds.data_quality import CompareWith
from model_monitor_crds.window import Window
from model_monitor_jobs.checks.data_quality.check import Check
from model_monitor_jobs.checks.data_quality.reference import Reference, ReferenceColumn
from model_monitor_jobs.decisions import Noise, Variation, WindowHistory, learn
from model_monitor_jobs.profiles.baseline_profile import BaselineWindows, SegmentKey
from model_monitor_jobs.profiles.counts import ColumnCounts, Counts
from model_monitor_jobs.profiles.windows import local_days, slot, slots

_SHORT: Final = timedelta(hours=12)
_ENOUGH_ALIKE: Final = 7


@dataclass(frozen=True)
class Compared:
    """What one column of a window is compared with.

    `reference` are the counts of all alike windows, or of the whole baseline. Without stamped windows there are none
    to learn from.
    """

    reference: ColumnCounts
    windows: ColumnCounts | None = None
    rest: ColumnCounts | None = None
    """For each of `windows`, what it was compared with: the others that are alike."""
    days: Counts | None = None

    def variation(
        self, check: Check, column: ReferenceColumn, noise: Noise, alpha: float, floor: float
    ) -> Variation | None:
        """What the baseline's own windows do under a check; None where there are too few."""
        if self.windows is None or self.rest is None or self.days is None:
            return None
        history = WindowHistory(
            check.usual_difference(self.windows, self.rest, column),
            check.size(self.windows),
            check.size(self.rest),
            self.days,
        )
        return learn(history, noise, alpha, floor)


@dataclass
class Comparison:
    """Finds what a window is compared with; the windows' places are worked out once for all columns."""

    reference: Reference
    window: Window | None
    _alike: dict[CompareWith, tuple[Counts, int | None]] = field(default_factory=dict)
    _days: Counts | None = None

    def resolved(self, compare_with: CompareWith) -> CompareWith:
        """What `Auto` stands for, and All where the baseline has too few windows of a kind."""
        windows = self.reference.windows
        if windows is None or self.window is None:
            return "All"
        if compare_with == "Auto":
            compare_with = "HourOfDay" if windows.length < _SHORT else "All"
        groups, place = self._groups(windows, compare_with)
        fewest = int(np.bincount(groups).min()) if len(groups) else 0
        return compare_with if place is not None and fewest >= _ENOUGH_ALIKE else "All"

    def of(self, column: ReferenceColumn, segment: SegmentKey, compare_with: CompareWith) -> Compared:
        """What a column, or a segment of it, is compared with."""
        whole = self.reference.segments.get(segment, {}).get(column.name) if segment else column.counts
        windows = self.reference.windows
        counted = windows.counts.get(segment, {}).get(column.name) if windows is not None else None
        if windows is None or counted is None or self.window is None:
            return Compared(whole or ColumnCounts())
        resolved = self.resolved(compare_with)
        groups, place = self._groups(windows, resolved)
        pools = counted.summed(groups)
        if self._days is None:
            self._days = local_days(windows.starts.tolist(), self.reference.zone)
        reference = whole if resolved == "All" and whole is not None else pools.at(place)
        return Compared(reference, counted, pools.at(groups).less(counted), self._days)

    def _groups(self, windows: BaselineWindows, compare_with: CompareWith) -> tuple[Counts, int | None]:
        """For each window the number of its group, and the number of the judged window's, if the baseline has it."""
        if compare_with not in self._alike:
            zone = self.reference.zone
            numbers = slots(windows.starts.tolist(), compare_with, zone)
            known, groups = np.unique(numbers, return_inverse=True)
            own = slot(self._middle(), compare_with, zone)
            found = np.flatnonzero(known == own)
            self._alike[compare_with] = groups.astype(np.int64), int(found[0]) if len(found) else None
        return self._alike[compare_with]

    def _middle(self) -> int:
        """A moment by which the window's place in the day is told: windows may be shifted against the baseline's."""
        if self.window is None:
            return 0
        return int((self.window.start + min(self.window.length, timedelta(hours=1)) / 2).timestamp())
