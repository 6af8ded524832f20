"""From a data quality run's result to what its page shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from model_monitor_crds.alert import Check
from model_monitor_jobs.checks.finding import Distances, Finding
from model_monitor_jobs.reports.html.answer import checks_in_alert, state_of
from model_monitor_jobs.reports.html.checks import any_learned, check_parts
from model_monitor_jobs.reports.html.context import ReportContext
from model_monitor_jobs.reports.html.data_quality.answer import answer_of
from model_monitor_jobs.reports.html.data_quality.columns import (
    Place,
    by_column,
    comparisons_of,
    kind_of,
    missing_share,
    place_of,
    presence_of,
)
from model_monitor_jobs.reports.html.data_quality.lines import facts_of_run, headline_facts, table_rows
from model_monitor_jobs.reports.html.data_quality.model import (
    ColumnReport,
    DataQualityReport,
    FindingView,
    OffendingRows,
)
from model_monitor_jobs.reports.html.data_quality.shapes import ColumnComparison, distribution_of, rates_of
from model_monitor_jobs.reports.html.data_quality.words import (
    check_name,
    gathered_steps,
    rule_sentences,
    steps_for,
    worst_first,
)
from model_monitor_jobs.reports.html.model import Fact
from model_monitor_jobs.reports.html.run import frame_of
from model_monitor_jobs.reports.html.words import change_text, cut, share
from model_monitor_jobs.runs.data_quality import DataQualityResult

MOST_TROUBLE: Final = 30
MOST_ROWS: Final = 4_000
LONGEST_VALUE: Final = 120
LONGEST_DESCRIPTION: Final = 400


def report_of(result: DataQualityResult, context: ReportContext) -> DataQualityReport:
    """Everything that the page shows of a result."""
    alerts = checks_in_alert(result.findings, context)
    groups, comparisons = by_column(result.findings), comparisons_of(result)
    troubled = sorted(
        (group for group in groups if any(finding.violated for finding in group)), key=_severity, reverse=True
    )
    trouble = tuple(_column(group, comparisons, result, context, alerts) for group in troubled[:MOST_TROUBLE])
    anchors = {place_of(group): f"c{i}" for i, group in enumerate(troubled[:MOST_TROUBLE])}
    rows = table_rows(groups, comparisons, anchors)
    state = state_of(result, alerts)
    answer = answer_of(state, trouble, len(troubled), groups, result, context, alerts)
    return DataQualityReport(
        **frame_of(result, context, state, answer),
        facts=headline_facts(result),
        trouble=trouble,
        trouble_total=len(troubled),
        steps=gathered_steps(trouble),
        rows=tuple(rows[:MOST_ROWS]),
        rows_total=len(rows),
        has_segments=any(row.segment for row in rows),
        run=facts_of_run(result, context),
        rule=rule_sentences(context.data_quality, context.alert, learned=any_learned(result.findings)),
    )


def _severity(group: Sequence[Finding]) -> tuple[bool, float]:
    return max(finding.severity for finding in group if finding.violated)


def _column(
    group: Sequence[Finding],
    comparisons: Mapping[Place, ColumnComparison],
    result: DataQualityResult,
    context: ReportContext,
    alerts: frozenset[Check],
) -> ColumnReport:
    segment, name = place_of(group)
    comparison = comparisons.get((segment, name))
    presence = presence_of(group, comparison)
    drifted = any(finding.violated and finding.check == "baseline_drift_check" for finding in group)
    findings = sorted((_finding(f, presence, result, context, alerts) for f in group), key=worst_first)
    return ColumnReport(
        name,
        segment,
        kind_of(comparison),
        tuple(findings),
        distribution_of(comparison, drifted=drifted) if comparison else None,
        rates_of(presence) if presence else (),
    )


def _finding(
    finding: Finding,
    presence: ColumnComparison | None,
    result: DataQualityResult,
    context: ReportContext,
    alerts: frozenset[Check],
) -> FindingView:
    fewer = presence is not None and missing_share(presence.window) < missing_share(presence.baseline)
    parts = check_parts(finding, result, context, alerts, LONGEST_VALUE)
    return FindingView(
        **parts,
        sentence=change_text(parts["effect"], share, " of rows", "rows"),
        check=check_name(finding.check),
        immediate=finding.immediate,
        description=cut(finding.description, LONGEST_DESCRIPTION),
        distances=_distances(finding.distances),
        steps=steps_for(finding.check, fewer_missing=fewer) if finding.violated else (),
        rows=OffendingRows(rows.ids, rows.total) if (rows := result.offenders.get(finding.key)) else None,
    )


def _distances(distances: Distances | None) -> tuple[Fact, ...]:
    if distances is None:
        return ()
    facts = [
        Fact("Population stability index", f"{distances.population_stability_index:.3g}"),
        Fact("Jensen–Shannon distance", f"{distances.jensen_shannon_distance:.3g}"),
    ]
    if distances.wasserstein_distance is not None:
        facts.append(Fact("Wasserstein distance", f"{distances.wasserstein_distance:.4g}"))
    if distances.minimum is not None and distances.maximum is not None:
        facts.append(Fact("Range", f"{distances.minimum:.6g} to {distances.maximum:.6g}"))
    if distances.baseline_minimum is not None and distances.baseline_maximum is not None:
        text = f"{distances.baseline_minimum:.6g} to {distances.baseline_maximum:.6g}"
        facts.append(Fact("Range of the baseline", text))
    return tuple(facts)
