"""What was counted of each column, and how findings are told apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from model_monitor_jobs.checks.finding import Finding
from model_monitor_jobs.profiles.counts import ColumnCounts
from model_monitor_jobs.reports.html.data_quality.shapes import ColumnComparison
from model_monitor_jobs.runs.data_quality import DataQualityResult

Place = tuple[str, str]
"""Segment, empty for all rows, and column, empty for the table as a whole."""


def comparisons_of(result: DataQualityResult) -> dict[Place, ColumnComparison]:
    """What was counted of each column and segment, in the window and in the baseline it was compared with."""
    known = {column.name: column for column in result.reference.columns}
    comparisons: dict[Place, ColumnComparison] = {}
    for finding in result.findings:
        column, profile = known.get(finding.column), result.table.columns.get(finding.column)
        window, baseline = finding.window_counts, finding.reference_counts
        if column is None or (window is None and profile is None):
            continue
        if window is None or baseline is None:
            window = profile.counts(result.rows) if profile is not None else ColumnCounts()
            baseline = column.counts
        drift = finding.check == "baseline_drift_check"
        if drift or place_of_finding(finding) not in comparisons:
            cuts, values = column.tracking.cuts, column.tracking.values
            comparisons[place_of_finding(finding)] = ColumnComparison(window, baseline, cuts, values)
    return comparisons


def presence_of(group: Iterable[Finding], comparison: ColumnComparison | None) -> ColumnComparison | None:
    """What the check of missing values compared, which may leave out other windows than that of the distribution."""
    for finding in group:
        window, baseline = finding.window_counts, finding.reference_counts
        if finding.check == "completeness_check" and window is not None and baseline is not None:
            return ColumnComparison(window, baseline)
    return comparison


def place_of_finding(finding: Finding) -> Place:
    """Segment, as people name it, and column."""
    return " = ".join(finding.segment), finding.column


def place_of(group: Sequence[Finding]) -> Place:
    """Segment and column that all findings of a group share."""
    return place_of_finding(group[0])


def by_column(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Findings of the same column and segment together, in the order in which they first appear."""
    order: dict[Place, int] = {}
    keyed = [(place_of_finding(finding), finding) for finding in findings]
    for place, _ in keyed:
        order.setdefault(place, len(order))
    keyed.sort(key=lambda item: order[item[0]])
    return [[finding for _, finding in group] for _, group in groupby(keyed, key=lambda item: item[0])]


def kind_of(comparison: ColumnComparison | None) -> str:
    """What a column holds, in a word; empty where that is unknown."""
    if comparison is None:
        return ""
    return "Numbers" if comparison.cuts is not None else "Text"


def missing_share(counts: ColumnCounts) -> float:
    """Share of rows without a value."""
    return float(counts.missing / counts.rows) if counts.rows else 0.0
