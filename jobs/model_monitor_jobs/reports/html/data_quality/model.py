"""What the page of a data quality run shows: plain values, ready to be laid out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from model_monitor_jobs.reports.html.model import Categories, Fact, JudgedCheck, Numbers, Report


@dataclass(frozen=True)
class Rate:
    """A share of rows in the window beside the same in the baseline, 0 to 1."""

    name: str
    window: float
    baseline: float


@dataclass(frozen=True)
class OffendingRows:
    """Event ids of rows that a violation rests on; `total` is how many there are, None where that is unknown."""

    ids: tuple[str, ...]
    total: int | None = None


@dataclass(frozen=True, kw_only=True)
class FindingView(JudgedCheck):
    """One check of one column, in words and numbers."""

    check: str
    """The check in plain words."""
    immediate: bool
    description: str
    distances: tuple[Fact, ...] = ()
    steps: tuple[str, ...] = ()
    rows: OffendingRows | None = None


@dataclass(frozen=True)
class ColumnReport:
    """One column of the whole window or of one segment; `name` is empty for the table as a whole."""

    name: str
    segment: str
    kind: str
    findings: tuple[FindingView, ...]
    distribution: Numbers | Categories | None = None
    rates: tuple[Rate, ...] = ()

    @property
    def violations(self) -> tuple[FindingView, ...]:
        """Checks that do not hold, the worst first."""
        return tuple(finding for finding in self.findings if finding.violated)


@dataclass(frozen=True)
class Row:
    """One line of the table of all columns; shares and numbers of limits are None where unknown."""

    name: str
    segment: str
    kind: str
    verdict: str
    check: str
    difference: float | None
    limit: float | None
    ratio: float | None
    missing: float | None
    baseline_missing: float | None
    checks: int
    anchor: str


@dataclass(frozen=True, kw_only=True)
class DataQualityReport(Report):
    """A data quality run, whole."""

    template: ClassVar[str] = "data_quality.html.j2"
    subject: ClassVar[str] = "Data quality"

    trouble: tuple[ColumnReport, ...]
    """Columns in violation, the worst first; at most 30."""
    trouble_total: int
    rows: tuple[Row, ...]
    rows_total: int
    has_segments: bool

    @property
    def judged(self) -> tuple[JudgedCheck, ...]:
        """See `Report`."""
        return tuple(finding for column in self.trouble for finding in column.violations)
