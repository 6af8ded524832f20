"""Every moment lies in one window, also where clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_monitor_jobs.profiles.windows import Calendar, local_days, slot, slots, window_name, window_start

BERLIN, NEW_YORK, UTC_ZONE = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York"), ZoneInfo("Etc/UTC")
ZONES = [
    BERLIN,
    NEW_YORK,
    UTC_ZONE,
    ZoneInfo("Asia/Kolkata"),
    ZoneInfo("America/Sao_Paulo"),
    ZoneInfo("Asia/Kathmandu"),
]
MINUTES, HOURS, DAYS = (5, 10, 15, 20, 30), (1, 2, 3, 4, 6, 8, 12), (1, 2, 3, 4, 5, 6, 7)
LENGTHS = [
    *(timedelta(minutes=n) for n in MINUTES),
    *(timedelta(hours=n) for n in HOURS),
    *(timedelta(days=n) for n in DAYS),
]
MOMENTS = st.integers(
    int(datetime(1975, 1, 1, tzinfo=UTC).timestamp()), int(datetime(2035, 1, 1, tzinfo=UTC).timestamp())
)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def starts_within(first: str, last: str, length: timedelta, zone: ZoneInfo) -> list[str]:
    """The starts of all windows of a span, by local clocks with their offset."""
    found = {window_start(moment, length, zone) for moment in range(at(first), at(last), 300)}
    return [datetime.fromtimestamp(start, zone).isoformat(timespec="minutes") for start in sorted(found)]


@given(moment=MOMENTS, length=st.sampled_from(LENGTHS), zone=st.sampled_from(ZONES))
def test_a_window_begins_before_its_moments_and_with_itself(moment: int, length: timedelta, zone: ZoneInfo) -> None:
    start = window_start(moment, length, zone)
    assert start <= moment
    assert window_start(start, length, zone) == start
    # Clocks change by an hour at most here.
    assert moment - start < length.total_seconds() + 3600


@given(moment=MOMENTS, length=st.sampled_from(LENGTHS), zone=st.sampled_from(ZONES))
def test_windows_follow_each_other_without_gaps(moment: int, length: timedelta, zone: ZoneInfo) -> None:
    start = window_start(moment, length, zone)
    assert window_start(start - 1, length, zone) < start
    assert all(
        window_start(between, length, zone) == start for between in np.linspace(start, moment, 7).astype(int).tolist()
    )


@given(
    moment=MOMENTS,
    zone=st.sampled_from(ZONES),
    pair=st.sampled_from(
        [
            (5, 10),
            (5, 60),
            (10, 30),
            (60, 120),
            (60, 180),
            (120, 240),
            (360, 720),
            (60, 1440),
            (720, 1440),
            (1440, 10080),
        ]
    ),
)
def test_windows_nest(moment: int, zone: ZoneInfo, pair: tuple[int, int]) -> None:
    short, long = (timedelta(minutes=minutes) for minutes in pair)
    start = window_start(moment, long, zone)
    assert window_start(window_start(moment, short, zone), long, zone) == start


def test_the_hour_that_occurs_twice_is_two_windows_and_the_missing_one_is_none() -> None:
    autumn = starts_within("2013-10-27T01:00+02:00", "2013-10-27T04:00+01:00", timedelta(hours=1), BERLIN)
    assert autumn == [
        "2013-10-27T01:00+02:00",
        "2013-10-27T02:00+02:00",
        "2013-10-27T02:00+01:00",
        "2013-10-27T03:00+01:00",
    ]
    spring = starts_within("2013-03-10T01:00-05:00", "2013-03-10T04:00-04:00", timedelta(hours=1), NEW_YORK)
    assert spring == ["2013-03-10T01:00-05:00", "2013-03-10T03:00-04:00"]


@pytest.mark.parametrize("hours", [2, 3, 4, 6, 8, 12])
def test_longer_windows_keep_to_the_clock_when_it_changes(hours: int) -> None:
    for first, last in (
        ("2013-03-31T00:00+01:00", "2013-04-01T00:00+02:00"),
        ("2013-10-27T00:00+02:00", "2013-10-28T00:00+01:00"),
    ):
        found = starts_within(first, last, timedelta(hours=hours), BERLIN)
        # The hour that is missing in spring may be one at which a window begins: then it begins an hour later.
        expected = [hour + (hour == 2 and "03-31" in first) for hour in range(0, 24, hours)]
        assert [datetime.fromisoformat(start).hour for start in found] == expected


def test_days_have_23_or_25_hours() -> None:
    for zone, day, hours in ((BERLIN, "2013-03-31", 23), (BERLIN, "2013-10-27", 25), (NEW_YORK, "2013-11-03", 25)):
        noon = int(datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=zone).timestamp())
        start = window_start(noon, timedelta(days=1), zone)
        following = window_start(noon + 86_400, timedelta(days=1), zone)
        assert following - start == hours * 3600
        assert window_name(start, timedelta(days=1), zone) == day


def test_weeks_begin_on_mondays() -> None:
    start = window_start(at("2013-02-10T22:59Z"), timedelta(days=7), BERLIN)
    assert datetime.fromtimestamp(start, BERLIN).isoformat() == "2013-02-04T00:00:00+01:00"
    assert window_start(at("2013-02-10T23:00Z"), timedelta(days=7), BERLIN) == at("2013-02-10T23:00Z")


@given(st.lists(MOMENTS, min_size=1, max_size=20), st.sampled_from(LENGTHS), st.sampled_from(ZONES))
def test_a_calendar_finds_what_each_moment_alone_gives(moments: list[int], length: timedelta, zone: ZoneInfo) -> None:
    found = Calendar(length, zone).starts(np.array(moments, dtype=np.int64) * 1_000_000 + 999_999)
    assert found.tolist() == [window_start(moment, length, zone) for moment in moments]


@pytest.mark.parametrize("zone", ZONES, ids=str)
@pytest.mark.parametrize("length", LENGTHS, ids=str)
def test_a_time_that_stands_for_none_is_in_a_window_too(zone: ZoneInfo, length: timedelta) -> None:
    for text in ("0001-01-01T00:00:00", "9999-12-31T23:59:59"):
        moment = int(
            (datetime.fromisoformat(text).replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
        )
        start = Calendar(length, zone).starts(np.array([moment * 1_000_000]))
        assert window_name(int(start[0]), length, zone)
        assert local_days(start.tolist(), zone)[0] > 0


def test_slots_go_by_local_clocks() -> None:
    summer, winter = at("2013-07-01T08:00Z"), at("2013-01-07T09:00Z")
    assert slot(summer, "HourOfDay", BERLIN) == slot(winter, "HourOfDay", BERLIN) == 10
    assert slots([summer, winter], "DayOfWeek", BERLIN).tolist() == [0, 0]
    assert slots([summer, winter], "HourOfWeek", BERLIN).tolist() == [10, 10]
    assert slots([summer, winter], "All", BERLIN).tolist() == [0, 0]
    late = at("2013-07-07T22:30Z")
    assert slot(late, "DayOfWeek", BERLIN) == 0, "in Berlin it is Monday already"
    assert slot(late, "DayOfWeek", NEW_YORK) == 6
