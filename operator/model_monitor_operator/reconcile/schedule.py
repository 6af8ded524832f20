"""MonitoringSchedule: one CronJob, and what its executions say together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pydantic import ValidationError

from model_monitor_crds.monitoringschedule import MonitoringScheduleSpec
from model_monitor_crds.schedule import ScheduleError, translate
from model_monitor_crds.validation import describe
from model_monitor_crds.window import format_time, parse_time
from model_monitor_operator.manifests.common import FIELD_MANAGER, Object
from model_monitor_operator.manifests.cronjob import cron_job, placeholder
from model_monitor_operator.manifests.pod import RunTooLargeError
from model_monitor_operator.reconcile.children import claim, controlled_by, in_order
from model_monitor_operator.reconcile.conditions import (
    Finding,
    Standing,
    by_type,
    conditions,
    is_true,
    of_standing,
    same_status,
)
from model_monitor_operator.reconcile.history import (
    LISTED,
    alerts,
    beyond_limits,
    bounded,
    check_of,
    completion_time,
    in_order_of_completion,
    last_run,
)
from model_monitor_operator.reconcile.monitor import (
    Reference,
    earlier_reference,
    invalid_schedule,
    next_run,
    reference,
    run_configuration,
)
from model_monitor_operator.reconcile.notes import flips, note, on_stalled
from model_monitor_operator.reconcile.plan import Application, Creation, Deletion, Note, Plan, StatusWrite, deletion
from model_monitor_operator.reconcile.progress import ending
from model_monitor_operator.settings import Settings
from model_monitor_operator.state import CRON_JOB, EXECUTION, JOB, SCHEDULE, Key, State, is_over

VIOLATIONS_LIMIT: Final = 14 * 1024
ALERTS_LIMIT: Final = 6 * 1024
"""Most bytes of the lists in status, which as a whole may take 32 KiB."""
_AFTER_TICK: Final = timedelta(seconds=1)


@dataclass(frozen=True)
class _Work:
    """What the CronJob needs."""

    standing: Standing
    create: tuple[Creation, ...] = ()
    apply: tuple[Application, ...] = ()
    delete: tuple[Deletion, ...] = ()
    due: datetime | None = None
    scheduled: bool = False
    """Whether a CronJob of this spec is in place."""


def reconcile(state: State, key: Key, now: datetime, settings: Settings) -> Plan:
    """What is to be done for one MonitoringSchedule."""
    observed = state.get(SCHEDULE, key.namespace, key.name)
    if observed is None or "deletionTimestamp" in observed["metadata"]:
        return Plan()
    try:
        spec = MonitoringScheduleSpec.model_validate(observed["spec"])
    except ValidationError as error:
        return _unreadable(key, observed, Standing("Stalled", "InvalidSpec", describe(error, within="spec")), now)
    found = reference(state, observed, now, settings)
    work = _work(state, key, observed, spec, found, now, settings)
    executions = list(state.of(EXECUTION, key.namespace, SCHEDULE, key.name))
    ended = in_order_of_completion(executions)
    history = _History.of(ended, spec)
    tick = next_run(observed, spec, now) if work.scheduled and not spec.suspend else None
    fields = {
        "observedGeneration": observed["metadata"]["generation"],
        "effectiveSchedule": _effective(spec),
        "nextRunTime": format_time(tick) if tick is not None else None,
        "active": _active(state, key, executions),
        **history.fields,
    }
    findings = [*of_standing(work.standing), found.finding, _suspended(spec), *history.findings]
    status = {
        **{name: value for name, value in fields.items() if value not in (None, [])},
        "conditions": conditions(findings, observed, now),
    }
    write = not same_status(status, observed["status"])
    stale = [e for e in beyond_limits(ended, spec) if "deletionTimestamp" not in e["metadata"]]
    dues = [work.due, tick + _AFTER_TICK if tick is not None else None]
    return Plan(
        needs_runner=spec.job.service_account_name is None,
        create=work.create,
        apply=work.apply,
        delete=work.delete + tuple(deletion(EXECUTION, execution) for execution in stale),
        status=(StatusWrite(key, observed["metadata"]["uid"], status, FIELD_MANAGER),) if write else (),
        notes=tuple(_notes(key, observed, work.standing, found.finding, history)),
        due=min((due for due in dues if due is not None), default=None),
    )


def _unreadable(key: Key, observed: Object, standing: Standing, now: datetime) -> Plan:
    """A spec that this version can't read: say so, and leave everything else as it was."""
    kept = [f for f in by_type(observed).values() if f["type"] not in ("Ready", "Reconciling", "Stalled")]
    status = {
        **observed["status"],
        "observedGeneration": observed["metadata"]["generation"],
        "conditions": conditions(of_standing(standing), observed, now) + kept,
    }
    write = not same_status(status, observed["status"])
    return Plan(
        status=(StatusWrite(key, observed["metadata"]["uid"], status, FIELD_MANAGER),) if write else (),
        notes=tuple(on_stalled(key, observed, standing)),
    )


def _work(
    state: State,
    key: Key,
    observed: Object,
    spec: MonitoringScheduleSpec,
    found: Reference,
    now: datetime,
    settings: Settings,
) -> _Work:
    uid = observed["metadata"]["uid"]
    existing = state.get(CRON_JOB, key.namespace, key.name)
    ours = existing if existing is not None and controlled_by(existing, uid) else None
    if spec.schedule is None:
        stale = (deletion(CRON_JOB, ours),) if ours is not None and "deletionTimestamp" not in ours["metadata"] else ()
        standing = found.standing or Standing("Ready", "OnDemand", "runs when a MonitoringExecution is created")
        return _Work(standing, delete=stale, due=found.due)
    invalid = invalid_schedule(spec, now)
    if invalid is not None:
        return _Work(invalid, due=found.due)
    runner = state.runners.get(key.namespace) if spec.job.service_account_name is None else None
    if runner is not None:
        return _Work(Standing("Stalled", "NameConflict", runner), due=found.due)
    usable = found if found.standing is None else earlier_reference(ours, found) if ours is not None else None
    if usable is None:
        return _Work(found.standing or Standing("Reconciling", "BaselineNotReady"), due=found.due)
    try:
        run = run_configuration(observed, spec, usable)
        desired = cron_job(key.namespace, run, spec, translate(spec.schedule), settings)
    except (RunTooLargeError, ValidationError) as error:
        message = describe(error, within="spec") if isinstance(error, ValidationError) else str(error)
        return _Work(Standing("Stalled", "InvalidSpec", message), due=found.due)
    return _cron_job_work(state, desired, uid, spec, found, now)


def _cron_job_work(
    state: State, desired: Object, uid: str, spec: MonitoringScheduleSpec, found: Reference, now: datetime
) -> _Work:
    child = claim(state, desired, placeholder(desired), uid, now)
    if child.creation is not None:
        return _Work(Standing("Reconciling", "Creating", "creating the CronJob"), create=(child.creation,))
    if child.standing is not None or child.observed is None:
        return _Work(child.standing or Standing("Reconciling", "Creating"), due=child.due)
    known = child.observed["metadata"]
    if not in_order(desired, child.observed, state.accepted.get(known["uid"])):
        standing = Standing("Reconciling", "Updating", "updating the CronJob")
        return _Work(standing, apply=(Application(desired, known["uid"]),))
    if found.standing is not None:
        return _Work(found.standing, due=found.due, scheduled=True)
    if spec.suspend:
        return _Work(Standing("Ready", "Suspended", "scheduled runs are held back by spec.suspend"), scheduled=True)
    text = f"runs at {desired['spec']['schedule']} ({spec.time_zone})"
    return _Work(Standing("Ready", "Scheduled", text), scheduled=True)


def _effective(spec: MonitoringScheduleSpec) -> str | None:
    try:
        return translate(spec.schedule) if spec.schedule is not None else None
    except ScheduleError:
        return None


def _suspended(spec: MonitoringScheduleSpec) -> Finding:
    if spec.suspend:
        return Finding("Suspended", "True", "Suspended", "scheduled runs are held back by spec.suspend")
    return Finding("Suspended", "False", "NotSuspended")


def _active(state: State, key: Key, executions: list[Object]) -> list[str]:
    over = {execution["metadata"]["name"] for execution in executions if is_over(execution)}
    names = {execution["metadata"]["name"] for execution in executions} - over
    names |= {
        job["metadata"]["name"]
        for job in state.of(JOB, key.namespace, SCHEDULE, key.name)
        if ending(job) is None and job["metadata"]["name"] not in over
    }
    return sorted(names)[-LISTED:]


@dataclass(frozen=True)
class _History:
    """What the runs that ended say."""

    fields: Object
    findings: tuple[Finding, Finding, Finding]
    latest: Object | None
    alerts: list[Object]

    @classmethod
    def of(cls, ended: list[Object], spec: MonitoringScheduleSpec) -> _History:
        completed = [execution for execution in ended if is_true(execution, "Complete")]
        raised = alerts(completed, spec.alert)
        fields: Object = {"alerts": bounded(raised, ALERTS_LIMIT)}
        if ended:
            latest = ended[-1]
            fields["lastRun"] = last_run(latest)
            fields["lastRunTime"] = latest["status"].get("startTime") or latest["metadata"]["creationTimestamp"]
        if completed:
            judged = completed[-1]["status"]
            fields["violationCount"] = judged.get("violationCount", 0)
            fields["violations"] = bounded(judged.get("violations", ()), VIOLATIONS_LIMIT)
        return cls(
            fields,
            (_last_run_succeeded(ended), _violations_detected(completed), _in_alert(raised, spec)),
            ended[-1] if ended else None,
            raised,
        )


def _last_run_succeeded(ended: list[Object]) -> Finding:
    if not ended:
        return Finding("LastRunSucceeded", "Unknown", "NoRunYet", "no run has ended yet")
    name = ended[-1]["metadata"]["name"]
    if is_true(ended[-1], "Complete"):
        return Finding("LastRunSucceeded", "True", "Completed", f"{name} is complete")
    failed = by_type(ended[-1])["Failed"]
    return Finding("LastRunSucceeded", "False", failed["reason"], f"{name}: {failed.get('message', '')}")


def _violations_detected(completed: list[Object]) -> Finding:
    if not completed:
        return Finding("ViolationsDetected", "Unknown", "NoRunYet", "no run is complete yet")
    status = completed[-1]["status"]
    if status.get("violationCount"):
        return Finding("ViolationsDetected", "True", "ViolationsFound", status.get("summary", ""))
    return Finding("ViolationsDetected", "False", "NoViolations", status.get("summary", ""))


def _in_alert(raised: list[Object], spec: MonitoringScheduleSpec) -> Finding:
    if not raised:
        return Finding("InAlert", "False", "NoAlert")
    periods = spec.alert.evaluation_periods
    shown = ", ".join(
        f"{check_of(alert).name} in {alert['violations']} of the latest {periods} windows"
        + (", the last beyond three times its limit or structural" if alert["immediate"] else "")
        for alert in raised[:5]
    )
    more = f" and {len(raised) - 5} more" if len(raised) > 5 else ""
    return Finding("InAlert", "True", "AlertRaised", f"violated: {shown}{more}")


def _notes(key: Key, observed: Object, standing: Standing, baseline: Finding, history: _History) -> list[Note]:
    notes = on_stalled(key, observed, standing)
    before = by_type(observed)
    missing = baseline.reason == "BaselineNotFound"
    if missing and standing.state != "Stalled" and before.get("BaselineReady", {}).get("reason") != baseline.reason:
        notes.append(note(key, observed, "Warning", baseline.reason, baseline.message))
    latest = history.latest
    known = observed["status"].get("lastRun", {})
    if latest is not None and _newer(latest, known):
        name, status = latest["metadata"]["name"], latest["status"]
        if not is_true(latest, "Complete"):
            failed = by_type(latest)["Failed"]
            text = f"{name}: {failed['reason']}: {failed.get('message', '')}"
            notes.append(note(key, observed, "Warning", "RunFailed", text))
        elif status.get("violationCount"):
            text = f"{name}: {status.get('summary') or status['violationCount']}"
            notes.append(note(key, observed, "Warning", "ViolationsDetected", text))
    alert = history.findings[2]
    if flips(observed, alert):
        if alert.status == "True":
            notes.append(note(key, observed, "Warning", "InAlert", alert.message))
        else:
            notes.append(note(key, observed, "Normal", "AlertResolved", "no column and check is in alert any more"))
    return notes


def _newer(latest: Object, known: Object) -> bool:
    """Whether a run ended since the last one that was known; one that was deleted leaves an older one behind."""
    if latest["metadata"]["name"] == known.get("name"):
        return False
    before = known.get("completionTime")
    return before is None or parse_time(completion_time(latest)) >= parse_time(before)
