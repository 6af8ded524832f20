"""What every page shows: plain values, ready to be laid out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


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
    """How large a change is against its limit, both in the same unit.

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
class Span:
    """A value with its 95 % interval, which may be unknown."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, kw_only=True)
class JudgedCheck:
    """One check of a run, in words and numbers; each monitoring type adds what it is of."""

    observed: str
    expected: str
    verdict: str
    violated: bool = False
    in_alert: bool = False
    effect: Effect | None = None
    sentence: str = ""
    """How large the change is; empty where nothing was measured."""
    since: Since | None = None


@dataclass(frozen=True, kw_only=True)
class NamedCheck(JudgedCheck):
    """A check of no column: `name` is what it judges, `of` which of its sides, both in words."""

    name: str
    of: str


@dataclass(frozen=True, kw_only=True)
class MetricRow:
    """One line of a table of metrics, in words; empty where there is nothing to say."""

    name: str
    key: str
    """The metric's name in settings and files."""
    value: str
    interval: str
    baseline: str
    verdict: str


@dataclass(frozen=True)
class Bin:
    """A part of the values with its share of them, 0 to 1, in the window and in the baseline."""

    label: str
    window: float
    baseline: float


@dataclass(frozen=True)
class Numbers:
    """Numbers in bins between ascending `edges`, with what lies outside of them.

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


def bins_of(distribution: Numbers | Categories) -> tuple[Bin, ...]:
    """All parts of a distribution, with what lies outside of them."""
    if isinstance(distribution, Categories):
        return distribution.bins
    sides = (distribution.below, *distribution.bins, distribution.above)
    return tuple(bin_ for bin_ in sides if bin_ is not None)


@dataclass(frozen=True)
class Step:
    """What to do, and for what: columns, or metrics."""

    text: str
    places: tuple[str, ...] = ()


@dataclass(frozen=True)
class UnreadableLine:
    """A sample of what could not be read."""

    place: str
    reason: str
    text: str


@dataclass(frozen=True)
class Unreadable:
    """How much could not be read, with samples."""

    total: int = 0
    samples: tuple[UnreadableLine, ...] = ()


@dataclass(frozen=True)
class Revision:
    """What one result on this window said, in words; the last one is this run's."""

    as_of: str
    coverage: str
    value: str
    verdict: str


@dataclass(frozen=True)
class Truth:
    """How records and labels came together."""

    facts: tuple[Fact, ...]
    sentences: tuple[str, ...]
    unreadable: Unreadable
    metric: str
    revisions: tuple[Revision, ...]


@dataclass(frozen=True, kw_only=True)
class Report:
    """One run, whole; each monitoring type adds what it found."""

    template: ClassVar[str]
    subject: ClassVar[str]
    """What is monitored, in words."""

    title: str
    model: str
    state: State
    headline: str
    detail: str
    window: str
    facts: tuple[Fact, ...]
    """The few numbers that stand beside the headline."""
    steps: tuple[Step, ...]
    notes: tuple[str, ...]
    unreadable: Unreadable
    run: tuple[Fact, ...]
    """Identity of the run: baseline, execution, reading, settings."""
    rule: tuple[str, ...]
    """How it was decided, in a few sentences."""

    @property
    def judged(self) -> tuple[JudgedCheck, ...]:
        """Every check that the page shows."""
        return ()

    @property
    def effects(self) -> tuple[Effect, ...]:
        """Every change that is drawn against its limit."""
        return tuple(check.effect for check in self.judged if check.effect is not None)
