"""The container's work in a cluster: one run, told by its MonitoringExecution."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from model_monitor_crds.base import TimeWindow
from model_monitor_crds.monitoringexecution import MonitoringExecution, MonitoringExecutionStatus
from model_monitor_crds.run import (
    EXIT_INPUT,
    EXIT_RETRY,
    OUTPUT_FOLDER,
    UNAVAILABLE,
    Occasion,
    RunConfiguration,
    WindowError,
    occasion,
)
from model_monitor_crds.schedule import ScheduleError
from model_monitor_crds.validation import describe
from model_monitor_crds.window import Window
from model_monitor_jobs.errors import ConfigurationError, InputError, MonitorError, StorageUnavailable
from model_monitor_jobs.execution.own_container import ContainerRun, prepare_container, publish_output
from model_monitor_jobs.execution.perform import (
    Clock,
    MonitorRun,
    failed_status,
    perform_baseline,
    perform_monitor,
    started_status,
)
from model_monitor_jobs.execution.recheck import perform_rechecks
from model_monitor_jobs.runs.staged_window import Staging
from model_monitor_jobs.sinks.executions import ClusterUnavailable, Executions, connect, spec_of
from model_monitor_jobs.storage import Storage

logger = logging.getLogger("model_monitor")


@dataclass(frozen=True)
class Task:
    """What the pod was told: its run configuration, its Job, its namespace."""

    configuration: RunConfiguration
    job: str
    namespace: str

    @property
    def execution(self) -> str:
        """Name of the MonitoringExecution that records this run."""
        return self.configuration.execution or self.job


def read_task(folder: Path) -> Task:
    """Read what the downward API put into the pod. Raises ConfigurationError naming the file."""
    try:
        content = (folder / "run.json").read_text()
        job, namespace = ((folder / name).read_text().strip() for name in ("job-name", "namespace"))
        return Task(RunConfiguration.model_validate_json(content), job, namespace)
    except OSError as error:
        raise ConfigurationError(f"{error.filename}: can't be read: {error.strerror}") from error
    except ValidationError as error:
        raise ConfigurationError(f"{folder / 'run.json'}: {describe(error)}") from error


@dataclass(frozen=True)
class Stand:
    """A run that has begun: what it is told, the data it is of, its status so far."""

    task: Task
    due: Occasion | None
    started: MonitoringExecutionStatus
    executions: Executions


@dataclass(frozen=True)
class Work:
    """What a container does of a run; the whole, or a part of it.

    `perform` gives the status at the end, None where another container goes on. `repeats`: it is done though the run
    has ended, since another container needs what it makes. `continues`: another container has begun the run.
    """

    perform: Callable[[Stand], MonitoringExecutionStatus | None]
    repeats: bool = False
    continues: bool = False


def execute(
    folder: Path,
    credentials: Path,
    environment: Mapping[str, str],
    storage: Storage,
    clock: Clock,
    output: Path = Path(OUTPUT_FOLDER),
) -> int:
    """Do the run that the pod was made for, its scripts finding results in `output`; returns the exit code.

    0: done, with or without violations. EXIT_INPUT: a fault that another try can't mend, told by the execution.
    EXIT_RETRY: a fault that may pass, so the Job tries again.
    """
    work = Work(lambda stand: _perform(stand, storage, clock, output))
    return _work(folder, credentials, environment, clock, work)


def prepare(
    folder: Path, credentials: Path, environment: Mapping[str, str], storage: Storage, clock: Clock, folders: Staging
) -> int:
    """Begin the run and stage its data for a container of the user's own; exit codes as of `execute`."""

    def stage(stand: Stand) -> None:
        count = prepare_container(_container_run(stand), folders, storage)
        logger.info(f"{count} files of the window are staged", extra={"execution": stand.task.execution})

    return _work(folder, credentials, environment, clock, Work(stage, repeats=True))


def publish(
    folder: Path, credentials: Path, environment: Mapping[str, str], storage: Storage, clock: Clock, output: Path
) -> int:
    """Tell what a container of the user's own has written; exit codes as of `execute`."""
    work = Work(
        lambda stand: publish_output(_container_run(stand), output, stand.started, storage, clock), continues=True
    )
    return _work(folder, credentials, environment, clock, work)


def _work(folder: Path, credentials: Path, environment: Mapping[str, str], clock: Clock, work: Work) -> int:
    try:
        task = read_task(folder)
        executions = Executions(connect(credentials, environment), task.namespace)
        return _execute(task, executions, clock, work)
    except (ClusterUnavailable, StorageUnavailable, OSError) as error:
        logger.error(str(error), extra={"retry": True, "reason": _unavailable(error)})
        return EXIT_RETRY
    except MonitorError as error:
        logger.error(str(error))
        return EXIT_INPUT


def _unavailable(error: Exception) -> str:
    """What did not answer; one attempt that failed is told as the model that it was made of."""
    names = [kind.__name__ for kind in type(error).__mro__]
    return next((name for name in names if name in UNAVAILABLE), UNAVAILABLE[0])


def _execute(task: Task, executions: Executions, clock: Clock, work: Work) -> int:
    existing = executions.get(task.execution)
    ended = existing is not None and _has_ended(existing)
    if ended and not work.repeats:
        logger.info("this run has ended before", extra={"execution": task.execution})
        return 0
    began = _began(existing) if work.continues else None
    started = started_status(began or clock(), task.job)
    try:
        due = _occasion(task, existing, clock())
        started = started_status(started.start_time or clock(), task.job, due)
        if existing is None:
            window = TimeWindow(start=due.window.start, end=due.window.end) if due else None
            executions.create(task.execution, task.configuration.owner, spec_of(task.configuration.owner, window))
        if not ended:
            executions.write_status(task.execution, started)
        status = work.perform(Stand(task, due, started, executions))
    except (InputError, ConfigurationError) as error:
        if not ended:
            _tell_failure(task, executions, failed_status(started, type(error).__name__, str(error), clock()), existing)
        raise
    except (MonitorError, OSError):
        raise
    except Exception as error:
        logger.exception("the run failed by a fault of its own")
        text = f"{type(error).__name__}: {error}"
        if not ended:
            _tell_failure(task, executions, failed_status(started, "InternalError", text, clock()), existing)
        return EXIT_INPUT
    if status is not None:
        executions.write_status(task.execution, status)
        logger.info(status.summary or "done", extra={"execution": task.execution, "violations": status.violation_count})
    return 0


def _perform(stand: Stand, storage: Storage, clock: Clock, output: Path) -> MonitoringExecutionStatus:
    task, owner = stand.task, stand.task.configuration.owner
    if task.configuration.baseline is not None:
        return perform_baseline(task.configuration.baseline, stand.started, storage, clock)[1]
    run = replace(_monitor_run(stand), script_output=output)
    # Earlier windows first: the run's own result is then the latest.
    for again in perform_rechecks(run, task.job, storage, clock):
        name, window = again.run.execution, again.run.occasion.window
        stand.executions.create(name, owner, spec_of(owner, TimeWindow(start=window.start, end=window.end)))
        stand.executions.write_status(name, again.status)
        logger.info(f"window {window} was judged again: {again.reason}", extra={"execution": name})
    return perform_monitor(run, stand.started, storage, clock).status


def _monitor_run(stand: Stand) -> MonitorRun:
    configuration = stand.task.configuration
    if configuration.monitor is None or configuration.reference is None or stand.due is None:
        raise ConfigurationError("run.json: neither a baseline nor a monitor with the files of its baseline")
    return MonitorRun(
        configuration.monitor, configuration.owner.name, configuration.reference, stand.due, stand.task.execution
    )


def _container_run(stand: Stand) -> ContainerRun:
    configuration = stand.task.configuration
    if configuration.monitor is None or stand.due is None:
        raise ConfigurationError("run.json: no monitor")
    return ContainerRun(
        configuration.monitor, configuration.owner.name, configuration.reference, stand.due, stand.task.execution
    )


def _began(existing: MonitoringExecution | None) -> datetime | None:
    return existing.status.start_time if existing is not None and existing.status is not None else None


def _occasion(task: Task, existing: MonitoringExecution | None, now: datetime) -> Occasion | None:
    """Which data is judged: as asked for, else as a first try of this run has fixed it, else as the Job's name says."""
    configuration = task.configuration
    if configuration.monitor is None:
        return None
    fixed = existing.status.window if existing is not None and existing.status is not None else None
    asked = configuration.window or fixed
    try:
        due = occasion(
            configuration.monitor,
            configuration.owner.name,
            task.job,
            now,
            Window(asked.start, asked.end) if asked is not None else None,
        )
    except (WindowError, ScheduleError) as error:
        raise ConfigurationError(str(error)) from error
    if fixed is not None and existing is not None and existing.status is not None:
        labels = existing.status.labels
        return Occasion(existing.status.scheduled_time, due.window, labels.as_of if labels is not None else due.as_of)
    return due


def _has_ended(execution: MonitoringExecution) -> bool:
    conditions = execution.status.conditions if execution.status is not None else []
    return any(condition.type == "Complete" and condition.status == "True" for condition in conditions)


def _tell_failure(
    task: Task, executions: Executions, status: MonitoringExecutionStatus, existing: MonitoringExecution | None
) -> None:
    if existing is None and executions.get(task.execution) is None:
        executions.create(task.execution, task.configuration.owner, spec_of(task.configuration.owner, None))
    executions.write_status(task.execution, status)
