"""From a MonitoringSchedule and its Baseline to the run configuration, or to what stands in the way."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from model_monitor_crds.base import ANNOTATION_RUN
from model_monitor_crds.baseline import BaselineFiles
from model_monitor_crds.data import Columns
from model_monitor_crds.monitoringschedule import MonitoringScheduleSpec
from model_monitor_crds.run import Owner, RunConfiguration, WindowError, window_of_tick
from model_monitor_crds.schedule import Schedule, ScheduleError
from model_monitor_crds.window import parse_time, parse_zone
from model_monitor_operator.manifests.common import Object
from model_monitor_operator.reconcile.conditions import Finding, Standing, condition, is_true
from model_monitor_operator.settings import Settings
from model_monitor_operator.state import BASELINE, SCHEDULE, State


@dataclass(frozen=True)
class Reference:
    """What a Baseline gives to its schedules: its files and columns, or why there are none yet."""

    finding: Finding
    """The condition BaselineReady."""
    standing: Standing | None = None
    """What the schedule waits for; None when the Baseline is ready."""
    files: BaselineFiles | None = None
    columns: Columns | None = None
    due: datetime | None = None


def invalid_schedule(spec: MonitoringScheduleSpec, now: datetime) -> Standing | None:
    """Why runs can't be scheduled: the schedule, its time zone or its windows; None when they can."""
    try:
        parse_zone(spec.time_zone)
    except ValueError as error:
        return Standing("Stalled", "InvalidSchedule", str(error))
    if spec.schedule is None:
        return None
    try:
        Schedule.parse(spec.schedule, spec.time_zone)
        if spec.input.window is not None:
            window_of_tick(spec, now)
    except ScheduleError as error:
        return Standing("Stalled", "InvalidSchedule", str(error))
    except WindowError as error:
        return Standing("Stalled", "InvalidWindow", str(error))
    return None


def next_run(schedule: Object, spec: MonitoringScheduleSpec, now: datetime) -> datetime | None:
    """The first tick after now. The one in status still is it while it lies ahead and the spec is the same."""
    if spec.schedule is None:
        return None
    status = schedule["status"]
    known = status.get("nextRunTime")
    if known is not None and status.get("observedGeneration") == schedule["metadata"]["generation"]:
        tick = parse_time(known)
        if tick > now:
            return tick
    return Schedule.parse(spec.schedule, spec.time_zone).next(now)


def reference(state: State, schedule: Object, now: datetime, settings: Settings) -> Reference:
    """Look up the schedule's Baseline; a container of the user's own may have none."""
    namespace = schedule["metadata"]["namespace"]
    if "baselineRef" not in schedule["spec"]:
        return Reference(Finding("BaselineReady", "True", "NoBaseline", "the container is given no baseline"))
    name = schedule["spec"]["baselineRef"]["name"]
    baseline = state.get(BASELINE, namespace, name)
    if baseline is None:
        return _missing(schedule, name, now, settings.baseline_grace_time)
    current = baseline["status"].get("observedGeneration") == baseline["metadata"].get("generation")
    if current and is_true(baseline, "Ready") and "files" in baseline["status"]:
        return Reference(
            Finding("BaselineReady", "True", "BaselineReady", f"Baseline {name} is ready"),
            files=BaselineFiles.model_validate(baseline["status"]["files"]),
            columns=Columns.model_validate(baseline["spec"].get("columns", {})),
        )
    if current and is_true(baseline, "Stalled"):
        stalled = condition(baseline, "Stalled")
        message = f"Baseline {name} failed: {stalled.get('reason')}: {stalled.get('message', '')}"
        return Reference(
            Finding("BaselineReady", "False", "BaselineFailed", message),
            Standing("Stalled", "BaselineFailed", message),
        )
    message = f"waiting until Baseline {name} is ready"
    return Reference(
        Finding("BaselineReady", "False", "BaselineNotReady", message),
        Standing("Reconciling", "BaselineNotReady", message),
    )


def _missing(schedule: Object, name: str, now: datetime, grace: timedelta) -> Reference:
    message = f"there is no Baseline {name} in namespace {schedule['metadata']['namespace']}"
    finding = Finding("BaselineReady", "False", "BaselineNotFound", message)
    before = condition(schedule, "BaselineReady")
    since = now
    if before.get("status") == "False" and before.get("reason") == "BaselineNotFound":
        since = parse_time(before["lastTransitionTime"])
    deadline = since + grace
    if now < deadline:
        return Reference(finding, Standing("Reconciling", "BaselineNotFound", message), due=deadline)
    remedy = f"{message}: create it, or correct spec.baselineRef.name"
    return Reference(finding, Standing("Stalled", "BaselineNotFound", remedy))


def run_configuration(schedule: Object, spec: MonitoringScheduleSpec, found: Reference) -> RunConfiguration:
    """The run configuration of a schedule whose Baseline is ready.

    Raises ValidationError where the schedule breaks a rule with the columns that it takes over.
    """
    metadata = schedule["metadata"]
    return RunConfiguration(
        owner=Owner(kind=SCHEDULE, name=metadata["name"], uid=metadata["uid"]),
        monitor=MonitoringScheduleSpec.model_validate(dict(spec) | {"columns": spec.columns or found.columns}),
        reference=found.files,
    )


def earlier_reference(cron_job: Object, found: Reference) -> Reference | None:
    """What a CronJob runs with while its Baseline is not ready; None when it can't be read."""
    template = cron_job["spec"].get("jobTemplate", {}).get("spec", {}).get("template", {})
    text = template.get("metadata", {}).get("annotations", {}).get(ANNOTATION_RUN)
    if text is None:
        return None
    try:
        run = RunConfiguration.model_validate(json.loads(text))
    except ValueError:
        return None
    if run.monitor is None or run.reference is None:
        return None
    return Reference(found.finding, found.standing, run.reference, run.monitor.columns, found.due)
