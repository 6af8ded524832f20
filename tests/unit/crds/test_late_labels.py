"""Which windows are judged when labels come late, and which are judged again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from model_monitor_crds.monitoringschedule import MonitoringScheduleSpec
from model_monitor_crds.run import WindowError, latest_window, rechecks, window_of_tick
from model_monitor_crds.schedule import Schedule
from model_monitor_crds.window import Window, parse_duration

ZONE = "Europe/Berlin"
CLOCKS_CHANGE = [datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)]


def monitor(schedule: str | None, window: dict[str, str] | None = None, **truth: str) -> MonitoringScheduleSpec:
    source: dict[str, Any] = {"endpoint": {"captureURI": "s3://acme/capture"}}
    return MonitoringScheduleSpec.model_validate(
        {
            "monitoringType": "ModelQuality",
            "baselineRef": {"name": "b"},
            "output": {"uri": "s3://acme/reports"},
            "input": source | ({"window": window} if window else {}),
            "groundTruth": {"uri": "s3://acme/labels", **truth},
            "timeZone": ZONE,
        }
        | ({"schedule": schedule} if schedule else {})
    )


@pytest.mark.parametrize("change", CLOCKS_CHANGE)
@pytest.mark.parametrize(
    ("schedule", "delay"),
    [
        ("0 0 * * *", "P1D"),
        ("0 0 * * *", "PT36H"),
        ("0 0 * * *", "PT6H"),
        ("0 * * * *", "PT24H"),
        ("*/30 * * * *", "PT24H"),
        ("0 */2 * * *", "P1D"),
        ("0 */6 * * *", "P2D"),
        ("0 9-17 * * *", "PT24H"),
        ("30 6 * * 1-5", "PT24H"),
        ("0 2 * * *", "P1D"),
    ],
)
def test_no_data_is_lost_when_clocks_change(schedule: str, delay: str, change: datetime) -> None:
    spec = monitor(schedule, delay=delay)
    ticks = list(Schedule.parse(schedule, ZONE).ticks(change - timedelta(days=2), change + timedelta(days=4)))
    windows = [window_of_tick(spec, tick) for tick in ticks]
    slack = timedelta(hours=1)
    for tick, window in zip(ticks, windows, strict=True):
        assert window.end <= tick - parse_duration(delay) + slack, "labels are due"
    for before, after in pairwise(windows):
        assert after.start <= before.end, "no gap"
        assert after.end >= before.end


def test_the_window_is_the_one_whose_labels_are_due() -> None:
    tick = datetime(2026, 7, 3, 22, tzinfo=UTC)
    spec = monitor("0 0 * * *", delay="PT24H")
    day = Window(datetime(2026, 7, 1, 22, tzinfo=UTC), datetime(2026, 7, 2, 22, tzinfo=UTC))
    assert window_of_tick(spec, tick) == day
    assert latest_window(spec, tick) == Window(day.end, tick)
    offsets = {"startOffset": "-P8D", "endOffset": "-P1D"}
    shifted = monitor("0 0 * * *", window=offsets, delay="PT24H")
    assert window_of_tick(shifted, tick) == Window(tick - timedelta(days=9), tick - timedelta(days=2))
    with pytest.raises(WindowError, match=r"spec\.window"):
        window_of_tick(monitor(None, delay="PT24H"), tick)


def test_windows_are_judged_again_at_growing_distances() -> None:
    tick = datetime(2026, 7, 20, 22, tzinfo=UTC)
    spec = monitor("0 0 * * *", delay="PT24H", recheck="PT168H")
    again = rechecks(spec, tick)
    assert [(tick - due.scheduled_time).days for due in again if due.scheduled_time] == [7, 4, 2, 1]
    for due in again:
        assert due.scheduled_time is not None
        assert due.window == window_of_tick(spec, due.scheduled_time)
    hourly = rechecks(monitor("@hourly", recheck="PT168H"), tick)
    hours = [(tick - due.scheduled_time) / timedelta(hours=1) for due in hourly if due.scheduled_time]
    assert hours == [168, 128, 64, 32, 16, 8, 4, 2, 1]
    assert rechecks(monitor("@hourly"), tick) == []
    assert rechecks(monitor("@hourly", recheck="PT30M"), tick) == []
