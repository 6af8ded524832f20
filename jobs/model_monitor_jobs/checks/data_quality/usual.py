"""Which part of the baseline a window is compared with, and what the baseline's own windows do."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Final

import numpy as np

from model_monitor_crds.data_quality import CompareWith
from model_monitor_crds.window import Window
from model_monitor_jobs.checks.data_quality.check import Check
from model_monitor_jobs.checks.data_quality.reference import Reference, ReferenceColumn
from model_monitor_jobs.decisions import Noise, Variation, WindowHistory, learn, settled_incidents
from model_monitor_jobs.profiles.baseline_profile import BaselineWindows, SegmentKey
from model_monitor_jobs.profiles.counts import ColumnCounts, Counts
from model_monitor_jobs.profiles.windows import local_days, slot, slots

_SHORT: Final = timedelta(hours=12)
_ENOUGH_ALIKE: Final = 7
Places = tuple[int, ...]


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
    alike: Counts | None = None
    """1 for each window that has enough others like it, else 0."""

    def history(self, check: Check, column: ReferenceColumn) -> WindowHistory | None:
        """What the baseline's own windows do under a check."""
        if self.windows is None or self.rest is None or self.days is None or self.alike is None:
            return None
        return WindowHistory(
            check.usual_difference(self.windows, self.rest, column),
            check.size(self.windows),
            check.size(self.rest) * self.alike,
            self.days,
        )


@dataclass(frozen=True)
class Usual:
    """What a column is compared with under one check, and what is to be expected of the difference."""

    reference: ColumnCounts
    noise: Noise
    variation: Variation | None = None


@dataclass(frozen=True)
class _Groups:
    """The windows in groups of alike ones."""

    of: Counts
    """The number of each window's group."""
    place: int | None
    """The number of the judged window's group, if the baseline has it."""
    sizes: Counts
    """Windows in each group."""

    @property
    def enough(self) -> bool:
        """Whether the judged window has enough like it."""
        return self.place is not None and bool(self.sizes[self.place] >= _ENOUGH_ALIKE)


@dataclass
class Comparison:
    """Finds what a window is compared with; the windows' places are worked out once for all columns."""

    reference: Reference
    window: Window | None
    _groups_known: dict[CompareWith, _Groups] = field(default_factory=dict)
    _days: Counts | None = None
    _latest: dict[Places, Compared] = field(default_factory=dict)
    _latest_key: tuple[str, SegmentKey, CompareWith] | None = None

    def resolved(self, compare_with: CompareWith) -> CompareWith:
        """What `Auto` stands for, and All where the baseline has too few windows like the judged one."""
        windows = self.reference.windows
        if windows is None or self.window is None:
            return "All"
        if compare_with == "Auto":
            compare_with = "HourOfDay" if windows.length < _SHORT else "All"
        return compare_with if self._groups(windows, compare_with).enough else "All"

    def usual(
        self,
        check: Check,
        column: ReferenceColumn,
        segment: SegmentKey,
        compare_with: CompareWith,
        alpha: float,
        floor: float,
    ) -> Usual:
        """What a column, or a segment of it, is compared with under a check.

        Windows that are held to be incidents are no part of it: one bad day would raise what all others differ by.
        """
        everything = self.of(column, segment, compare_with)
        if everything.windows is None:
            return Usual(everything.reference, check.noise(everything.reference, column))

        @cache
        def compare(left_out: Places) -> tuple[WindowHistory, Noise]:
            compared = self.of(column, segment, compare_with, left_out)
            history = compared.history(check, column)
            assert history is not None
            return history, check.noise(compared.reference, column)

        left_out = settled_incidents(compare, alpha, floor)
        history, noise = compare(left_out)
        reference = self.of(column, segment, compare_with, left_out).reference
        return Usual(reference, noise, learn(history, noise, alpha, floor, left_out=left_out))

    def of(
        self, column: ReferenceColumn, segment: SegmentKey, compare_with: CompareWith, left_out: Places = ()
    ) -> Compared:
        """What a column, or a segment of it, is compared with, without some of the baseline's windows."""
        key = (column.name, segment, self.resolved(compare_with))
        if key != self._latest_key:
            self._latest_key = key
            self._latest.clear()
        if left_out not in self._latest:
            self._latest[left_out] = self._compared(column, segment, key[2], left_out)
        return self._latest[left_out]

    def _compared(
        self, column: ReferenceColumn, segment: SegmentKey, resolved: CompareWith, left_out: Places
    ) -> Compared:
        whole = self.reference.segments.get(segment, {}).get(column.name) if segment else column.counts
        windows = self.reference.windows
        counted = windows.counts.get(segment, {}).get(column.name) if windows is not None else None
        if windows is None or counted is None or self.window is None:
            return Compared(whole or ColumnCounts())
        groups = self._groups(windows, resolved)
        kept = counted.without(left_out)
        pools = kept.summed(groups.of)
        if self._days is None:
            self._days = local_days(windows.starts.tolist(), self.reference.zone)
        if resolved == "All" and whole is not None:
            reference = whole.coarser(counted.step).less(counted.at(list(left_out)).total())
        else:
            reference = pools.at(groups.place)
        alike = (groups.sizes >= _ENOUGH_ALIKE).astype(np.int64)[groups.of]
        return Compared(reference, counted, pools.at(groups.of).less(kept), self._days, alike)

    def _groups(self, windows: BaselineWindows, compare_with: CompareWith) -> _Groups:
        if compare_with not in self._groups_known:
            zone = self.reference.zone
            numbers = slots(windows.starts.tolist(), compare_with, zone)
            known, groups = np.unique(numbers, return_inverse=True)
            own = slot(self._middle(), compare_with, zone)
            found = np.flatnonzero(known == own)
            place = int(found[0]) if len(found) else None
            self._groups_known[compare_with] = _Groups(groups.astype(np.int64), place, np.bincount(groups))
        return self._groups_known[compare_with]

    def _middle(self) -> int:
        """A moment by which the window's place in the day is told: windows may be shifted against the baseline's."""
        if self.window is None:
            return 0
        return int((self.window.start + min(self.window.length, timedelta(hours=1)) / 2).timestamp())
