"""Running manifests without a cluster: one run, or every scheduled run of a span of time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from model_monitor_crds import Baseline, MonitoringSchedule
from model_monitor_crds.alert import JudgedWindow, RaisedAlert, raised_alerts
from model_monitor_crds.baseline import BaselineFiles
from model_monitor_crds.data import Output
from model_monitor_crds.monitoringschedule import Alert, MonitoringScheduleSpec
from model_monitor_crds.run import Occasion, WindowError, occasion, window_of_tick
from model_monitor_crds.schedule import Schedule, ScheduleError
from model_monitor_crds.window import Window
from model_monitor_jobs.errors import ConfigurationError, MonitorError
from model_monitor_jobs.execution.perform import Clock, MonitorRun, Performed, perform_monitor, started_status
from model_monitor_jobs.execution.recheck import perform_rechecks
from model_monitor_jobs.runs.outcome import judged_window
from model_monitor_jobs.storage import Storage


@dataclass(frozen=True)
class LocalRun:
    """One run of a schedule: what came of it, or why it failed, and the alerts that stand after it."""

    schedule: str
    occasion: Occasion
    performed: Performed | None = None
    error: MonitorError | None = None
    alerts: tuple[RaisedAlert, ...] = ()
    again: str = ""
    """Why the window of an earlier run was judged again and published; empty for a run of its own."""


def resolve_columns(schedule: MonitoringScheduleSpec, baseline: Baseline) -> MonitoringScheduleSpec:
    """The schedule with the Baseline's columns where it has none of its own."""
    if schedule.columns is not None:
        return schedule
    return schedule.model_copy(update={"columns": baseline.spec.columns})


def occasions(
    name: str, monitor: MonitoringScheduleSpec, at: datetime, span: Window | None
) -> Iterator[tuple[str, Occasion]]:
    """The runs to make with the names of their executions: every scheduled one whose window lies in `span`, else the
    latest one due at `at`.

    Raises ConfigurationError where the schedule gives no window.
    """
    try:
        if span is None:
            yield _latest(name, monitor, at)
            return
        if monitor.schedule is None:
            raise ConfigurationError(
                f"MonitoringSchedule {name}: has no schedule, so there is nothing to replay; use --at"
            )
        schedule = Schedule.parse(monitor.schedule, monitor.time_zone)
        first = window_of_tick(monitor, span.start)
        margin = abs(first.start - span.start) + abs(first.end - span.start) + first.length
        for tick in schedule.ticks(span.start - margin, span.end + margin):
            window = window_of_tick(monitor, tick)
            if span.start <= window.start and window.end <= span.end:
                yield f"{name}-{int(tick.timestamp()) // 60}", Occasion(tick, window, tick)
    except (ScheduleError, WindowError) as error:
        raise ConfigurationError(f"MonitoringSchedule {name}: {error}") from error


def _latest(name: str, monitor: MonitoringScheduleSpec, at: datetime) -> tuple[str, Occasion]:
    tick = Schedule.parse(monitor.schedule, monitor.time_zone).at_or_before(at) if monitor.schedule else None
    if tick is None:
        due = occasion(monitor, name, "", at, None)
        return f"{name}-{due.window.end:%Y%m%d%H%M}", due
    return f"{name}-{int(tick.timestamp()) // 60}", Occasion(tick, window_of_tick(monitor, tick), tick)


def replay(
    schedule: MonitoringSchedule,
    monitor: MonitoringScheduleSpec,
    files: BaselineFiles,
    runs: Iterator[tuple[str, Occasion]],
    storage: Storage,
    clock: Clock,
) -> Iterator[LocalRun]:
    """Make the runs one after the other; a run that fails does not end the replay."""
    name, alerts = schedule.metadata.name, _Alerts(monitor.alert)
    for execution, due in runs:
        run = MonitorRun(monitor, name, files, due, execution)
        try:
            for again in perform_rechecks(run, None, storage, clock):
                if again.performed is None:
                    continue
                earlier = again.run.occasion
                raised = alerts.after(earlier.window, again.performed)
                yield LocalRun(name, earlier, again.performed, alerts=raised, again=again.reason)
            performed = perform_monitor(run, started_status(clock(), None, due), storage, clock)
        except MonitorError as error:
            yield LocalRun(name, due, error=error)
            continue
        yield LocalRun(name, due, performed, alerts=alerts.after(due.window, performed))


class _Alerts:
    """Counts alerts over the windows of a replay; of results on one window the latest counts."""

    def __init__(self, rule: Alert) -> None:
        self._rule = rule
        self._windows: dict[tuple[datetime, datetime], JudgedWindow] = {}

    def after(self, window: Window, performed: Performed) -> tuple[RaisedAlert, ...]:
        """The alerts that stand after a result."""
        self._windows[(window.end, window.start)] = judged_window(performed.result.findings)
        latest = [judged for _, judged in sorted(self._windows.items(), key=lambda item: item[0])]
        periods = self._rule.evaluation_periods
        return tuple(raised_alerts(latest[-4 * periods :], self._rule.datapoints_to_alert, periods))


def output_below(spec: MonitoringScheduleSpec, folder: str) -> MonitoringScheduleSpec:
    """The same monitor with its results below another folder."""
    return spec.model_copy(update={"output": Output(uri=folder)})
