"""Which part of the baseline a window is compared with, and what the baseline's own windows do."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, cached_property

from model_monitor_crds.data_quality import CompareWith
from model_monitor_crds.window import Window
from model_monitor_jobs.checks.alike import AlikeWindows
from model_monitor_jobs.checks.data_quality.check import Check
from model_monitor_jobs.checks.data_quality.reference import Reference, ReferenceColumn
from model_monitor_jobs.decisions import Noise, Variation, WindowHistory, learn, settled_incidents
from model_monitor_jobs.profiles.baseline_profile import SegmentKey
from model_monitor_jobs.profiles.counts import ColumnCounts, Counts

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


@dataclass
class Comparison:
    """Finds what a window is compared with; the windows' places are worked out once for all columns."""

    reference: Reference
    window: Window | None
    _latest: dict[Places, Compared] = field(default_factory=dict)
    _latest_key: tuple[str, SegmentKey, CompareWith] | None = None

    def resolved(self, compare_with: CompareWith) -> CompareWith:
        """What `Auto` stands for, and All where the baseline has too few windows like the judged one."""
        return self._alike.resolved(compare_with) if self._alike is not None else "All"

    @cached_property
    def _alike(self) -> AlikeWindows | None:
        windows = self.reference.windows
        if windows is None or self.window is None:
            return None
        return AlikeWindows(windows.starts, windows.length, self.reference.zone, self.window)

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
        if self._alike is None or counted is None:
            return Compared(whole or ColumnCounts())
        groups = self._alike.groups(resolved)
        kept = counted.without(left_out)
        pools = kept.summed(groups.of)
        if resolved == "All" and whole is not None:
            reference = whole.coarser(counted.step).less(counted.at(list(left_out)).total())
        else:
            reference = pools.at(groups.place)
        return Compared(reference, counted, pools.at(groups.of).less(kept), self._alike.days, groups.alike)
