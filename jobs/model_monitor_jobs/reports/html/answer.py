"""The answers at the top of the page: is there a problem, how large, since when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Final

from model_monitor_crds.alert import Check, raised_alerts
from model_monitor_jobs.checks.finding import Finding
from model_monitor_jobs.decisions import Verdict
from model_monitor_jobs.reports.html.context import ReportContext, counted, place_of
from model_monitor_jobs.reports.html.model import ColumnReport, Moment, Since, State
from model_monitor_jobs.reports.html.words import check_name, column_name, times
from model_monitor_jobs.runs.history import judged_windows, streak
from model_monitor_jobs.runs.outcome import judged_window
from model_monitor_jobs.runs.result import Result

MOST_MOMENTS: Final = 24
SEVERAL: Final = 3
"""Columns in violation from which on their number comes first."""


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


def answer_of(
    state: State,
    trouble: Sequence[ColumnReport],
    total: int,
    groups: Sequence[Sequence[Finding]],
    result: Result,
    context: ReportContext,
    alerts: frozenset[Check] = frozenset(),
) -> tuple[str, str]:
    """The headline, and the sentence below it."""
    columns = len({place_of(group) for group in groups if group[0].column})
    if state is State.UNKNOWN:
        return f"{result.summary}.", "A longer window collects more rows."
    if not trouble and alerts:
        still = sorted(f"{check.place} ({check_name(check.type).lower()})" for check in alerts)
        named = ", ".join(still[:SEVERAL]) + (f" and {len(still) - SEVERAL} more" if len(still) > SEVERAL else "")
        return (
            f"Nothing is violated in this window; still in alert: {named}.",
            f"{result.rows:,} rows are like the baseline again. The alert ends when the latest "
            f"{context.alert.evaluation_periods} judged windows have fewer than "
            f"{context.alert.datapoints_to_alert} violations.",
        )
    if state is State.QUIET:
        judged = sum(finding.verdict is Verdict.PASS for finding in result.findings)
        undecided = len(result.findings) - judged
        rest = f" {undecided:,} more could not be judged." if undecided else ""
        limits = sorted(f.evidence.limit for f in result.findings if f.evidence and f.verdict is Verdict.PASS)
        seen = (
            f" Half of the checks would have seen a change of {limits[len(limits) // 2] * 100:.2g} rows in 100."
            if limits and context.by_default_rule
            else ""
        )
        head = f"{counted(judged, 'check')} of {counted(columns, 'column')} passed."
        return head, f"{result.rows:,} rows are like the baseline.{rest}{seen}"
    worst = trouble[0]
    finding = worst.violations[0]
    what = f"{column_name(worst)}: {finding.description}" if worst.name else finding.description
    if total > SEVERAL:
        what = f"{total:,} of {columns:,} columns are unlike the baseline, most of all {what}"
    size = f" — {times(finding.effect.ratio)}" if finding.effect else ""
    others = f" {counted(total - 1, 'more column')} in violation." if 1 < total <= SEVERAL else ""
    since = f"In violation {finding.since.text}. " if finding.since else ""
    if state is State.ALERT:
        status = "This is an alert: somebody should look at it now."
    else:
        status = (
            f"Not an alert yet: the same check must be violated in {context.alert.datapoints_to_alert} of "
            f"{context.alert.evaluation_periods} judged windows."
        )
    return f"{what.rstrip('.')}{size}.", f"{since}{status}{others}"


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
        text = "for the first time in this window" if found.open is False else "since this window"
    else:
        begin = written(found.first.start or found.first.scheduled_time, context.zone)
        text = f"since {begin} ({found.windows} windows)"
        if found.open:
            text = f"since {begin} or longer (at least {found.windows} windows)"
    return Since(text, found.windows, tuple(moments))


def written(moment: datetime, zone: tzinfo) -> str:
    """A time for people, without the hour at midnight."""
    local = moment.astimezone(zone)
    return f"{local.day} {local:%B %Y}" + ("" if not (local.hour or local.minute) else f", {local:%H:%M}")


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
