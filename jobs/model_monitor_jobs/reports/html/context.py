"""What a page tells beyond the result itself, and how findings are told apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from itertools import groupby
from typing import Any, Final

from model_monitor_jobs.checks.finding import Finding
from model_monitor_jobs.decisions import Verdict
from model_monitor_jobs.profiles.counts import ColumnCounts
from model_monitor_jobs.reports.html.model import Fact, OffendingRows
from model_monitor_jobs.reports.html.shapes import ColumnComparison
from model_monitor_jobs.runs.history import History, Key, segment_label

VERDICTS: Final = {
    Verdict.PASS: "Pass",
    Verdict.VIOLATION: "Violation",
    Verdict.INSUFFICIENT_DATA: "Too few rows",
    Verdict.TOO_VARIABLE: "Too variable",
}


@dataclass(frozen=True)
class ReportContext:
    """What a page tells beyond the result itself.

    `comparisons` and `offenders` are by segment (empty for the whole window), column (and check). `floor` is the
    smallest change that counts, a share of rows; `zone` is how times are written.
    """

    schedule: str
    model: str = ""
    execution: str = ""
    folder: str = ""
    zone: tzinfo = UTC
    comparisons: Mapping[tuple[str, str], ColumnComparison] = field(default_factory=dict)
    offenders: Mapping[Key, OffendingRows] = field(default_factory=dict)
    history: History = field(default_factory=History)
    compatibility: str = "Default"
    alpha: float = 0.01
    floor: float = 0.1
    datapoints_to_alert: int = 2
    evaluation_periods: int = 3
    settings: tuple[Fact, ...] = ()
    """Further settings of the schedule, such as compareWith."""


def key_of(finding: Finding) -> Key:
    """A finding's segment, column and check."""
    return Key(segment_of(finding), finding.column, finding.check)


def segment_of(finding: Finding) -> str:
    """A finding's segment for people; empty for the whole window."""
    segment: Any = getattr(finding, "segment", None)
    return segment_label(segment.column, segment.value) if segment is not None else ""


def place_of(group: Sequence[Finding]) -> tuple[str, str]:
    """Segment and column that all findings of a group share."""
    return segment_of(group[0]), group[0].column


def by_column(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Findings of the same column and segment together, in the order in which they first appear."""
    order: dict[tuple[str, str], int] = {}
    keyed = [((segment_of(f), f.column), f) for f in findings]
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
    return counts.missing / counts.rows if counts.rows else 0.0


def counted(number: int, noun: str) -> str:
    """A number of things, as in `1 row` or `2,000 rows`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
