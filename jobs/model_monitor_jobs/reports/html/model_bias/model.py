"""What the page of a bias run shows: plain values, ready to be laid out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from model_monitor_jobs.reports.html.model import MetricRow, NamedCheck, Report, Span, Truth
from model_monitor_jobs.reports.html.timeline import Timeline


@dataclass(frozen=True)
class GroupRate:
    """How often something is true of both sides of a facet, with 95 % intervals; empty where it is unknown."""

    name: str
    group: str
    others: str


@dataclass(frozen=True)
class SideRate:
    """How often something is true of one side of a facet, now and in the baseline."""

    name: str
    of: str
    now: Span | None
    before: Span | None


@dataclass(frozen=True)
class GroupRates:
    """The rates of both sides, the group's before that of the others, as they are drawn."""

    sides: tuple[SideRate, ...]
    description: str


@dataclass(frozen=True, kw_only=True)
class BiasRow(MetricRow):
    """One line of the table of a facet's metrics."""

    rows: str
    remark: str


@dataclass(frozen=True)
class FacetPart:
    """What was measured of one facet."""

    name: str
    others: str
    """What the other side is called."""
    sentence: str
    drawn: GroupRates | None
    rates: tuple[GroupRate, ...]
    metrics: tuple[BiasRow, ...]


@dataclass(frozen=True, kw_only=True)
class ModelBiasReport(Report):
    """A bias run, whole."""

    template: ClassVar[str] = "model_bias.html.j2"
    subject: ClassVar[str] = "Model bias"
    course_title: ClassVar[str] = "Bias over time"

    checks: tuple[NamedCheck, ...]
    """The worst first."""
    timelines: tuple[Timeline, ...]
    facets: tuple[FacetPart, ...]
    truth: Truth | None
    """None where there are no labels to look for."""

    @property
    def judged(self) -> tuple[NamedCheck, ...]:
        """See `Report`."""
        return self.checks
