"""Half-open spans of time in UTC, and the durations that describe them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_CLOCK = "T([0-9]{1,6}H([0-9]{1,6}M)?([0-9]{1,7}S)?|[0-9]{1,6}M([0-9]{1,7}S)?|[0-9]{1,7}S)"
DURATION_PATTERN = f"^-?P([0-9]{{1,5}}W|[0-9]{{1,5}}D({_CLOCK})?|{_CLOCK})$"
"""ISO 8601 durations without years and months, which have no fixed length. A leading minus counts back."""

_UNITS = {"W": "weeks", "D": "days", "H": "hours", "M": "minutes", "S": "seconds"}


def parse_zone(name: str) -> ZoneInfo:
    """Read a time zone's name; raises ValueError for an unknown one."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"timeZone {name!r} is not in the IANA database; write one such as Europe/Berlin") from error


def parse_duration(text: str) -> timedelta:
    """Read an ISO 8601 duration such as `PT1H`, `-P1D` or `P1DT12H`.

    Raises ValueError for anything else, years and months included.
    """
    if not re.fullmatch(DURATION_PATTERN, text):
        raise ValueError(f"{text!r} is not an ISO 8601 duration such as PT1H, -P1D or P1DT12H")
    duration = timedelta(**{_UNITS[unit]: int(count) for count, unit in re.findall("([0-9]+)([WDHMS])", text)})
    return -duration if text.startswith("-") else duration


def format_duration(duration: timedelta) -> str:
    """Write a duration of whole minutes in ISO 8601, such as `P1D` or `PT1H30M`."""
    minutes = int(duration.total_seconds()) // 60
    days, rest = divmod(minutes, 24 * 60)
    clock = (f"{rest // 60}H" if rest >= 60 else "") + (f"{rest % 60}M" if rest % 60 else "")
    return "P" + (f"{days}D" if days else "") + (f"T{clock}" if clock else "" if days else "T0M")


def format_time(moment: datetime) -> str:
    """Write a moment as RFC 3339 in UTC with seconds, as Kubernetes does."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_time(text: str) -> datetime:
    """Read an RFC 3339 time; one without an offset counts as UTC.

    Raises ValueError when it is no time.
    """
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


@dataclass(frozen=True)
class Window:
    """The span `[start, end)`; both are aware and kept in UTC.

    Raises ValueError when a bound has no time zone or when the end is not after the start.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        """Bring both bounds to UTC and check their order."""
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("a window's bounds need a time zone")
        object.__setattr__(self, "start", self.start.astimezone(UTC))
        object.__setattr__(self, "end", self.end.astimezone(UTC))
        if self.end <= self.start:
            raise ValueError(f"the window's end {self.end} is not after its start {self.start}")

    @property
    def length(self) -> timedelta:
        """How long the window is."""
        return self.end - self.start

    def contains(self, moment: datetime) -> bool:
        """Whether the moment lies in `[start, end)`."""
        return self.start <= moment < self.end

    def hours(self) -> Iterator[datetime]:
        """The full hours (UTC) that the window touches, in order."""
        hour = self.start.replace(minute=0, second=0, microsecond=0)
        while hour < self.end:
            yield hour
            hour += timedelta(hours=1)

    def __str__(self) -> str:
        """The window as `2013-02-08T00:00Z to 2013-02-09T00:00Z`."""
        return f"{self.start:%Y-%m-%dT%H:%MZ} to {self.end:%Y-%m-%dT%H:%MZ}"
