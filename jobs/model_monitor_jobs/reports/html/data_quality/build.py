"""From a data quality run's result to what its page shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from model_monitor_crds.alert import Check
from model_monitor_jobs.checks.finding import Distances, Finding
from model_monitor_jobs.reports.html.answer import checks_in_alert, effect_of, since_of, state_of, window_text
from model_monitor_jobs.reports.html.context import VERDICTS, ReportContext
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
from model_monitor_jobs.reports.html.data_quality.lines import headline_facts, run_facts, table_rows
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
from model_monitor_jobs.reports.html.run import unreadable_of
from model_monitor_jobs.reports.html.words import cut
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
    headline, detail = answer_of(state, trouble, len(troubled), groups, result, context, alerts)
    learned = any(finding.evidence.learned for finding in result.findings if finding.evidence)
    return DataQualityReport(
        title=context.schedule,
        model=context.model,
        state=state,
        headline=headline,
        detail=detail,
        window=window_text(result, context.zone),
        facts=headline_facts(result),
        trouble=trouble,
        trouble_total=len(troubled),
        steps=gathered_steps(trouble),
        rows=tuple(rows[:MOST_ROWS]),
        rows_total=len(rows),
        has_segments=any(row.segment for row in rows),
        notes=result.notes,
        unreadable=unreadable_of(result.report),
        run=run_facts(result, context),
        rule=rule_sentences(context.data_quality, context.alert, learned=learned),
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
    findings = sorted((_finding(f, presence, result, context, f.key in alerts) for f in group), key=worst_first)
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
    in_alert: bool,
) -> FindingView:
    fewer = presence is not None and missing_share(presence.window) < missing_share(presence.baseline)
    return FindingView(
        check=check_name(finding.check),
        verdict=VERDICTS[finding.verdict],
        violated=finding.violated,
        immediate=finding.immediate,
        in_alert=in_alert,
        observed=cut(finding.observed, LONGEST_VALUE),
        expected=cut(finding.expected, LONGEST_VALUE),
        description=cut(finding.description, LONGEST_DESCRIPTION),
        effect=effect_of(finding.evidence),
        distances=_distances(finding.distances),
        since=since_of(finding, result, context) if finding.violated else None,
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
