"""What a run was: its baseline, what was read, how alerts are made."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TypedDict

from model_monitor_jobs.reports.html.answer import window_text
from model_monitor_jobs.reports.html.context import ReportContext
from model_monitor_jobs.reports.html.model import Fact, State, Unreadable, UnreadableLine
from model_monitor_jobs.reports.html.words import RuleSettings, counted
from model_monitor_jobs.runs.result import Result
from model_monitor_jobs.sources import ReadReport


class Frame(TypedDict):
    """What every page has around what a monitoring type found."""

    title: str
    model: str
    state: State
    headline: str
    detail: str
    window: str
    notes: tuple[str, ...]
    unreadable: Unreadable


def frame_of(
    result: Result, context: ReportContext, state: State, answer: tuple[str, str], told: Collection[str] = ()
) -> Frame:
    """The frame of a page; `answer` is headline and detail, `told` are notes that stand elsewhere on the page."""
    headline, detail = answer
    return {
        "title": context.schedule,
        "model": context.model,
        "state": state,
        "headline": headline,
        "detail": detail,
        "window": window_text(result, context.zone),
        "notes": tuple(note for note in result.notes if note not in told),
        "unreadable": unreadable_of(result.report),
    }


def run_facts(
    result: Result, context: ReportContext, own: Sequence[Fact], *, judged: str = "metric"
) -> tuple[Fact, ...]:
    """What the run was: its baseline, what was read, the type's `own` facts that have a value, and its alerts.

    `judged` is what the baseline counts besides rows.
    """
    return (*_reading_facts(result, context, judged), *(fact for fact in own if fact.value), _alert_fact(context))


def rule_facts(settings: RuleSettings, judged: Sequence[str] = (), unit: str = "") -> list[Fact]:
    """By which rule was judged, and what; `unit` stands behind the smallest change that counts."""
    facts = [Fact("Rule", settings.compatibility)]
    if settings.compatibility == "Default":
        facts += [
            Fact("Judged", ", ".join(judged)),
            Fact("Smallest change that counts", f"{settings.threshold:g}{unit}" if settings.threshold else ""),
            Fact("Chance of a false violation in a run", f"{settings.alpha:g}"),
            Fact("Compared with", settings.compare_with),
        ]
    return facts


def _reading_facts(result: Result, context: ReportContext, judged: str) -> tuple[Fact, ...]:
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


def _alert_fact(context: ReportContext) -> Fact:
    alert = context.alert
    return Fact("Alert", f"{alert.datapoints_to_alert} of {alert.evaluation_periods} judged windows")


def unreadable_of(report: ReadReport | None) -> Unreadable:
    """What could not be read."""
    if report is None:
        return Unreadable()
    samples = (UnreadableLine(f"{each.file}:{each.line}", each.reason, each.text) for each in report.samples)
    return Unreadable(report.unreadable, tuple(samples))


def _short(digest: str | None) -> str:
    return f"{digest[:16]}…" if digest else ""
