"""What a run was: its baseline, what was read, how alerts are made."""

from __future__ import annotations

from model_monitor_crds.monitoringschedule import Alert
from model_monitor_jobs.reports.html.context import ReportContext
from model_monitor_jobs.reports.html.model import Fact, Unreadable, UnreadableLine
from model_monitor_jobs.reports.html.words import counted
from model_monitor_jobs.runs.result import Result
from model_monitor_jobs.sources import ReadReport


def reading_facts(result: Result, context: ReportContext, judged: str) -> tuple[Fact, ...]:
    """Which run it was, its baseline and what was read; `judged` is what a baseline counts besides rows."""
    files, report = result.reference_files, result.report
    facts = (
        Fact("Execution", context.execution),
        Fact("Results", context.folder),
        Fact("Baseline", files.constraints_uri.rsplit("/", 1)[0]),
        Fact("Baseline statistics (SHA-256)", _short(files.statistics_sha256)),
        Fact("Baseline constraints (SHA-256)", _short(files.constraints_sha256)),
        Fact("Baseline size", f"{files.record_count:,} rows, {counted(files.column_count, judged)}"),
        Fact("Read", f"{counted(report.files, 'file')}, {counted(report.records, 'record')}"),
        Fact("Unreadable", f"{report.unreadable:,}"),
        Fact("Outside the window", f"{report.outside_window:,}"),
    )
    return tuple(fact for fact in facts if fact.value)


def alert_fact(alert: Alert) -> Fact:
    """When violations become an alert."""
    return Fact("Alert", f"{alert.datapoints_to_alert} of {alert.evaluation_periods} judged windows")


def unreadable_of(report: ReadReport | None) -> Unreadable:
    """What could not be read."""
    if report is None:
        return Unreadable()
    samples = (UnreadableLine(f"{each.file}:{each.line}", each.reason, each.text) for each in report.samples)
    return Unreadable(report.unreadable, tuple(samples))


def _short(digest: str | None) -> str:
    return f"{digest[:16]}…" if digest else ""
