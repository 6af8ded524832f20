"""A run from beginning to end: do the work, write the files, tell the outcome."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from model_monitor_crds.base import API_VERSION, TimeWindow
from model_monitor_crds.baseline import BaselineFiles, BaselineSpec
from model_monitor_crds.monitoringexecution import Labels, MonitoringExecutionStatus
from model_monitor_crds.monitoringschedule import MonitoringScheduleSpec
from model_monitor_crds.run import OUTPUT_FOLDER, Occasion, WindowError, latest_window
from model_monitor_crds.schedule import ScheduleError
from model_monitor_crds.window import Window, format_time
from model_monitor_jobs.execution.page import REPORT, monitor_page
from model_monitor_jobs.execution.script_output import ScriptOutput, script_output
from model_monitor_jobs.runs import conditions
from model_monitor_jobs.runs.baseline import make_baseline
from model_monitor_jobs.runs.baseline_files import MadeBaseline
from model_monitor_jobs.runs.history import History, earlier_results
from model_monitor_jobs.runs.labels_as_of import LabelsAsOf
from model_monitor_jobs.runs.monitor import run_monitor
from model_monitor_jobs.runs.outcome import (
    EXECUTION,
    baseline_status,
    result_files,
    result_status,
    results_folder,
)
from model_monitor_jobs.runs.result import VIOLATIONS, Result
from model_monitor_jobs.storage import Storage

Clock = Callable[[], datetime]
METRICS: Final = "metrics.jsonl"


@dataclass(frozen=True)
class Performed:
    """A monitor's run that ended well: what it found, where its files are, and its status."""

    result: Result
    folder: str
    status: MonitoringExecutionStatus


@dataclass(frozen=True)
class MonitorRun:
    """One run of a monitor: the schedule, its baseline's files, the data, and the execution that records it."""

    monitor: MonitoringScheduleSpec
    schedule: str
    files: BaselineFiles
    occasion: Occasion
    execution: str
    script_output: Path = Path(OUTPUT_FOLDER)
    """Where its scripts find the results."""

    @property
    def folder(self) -> str:
        """Where its results go."""
        return results_folder(self.monitor.output.uri, self.schedule, self.occasion.scheduled_time, self.execution)

    def history(self, storage: Storage) -> History:
        """What runs before it found; only scheduled runs have a history."""
        if self.occasion.scheduled_time is None:
            return History()
        return self.history_before(self.occasion.scheduled_time, storage)

    def history_before(self, moment: datetime, storage: Storage) -> History:
        """What the scheduled runs before a time found."""
        return earlier_results(storage, self.monitor.output.uri, self.schedule, moment)


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
        labels=Labels(as_of=occasion.as_of) if occasion is not None and occasion.as_of is not None else None,
        conditions=conditions.running(started),
    )


def perform_monitor(run: MonitorRun, started: MonitoringExecutionStatus, storage: Storage, clock: Clock) -> Performed:
    """Judge a window and write the results folder, execution.json last.

    Raises InputError, ConfigurationError or StorageUnavailable; then nothing was written.
    """
    history, occasion = run.history(storage), run.occasion
    as_of = occasion.as_of or clock()
    # Estimates are held to account by all that scheduled runs have found, whoever asks for this one.
    known = run.history_before(as_of, storage) if _on_demand(run) else history
    labels = LabelsAsOf(as_of, _latest(run), known)
    with script_output(run.monitor, run.script_output, storage) as output:
        result = run_monitor(run.monitor, run.files, occasion.window, storage, labels, run.folder)
        return publish(run, result, history, started, storage, clock, output)


def publish(
    run: MonitorRun,
    result: Result,
    history: History,
    started: MonitoringExecutionStatus,
    storage: Storage,
    clock: Clock,
    output: ScriptOutput,
) -> Performed:
    """Write the results folder of a run, execution.json last; of that, whatever scripts make of it, our own.

    Raises InputError and ConfigurationError where the post-analytics processor fails; then nothing was written.
    """
    folder = run.folder
    found = result_status(result, folder)
    status = ended_status(started, found, found.violation_count or 0, clock())
    files = result_files(result, execution_document(run.schedule, run.execution, status))
    files[REPORT] = monitor_page(result, run.monitor, run.schedule, run.execution, folder, history)
    compatible = run.monitor.compatibility == "SageMaker"
    if compatible and (lines := result.published(run.occasion.window.end, {"MonitoringSchedule": run.schedule})):
        files[METRICS] = lines
    stored = output.processed(files, _script_variables(run))
    if stored[VIOLATIONS] != files[VIOLATIONS]:
        status = status.model_copy(update={"report_sha256": sha256(stored[VIOLATIONS]).hexdigest()})
        files = result_files(result, execution_document(run.schedule, run.execution, status))
    storage.write_folder(folder, stored | {EXECUTION: files[EXECUTION]}, last=EXECUTION)
    for name in result.passing:
        storage.remove(storage.join(folder, name))
    return Performed(result, folder, status)


def perform_baseline(
    spec: BaselineSpec, started: MonitoringExecutionStatus, storage: Storage, clock: Clock
) -> tuple[MadeBaseline, MonitoringExecutionStatus]:
    """Make a baseline; the same errors as `perform_monitor`."""
    made = make_baseline(spec, storage)
    return made, ended_status(started, baseline_status(made), None, clock())


def failed_status(
    started: MonitoringExecutionStatus, reason: str, message: str, now: datetime
) -> MonitoringExecutionStatus:
    """The status after a fault that another try can't mend."""
    ended = conditions.failed(reason, message, now, started.conditions)
    return started.model_copy(update={"completion_time": now, "conditions": ended})


def ended_status(
    started: MonitoringExecutionStatus, found: MonitoringExecutionStatus, violations: int | None, now: datetime
) -> MonitoringExecutionStatus:
    """The status of a run that ended well; `violations` is None for a baseline's run."""
    ended = conditions.completed(found.summary or "", violations, now, started.conditions)
    update = {name: getattr(found, name) for name in found.model_fields_set if getattr(found, name) is not None}
    return started.model_copy(update=update | {"completion_time": now, "conditions": ended})


def execution_document(schedule: str, execution: str, status: MonitoringExecutionStatus) -> dict[str, Any]:
    """The execution as the API server shows it."""
    return {
        "apiVersion": API_VERSION,
        "kind": "MonitoringExecution",
        "metadata": {"name": execution},
        "spec": {"scheduleRef": {"name": schedule}},
        "status": status.to_dict(),
    }


def _script_variables(run: MonitorRun) -> dict[str, str]:
    """What SageMaker tells a post-analytics processor, whose handler has no argument, in its environment."""
    window = run.occasion.window
    return {
        "start_time": format_time(window.start),
        "end_time": format_time(window.end),
        "output_path": str(run.script_output),
        "publish_cloudwatch_metrics": "Disabled",
        "sagemaker_monitoring_schedule_name": run.schedule,
    }


def _on_demand(run: MonitorRun) -> bool:
    return run.occasion.scheduled_time is None and run.monitor.monitoring_type == "ModelQuality"


def _latest(run: MonitorRun) -> Window | None:
    """The window that came in last, of a scheduled run."""
    tick = run.occasion.scheduled_time
    try:
        return latest_window(run.monitor, tick) if tick is not None else None
    except (WindowError, ScheduleError):
        return None
