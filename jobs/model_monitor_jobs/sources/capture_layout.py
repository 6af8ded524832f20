"""Where SageMaker puts captured events: `…/yyyy/mm/dd/hh/*.jsonl`, hours in UTC."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from model_monitor_crds.window import Window
from model_monitor_jobs.storage import Entry, Storage

LAYOUT = "yyyy/mm/dd/hh/*.jsonl (or .jsonl.gz), the yyyy folders at most two levels below"

_YEAR = re.compile(r"\d{4}\Z")
_TWO_DIGITS = re.compile(r"\d{2}\Z")
_FILE = re.compile(r"(?:(\d{2})/)?[^/]+\.jsonl(?:\.gz)?\Z")
_LEVELS_ABOVE_YEARS = 2
_HOURS_WORTH_A_WHOLE_DAY = 4
_DAYS_COUNTED = 31
_LONG = timedelta(days=62)
"""From here on it is found out first which days there are."""


@dataclass(frozen=True)
class CaptureHours:
    """The hours (UTC, at their beginning) for which folders exist.

    `count` is how many there are, None if they spread over more than 31 days, where counting is not cheap.
    """

    first: datetime | None
    last: datetime | None
    count: int | None

    def __str__(self) -> str:
        """Such as `2013-02-01T00 to 2013-02-07T23`."""
        if self.first is None or self.last is None:
            return "no hour"
        if self.first == self.last:
            return f"{self.first:%Y-%m-%dT%H}"
        return f"{self.first:%Y-%m-%dT%H} to {self.last:%Y-%m-%dT%H}"


@dataclass(frozen=True)
class CaptureFile:
    """A file of captured events and the hour of its folder."""

    entry: Entry
    hour: datetime


def capture_hours(storage: Storage, uri: str) -> CaptureHours:
    """The first and the last hour that exist below a URI; reads names of folders only, and few of them."""
    firsts: list[datetime] = []
    lasts: list[datetime] = []
    days: list[str] = []
    for root in roots(storage, uri):
        firsts += [hour for hour in [_outermost(storage, root, last=False)] if hour]
        lasts += [hour for hour in [_outermost(storage, root, last=True)] if hour]
        for month in _below(storage, root, 2):
            if len(days) <= _DAYS_COUNTED:
                days += [storage.join(month, day) for day in _numbered(storage, month)]
    if not firsts:
        return CaptureHours(None, None, 0)
    count = None
    if len(days) <= _DAYS_COUNTED:
        count = len({(day[-10:], hour) for day in days for hour in _numbered(storage, day)})
    return CaptureHours(min(firsts), max(lasts), count)


def files_of_window(storage: Storage, uri: str, window: Window) -> list[CaptureFile]:
    """The files that may hold events of a window, in the order of their paths.

    These are in the folders of the hours that the window touches and of the hour after: an event is written
    after its inference, so one of 10:59:59 may lie in the folder of eleven o'clock.
    """
    last = window.end.replace(minute=0, second=0, microsecond=0)
    if last != window.end:
        last += timedelta(hours=1)
    return files_of_hours(storage, uri, next(window.hours()), last)


def files_of_hours(storage: Storage, uri: str, first: datetime, last: datetime) -> list[CaptureFile]:
    """The files in the folders of these hours and all between, folder above folder, in the order of their paths."""
    found: list[CaptureFile] = []
    for root in roots(storage, uri):
        known = _days(storage, root) if last - first > _LONG else None
        for day, hours in _by_day(first, last):
            if known is None or day in known:
                found += _files_of_day(storage, storage.join(root, f"{day:%Y/%m/%d}"), day, hours)
    return found


def _days(storage: Storage, root: str) -> frozenset[datetime]:
    """The days that have folders: cheaper to ask for than each of many days that may be."""
    found = set()
    for month in _below(storage, root, 2):
        *_, year, number = month.split("/")
        for day in _numbered(storage, month):
            moment = _moment([int(year), int(number), int(day)])
            found |= {moment} if moment is not None else set()
    return frozenset(found)


def _by_day(hour: datetime, last: datetime) -> Iterator[tuple[datetime, list[int]]]:
    while hour <= last:
        day = hour.replace(hour=0)
        hours = []
        while hour <= last and hour.date() == day.date():
            hours.append(hour.hour)
            hour += timedelta(hours=1)
        yield day, hours


def _files_of_day(storage: Storage, folder: str, day: datetime, hours: list[int]) -> Iterator[CaptureFile]:
    if len(hours) >= _HOURS_WORTH_A_WHOLE_DAY:
        for entry in storage.list(folder):
            match = _FILE.match(entry.path)
            if match and match[1] and int(match[1]) in hours:
                yield CaptureFile(entry, day + timedelta(hours=int(match[1])))
        return
    for hour in hours:
        for entry in storage.list(storage.join(folder, f"{hour:02}"), recursive=False):
            if _FILE.match(entry.path):
                yield CaptureFile(entry, day + timedelta(hours=hour))


def roots(storage: Storage, uri: str) -> list[str]:
    """The folders that hold folders of years, at most two levels (endpoint, variant) below a URI."""
    found: list[str] = []
    level = [uri]
    for _ in range(_LEVELS_ABOVE_YEARS + 1):
        below: list[str] = []
        for folder in level:
            names = storage.folders(folder)
            if any(_YEAR.match(name) for name in names):
                found.append(folder)
            below += [storage.join(folder, name) for name in names if not _YEAR.match(name)]
        level = below
    return sorted(found)


def _numbered(storage: Storage, folder: str, pattern: re.Pattern[str] = _TWO_DIGITS) -> list[str]:
    return [name for name in storage.folders(folder) if pattern.match(name)]


def _below(storage: Storage, root: str, depth: int) -> Iterator[str]:
    """The folders of years (depth 1) or months (depth 2)."""
    for year in _numbered(storage, root, _YEAR):
        folder = storage.join(root, year)
        if depth == 1:
            yield folder
        else:
            yield from (storage.join(folder, month) for month in _numbered(storage, folder))


def _outermost(storage: Storage, root: str, *, last: bool) -> datetime | None:
    """The first or last hour below a root; branches without any hour are passed over."""

    def descend(folder: str, parts: list[int]) -> datetime | None:
        pattern = _TWO_DIGITS if parts else _YEAR
        for name in sorted(_numbered(storage, folder, pattern), reverse=last):
            if len(parts) == 3:
                moment = _moment([*parts, int(name)])
            else:
                moment = descend(storage.join(folder, name), [*parts, int(name)])
            if moment is not None:
                return moment
        return None

    return descend(root, [])


def _moment(parts: list[int]) -> datetime | None:
    try:
        return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]
    except ValueError:
        return None
