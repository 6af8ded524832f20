"""What the executions of a schedule say together: the last run, alerts, and which are beyond the history limits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from model_monitor_crds.alert import Check, JudgedWindow, raised_alerts
from model_monitor_crds.monitoringschedule import Alert, MonitoringScheduleSpec
from model_monitor_crds.window import parse_time
from model_monitor_operator.manifests.common import Object, canonical_json
from model_monitor_operator.reconcile.conditions import condition, is_true
from model_monitor_operator.state import is_over

LISTED = 20
"""Most entries of a list in status."""


def completion_time(execution: Object) -> str:
    """When a run ended, RFC 3339; the moment it was found out where the container can't say."""
    known = execution["status"].get("completionTime")
    if known:
        return str(known)
    ended = condition(execution, "Complete") or condition(execution, "Failed")
    return str(ended.get("lastTransitionTime", ""))


def in_order_of_completion(executions: Iterable[Object]) -> list[Object]:
    """The executions that ended, oldest first; of those that ended in the same second, the earlier window first."""

    def place(execution: Object) -> tuple[datetime, str, str]:
        window = execution["status"].get("window", {})
        return parse_time(completion_time(execution)), window.get("end", ""), execution["metadata"]["name"]

    return sorted(filter(is_over, executions), key=place)


def last_run(execution: Object) -> Object:
    """The status field lastRun for the latest run that ended."""
    status = execution["status"]
    if is_true(execution, "Complete"):
        state = "CompletedWithViolations" if status.get("violationCount") else "Completed"
    else:
        state = "Failed"
    fields = {key: status[key] for key in ("window", "violationCount", "reportURI") if key in status}
    return {
        "name": execution["metadata"]["name"],
        "state": state,
        "completionTime": completion_time(execution),
        **fields,
    }


def latest_results(completed: Sequence[Object]) -> list[Object]:
    """Of the executions on each window the latest, in order of the windows' ends."""
    latest: dict[tuple[datetime, datetime], Object] = {}
    for execution in completed:
        window = execution["status"].get("window")
        if window is not None:
            latest[(parse_time(window["end"]), parse_time(window["start"]))] = execution
    return [latest[window] for window in sorted(latest)]


def has_judged(execution: Object) -> bool:
    """Whether any check came to a verdict."""
    status = execution["status"]
    verdicts = status.get("verdicts", {})
    return bool(verdicts.get("passed") or verdicts.get("violated") or status.get("violations"))


def judged_windows(completed: Sequence[Object]) -> list[JudgedWindow]:
    """What was found in each window that was judged, in order of their end; of runs on one window, the latest."""
    windows = []
    for execution in filter(has_judged, latest_results(completed)):
        status = execution["status"]
        violations = status.get("violations", ())
        windows.append(
            JudgedWindow(
                frozenset(check_of(violation) for violation in violations),
                frozenset(check_of(violation) for violation in violations if violation.get("immediate")),
                frozenset(check_of(unjudged) for unjudged in status.get("notJudged", ())),
                partial=bool(status.get("truncated")),
            )
        )
    return windows


def check_of(entry: Object) -> Check:
    """What a violation, an alert or an unjudged check in a status is about."""
    segment = entry.get("segment")
    return Check(entry["column"], entry["check"], (segment["column"], segment["value"]) if segment else ())


def alerts(completed: Sequence[Object], rule: Alert) -> list[Object]:
    """The status field alerts, whole: every column and check in alert."""
    raised = raised_alerts(judged_windows(completed), rule.datapoints_to_alert, rule.evaluation_periods)
    return [
        {
            "column": alert.check.column,
            "check": alert.check.type,
            **_segment(alert.check),
            "violations": max(1, alert.violations),
            # Also when False, as the schema's default would be: a status must read as it was written.
            "immediate": alert.immediate,
        }
        for alert in raised
    ]


def _segment(check: Check) -> Object:
    if not check.segment:
        return {}
    column, value = check.segment
    return {"segment": {"column": column, "value": value}}


def bounded(entries: Sequence[Object], most_bytes: int) -> list[Object]:
    """As many of the first entries as a status may list."""
    kept: list[Object] = []
    size = 0
    for entry in entries[:LISTED]:
        size += len(canonical_json(entry).encode())
        if size > most_bytes:
            break
        kept.append(entry)
    return kept


def beyond_limits(ended: Sequence[Object], spec: MonitoringScheduleSpec) -> list[Object]:
    """The executions to delete, of those that ended (oldest first): completed and failed ones have their own limits."""
    completed = [execution for execution in ended if is_true(execution, "Complete")]
    failed = [execution for execution in ended if not is_true(execution, "Complete")]
    dispensable = _most_dispensable_first(completed, spec.alert.evaluation_periods)
    # The latest one is what the schedule's status tells, whichever window it judged.
    return [
        *(e for e in dispensable[: -spec.job.successful_executions_history_limit] if e is not completed[-1]),
        *failed[: -spec.job.failed_executions_history_limit],
    ]


def _most_dispensable_first(completed: Sequence[Object], evaluation_periods: int) -> list[Object]:
    """Earlier results of windows, then the others, last the windows that alerts are counted on; each oldest first."""

    def names(executions: Iterable[Object]) -> set[str]:
        return {execution["metadata"]["name"] for execution in executions}

    latest = latest_results(completed)
    current, counted = names(latest), names(list(filter(has_judged, latest))[-evaluation_periods:])

    def worth(execution: Object) -> tuple[bool, bool]:
        name = execution["metadata"]["name"]
        return name in counted, name in current

    return sorted(completed, key=worth)
