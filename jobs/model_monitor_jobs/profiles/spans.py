"""Which windows of all lengths a row lies in, as one number; in a bounded number of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa

from model_monitor_jobs.profiles.grouped import Codes
from model_monitor_jobs.profiles.instants import instants
from model_monitor_jobs.profiles.windows import Calendar, Seconds

DROPPED: Final = int(np.iinfo(np.int64).min)
"""Stands for the start of a window that is older than those that are kept."""
_SLACK: Final = 4


@dataclass
class Spans:
    """The spans of rows that lie in the same windows: a window of each length, or a dropped one.

    Of each length only the `most` latest windows are kept. What is older counts as one, so there are never many more
    spans than windows that can be kept; a window is dropped once there are enough later ones, hence for good, in
    whatever order and steps the rows come.
    """

    calendars: Sequence[Calendar]
    most: int
    unstamped: int = 0
    known: dict[tuple[int, ...], int] = field(default_factory=dict)
    _latest: list[Seconds] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin without windows."""
        self._latest = [np.zeros(0, dtype=np.int64) for _ in self.calendars]

    @property
    def lasting(self) -> int:
        """A bound on the spans of windows that are kept; depends on the rows alone, and never falls."""
        return sum(map(len, self._latest)) + 1

    def codes(self, values: pa.Array) -> tuple[Codes, Codes | None]:
        """The span of each row, -1 without a readable time; and where spans were merged, the new of each old one."""
        times = instants(values)
        valid = times.is_valid().to_numpy(zero_copy_only=False)
        self.unstamped += int(len(valid) - valid.sum())
        codes = np.full(len(valid), -1, dtype=np.int64)
        moments = times.drop_null().cast(pa.int64()).to_numpy(zero_copy_only=False)
        if not len(moments):
            return codes, None
        starts = np.stack([calendar.starts(moments) for calendar in self.calendars])
        every, first_places = np.unique(starts, axis=1, return_inverse=True)
        for place, own in enumerate(every):
            self._latest[place] = np.union1d(self._latest[place], own)[-self.most :]
        found, places = np.unique(self._kept(every), axis=1, return_inverse=True)
        keys = [tuple(key) for key in found.T.tolist()]
        moved = None
        if len(self.known) + sum(key not in self.known for key in keys) > self.lasting + self.lasting // _SLACK:
            moved = self._merge()
        numbers = [self.known.setdefault(key, len(self.known)) for key in keys]
        codes[valid] = np.array(numbers, dtype=np.int64)[places.reshape(-1)][first_places.reshape(-1)]
        return codes, moved

    def windows(self, place: int) -> tuple[Seconds, Codes, slice]:
        """Of the length at a place: the starts of its windows, the window of each span, and which windows are kept."""
        own = np.array([key[place] for key in self.known], dtype=np.int64)
        starts, groups = np.unique(own, return_inverse=True)
        return starts, groups.astype(np.int64), slice(max(0, len(starts) - self.most), None)

    def _kept(self, starts: Seconds) -> Seconds:
        oldest = [own[0] if len(own) == self.most else DROPPED for own in self._latest]
        bound = np.array(oldest, dtype=np.int64)[:, np.newaxis]
        return np.where(starts < bound, DROPPED, starts)

    def _merge(self) -> Codes:
        known = np.array(list(self.known), dtype=np.int64).reshape(-1, len(self.calendars)).T
        keys, places = np.unique(self._kept(known), axis=1, return_inverse=True)
        self.known = {tuple(key): number for number, key in enumerate(keys.T.tolist())}
        return np.asarray(places.reshape(-1), dtype=np.int64)
