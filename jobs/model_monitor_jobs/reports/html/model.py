"""What the page shows: plain values, ready to be laid out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """The answer to the first question: is there a problem?"""

    ALERT = "alert"
    VIOLATION = "violation"
    QUIET = "quiet"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Fact:
    """A named value of the run."""

    name: str
    value: str


@dataclass(frozen=True)
class Effect:
    """How large a change is against its limit: shares of rows, 0 to 1.

    `low` and `high` bound the difference with a confidence of 95 %. `typical` is what the baseline's own windows differ
    by; None where that is unknown.
    """

    difference: float
    limit: float
    low: float
    high: float
    count: int
    typical: float | None = None

    @property
    def ratio(self) -> float:
        """How many limits the difference amounts to."""
        return self.difference / self.limit if self.limit else 0.0


@dataclass(frozen=True)
class Moment:
    """One earlier window of a check: how many limits its difference was, None where it was not judged."""

    label: str
    ratio: float | None
    violated: bool


@dataclass(frozen=True)
class Since:
    """Since when a check is in violation, and the windows that tell; the last of them is this run's."""

    text: str
    windows: int
    moments: tuple[Moment, ...] = ()


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


@dataclass(frozen=True)
class FindingView:
    """One check of one column, in words and numbers."""

    check: str
    """The check in plain words."""
    verdict: str
    violated: bool
    immediate: bool
    in_alert: bool
    observed: str
    expected: str
    description: str
    effect: Effect | None = None
    distances: tuple[Fact, ...] = ()
    since: Since | None = None
    steps: tuple[str, ...] = ()
    rows: OffendingRows | None = None


@dataclass(frozen=True)
class Bin:
    """A part of a column's values with its share of them, 0 to 1, in the window and in the baseline."""

    label: str
    window: float
    baseline: float


@dataclass(frozen=True)
class Numbers:
    """A numeric column in bins between ascending `edges`, with what lies outside of them.

    `bins` has one element fewer than `edges`. `gap` is where the two distributions are furthest apart.
    """

    edges: tuple[float, ...]
    bins: tuple[Bin, ...]
    below: Bin | None = None
    above: Bin | None = None
    gap: float | None = None


@dataclass(frozen=True)
class Categories:
    """The most frequent values, what is left of them, and rows without a value."""

    bins: tuple[Bin, ...]


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


@dataclass(frozen=True)
class Step:
    """What to do, and for which columns."""

    text: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class UnreadableLine:
    """A sample of what could not be read."""

    place: str
    reason: str
    text: str


@dataclass(frozen=True)
class Report:
    """One run, whole."""

    title: str
    model: str
    state: State
    headline: str
    detail: str
    window: str
    facts: tuple[Fact, ...]
    """The few numbers that stand beside the headline."""
    trouble: tuple[ColumnReport, ...]
    """Columns in violation, the worst first; at most 30."""
    trouble_total: int
    steps: tuple[Step, ...]
    rows: tuple[Row, ...]
    rows_total: int
    has_segments: bool
    notes: tuple[str, ...]
    unreadable: tuple[UnreadableLine, ...]
    unreadable_total: int
    run: tuple[Fact, ...]
    """Identity of the run: baseline, execution, reading, settings."""
    rule: tuple[str, ...]
    """How it was decided, in a few sentences."""
