"""The run configuration: all that a run needs to know, so that it can be repeated from its Job alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from model_monitor_crds.base import Model, TimeWindow
from model_monitor_crds.baseline import BaselineFiles, BaselineSpec
from model_monitor_crds.monitoringschedule import MonitoringScheduleSpec
from model_monitor_crds.schedule import Schedule
from model_monitor_crds.window import Window, parse_duration

RUN_FOLDER = "/etc/model-monitor"
"""Where the pod sees its run configuration (`run.json`), its Job's name (`job-name`) and its namespace."""
CREDENTIALS_FOLDER = "/var/run/secrets/model-monitor"
"""Where the pod sees its token (`token`) and the API server's certificate authority (`ca.crt`)."""
CLAIMS_FOLDER = "/mnt/claims"
"""Below it, each claim that a pvc:// URI names is mounted under its own name."""
EXIT_INPUT = 1
"""Exit code of a failure that another try can't mend: bad data, bad configuration."""
EXIT_RETRY = 75
"""Exit code of a failure that may pass (EX_TEMPFAIL): the Job tries again."""


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


class WindowError(ValueError):
    """No window follows from schedule, offsets and request."""


def window_of_tick(monitor: MonitoringScheduleSpec, tick: datetime) -> Window:
    """The data that the run of a scheduled time judges.

    Raises WindowError when neither a schedule nor offsets give one, or the offsets leave nothing between them.
    """
    offsets = monitor.input.window
    if offsets is not None:
        try:
            return Window(tick + parse_duration(offsets.start_offset), tick + parse_duration(offsets.end_offset))
        except ValueError as error:
            raise WindowError(
                f"spec.input.window: from {offsets.start_offset} to {offsets.end_offset} is no span of time; "
                "startOffset must be before endOffset"
            ) from error
    if monitor.schedule is None:
        raise WindowError(
            "spec.window of the MonitoringExecution is needed: the monitor has neither schedule nor input.window"
        )
    return Schedule.parse(monitor.schedule, monitor.time_zone).interval(tick)


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
        return Occasion(None, asked)
    tick = nominal_time(monitor, schedule_name, job_name)
    if tick is not None:
        return Occasion(tick, window_of_tick(monitor, tick))
    if monitor.schedule is None:
        minute = now.astimezone(UTC).replace(second=0, microsecond=0)
        return Occasion(None, window_of_tick(monitor, minute))
    latest = Schedule.parse(monitor.schedule, monitor.time_zone).at_or_before(now)
    if latest is None:
        raise WindowError(f"schedule {monitor.schedule!r} has not been due yet")
    return Occasion(None, window_of_tick(monitor, latest))
