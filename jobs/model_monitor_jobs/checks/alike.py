"""Which of a baseline's windows are like the judged one, whatever is compared of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from model_monitor_crds.data_quality import CompareWith
from model_monitor_crds.window import Window
from model_monitor_jobs.profiles.counts import Counts
from model_monitor_jobs.profiles.windows import local_days, slot, slots

_SHORT: Final = timedelta(hours=12)
_ENOUGH: Final = 7


@dataclass(frozen=True)
class Groups:
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
        return self.place is not None and bool(self.sizes[self.place] >= _ENOUGH)

    @property
    def alike(self) -> Counts:
        """1 for each window that has enough others like it, else 0."""
        return np.asarray((self.sizes >= _ENOUGH).astype(np.int64)[self.of])


@dataclass(frozen=True)
class AlikeWindows:
    """A baseline's windows of one length, by their `starts` in seconds since 1970, beside the window that is judged."""

    starts: Counts
    length: timedelta
    zone: ZoneInfo
    window: Window
    _known: dict[CompareWith, Groups] = field(default_factory=dict, compare=False, repr=False)

    def resolved(self, compare_with: CompareWith) -> CompareWith:
        """What `Auto` stands for, and All where the baseline has too few windows like the judged one."""
        if compare_with == "Auto":
            compare_with = "HourOfDay" if self.length < _SHORT else "All"
        return compare_with if self.groups(compare_with).enough else "All"

    def groups(self, compare_with: CompareWith) -> Groups:
        """The windows by what they are compared with."""
        if compare_with not in self._known:
            numbers = slots(self.starts.tolist(), compare_with, self.zone)
            known, groups = np.unique(numbers, return_inverse=True)
            found = np.flatnonzero(known == slot(self._middle, compare_with, self.zone))
            place = int(found[0]) if len(found) else None
            self._known[compare_with] = Groups(groups.astype(np.int64), place, np.bincount(groups))
        return self._known[compare_with]

    @cached_property
    def days(self) -> Counts:
        """The local day of each window, as a count of days."""
        return local_days(self.starts.tolist(), self.zone)

    @property
    def _middle(self) -> int:
        """A moment by which the window's place in the day is told: windows may be shifted against the baseline's."""
        return int((self.window.start + min(self.window.length, timedelta(hours=1)) / 2).timestamp())
