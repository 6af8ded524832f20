"""Which data a run judges: a function of its window, not of the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_monitor_crds.monitoringschedule import MonitoringScheduleSpec
from model_monitor_crds.run import WindowError, nominal_time, occasion, window_of_tick
from model_monitor_crds.window import Window

TICK = datetime(2026, 7, 1, 5, tzinfo=UTC)
MINUTES = int(TICK.timestamp()) // 60


def monitor(**fields: Any) -> MonitoringScheduleSpec:
    window = fields.pop("window", None)
    source: dict[str, Any] = {"endpoint": {"captureURI": "s3://acme/capture"}}
    return MonitoringScheduleSpec.model_validate(
        {
            "baselineRef": {"name": "b"},
            "output": {"uri": "s3://acme/reports"},
            "input": source | ({"window": window} if window else {}),
        }
        | fields
    )


HOURLY = monitor(schedule="@hourly")


@pytest.mark.parametrize("late", [0, 1, 29, 59])
def test_a_scheduled_job_belongs_to_the_tick_before_its_start(late: int) -> None:
    assert nominal_time(HOURLY, "credit", f"credit-{MINUTES + late}") == TICK


@pytest.mark.parametrize(
    "job",
    [
        "credit-1234567",
        "credit-123456789",
        "credit-manual-29384750",
        "credit-2938475x",
        "other-29384750",
        "credit-٢٩٣٨٤٧٥٠",
        "credit-29384750\n",
        "credit-202607010500",
        "",
    ],
)
def test_any_other_name_is_on_demand(job: str) -> None:
    assert nominal_time(HOURLY, "credit", job) is None


def test_a_dot_in_the_schedules_name_is_a_dot() -> None:
    assert nominal_time(HOURLY, "a.b", f"axb-{MINUTES}") is None
    assert nominal_time(HOURLY, "a.b", f"a.b-{MINUTES}") == TICK


@given(st.datetimes(datetime(2026, 7, 1, 5), datetime(2036, 1, 1), timezones=st.just(UTC)))
def test_a_scheduled_run_is_the_same_whatever_the_clock(now: datetime) -> None:
    run = occasion(HOURLY, "credit", f"credit-{MINUTES}", now, None)
    assert run.scheduled_time == TICK
    assert run.window == Window(TICK - timedelta(hours=1), TICK)


def test_offsets_count_from_the_scheduled_time() -> None:
    daily = monitor(schedule="@daily", window={"startOffset": "-P1DT6H", "endOffset": "-PT6H"})
    midnight = datetime(2026, 7, 1, tzinfo=UTC)
    assert window_of_tick(daily, midnight) == Window(midnight - timedelta(hours=30), midnight - timedelta(hours=6))


def test_offsets_that_leave_nothing_between_them_are_named() -> None:
    with pytest.raises(WindowError, match=r"spec\.input\.window: from PT0S to -PT1H is no span"):
        window_of_tick(monitor(schedule="@daily", window={"startOffset": "PT0S", "endOffset": "-PT1H"}), TICK)


def test_a_run_on_demand_judges_the_latest_whole_window() -> None:
    run = occasion(HOURLY, "credit", "credit-by-hand", TICK + timedelta(minutes=59), None)
    assert run.scheduled_time is None
    assert run.window == Window(TICK - timedelta(hours=1), TICK)
    assert occasion(HOURLY, "credit", "", TICK, None).window.end == TICK


def test_what_was_asked_for_comes_first() -> None:
    asked = Window(TICK, TICK + timedelta(minutes=7))
    run = occasion(HOURLY, "credit", f"credit-{MINUTES}", TICK, asked)
    assert (run.scheduled_time, run.window) == (None, asked)


def test_without_a_schedule_offsets_count_from_the_minute() -> None:
    on_demand = monitor(window={"startOffset": "-PT1H"})
    run = occasion(on_demand, "credit", "x", TICK + timedelta(seconds=42), None)
    assert run.window == Window(TICK - timedelta(hours=1), TICK)


def test_without_schedule_and_offsets_a_window_must_be_asked_for() -> None:
    with pytest.raises(WindowError, match=r"spec\.window of the MonitoringExecution is needed"):
        occasion(monitor(), "credit", "x", TICK, None)
