"""The answers that every page gives first: is there a problem, and since when."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import tzinfo
from typing import Final

from model_monitor_crds.alert import Check, raised_alerts
from model_monitor_crds.monitoringschedule import Alert
from model_monitor_jobs.checks.finding import Finding
from model_monitor_jobs.decisions import Evidence
from model_monitor_jobs.reports.html.context import ReportContext, written
from model_monitor_jobs.reports.html.model import Effect, Moment, Since, State
from model_monitor_jobs.runs.history import judged_windows, streak
from model_monitor_jobs.runs.outcome import judged_window
from model_monitor_jobs.runs.result import Result

MOST_MOMENTS: Final = 24
SEVERAL: Final = 3
"""Beyond so many, things are counted and not named."""


def checks_in_alert(findings: Sequence[Finding], context: ReportContext) -> frozenset[Check]:
    """The checks that are in alert after this window, in violation now or not, counted as the operator counts them."""
    windows, alert = [*judged_windows(context.history), judged_window(findings)], context.alert
    raised = raised_alerts(windows, alert.datapoints_to_alert, alert.evaluation_periods)
    return frozenset(found.check for found in raised)


def state_of(result: Result, alerts: frozenset[Check]) -> State:
    """Whether there is a problem."""
    if alerts:
        return State.ALERT
    if result.violations:
        return State.VIOLATION
    return State.QUIET if result.judged else State.UNKNOWN


def still_in_alert(alerts: frozenset[Check], name: Callable[[Check], str]) -> str:
    """The checks that earlier windows have brought into alert, by the names they are given."""
    still = sorted(map(name, alerts))
    return ", ".join(still[:SEVERAL]) + (f" and {len(still) - SEVERAL} more" if len(still) > SEVERAL else "")


def ends_when(alert: Alert) -> str:
    """When an alert ends."""
    return (
        f"The alert ends when the latest {alert.evaluation_periods} judged windows have fewer than "
        f"{alert.datapoints_to_alert} violations."
    )


def status_of(state: State, alert: Alert) -> str:
    """Whether a violation is an alert, and what is lacking for one."""
    if state is State.ALERT:
        return "This is an alert: somebody should look at it now."
    return (
        f"Not an alert yet: the same check must be violated in {alert.datapoints_to_alert} of "
        f"{alert.evaluation_periods} judged windows."
    )


def effect_of(evidence: Evidence | None) -> Effect | None:
    """A change as it is drawn; None where nothing was measured."""
    if evidence is None:
        return None
    return Effect(evidence.difference, evidence.limit, evidence.low, evidence.high, evidence.count, evidence.typical)


def since_of(finding: Finding, result: Result, context: ReportContext) -> Since | None:
    """Since when a check is in violation; None where no earlier results are known."""
    history = context.history
    if not history.results:
        return None
    found = streak(history, finding.key)
    moments = [
        Moment(
            written(earlier.start or earlier.scheduled_time, context.zone),
            check.ratio if check.judged else None,
            check.violated,
        )
        for earlier in history.results[-(MOST_MOMENTS - 1) :]
        if (check := earlier.checks.get(finding.key)) is not None
    ]
    now = finding.evidence.ratio if finding.evidence else None
    label = written(result.window.start, context.zone) if result.window else "this window"
    moments.append(Moment(label, now, violated=True))
    if found.first is None:
        before = [own for own in history.results if (check := own.checks.get(finding.key)) and check.violated]
        text = "for the first time in this window" if found.open is False else "since this window"
        if before:
            last = written(before[-1].start or before[-1].scheduled_time, context.zone)
            text = f"again in this window (the last time was {last})"
    else:
        begin = written(found.first.start or found.first.scheduled_time, context.zone)
        text = f"since {begin} ({found.windows} windows)"
        if found.open:
            text = f"since {begin} or longer (at least {found.windows} windows)"
    return Since(text, found.windows, tuple(moments))


def window_text(result: Result, zone: tzinfo) -> str:
    """The window for people; empty for a run that has none."""
    if result.window is None:
        return ""
    start, end = result.window.start.astimezone(zone), result.window.end.astimezone(zone)
    name = end.tzname() or "UTC"
    if (end - start).days == 1 and start.hour == end.hour == 0 and start.minute == end.minute == 0:
        return f"{start:%A}, {written(start, zone)} ({name})"
    if start.date() == end.date():
        return f"{start.day} {start:%B %Y}, {start:%H:%M} to {end:%H:%M} ({name})"
    return f"{start.day} {start:%B %Y}, {start:%H:%M} to {end.day} {end:%B %Y}, {end:%H:%M} ({name})"
