"""The headline of a data quality run: which column is unlike the baseline, and by how much."""

from __future__ import annotations

from collections.abc import Sequence

from model_monitor_crds.alert import Check
from model_monitor_jobs.checks.finding import Finding
from model_monitor_jobs.decisions import Verdict
from model_monitor_jobs.reports.html.answer import SEVERAL, ends_when, status_of, still_in_alert
from model_monitor_jobs.reports.html.context import ReportContext
from model_monitor_jobs.reports.html.data_quality.columns import place_of
from model_monitor_jobs.reports.html.data_quality.model import ColumnReport
from model_monitor_jobs.reports.html.data_quality.words import check_name, column_name
from model_monitor_jobs.reports.html.model import State
from model_monitor_jobs.reports.html.words import counted, times
from model_monitor_jobs.runs.result import Result


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
        named = still_in_alert(alerts, lambda check: f"{check.place} ({check_name(check.type).lower()})")
        return (
            f"Nothing is violated in this window; still in alert: {named}.",
            f"{result.rows:,} rows are like the baseline again. {ends_when(context.alert)}",
        )
    if state is State.QUIET:
        judged = sum(finding.verdict is Verdict.PASS for finding in result.findings)
        undecided = len(result.findings) - judged
        rest = f" {undecided:,} more could not be judged." if undecided else ""
        limits = sorted(f.evidence.limit for f in result.findings if f.evidence and f.verdict is Verdict.PASS)
        seen = (
            f" Half of the checks would have seen a change of {limits[len(limits) // 2] * 100:.2g} rows in 100."
            if limits and context.data_quality.compatibility == "Default"
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
    return f"{what.rstrip('.')}{size}.", f"{since}{status_of(state, context.alert)}{others}"
