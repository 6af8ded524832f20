"""Baseline: a Job named by what it computes, and the outcome of its MonitoringExecution."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic import ValidationError

from model_monitor_crds.baseline import BaselineSpec
from model_monitor_crds.run import Owner, RunConfiguration
from model_monitor_crds.validation import describe
from model_monitor_operator.manifests.common import FIELD_MANAGER, Object
from model_monitor_operator.manifests.job import baseline_job
from model_monitor_operator.manifests.pod import RunTooLargeError, baseline_job_name
from model_monitor_operator.reconcile.children import claim, controlled_by, digest_of
from model_monitor_operator.reconcile.conditions import (
    Standing,
    condition,
    conditions,
    is_true,
    of_standing,
    same_status,
)
from model_monitor_operator.reconcile.history import completion_time, in_order_of_completion
from model_monitor_operator.reconcile.jobs import job_progress
from model_monitor_operator.reconcile.notes import note, on_stalled
from model_monitor_operator.reconcile.plan import Creation, Deletion, Note, Plan, StatusWrite, deletion
from model_monitor_operator.reconcile.progress import ending
from model_monitor_operator.settings import Settings
from model_monitor_operator.state import BASELINE, EXECUTION, JOB, Key, State, is_over

KEPT_EXECUTIONS: Final = 3


@dataclass(frozen=True)
class _Outcome:
    """How the baseline stands, and what is to be done about it."""

    standing: Standing
    made: Object | None = None
    """The status fields of a baseline that is made: files, executionName, completionTime."""
    create: tuple[Creation, ...] = ()
    delete: tuple[Deletion, ...] = ()
    due: datetime | None = None
    needs_runner: bool = False


def reconcile(state: State, key: Key, now: datetime, settings: Settings) -> Plan:
    """What is to be done for one Baseline."""
    observed = state.get(BASELINE, key.namespace, key.name)
    if observed is None or "deletionTimestamp" in observed["metadata"]:
        return Plan()
    try:
        spec = BaselineSpec.model_validate(observed["spec"])
        outcome = _outcome(state, key, observed, spec, now, settings)
    except ValidationError as error:
        outcome = _Outcome(Standing("Stalled", "InvalidSpec", describe(error, within="spec")))
    except RunTooLargeError as error:
        outcome = _Outcome(Standing("Stalled", "InvalidSpec", str(error)))
    status = _status(observed, outcome, now)
    write = not same_status(status, observed["status"])
    return Plan(
        needs_runner=outcome.needs_runner,
        create=outcome.create,
        delete=outcome.delete,
        status=(StatusWrite(key, observed["metadata"]["uid"], status, FIELD_MANAGER),) if write else (),
        notes=tuple(_notes(key, observed, outcome)),
        due=outcome.due,
    )


def _outcome(
    state: State, key: Key, observed: Object, spec: BaselineSpec, now: datetime, settings: Settings
) -> _Outcome:
    uid = observed["metadata"]["uid"]
    run = RunConfiguration(owner=Owner(kind="Baseline", name=key.name, uid=uid), baseline=spec)
    name = baseline_job_name(key.name, run)
    execution = state.get(EXECUTION, key.namespace, name)
    made = _made(observed, execution, name)
    if made is not None:
        return _ready(state, key, uid, spec, name, made)
    if execution is not None and is_true(execution, "Complete"):
        message = f"MonitoringExecution {name} is complete and names no files; delete it to try again"
        return _Outcome(Standing("Stalled", "NoResult", message))
    job = state.get(JOB, key.namespace, name)
    if execution is not None and is_over(execution) and not _settings_changed(job, key, name, run, spec, settings):
        failed = condition(execution, "Failed")
        message = f"{failed.get('message', '')}; to try again, delete MonitoringExecution {name}"
        return _Outcome(Standing("Stalled", failed.get("reason", "Failed"), message.removeprefix("; ")))
    return _at_work(state, key, observed, spec, run, name, now, settings)


def _made(observed: Object, execution: Object | None, name: str) -> Object | None:
    """The outcome that was made by this run: as its execution says, else as it was copied from it."""
    if execution is not None and is_true(execution, "Complete"):
        files = execution["status"].get("baselineFiles")
        if files is None:
            return None
        return {"files": files, "executionName": name, "completionTime": completion_time(execution)}
    status = observed["status"]
    if execution is None and status.get("executionName") == name and "files" in status:
        return _fields(status)
    return None


def _fields(status: Object) -> Object:
    return {key: status[key] for key in ("files", "executionName", "completionTime") if key in status}


def _ready(state: State, key: Key, uid: str, spec: BaselineSpec, name: str, made: Object) -> _Outcome:
    files = made["files"]
    judged = "columns" if spec.monitoring_type == "DataQuality" else "metrics"
    message = f"{files.get('recordCount')} rows, {files.get('columnCount')} {judged}"
    old_jobs = [
        job
        for job in state.of(JOB, key.namespace, BASELINE, key.name)
        if job["metadata"]["name"] != name and controlled_by(job, uid)
    ]
    executions = [
        execution
        for execution in in_order_of_completion(state.of(EXECUTION, key.namespace, BASELINE, key.name))
        if execution["metadata"]["name"] != name and _owned_by(execution, uid)
    ]
    return _Outcome(
        Standing("Ready", "BaselineMade", message),
        made=made,
        delete=tuple(deletion(JOB, job) for job in old_jobs if "deletionTimestamp" not in job["metadata"])
        + tuple(
            deletion(EXECUTION, execution)
            for execution in executions[: -(KEPT_EXECUTIONS - 1)]
            if "deletionTimestamp" not in execution["metadata"]
        ),
    )


def _owned_by(execution: Object, uid: str) -> bool:
    return any(owner.get("uid") == uid for owner in execution["metadata"].get("ownerReferences", ()))


def _settings_changed(
    job: Object | None, key: Key, name: str, run: RunConfiguration, spec: BaselineSpec, settings: Settings
) -> bool:
    """Whether the Job that failed had other pod settings than are asked for now."""
    return job is not None and digest_of(job) != digest_of(baseline_job(key.namespace, name, run, spec.job, settings))


def _at_work(
    state: State,
    key: Key,
    observed: Object,
    spec: BaselineSpec,
    run: RunConfiguration,
    name: str,
    now: datetime,
    settings: Settings,
) -> _Outcome:
    desired = baseline_job(key.namespace, name, run, spec.job, settings)
    runner = state.runners.get(key.namespace) if spec.job.service_account_name is None else None
    if runner is not None:
        return _Outcome(Standing("Stalled", "NameConflict", runner), needs_runner=True)
    child = claim(state, desired, desired, observed["metadata"]["uid"], now)
    execution = state.get(EXECUTION, key.namespace, name)
    if child.creation is not None:
        standing = Standing("Reconciling", "Creating", f"creating Job {name}")
        stale = (deletion(EXECUTION, execution),) if execution is not None and is_over(execution) else ()
        return _Outcome(standing, create=(child.creation,), delete=stale, needs_runner=True)
    if child.standing is not None or child.observed is None:
        standing = child.standing or Standing("Reconciling", "Creating")
        return _Outcome(standing, due=child.due, needs_runner=True)
    job = child.observed
    at = job_progress(state, job, execution, now, settings)
    edited = observed["status"].get("observedGeneration") != observed["metadata"].get("generation")
    replace = digest_of(job) != digest_of(desired) and (edited or at.state in ("Troubled", "Failed"))
    if replace or (ending(job) is not None and execution is None and failure_was_recorded(observed, job)):
        stale = (deletion(EXECUTION, execution),) if execution is not None else ()
        standing = Standing("Reconciling", "Replacing", f"replacing Job {name}")
        return _Outcome(standing, delete=(deletion(JOB, job), *stale))
    if at.state in ("Succeeded", "Failed"):
        return _Outcome(Standing("Reconciling", "Running", f"Job {name} has ended; its record is awaited"), due=at.due)
    message = at.message or f"Job {name} is at work"
    return _Outcome(Standing("Reconciling", at.reason, message), due=at.due, needs_runner=True)


def failure_was_recorded(baseline: Object, job: Object) -> bool:
    """Whether a Job's failure was shown before, so that a record that is missing now was deleted: to try again."""
    ended = ending(job)
    stalled = condition(baseline, "Stalled")
    return bool(
        ended is not None
        and stalled.get("status") == "True"
        and stalled.get("observedGeneration") == baseline["metadata"].get("generation")
        and stalled["lastTransitionTime"] >= ended["lastTransitionTime"]
    )


def _status(observed: Object, outcome: _Outcome, now: datetime) -> Object:
    """The whole status; what was made before stays until something newer is."""
    return {
        "observedGeneration": observed["metadata"]["generation"],
        "conditions": conditions(of_standing(outcome.standing), observed, now),
        **(outcome.made or _fields(observed["status"])),
    }


def _notes(key: Key, observed: Object, outcome: _Outcome) -> list[Note]:
    standing = outcome.standing
    if outcome.made is not None and observed["status"].get("executionName") != outcome.made["executionName"]:
        return [note(key, observed, "Normal", "BaselineReady", standing.message)]
    notes = on_stalled(key, observed, standing)
    run_failed = standing.reason not in ("InvalidSpec", "NameConflict", "Forbidden", "Invalid")
    return [
        note(key, observed, "Warning", "BaselineFailed", f"{n.reason}: {n.message}") if run_failed else n for n in notes
    ]
