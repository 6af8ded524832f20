"""Durations, times, windows."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_monitor_crds.window import DURATION_PATTERN, Window, format_time, parse_duration, parse_time

COUNTS = st.integers(0, 99_999)


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("PT1H", timedelta(hours=1)),
        ("-P1D", timedelta(days=-1)),
        ("P1DT12H", timedelta(days=1, hours=12)),
        ("P2W", timedelta(weeks=2)),
        ("-PT90M", timedelta(minutes=-90)),
        ("PT1H30M5S", timedelta(hours=1, minutes=30, seconds=5)),
        ("PT0S", timedelta()),
    ],
)
def test_durations(text: str, duration: timedelta) -> None:
    assert parse_duration(text) == duration
    assert re.fullmatch(DURATION_PATTERN, text)


@pytest.mark.parametrize(
    "text",
    ["", "P", "PT", "-P", "P1DT", "P1Y", "P1M", "1h", "PT1.5H", "P1W2D", "pt1h", "PT1H ", "PT1H\n", "PT٣H", "+PT1H"],
)
def test_what_is_no_duration_is_refused_by_both(text: str) -> None:
    assert not re.fullmatch(DURATION_PATTERN, text)
    with pytest.raises(ValueError, match="is not an ISO 8601 duration such as PT1H"):
        parse_duration(text)


@given(st.text(alphabet="-PTWDHMS0123", max_size=12))
def test_a_text_is_read_if_and_only_if_it_matches_the_pattern(text: str) -> None:
    if re.fullmatch(DURATION_PATTERN, text):
        parse_duration(text)
    else:
        with pytest.raises(ValueError, match="ISO 8601"):
            parse_duration(text)


def test_windows_are_half_open_and_kept_in_utc() -> None:
    berlin = timezone(timedelta(hours=2))
    window = Window(datetime(2026, 7, 1, 2, tzinfo=berlin), datetime(2026, 7, 1, 4, 30, tzinfo=berlin))
    assert window.start == datetime(2026, 7, 1, tzinfo=UTC)
    assert window.start.tzinfo is UTC
    assert window.contains(window.start)
    assert not window.contains(window.end)
    assert [hour.hour for hour in window.hours()] == [0, 1, 2]
    assert str(window) == "2026-07-01T00:00Z to 2026-07-01T02:30Z"
    assert window.length == timedelta(hours=2, minutes=30)


def test_the_last_hour_of_a_window_that_ends_on_the_hour_is_not_in_it() -> None:
    start = datetime(2026, 7, 1, tzinfo=UTC)
    assert list(Window(start, start + timedelta(hours=1)).hours()) == [start]
    half = Window(start + timedelta(minutes=59), start + timedelta(hours=1, minutes=1))
    assert [hour.hour for hour in half.hours()] == [0, 1]


def test_a_window_without_zone_or_length_is_refused() -> None:
    moment = datetime(2026, 7, 1, tzinfo=UTC)
    with pytest.raises(ValueError, match="not after its start"):
        Window(moment, moment)
    with pytest.raises(ValueError, match="time zone"):
        Window(moment.replace(tzinfo=None), moment)


@given(st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))
def test_times_written_are_read_back_to_the_second(moment: datetime) -> None:
    assert parse_time(format_time(moment)) == moment.replace(microsecond=0)


def test_a_time_without_offset_counts_as_utc() -> None:
    assert parse_time("2026-07-01T02:00") == parse_time("2026-07-01T04:00+02:00")
    with pytest.raises(ValueError):  # noqa: PT011 - the text is Python's own
        parse_time("yesterday")
