"""What a check finds."""

from __future__ import annotations

from dataclasses import dataclass

from model_monitor_crds.alert import Check
from model_monitor_crds.base import CheckType
from model_monitor_jobs.checks.predicates import Predicate
from model_monitor_jobs.decisions import Evidence, Verdict
from model_monitor_jobs.profiles.counts import ColumnCounts


@dataclass(frozen=True)
class Distances:
    """How far a column is from its baseline by other measures than the one that decides; None where there is none.

    Population stability index in nats, Jensen–Shannon distance from 0 to 1, the rest in the column's unit.
    """

    population_stability_index: float
    jensen_shannon_distance: float
    wasserstein_distance: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    baseline_minimum: float | None = None
    baseline_maximum: float | None = None


@dataclass(frozen=True)
class Finding:
    """One check of one column: its verdict, in numbers and in words.

    `column` is empty for the table as a whole. `observed` and `expected` are what a person compares; `description` is a
    sentence. `evidence` is missing where nothing was measured, as for a missing column. `distances` belong to
    a compared distribution.
    """

    column: str
    check: CheckType
    verdict: Verdict
    observed: str
    expected: str
    description: str
    evidence: Evidence | None = None
    structural: bool = False
    distances: Distances | None = None
    segment: tuple[str, ...] = ()
    """Column and value of the rows that were judged; empty for all rows."""
    window_counts: ColumnCounts | None = None
    reference_counts: ColumnCounts | None = None
    """What was compared, on the same cut points and values."""
    compared_with: float | None = None
    """What a metric was compared with: its value in those windows of the baseline that are like this one."""
    offending: Predicate | None = None
    """The rows that a violation is about, where single rows are."""

    @property
    def violated(self) -> bool:
        """Whether the check does not hold."""
        return self.verdict is Verdict.VIOLATION

    @property
    def immediate(self) -> bool:
        """Whether this alone makes an alert."""
        return self.violated and (self.structural or (self.evidence is not None and self.evidence.immediate))

    @property
    def key(self) -> Check:
        """Column and check, by which alerts are counted."""
        return Check(self.column, self.check, self.segment)

    @property
    def place(self) -> str:
        """The column, with its segment in brackets; empty for the table as a whole."""
        return self.key.place

    @property
    def severity(self) -> tuple[bool, float]:
        """Sorts violations, the worst last."""
        return self.structural, self.evidence.ratio if self.evidence else 0.0


def percent(share: float) -> str:
    """A share of rows for people: 0.5211 as 52.1 %."""
    return f"{share * 100:.1f} %" if share == 0 or share >= 0.001 else f"{share * 100:.2g} %"
