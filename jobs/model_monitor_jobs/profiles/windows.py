"""Which of a baseline's windows a row belongs to, and which windows are alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from model_monitor_crds.data_quality import CompareWith

Seconds = NDArray[np.int64]
"""Seconds since 1970, UTC."""

_DAY: Final = 86_400
_HOUR: Final = 3_600
_QUANTUM: Final = 300
"""Every window begins at a multiple of five minutes, in any time zone."""
_MICROSECONDS: Final = 1_000_000
_MOST_KNOWN: Final = 100_000
"""Pieces of five minutes, about a year of them, whose windows are remembered."""
# Times in a datetime's first and last week stand for a missing time. By local clocks they may be no datetime at all, so
# they count as the nearest time that always is one.
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST: Final = int((datetime(1, 1, 8, tzinfo=UTC) - _EPOCH).total_seconds())
_LAST: Final = int((datetime(9999, 12, 24, tzinfo=UTC) - _EPOCH).total_seconds())


@dataclass(frozen=True)
class Calendar:
    """Cuts time into windows of one length that begin with the day of a time zone; those of a week begin on Mondays."""

    length: timedelta
    zone: ZoneInfo
    _known: dict[int, int] = field(default_factory=dict, compare=False, repr=False)

    def starts(self, microseconds: NDArray[np.int64]) -> Seconds:
        """Start of the window of each moment, given in microseconds since 1970."""
        pieces, places = np.unique(microseconds // (_QUANTUM * _MICROSECONDS), return_inverse=True)
        starts = np.array([self._start(piece) for piece in pieces.tolist()], dtype=np.int64)
        return np.asarray(starts[places], dtype=np.int64)

    def _start(self, piece: int) -> int:
        if piece not in self._known:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[piece] = window_start(piece * _QUANTUM, self.length, self.zone)
        return self._known[piece]


def window_start(moment: int, length: timedelta, zone: ZoneInfo) -> int:
    """Start of the window that a moment lies in; both in seconds since 1970."""
    seconds = int(length.total_seconds())
    moment = min(max(moment, _FIRST), _LAST)
    local = datetime.fromtimestamp(moment, zone)
    if seconds <= _HOUR:
        # Counted in real time, so that the hour that occurs twice when clocks go back is two windows.
        return moment - (local.minute * 60 + local.second) % seconds
    if seconds < _DAY:
        hours = seconds // _HOUR
        begin = local.replace(hour=local.hour - local.hour % hours, minute=0, second=0, fold=0)
    else:
        days = seconds // _DAY
        ordinal = local.toordinal()
        first = date.fromordinal(ordinal - (ordinal - 1) % days)
        begin = datetime(first.year, first.month, first.day, tzinfo=zone)
    return int((begin - _EPOCH).total_seconds())


def slots(starts: Iterable[int], compare_with: CompareWith, zone: ZoneInfo) -> NDArray[np.int64]:
    """A number for each window, the same for windows that are compared with each other."""
    return np.array([slot(start, compare_with, zone) for start in starts], dtype=np.int64)


def slot(start: int, compare_with: CompareWith, zone: ZoneInfo) -> int:
    """The number of one window, by local time of its start."""
    local = datetime.fromtimestamp(start, zone)
    match compare_with:
        case "HourOfDay":
            return local.hour
        case "DayOfWeek":
            return local.weekday()
        case "HourOfWeek":
            return local.weekday() * 24 + local.hour
        case _:
            return 0


def local_days(starts: Iterable[int], zone: ZoneInfo) -> NDArray[np.int64]:
    """The local day of each window's start, as a count of days."""
    return np.array([datetime.fromtimestamp(start, zone).toordinal() for start in starts], dtype=np.int64)


def window_name(start: int, length: timedelta, zone: ZoneInfo) -> str:
    """A window for people: its local day, and its hour when it is shorter."""
    local = datetime.fromtimestamp(start, zone)
    return f"{local:%Y-%m-%d}" if length >= timedelta(days=1) else f"{local:%Y-%m-%d %H:%M}"
