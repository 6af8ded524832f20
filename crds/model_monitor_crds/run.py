"""The run configuration: all that a run needs to know, so that it can be repeated from its Job alone."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from model_monitor_crds.base import Model, TimeWindow
from model_monitor_crds.baseline import BaselineFiles, BaselineSpec
from model_monitor_crds.monitoringschedule import MonitoringScheduleSpec
from model_monitor_crds.schedule import Schedule
from model_monitor_crds.window import Window, parse_duration

RUN_FOLDER = "/etc/model-monitor"
"""Where the pod sees its run configuration (`run.json`), its Job's name (`job-name`) and its namespace."""
CREDENTIALS_FOLDER = "/var/run/secrets/model-monitor"
"""Where the pod sees its token (`token`) and the API server's certificate authority (`ca.crt`)."""
OUTPUT_FOLDER: Final = "/opt/ml/processing/output"
"""Where scripts and containers written for SageMaker have a run's results."""
SCRIPT_VARIABLES: Final = "MODEL_MONITOR_SCRIPT_VARIABLES"
"""Environment variable with the names, parted by commas, of those that scripts are given as well."""
CLAIMS_FOLDER = "/mnt/claims"
"""Below it, each claim that a pvc:// URI names is mounted under its own name."""
EXIT_INPUT = 1
"""Exit code of a failure that another try can't mend: bad data, bad configuration."""
MOST_RECHECKED: Final = 10_000
"""Scheduled times that are looked back over for windows to judge again."""
_LONGEST_DAY: Final = timedelta(hours=25)
_HOURS: Final = 24
EXIT_RETRY = 75
"""Exit code of a failure that may pass (EX_TEMPFAIL): the Job tries again."""
UNAVAILABLE: Final = ("StorageUnavailable", "ModelUnavailable", "EngineUnavailable", "ClusterUnavailable")
"""What did not answer then, as the last record of the container's log says in `reason`."""


class Owner(Model):
    """The object a run belongs to; its MonitoringExecution is deleted with it."""

    kind: Literal["Baseline", "MonitoringSchedule"]
    name: str
    uid: str


class RunConfiguration(Model):
    """One run, resolved: either a baseline to make, or a monitor and the baseline's files."""

    owner: Owner
    baseline: BaselineSpec | None = None
    """Set for the run that makes a baseline."""
    monitor: MonitoringScheduleSpec | None = None
    """Set for a monitor's run; its columns are those of the Baseline where the schedule sets none."""
    reference: BaselineFiles | None = None
    """The baseline's files, for a monitor's run."""
    execution: str | None = None
    """Name of the MonitoringExecution that asked for this run; left out: it is named after the Job."""
    window: TimeWindow | None = None
    """The window that the execution asks for."""


@dataclass(frozen=True)
class Occasion:
    """Why and for which data a run happens."""

    scheduled_time: datetime | None
    window: Window
    as_of: datetime | None = None
    """Labels known before this time count; by default, and for data quality, it does not matter."""


class WindowError(ValueError):
    """No window follows from schedule, offsets and request."""


def window_of_tick(monitor: MonitoringScheduleSpec, tick: datetime) -> Window:
    """The data that the run of a scheduled time judges: where labels come later, that whose labels are due.

    Raises WindowError when neither a schedule nor offsets give one, or the offsets leave nothing between them.
    """
    return window_ending(monitor, tick, label_delay(monitor))


def latest_window(monitor: MonitoringScheduleSpec, tick: datetime) -> Window:
    """The data that came in last at a scheduled time, whether its labels are due or not; raises as `window_of_tick`."""
    return window_ending(monitor, tick, timedelta())


def label_delay(monitor: MonitoringScheduleSpec) -> timedelta:
    """How long after the end of a window its labels are due."""
    return parse_duration(monitor.ground_truth.delay) if monitor.ground_truth is not None else timedelta()


def window_ending(monitor: MonitoringScheduleSpec, tick: datetime, delay: timedelta) -> Window:
    """The window of the last scheduled time that is at least `delay` before this one; raises as `window_of_tick`."""
    offsets = monitor.input.window
    if offsets is not None:
        end = tick - delay
        try:
            return Window(end + parse_duration(offsets.start_offset), end + parse_duration(offsets.end_offset))
        except ValueError as error:
            raise WindowError(
                f"spec.input.window: from {offsets.start_offset} to {offsets.end_offset} is no span of time; "
                "startOffset must be before endOffset"
            ) from error
    if monitor.schedule is None:
        raise WindowError(
            "spec.window of the MonitoringExecution is needed: the monitor has neither schedule nor input.window"
        )
    schedule = Schedule.parse(monitor.schedule, monitor.time_zone)
    if not delay:
        return schedule.interval(tick)
    due, before = (_due_before(schedule, moment, delay) for moment in (tick, schedule.previous(tick)))
    if due is None:
        raise WindowError(f"schedule {monitor.schedule!r} was not due yet {delay} before {tick}")
    own = schedule.interval(due)
    # On days on which clocks change a scheduled time may be passed over: its data belongs to the next run's window.
    return own if before is None else Window(min(before, own.start), own.end)


def _due_before(schedule: Schedule, tick: datetime | None, delay: timedelta) -> datetime | None:
    """The last scheduled time at least `delay` before a tick; whole days by the wall clock, as some have 23 hours.

    Schedules that fire every hour or more often go by real time, as that is how their ticks follow each other.
    """
    if tick is None:
        return None
    dense = sum(1 for _ in schedule.ticks(tick - _LONGEST_DAY, tick)) >= _HOURS
    if dense or not delay.days:
        return schedule.at_or_before(tick - delay)
    days = timedelta(days=delay.days)
    return schedule.at_or_before((tick.astimezone(schedule.zone) - days).astimezone(UTC) - (delay - days))


def rechecks(monitor: MonitoringScheduleSpec, tick: datetime) -> list[Occasion]:
    """The earlier runs whose windows a scheduled run judges again, the oldest first, as labels may have come since.

    Those 1, 2, 4, 8, … intervals before it, and the earliest one within `groundTruth.recheck`.
    """
    truth = monitor.ground_truth
    if truth is None or truth.recheck is None or monitor.schedule is None:
        return []
    schedule = Schedule.parse(monitor.schedule, monitor.time_zone)
    moment = timedelta(microseconds=1)
    ticks = list(schedule.ticks(tick - parse_duration(truth.recheck) - moment, tick - moment))[-MOST_RECHECKED:]
    places = {len(ticks)} | {1 << power for power in range(len(ticks).bit_length()) if 1 << power <= len(ticks)}
    chosen = [ticks[-place] for place in sorted(places, reverse=True) if place]
    return [Occasion(each, window_of_tick(monitor, each), tick) for each in chosen]


def recheck_name(schedule_name: str, earlier: datetime, tick: datetime) -> str:
    """Name of the MonitoringExecution of an earlier run's window that a scheduled run judges again.

    `<schedule>-r<8 letters>`; the letters a to p can't be taken for the eight digits of a scheduled Job.
    """
    minutes = f"{int(earlier.timestamp()) // 60}/{int(tick.timestamp()) // 60}"
    digest = hashlib.sha256(minutes.encode()).hexdigest()[:8]
    return f"{schedule_name}-r" + "".join(chr(ord("a") + int(digit, 16)) for digit in digest)


def nominal_time(monitor: MonitoringScheduleSpec, schedule_name: str, job_name: str) -> datetime | None:
    """The scheduled time that a Job's name tells, `<cronjob>-<minutes since 1970>`; None for a Job on demand."""
    match = re.fullmatch(re.escape(schedule_name) + r"-([0-9]{8})", job_name)
    if match is None or monitor.schedule is None:
        return None
    started = datetime.fromtimestamp(int(match[1]) * 60, UTC)
    return Schedule.parse(monitor.schedule, monitor.time_zone).at_or_before(started)


def occasion(
    monitor: MonitoringScheduleSpec, schedule_name: str, job_name: str, now: datetime, asked: Window | None
) -> Occasion:
    """Which data a Job judges: what was asked for, else what its scheduled time says, else the latest whole window.

    Raises WindowError where no window follows.
    """
    if asked is not None:
        return Occasion(None, asked, now)
    tick = nominal_time(monitor, schedule_name, job_name)
    if tick is not None:
        return Occasion(tick, window_of_tick(monitor, tick), tick)
    if monitor.schedule is None:
        minute = now.astimezone(UTC).replace(second=0, microsecond=0)
        return Occasion(None, window_of_tick(monitor, minute), now)
    latest = Schedule.parse(monitor.schedule, monitor.time_zone).at_or_before(now)
    if latest is None:
        raise WindowError(f"schedule {monitor.schedule!r} has not been due yet")
    return Occasion(None, window_of_tick(monitor, latest), now)
