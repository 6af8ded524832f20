"""MonitoringExecution: the record of a run, and a run that a person asks for by creating one.

One without the label of a schedule or a baseline was made by a person, and is run when no Job has its name and no
container has started on it. The container puts that label on the executions it makes: such a one, and one that was
started, has lost its Job when there is none, and is never run again.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final, Literal

from pydantic import ValidationError

from model_monitor_crds.base import LABEL_BASELINE, LABEL_SCHEDULE, TimeWindow
from model_monitor_crds.monitoringschedule import MonitoringScheduleSpec
from model_monitor_crds.run import WindowError, occasion
from model_monitor_crds.schedule import ScheduleError
from model_monitor_crds.validation import describe
from model_monitor_crds.window import Window, format_time, parse_time
from model_monitor_operator.manifests.common import FIELD_MANAGER, LABEL_MANAGED_BY, Object, owner_reference
from model_monitor_operator.manifests.job import execution_job
from model_monitor_operator.manifests.pod import RunTooLargeError
from model_monitor_operator.reconcile.baseline import failure_was_recorded
from model_monitor_operator.reconcile.children import claim, name_conflict
from model_monitor_operator.reconcile.conditions import (
    Finding,
    Standing,
    by_type,
    condition,
    conditions,
    cut,
    is_true,
    of_standing,
    same_status,
)
from model_monitor_operator.reconcile.jobs import job_progress
from model_monitor_operator.reconcile.monitor import invalid_schedule, reference, run_configuration
from model_monitor_operator.reconcile.notes import flips, note, on_stalled
from model_monitor_operator.reconcile.plan import Creation, Note, Plan, StatusWrite
from model_monitor_operator.reconcile.progress import Progress
from model_monitor_operator.settings import Settings
from model_monitor_operator.state import BASELINE, EXECUTION, JOB, SCHEDULE, Key, State

OUTCOME_MANAGER: Final = f"{FIELD_MANAGER}-outcome"
"""Field manager of Failed where the container can't write it: apart, so that later writes of Ready don't remove it."""
RECORD_GRACE: Final = timedelta(seconds=10)
"""How long the container's last write may take to be seen after its Job has ended."""
JOB_GRACE: Final = timedelta(seconds=15)
"""How long the Job of a record may take to be seen."""


def reconcile(state: State, key: Key, now: datetime, settings: Settings) -> Plan:
    """What is to be done for one MonitoringExecution, or for a Job of this name that has none."""
    execution = state.get(EXECUTION, key.namespace, key.name)
    job = state.get(JOB, key.namespace, key.name)
    if execution is None:
        return _record(state, key, job, now, settings) if job is not None else Plan()
    if "deletionTimestamp" in execution["metadata"]:
        return Plan()
    if is_true(execution, "Complete"):
        return _settle(key, execution, _completed(execution), now)
    if is_true(execution, "Failed"):
        failed = condition(execution, "Failed")
        return _settle(key, execution, Standing("Stalled", failed["reason"], failed.get("message", "")), now)
    if job is None:
        return _without_job(state, key, execution, now, settings)
    return _with_job(state, key, execution, job, now, settings)


def _completed(execution: Object) -> Standing:
    status = execution["status"]
    summary = status.get("summary") or condition(execution, "Complete").get("message", "")
    if "baselineRef" in execution["spec"]:
        return Standing("Ready", "Completed", summary)
    return Standing("Ready", "ViolationsFound" if status.get("violationCount") else "NoViolations", summary)


def _settle(
    key: Key,
    execution: Object,
    standing: Standing,
    now: datetime,
    due: datetime | None = None,
    create: tuple[Creation, ...] = (),
    needs_runner: bool = False,
    inspect: tuple[Key, ...] = (),
) -> Plan:
    """Write the operator's own conditions where they differ from those observed."""
    own = {
        "observedGeneration": execution["metadata"]["generation"],
        "conditions": conditions(of_standing(standing), execution, now),
    }
    known = by_type(execution)
    observed = {
        "observedGeneration": execution["status"].get("observedGeneration"),
        "conditions": [known[kind] for kind in ("Ready", "Reconciling", "Stalled") if kind in known],
    }
    write = () if same_status(own, observed) else (StatusWrite(key, execution["metadata"]["uid"], own, FIELD_MANAGER),)
    return Plan(
        needs_runner=needs_runner,
        create=create,
        status=write,
        notes=tuple(_notes(key, execution, standing)),
        inspect=inspect,
        due=due,
    )


def _notes(key: Key, execution: Object, standing: Standing) -> list[Note]:
    if standing.state == "Ready" and flips(execution, Finding("Ready", "True", standing.reason)):
        notes = [note(key, execution, "Normal", "RunSucceeded", standing.message or "the run is complete")]
        if standing.reason == "ViolationsFound":
            notes.append(note(key, execution, "Warning", "ViolationsDetected", standing.message))
        return notes
    notes = on_stalled(key, execution, standing)
    if is_true(execution, "Failed"):
        return [note(key, execution, "Warning", "RunFailed", f"{n.reason}: {n.message}") for n in notes]
    return notes


def _with_job(state: State, key: Key, execution: Object, job: Object, now: datetime, settings: Settings) -> Plan:
    kind, owner = _owner(execution)
    label = job["metadata"].get("labels", {}).get(LABEL_SCHEDULE if kind == SCHEDULE else LABEL_BASELINE)
    if label != owner:
        message = name_conflict(JOB, key.namespace, key.name, {"kind": kind, "name": label} if label else {})
        return _settle(key, execution, Standing("Stalled", "NameConflict", message), now)
    at = job_progress(state, job, execution, now, settings)
    if at.ended is not None:
        return _ended(key, execution, at, now)
    return _settle(
        key,
        execution,
        Standing("Reconciling", at.reason, at.message),
        now,
        due=at.due,
        inspect=(Key(JOB, key.namespace, key.name),) if at.inspect else (),
    )


def _ended(key: Key, execution: Object, at: Progress, now: datetime) -> Plan:
    """The Job has ended and the container said nothing: say it, if nothing else was written meanwhile."""
    assert at.ended is not None
    if at.state == "Succeeded":
        deadline = at.ended + RECORD_GRACE
        if now < deadline:
            return Plan(due=deadline)
        return _fail(
            key, execution, "NoResult", "the container ended without an error and without a result", at.ended, now
        )
    return _fail(key, execution, at.reason, at.message, at.ended, now)


def _fail(key: Key, execution: Object, reason: str, message: str, ended: datetime, now: datetime) -> Plan:
    metadata, known = execution["metadata"], execution["status"]
    status: Object = {
        "conditions": conditions([Finding("Failed", "True", reason, message)], execution, now),
        "jobName": key.name,
    }
    if "completionTime" not in known:
        status["completionTime"] = format_time(ended)
    if "summary" not in known:
        status["summary"] = cut(message)
    write = StatusWrite(key, metadata["uid"], status, OUTCOME_MANAGER, metadata["resourceVersion"])
    return Plan(status=(write,))


def _without_job(state: State, key: Key, execution: Object, now: datetime, settings: Settings) -> Plan:
    metadata = execution["metadata"]
    labels = metadata.get("labels", {})
    created = parse_time(metadata["creationTimestamp"])
    if LABEL_SCHEDULE in labels or LABEL_BASELINE in labels or "startTime" in execution["status"]:
        if now < created + JOB_GRACE:
            return Plan(due=created + JOB_GRACE)
        baseline = state.get(BASELINE, key.namespace, labels.get(LABEL_BASELINE, ""))
        if baseline is not None and is_true(baseline, "Reconciling"):
            # It may be about to make the Job again.
            return Plan(due=now + JOB_GRACE)
        message = f"Job {key.name} was deleted before the run ended"
        return _fail(key, execution, "JobDeleted", message, now, now)
    kind, owner = _owner(execution)
    if kind == BASELINE:
        message = (
            "a baseline can't be run by hand: change the Baseline, or delete the MonitoringExecution of its last run"
        )
        return _settle(key, execution, Standing("Stalled", "Unsupported", message), now)
    schedule = state.get(SCHEDULE, key.namespace, owner)
    if schedule is None:
        deadline = created + settings.baseline_grace_time
        waiting = now < deadline
        message = f"there is no MonitoringSchedule {owner} in namespace {key.namespace}"
        standing = Standing("Reconciling" if waiting else "Stalled", "ScheduleNotFound", message)
        return _settle(key, execution, standing, now, due=deadline if waiting else None)
    return _request(state, key, execution, schedule, now, settings)


def _owner(execution: Object) -> tuple[Literal["Baseline", "MonitoringSchedule"], str]:
    spec: Any = execution["spec"]
    if "scheduleRef" in spec:
        return "MonitoringSchedule", spec["scheduleRef"]["name"]
    return "Baseline", spec["baselineRef"]["name"]


def _request(state: State, key: Key, execution: Object, schedule: Object, now: datetime, settings: Settings) -> Plan:
    """A person asks for a run: make its Job."""
    found = reference(state, schedule, now, settings)
    uid = execution["metadata"]["uid"]
    try:
        spec = MonitoringScheduleSpec.model_validate(schedule["spec"])
        standing = invalid_schedule(spec, now) or found.standing
        if standing is None:
            asked = execution["spec"].get("window")
            window = TimeWindow.model_validate(asked) if asked else None
            occasion(
                spec, schedule["metadata"]["name"], key.name, now, Window(window.start, window.end) if window else None
            )
            run = run_configuration(schedule, spec, found).model_copy(update={"execution": key.name, "window": window})
            desired = execution_job(key.namespace, key.name, uid, run, spec.job, settings)
    except ValidationError as error:
        message = f"MonitoringSchedule {schedule['metadata']['name']}: {describe(error, within='spec')}"
        standing = Standing("Stalled", "InvalidSpec", message)
    except RunTooLargeError as error:
        standing = Standing("Stalled", "InvalidSpec", str(error))
    except (WindowError, ScheduleError) as error:
        standing = Standing("Stalled", "InvalidWindow", str(error))
    if standing is not None:
        return _settle(key, execution, standing, now, due=found.due)
    runner = state.runners.get(key.namespace) if spec.job.service_account_name is None else None
    if runner is not None:
        return _settle(key, execution, Standing("Stalled", "NameConflict", runner), now, needs_runner=True)
    child = claim(state, desired, desired, uid, now)
    standing = child.standing or Standing("Reconciling", "Pending", "waiting for the Job")
    create = (child.creation,) if child.creation is not None else ()
    return _settle(key, execution, standing, now, due=child.due, create=create, needs_runner=True)


def _record(state: State, key: Key, job: Object, now: datetime, settings: Settings) -> Plan:
    """A Job whose container has not recorded its run: record it as soon as a trouble is known."""
    kind, owner = _job_owner(state, job)
    if owner is None or "deletionTimestamp" in job["metadata"] or _asked_for(job):
        return Plan()
    at = job_progress(state, job, None, now, settings)
    inspect = (Key(JOB, key.namespace, key.name),) if at.inspect else ()
    if at.state not in ("Troubled", "Failed") or (at.ended is not None and _was_recorded(kind, owner, job, at.ended)):
        return Plan(inspect=inspect, due=at.due)
    owner_name = owner["metadata"]["name"]
    label, field = (LABEL_SCHEDULE, "scheduleRef") if kind == SCHEDULE else (LABEL_BASELINE, "baselineRef")
    body: Object = {
        "apiVersion": "modelmonitor.dev/v1alpha1",
        "kind": EXECUTION,
        "metadata": {
            "name": key.name,
            "namespace": key.namespace,
            "labels": {label: owner_name, LABEL_MANAGED_BY: FIELD_MANAGER},
            "ownerReferences": [owner_reference(kind, owner_name, owner["metadata"]["uid"])],
        },
        "spec": {field: {"name": owner_name}},
    }
    return Plan(create=(Creation(body, None),), inspect=inspect, due=at.due)


def _asked_for(job: Object) -> bool:
    """Whether an execution asked for this Job: that execution has been deleted, and the Job goes with it."""
    return any(owner.get("kind") == EXECUTION for owner in job["metadata"].get("ownerReferences", ()))


def _job_owner(state: State, job: Object) -> tuple[str, Object | None]:
    labels, namespace = job["metadata"].get("labels", {}), job["metadata"]["namespace"]
    for kind, label in ((SCHEDULE, LABEL_SCHEDULE), (BASELINE, LABEL_BASELINE)):
        if label in labels:
            return kind, state.get(kind, namespace, labels[label])
    return SCHEDULE, None


def _was_recorded(kind: str, owner: Object, job: Object, ended: datetime) -> bool:
    """Whether a later end than this Job's is known already: its record was deleted, by a person or a history limit."""
    if kind == BASELINE:
        return failure_was_recorded(owner, job)
    last = owner["status"].get("lastRun", {}).get("completionTime")
    return last is not None and parse_time(last) >= ended
