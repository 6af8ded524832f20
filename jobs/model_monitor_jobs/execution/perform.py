"""A run from beginning to end: do the work, write the files, tell the outcome."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from model_monitor_crds.base import API_VERSION, TimeWindow
from model_monitor_crds.baseline import BaselineFiles, BaselineSpec
from model_monitor_crds.monitoringexecution import MonitoringExecutionStatus
from model_monitor_crds.monitoringschedule import MonitoringScheduleSpec
from model_monitor_crds.run import Occasion
from model_monitor_jobs.execution.page import REPORT, monitor_page
from model_monitor_jobs.runs import conditions
from model_monitor_jobs.runs.baseline import MadeBaseline, make_baseline
from model_monitor_jobs.runs.monitor import run_monitor
from model_monitor_jobs.runs.outcome import (
    EXECUTION,
    baseline_status,
    result_files,
    result_status,
    results_folder,
)
from model_monitor_jobs.runs.result import Result
from model_monitor_jobs.storage import Storage

Clock = Callable[[], datetime]
METRICS: Final = "metrics.jsonl"


@dataclass(frozen=True)
class Performed:
    """A monitor's run that ended well: what it found, where its files are, and its status."""

    result: Result
    folder: str
    status: MonitoringExecutionStatus


def started_status(
    started: datetime, job: str | None = None, occasion: Occasion | None = None
) -> MonitoringExecutionStatus:
    """The status while the run is at work."""
    window = TimeWindow(start=occasion.window.start, end=occasion.window.end) if occasion else None
    return MonitoringExecutionStatus(
        job_name=job,
        start_time=started,
        scheduled_time=occasion.scheduled_time if occasion else None,
        window=window,
        conditions=conditions.running(started),
    )


def perform_monitor(
    monitor: MonitoringScheduleSpec,
    schedule: str,
    files: BaselineFiles,
    occasion: Occasion,
    execution: str,
    started: MonitoringExecutionStatus,
    storage: Storage,
    clock: Clock,
) -> Performed:
    """Judge a window and write the results folder, execution.json last.

    Raises InputError, ConfigurationError or StorageUnavailable; then nothing was written.
    """
    result = run_monitor(monitor, files, occasion.window, storage)
    folder = results_folder(monitor.output.uri, schedule, occasion.scheduled_time, execution)
    found = result_status(result, folder)
    status = _ended(started, found, found.violation_count or 0, clock())
    document: dict[str, Any] = {
        "apiVersion": API_VERSION,
        "kind": "MonitoringExecution",
        "metadata": {"name": execution},
        "spec": {"scheduleRef": {"name": schedule}},
        "status": status.to_dict(),
    }
    files_of_run = result_files(result, document)
    files_of_run[REPORT] = monitor_page(result, monitor, schedule, execution, folder, occasion.scheduled_time, storage)
    compatible = monitor.compatibility == "SageMaker"
    if compatible and (lines := result.published(occasion.window.end, {"MonitoringSchedule": schedule})):
        files_of_run[METRICS] = lines
    storage.write_folder(folder, files_of_run, last=EXECUTION)
    return Performed(result, folder, status)


def perform_baseline(
    spec: BaselineSpec, started: MonitoringExecutionStatus, storage: Storage, clock: Clock
) -> tuple[MadeBaseline, MonitoringExecutionStatus]:
    """Make a baseline; the same errors as `perform_monitor`."""
    made = make_baseline(spec, storage)
    return made, _ended(started, baseline_status(made), None, clock())


def failed_status(
    started: MonitoringExecutionStatus, reason: str, message: str, now: datetime
) -> MonitoringExecutionStatus:
    """The status after a fault that another try can't mend."""
    ended = conditions.failed(reason, message, now, started.conditions)
    return started.model_copy(update={"completion_time": now, "conditions": ended})


def _ended(
    started: MonitoringExecutionStatus, found: MonitoringExecutionStatus, violations: int | None, now: datetime
) -> MonitoringExecutionStatus:
    ended = conditions.completed(found.summary or "", violations, now, started.conditions)
    update = {name: getattr(found, name) for name in found.model_fields_set if getattr(found, name) is not None}
    return started.model_copy(update=update | {"completion_time": now, "conditions": ended})
