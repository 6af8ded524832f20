"""Cron lines against a scan of every minute with the CronJob controller's own rules."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from model_monitor_crds.schedule import (
    AWS_PATTERN,
    CRON_PATTERN,
    MACRO_PATTERN,
    MACROS,
    Schedule,
    ScheduleError,
    translate,
)

RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]


def bits(field: str, place: int) -> tuple[set[int], bool]:
    """robfig/cron 3.0.1, getField and getRange: the numbers, and whether the star bit is set."""
    first, last = RANGES[place]
    names = (
        {name.lower(): first + index for index, name in enumerate((MONTHS, WEEKDAYS)[place - 3])} if place > 2 else {}
    )
    numbers: set[int] = set()
    star = False
    for item in field.split(","):
        span, _, step_text = item.partition("/")
        low_and_high = span.split("-")
        extra = False
        if low_and_high[0] in ("*", "?"):
            start, end, extra = first, last, True
        else:
            start = end = names.get(low_and_high[0].lower(), -1)
            if start < 0:
                start = end = int(low_and_high[0])
            if len(low_and_high) == 2:
                end = names.get(low_and_high[1].lower(), -1)
                if end < 0:
                    end = int(low_and_high[1])
        step = 1
        if step_text:
            step = int(step_text)
            if len(low_and_high) == 1:
                end = last
            if step > 1:
                extra = False
        star = star or extra
        numbers |= set(range(start, end + 1, step))
    return numbers, star


def scan(cron: str, zone: str, start: datetime, minutes: int) -> list[datetime]:
    """The ticks in `(start, start + minutes]`, found by asking every minute."""
    place_on_earth = ZoneInfo(zone)
    minute, hour, day, month, weekday = (bits(field, place) for place, field in enumerate(cron.split()))
    found = []
    moment = start.replace(second=0, microsecond=0)
    for _ in range(minutes):
        moment += timedelta(minutes=1)
        wall = moment.astimezone(place_on_earth)
        in_month, in_week = wall.day in day[0], wall.isoweekday() % 7 in weekday[0]
        days_match = (in_month and in_week) if day[1] or weekday[1] else (in_month or in_week)
        if wall.minute in minute[0] and wall.hour in hour[0] and wall.month in month[0] and days_match:
            found.append(moment)
    return found


def numbers(place: int) -> st.SearchStrategy[tuple[int, str]]:
    first, last = RANGES[place]
    plain = st.integers(first, last).map(lambda number: (number, str(number)))
    if place < 3:
        return plain
    names = (MONTHS, WEEKDAYS)[place - 3]
    named = st.integers(first, last).map(lambda number: (number, names[number - first]))
    return plain | named | named.map(lambda pair: (pair[0], pair[1].lower()))


def items(place: int) -> st.SearchStrategy[str]:
    span = st.one_of(
        st.sampled_from("*?"),
        numbers(place).map(lambda pair: pair[1]),
        st.tuples(numbers(place), numbers(place)).map(lambda pair: f"{min(pair)[1]}-{max(pair)[1]}"),
    )
    step = st.just("") | st.sampled_from((1, 2, 3, 5, 7, 15, 24, 40, 99)).map(lambda number: f"/{number}")
    return st.tuples(span, step).map("".join)


def fields(place: int) -> st.SearchStrategy[str]:
    return st.just("*") | st.lists(items(place), min_size=1, max_size=3).map(",".join)


LINES = st.tuples(*(fields(place) for place in range(5))).map(" ".join)
ZONES = st.sampled_from(
    ["Etc/UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Sao_Paulo"]
)
STARTS = st.sampled_from(
    [
        datetime(2026, 10, 24, 20, tzinfo=UTC),
        datetime(2027, 3, 27, 20, tzinfo=UTC),
        datetime(2026, 10, 3, 5, 17, 9, tzinfo=UTC),
        datetime(2024, 2, 28, 12, tzinfo=UTC),
        datetime(2018, 11, 3, 12, tzinfo=UTC),
        datetime(2026, 3, 7, 12, tzinfo=UTC),
        datetime(2026, 12, 31, 1, tzinfo=UTC),
    ]
)


@given(LINES, ZONES, STARTS)
@settings(max_examples=40, deadline=None)
def test_ticks_are_those_of_a_scan_of_every_minute(line: str, zone: str, start: datetime) -> None:
    schedule = Schedule(line, ZoneInfo(zone))
    minutes = 36 * 60
    end = start.replace(second=0, microsecond=0) + timedelta(minutes=minutes)
    expected = scan(line, zone, start, minutes)
    assert list(schedule.ticks(start, end)) == expected
    assume(expected)
    assert schedule.next(start) == expected[0]
    assert schedule.at_or_before(end) == expected[-1]
    assert schedule.previous(expected[-1] + timedelta(microseconds=1)) == expected[-1]
    if len(expected) > 1:
        window = schedule.interval(expected[-1])
        assert (window.start, window.end) == (expected[-2], expected[-1])


@given(LINES)
@settings(max_examples=200, deadline=None)
def test_every_line_of_the_grammar_is_accepted_by_the_pattern_and_read(line: str) -> None:
    assert re.fullmatch(CRON_PATTERN, line)
    assert translate(line) == line


def ticks(line: str, zone: str, start: str, end: str) -> list[str]:
    found = Schedule.parse(line, zone).ticks(datetime.fromisoformat(start), datetime.fromisoformat(end))
    return [f"{tick:%m-%dT%H:%M}" for tick in found]


def test_a_time_that_the_clocks_skip_never_fires() -> None:
    assert ticks("30 2 * * *", "Europe/Berlin", "2027-03-27T12:00Z", "2027-03-29T12:00Z") == ["03-29T00:30"]


def test_a_time_that_the_clocks_repeat_fires_twice() -> None:
    found = ticks("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00Z", "2026-10-25T12:00Z")
    assert found == ["10-25T00:30", "10-25T01:30"]


def test_hourly_is_every_hour_of_real_time_whatever_the_clocks_do() -> None:
    for day in ("2026-10-25", "2027-03-28"):
        found = ticks("@hourly", "Europe/Berlin", f"{day}T00:00Z", f"{day}T12:00Z")
        assert [tick[-5:] for tick in found] == [f"{hour:02}:00" for hour in range(1, 13)]


def test_a_day_of_23_hours_is_a_window_of_23_hours() -> None:
    schedule = Schedule.parse("0 0 * * *", "Europe/Berlin")
    assert schedule.interval(datetime(2027, 3, 28, 22, tzinfo=UTC)).length == timedelta(hours=23)
    assert schedule.interval(datetime(2026, 10, 25, 23, tzinfo=UTC)).length == timedelta(hours=25)


@pytest.mark.parametrize(
    ("day", "weekday", "first"),
    [
        ("13", "FRI", "02-06T00:00"),
        ("13", "*", "02-13T00:00"),
        ("*", "FRI", "02-06T00:00"),
        ("*/2", "MON", "02-02T00:00"),
        ("*/1", "MON", "02-02T00:00"),
        ("1-31", "MON", "02-02T00:00"),
    ],
)
def test_either_day_field_suffices_where_both_are_restricted(day: str, weekday: str, first: str) -> None:
    line = f"0 0 {day} * {weekday}"
    found = ticks(line, "Etc/UTC", "2026-02-01T00:00Z", "2026-03-01T00:00Z")
    assert found[0] == first
    expected = scan(line, "Etc/UTC", datetime(2026, 2, 1, tzinfo=UTC), 28 * 24 * 60)
    assert found == [f"{tick:%m-%dT%H:%M}" for tick in expected]


@pytest.mark.parametrize(
    ("text", "cron"),
    [
        ("cron(0 * ? * * *)", "0 * * * *"),
        ("cron(0 7 ? * * *)", "0 7 * * *"),
        ("cron(0 00 ? * * *)", "0 00 * * *"),
        ("cron(0 10/5 ? * * *)", "0 10/5 * * *"),
        ("cron(0 0/24 ? * * *)", "0 0/24 * * *"),
        ("cron(0 0 ? * MON-FRI *)", "0 0 * * MON-FRI"),
        ("cron(0 0 ? * mon,Wed *)", "0 0 * * MON,WED"),
        ("cron(0 0 ? * 1 *)", "0 0 * * 0"),
        ("cron(0 0 ? * 2-6 *)", "0 0 * * 1-5"),
        ("cron(0 0 ? * 2/2 *)", "0 0 * * 1/2"),
        ("cron(0 0 1,15 JAN-MAR ? *)", "0 0 1,15 JAN-MAR *"),
        ("cron(0/15 * * * ? *)", "0/15 * * * *"),
        *MACROS.items(),
        (" ".join(("0", "0", "*", "*", "*")), "0 0 * * *"),
        ("0   6  * * 1", "0 6 * * 1"),
    ],
)
def test_translations(text: str, cron: str) -> None:
    assert translate(text) == cron


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("cron(0 0 ? * * 2027)", "a year"),
        ("cron(0 0 L * ? *)", "L in day-of-month has no counterpart"),
        ("cron(0 0 15W * ? *)", "15W in day-of-month has no counterpart"),
        ("cron(0 0 ? * 3#2 *)", "3#2 in day-of-week has no counterpart"),
        ("cron(0 0 ? * FRI#2 *)", "FRI#2 in day-of-week has no counterpart"),
        ("cron(0 0 ? * 5L *)", "5L in day-of-week has no counterpart"),
        ("cron(0 0 ? * 0 *)", "counts from 1"),
        ("cron(0 0 ? * 8 *)", "can't be written as five cron fields"),
        ("cron(0 0 1 * MON *)", "day-of-month or day-of-week"),
        ("cron(0 0 * * *)", "six fields"),
        ("cron(0 0 ? * FRI-MON *)", "ends before it begins"),
        ("0 0 * * 7", "Sunday is 0"),
        ("0 0 * * 5-1", "ends before it begins"),
        ("0 22-4 * * *", "ends before it begins"),
        ("0 24 * * *", "five cron fields"),
        ("60 * * * *", "five cron fields"),
        ("*/0 * * * *", "five cron fields"),
        ("0 0 0 * *", "five cron fields"),
        ("@every 1h", "five cron fields"),
        ("0 * * * *\n", "five cron fields"),
        ("٠ * * * *", "five cron fields"),
        ("NOW", "five cron fields"),
        ("rate(1 hour)", "five cron fields"),
    ],
)
def test_what_cannot_be_said_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ScheduleError, match=re.escape(reason)) as refused:
        translate(text)
    assert repr(text) in str(refused.value) or "range" in str(refused.value)


@pytest.mark.parametrize("line", ["0 0 31 2 *", "0 0 30 FEB *", "0 0 31 4,6,9,11 *"])
def test_a_schedule_that_never_fires_is_refused(line: str) -> None:
    with pytest.raises(ScheduleError, match="never fires"):
        Schedule.parse(line)


def test_the_29th_of_february_fires_every_leap_year() -> None:
    found = list(Schedule.parse("0 0 29 2 *").ticks(datetime(2026, 1, 1, tzinfo=UTC)))
    assert [tick.year for tick in found] == [2028, 2032]


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", "", "Europe"])
def test_an_unknown_time_zone_is_refused(zone: str) -> None:
    with pytest.raises(ScheduleError, match=f"timeZone '{re.escape(zone)}' is not in the IANA database"):
        Schedule.parse("@daily", zone)


@given(st.text(alphabet="019*?/-, JANjan()@hourly\n٣", max_size=16) | LINES | LINES.map(lambda line: line + "\n"))
@settings(max_examples=300, deadline=None)
def test_patterns_are_the_same_language_in_re2_as_in_python(text: str) -> None:
    for pattern in (CRON_PATTERN, MACRO_PATTERN, AWS_PATTERN):
        in_re2 = pc.match_substring_regex(pa.array([text]), pattern)[0].as_py()
        assert in_re2 == bool(re.fullmatch(pattern, text))
