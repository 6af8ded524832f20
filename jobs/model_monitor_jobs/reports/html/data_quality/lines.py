"""The tables of the page: all columns, and the run itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from model_monitor_jobs.checks.finding import Finding
from model_monitor_jobs.reports.html.context import VERDICT_ORDER, VERDICTS, ReportContext
from model_monitor_jobs.reports.html.data_quality.columns import Place, kind_of, missing_share, place_of, presence_of
from model_monitor_jobs.reports.html.data_quality.model import Row
from model_monitor_jobs.reports.html.data_quality.shapes import ColumnComparison
from model_monitor_jobs.reports.html.data_quality.words import check_name
from model_monitor_jobs.reports.html.model import Fact
from model_monitor_jobs.reports.html.run import rule_facts, run_facts
from model_monitor_jobs.runs.data_quality import DataQualityResult
from model_monitor_jobs.runs.outcome import UNDECIDED


def table_rows(
    groups: Sequence[Sequence[Finding]],
    comparisons: Mapping[Place, ColumnComparison],
    anchors: Mapping[Place, str],
) -> list[Row]:
    """One line a column: its worst check decides what is shown. Columns in trouble first, then in the data's order."""
    rows = [_row(group, comparisons.get(place_of(group)), anchors) for group in groups if group[0].column]
    rank = {name: place for place, name in enumerate(VERDICTS[verdict] for verdict in VERDICT_ORDER)}
    rows.sort(key=lambda row: (rank[row.verdict], -(row.ratio or 0.0) if row.verdict == "Violation" else 0.0))
    return rows


def _row(group: Sequence[Finding], comparison: ColumnComparison | None, anchors: Mapping[Place, str]) -> Row:
    segment, name = place_of(group)
    worst = min(group, key=lambda f: (VERDICT_ORDER.index(f.verdict), -f.evidence.ratio if f.evidence else 0.0))
    evidence = worst.evidence
    window_missing = baseline_missing = None
    presence = presence_of(group, comparison)
    if presence is not None:
        window_missing = missing_share(presence.window)
        baseline_missing = missing_share(presence.baseline) if presence.baseline.rows else None
    return Row(
        name,
        segment,
        kind_of(comparison),
        VERDICTS[worst.verdict],
        check_name(worst.check),
        evidence.difference if evidence else None,
        evidence.limit if evidence else None,
        evidence.ratio if evidence else None,
        window_missing,
        baseline_missing,
        len(group),
        anchors.get((segment, name), ""),
    )


def headline_facts(result: DataQualityResult) -> tuple[Fact, ...]:
    """The few numbers that stand beside the headline."""
    total = len(result.findings)
    violated = len(result.violations)
    undecided = sum(finding.verdict in UNDECIDED for finding in result.findings)
    facts = [
        Fact("Rows", f"{result.rows:,}"),
        Fact("Baseline rows", f"{result.reference_files.record_count:,}"),
        Fact("Checks in violation", f"{violated:,} of {total:,}"),
    ]
    if undecided:
        facts.append(Fact("Not judged", f"{undecided:,}"))
    if result.report.unreadable:
        facts.append(Fact("Unreadable", f"{result.report.unreadable:,}"))
    return tuple(facts)


def facts_of_run(result: DataQualityResult, context: ReportContext) -> tuple[Fact, ...]:
    """What the run was: its baseline, what was read, its settings."""
    settings = context.data_quality
    facts = rule_facts(settings, unit=" of rows")
    if settings.compatibility == "Default":
        facts.append(Fact("Overrides", f"{len(settings.overrides)}" if settings.overrides else ""))
    return run_facts(result, context, facts, judged="column")
