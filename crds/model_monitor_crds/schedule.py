"""Reading a schedule: cron lines, macros and SageMaker's expressions, with the CronJob controller's meaning.

A tick is a minute of real time whose wall clock in the schedule's zone matches the cron line. That is what the CronJob
controller does: a time that the clocks skip never fires, a time they repeat fires twice. Only where the clocks skip
midnight, as in Havana, does the controller lose a day's ticks, which are due here all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from croniter import CroniterBadDateError, croniter

from model_monitor_crds.window import Window, parse_zone

MACROS: Final = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
MACRO_PATTERN: Final = f"^({'|'.join(MACROS)})$"


def _field(value: str) -> str:
    item = rf"([*?]|{value}(-{value})?)(/[1-9][0-9]?)?"
    return rf"{item}(,{item})*"


_MINUTE = "[0-5]?[0-9]"
_HOUR = "([01]?[0-9]|2[0-3])"
_DAY = "(0?[1-9]|[12][0-9]|3[01])"
_MONTH = (
    "(0?[1-9]|1[0-2]|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
)
_WEEKDAY = "([0-6]|SUN|MON|TUE|WED|THU|FRI|SAT|sun|mon|tue|wed|thu|fri|sat)"
CRON_PATTERN: Final = "^" + " +".join(map(_field, (_MINUTE, _HOUR, _DAY, _MONTH, _WEEKDAY))) + "$"
AWS_PATTERN: Final = r"^cron[(][^()]{1,100}[)]$"
_RANGES: Final = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_NUMBERS: Final = {
    name: index for names, first in ((_MONTHS, 1), (_WEEKDAYS, 0)) for index, name in enumerate(names, first)
}
_HORIZON: Final = timedelta(days=366 * 8)
_FOLD_MARGIN: Final = timedelta(hours=3)


class ScheduleError(ValueError):
    """A schedule that can't be read, or that never fires."""


def translate(text: str) -> str:
    """Write a schedule as the five cron fields that a CronJob takes.

    `text` is five cron fields, a macro, or AWS' `cron(minutes hours day-of-month month day-of-week year)`.
    Raises ScheduleError, which names what can't be translated and what to write instead.
    """
    if text in MACROS:
        return MACROS[text]
    if text.startswith("cron(") and text.endswith(")"):
        return _translate_aws(text)
    if not re.fullmatch(CRON_PATTERN, text):
        raise ScheduleError(
            f"schedule {text!r}: write five cron fields (minute hour day month weekday, Sunday is 0), a macro such as "
            "@hourly, or SageMaker's cron(0 * ? * * *)"
        )
    _expand(text)
    return " ".join(text.split())


def _translate_aws(text: str) -> str:
    fields = text.removeprefix("cron(").removesuffix(")").split()
    if len(fields) != 6:
        raise ScheduleError(
            f"schedule {text!r}: cron(…) has six fields: minutes hours day-of-month month day-of-week year"
        )
    minutes, hours, day, month, weekday, year = fields
    if year != "*":
        raise ScheduleError(f"schedule {text!r}: a year ({year}) can't be set in a CronJob: write * for it")
    if day != "?" and weekday != "?" and "*" not in (day, weekday):
        raise ScheduleError(f"schedule {text!r}: set day-of-month or day-of-week and write ? for the other")
    for name, value in (("day-of-month", day), ("day-of-week", weekday)):
        if re.search("[LW#]", re.sub("[A-Z]{3}", "", value.upper())):
            raise ScheduleError(f"schedule {text!r}: {value} in {name} has no counterpart in a CronJob")
    if re.search(r"(?<![/0-9])0", weekday):
        raise ScheduleError(f"schedule {text!r}: day-of-week counts from 1 (Sunday) to 7 (Saturday) in cron(…)")
    weekday = _shift_weekdays(weekday.upper().replace("?", "*"))
    cron = " ".join((minutes, hours, day.replace("?", "*"), month.upper(), weekday))
    if not re.fullmatch(CRON_PATTERN, cron):
        raise ScheduleError(f"schedule {text!r}: can't be written as five cron fields ({cron})")
    _expand(cron)
    return cron


def _shift_weekdays(field: str) -> str:
    """AWS counts Sunday as 1, cron as 0; a step after `/` is no weekday."""
    return re.sub(r"(?<![/0-9])([1-7])(?![0-9])", lambda match: str(int(match[1]) - 1), field)


@dataclass(frozen=True)
class _Fields:
    """The numbers that each field lets through; where both day fields are restricted, one of them suffices."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool

    @property
    def spelled_out(self) -> str:
        """The same as numbers alone, which croniter reads as the CronJob controller reads the original."""
        fields = (self.minutes, self.hours, self.days, self.months, self.weekdays)
        full = [len(field) == last - first + 1 for field, (first, last) in zip(fields, _RANGES, strict=True)]
        if self.either_day and (full[2] or full[4]):
            full[2] = full[4] = True
        return " ".join(
            "*" if whole else ",".join(map(str, sorted(field))) for field, whole in zip(fields, full, strict=True)
        )


@lru_cache(maxsize=1024)
def _expand(cron: str) -> _Fields:
    """Read five fields as the CronJob controller does (robfig/cron, ParseStandard).

    There a step above 1 restricts a field (`*/2`), `*` and `*/1` anywhere in a list free it, and `5/10` goes on to the
    end of the range. Raises ScheduleError for a range whose end lies before its start.
    """
    numbers: list[frozenset[int]] = []
    free: list[bool] = []
    for field, (first, last) in zip(cron.split(), _RANGES, strict=True):
        items = [_expand_item(item, first, last, cron) for item in field.split(",")]
        numbers.append(frozenset().union(*(item for item, _ in items)))
        free.append(any(star for _, star in items))
    minutes, hours, days, months, weekdays = numbers
    either_day = not free[2] and not free[4]
    return _Fields(tuple(sorted(minutes)), tuple(sorted(hours)), days, months, weekdays, either_day)


def _expand_item(item: str, first: int, last: int, cron: str) -> tuple[range, bool]:
    span, _, step_text = item.partition("/")
    step = int(step_text or 1)
    if span in ("*", "?"):
        return range(first, last + 1, step), step == 1
    low_text, dash, high_text = span.partition("-")
    low = _number(low_text)
    high = _number(high_text) if dash else (last if step_text else low)
    if high < low:
        raise ScheduleError(
            f"schedule {cron!r}: the range {span} ends before it begins; write it as two, joined by a comma"
        )
    return range(low, high + 1, step), False


def _number(text: str) -> int:
    return _NUMBERS[text.lower()] if text.isalpha() else int(text)


@dataclass(frozen=True)
class Schedule:
    """When runs are due: five cron fields in a time zone. Make one with `parse`."""

    cron: str
    zone: ZoneInfo

    @classmethod
    def parse(cls, text: str, time_zone: str = "Etc/UTC") -> Schedule:
        """Read a schedule; raises ScheduleError for a bad line, an unknown time zone, or one that never fires."""
        return _parse(text, time_zone)

    @classmethod
    def _read(cls, text: str, time_zone: str) -> Schedule:
        cron = translate(text)
        try:
            zone = parse_zone(time_zone)
        except ValueError as error:
            raise ScheduleError(str(error)) from error
        schedule = cls(cron, zone)
        if next(schedule.ticks(datetime(2024, 1, 1, tzinfo=UTC)), None) is None:
            raise ScheduleError(f"schedule {text!r} never fires")
        return schedule

    def ticks(self, after: datetime, until: datetime | None = None) -> Iterator[datetime]:
        """Ticks in `(after, until]`, ascending, in UTC; without `until`, those of the next eight years."""
        limit = until or after + _HORIZON
        last = after.astimezone(UTC)
        pending: list[datetime] = []
        for wall in self._walls(after - _FOLD_MARGIN, limit + _FOLD_MARGIN):
            settled = wall - _FOLD_MARGIN
            while pending and pending[0].astimezone(self.zone).replace(tzinfo=None) < settled:
                yield pending.pop(0)
            for tick in self._instants(wall):
                if last < tick <= limit and tick not in pending:
                    pending.append(tick)
                    pending.sort()
        yield from pending

    def previous(self, before: datetime) -> datetime | None:
        """The last tick strictly before a moment, in UTC; None when there is none in eight years."""
        for span in (timedelta(days=1), timedelta(days=32), timedelta(days=400), _HORIZON):
            latest = None
            for tick in self.ticks(before - span, before - timedelta(microseconds=1)):
                latest = tick
            if latest is not None:
                return latest
        return None

    def next(self, after: datetime) -> datetime | None:
        """The first tick strictly after a moment, in UTC."""
        return next(self.ticks(after), None)

    def at_or_before(self, moment: datetime) -> datetime | None:
        """The last tick not later than a moment, in UTC."""
        return self.previous(moment + timedelta(microseconds=1))

    def interval(self, tick: datetime) -> Window:
        """From the tick before this one to this one.

        Raises ScheduleError when there is no earlier tick.
        """
        earlier = self.previous(tick)
        if earlier is None:
            raise ScheduleError(f"schedule {self.cron!r} has no run before {tick}")
        return Window(earlier, tick)

    def _walls(self, start: datetime, end: datetime) -> Iterator[datetime]:
        """Naive wall-clock times that match the cron line."""
        first = start.astimezone(self.zone).replace(tzinfo=None)
        last = end.astimezone(self.zone).replace(tzinfo=None)
        fields = _expand(self.cron)
        walls = croniter(
            fields.spelled_out, first - timedelta(minutes=1), day_or=fields.either_day, max_years_between_matches=9
        )
        while True:
            try:
                wall = walls.get_next(datetime)
            except CroniterBadDateError:
                return
            if wall > last:
                return
            if wall >= first:
                yield wall

    def _instants(self, wall: datetime) -> Iterator[datetime]:
        for fold in (0, 1):
            instant = wall.replace(tzinfo=self.zone, fold=fold).astimezone(UTC)
            if instant.astimezone(self.zone).replace(tzinfo=None) == wall:
                yield instant


@lru_cache(maxsize=4096)
def _parse(text: str, time_zone: str) -> Schedule:
    """Most of a cluster's schedules are written alike, and whether one ever fires takes a while to find out."""
    return Schedule._read(text, time_zone)
