"""What the page of an explainability run shows: plain values, ready to be laid out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from model_monitor_jobs.reports.html.model import NamedCheck, Report


@dataclass(frozen=True)
class FeatureShare:
    """A feature's share of all attribution, 0 to 1, now with its 95 % interval and in the baseline."""

    name: str
    share: float
    low: float
    high: float
    baseline: float


@dataclass(frozen=True)
class FeatureShares:
    """The features that drive the model, the leading ones first."""

    features: tuple[FeatureShare, ...]


@dataclass(frozen=True)
class FeatureRow:
    """One line of the table of all features, in words."""

    name: str
    share: str
    baseline_share: str
    change: str
    value: str
    baseline_value: str
    verdict: str


@dataclass(frozen=True)
class LabelPart:
    """What drives one output of the model."""

    label: str
    sentence: str
    shares: FeatureShares
    rows: tuple[FeatureRow, ...]


@dataclass(frozen=True)
class DependenceLine:
    """Mean answers at some places of a feature, and each place's share of the rows."""

    places: tuple[float, ...]
    answers: tuple[float, ...]
    shares: tuple[float, ...]


@dataclass(frozen=True)
class Dependence:
    """How the mean answer depends on one feature, now and in the baseline.

    `names` are those of categories, whose places are 0, 1, 2 and so on; empty for numbers.
    """

    feature: str
    label: str
    window: DependenceLine
    baseline: DependenceLine | None
    names: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What is drawn, in words."""
        of = f" ({self.label})" if self.label else ""
        return f"Mean answer{of} by {self.feature}"


@dataclass(frozen=True, kw_only=True)
class ModelExplainabilityReport(Report):
    """An explainability run, whole."""

    template: ClassVar[str] = "model_explainability.html.j2"
    subject: ClassVar[str] = "Feature attribution"

    checks: tuple[NamedCheck, ...]
    """The worst first."""
    labels: tuple[LabelPart, ...]
    dependence: tuple[Dependence, ...]

    @property
    def judged(self) -> tuple[NamedCheck, ...]:
        """See `Report`."""
        return self.checks
