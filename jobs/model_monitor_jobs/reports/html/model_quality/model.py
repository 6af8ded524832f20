"""What the page of a model quality run shows: plain values, ready to be laid out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from model_monitor_jobs.reports.html.model import JudgedCheck, MetricRow, Numbers, Report, Span, Truth
from model_monitor_jobs.reports.html.timeline import Timeline, WindowPoint

Point = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class MetricCheck(JudgedCheck):
    """One check: a metric of all rows, or of a segment of them."""

    metric: str
    """The metric in words."""
    segment: str
    """Empty for all rows."""
    rows: int
    """Rows with a label and an answer."""


@dataclass(frozen=True, kw_only=True)
class QualityRow(MetricRow):
    """One line of the table of all metrics."""

    change: str
    limit: str
    estimate: str


@dataclass(frozen=True)
class Trial:
    """What estimates have been worth; `pairs` are windows that have both, the oldest first."""

    metric: str
    name: str
    sentences: tuple[str, ...]
    pairs: tuple[WindowPoint, ...]
    description: str


@dataclass(frozen=True)
class ConfusionCell:
    """How often one label was answered for another: rows, and the share of the rows with that label."""

    count: int
    share: float | None
    baseline: float | None
    right: bool


@dataclass(frozen=True)
class ConfusionRow:
    """The rows with one label."""

    label: str
    total: int
    cells: tuple[ConfusionCell, ...]


@dataclass(frozen=True)
class Confusion:
    """Labels against answers; `together` is how many labels the last row and column stand for, 0 for none."""

    answers: tuple[str, ...]
    rows: tuple[ConfusionRow, ...]
    together: int = 0


@dataclass(frozen=True)
class CurveReading:
    """The heights of both curves at one place, None where a curve is unknown."""

    at: float
    window: float | None
    baseline: float | None


@dataclass(frozen=True)
class Curves:
    """A curve of the window over the baseline's, both axes from 0 to 1; `chance` is the curve of a blind guess."""

    title: str
    across: str
    up: str
    window: tuple[Point, ...]
    baseline: tuple[Point, ...]
    chance: tuple[Point, Point]
    readings: tuple[CurveReading, ...]
    description: str


@dataclass(frozen=True)
class CalibrationBin:
    """The rows whose probability lies in one tenth: their mean probability, and how many of them it is true of."""

    label: str
    probability: float | None
    observed: Span | None
    share: float
    """Of all rows."""


@dataclass(frozen=True)
class Calibration:
    """Ten bins of the window over the baseline's; None where the baseline is unknown."""

    across: str
    up: str
    window: tuple[CalibrationBin, ...]
    baseline: tuple[CalibrationBin, ...] | None
    description: str


@dataclass(frozen=True)
class ErrorQuantile:
    """What so many of the errors are not above."""

    share: str
    window: str
    baseline: str


@dataclass(frozen=True)
class Errors:
    """How the errors (answer - label) are distributed."""

    distribution: Numbers | None
    quantiles: tuple[ErrorQuantile, ...]
    description: str


@dataclass(frozen=True, kw_only=True)
class ModelQualityReport(Report):
    """A model quality run, whole."""

    template: ClassVar[str] = "model_quality.html.j2"
    subject: ClassVar[str] = "Model quality"
    course_title: ClassVar[str] = "Performance over time"

    violated: tuple[MetricCheck, ...]
    """Checks in violation, the worst first; at most 30."""
    violated_total: int
    timelines: tuple[Timeline, ...]
    trial: Trial | None
    metrics: tuple[QualityRow, ...]
    segments: tuple[MetricCheck, ...]
    """The worst first; at most 200."""
    segments_total: int
    confusion: Confusion | None
    curves: tuple[Curves, ...]
    calibration: Calibration | None
    errors: Errors | None
    truth: Truth

    @property
    def judged(self) -> tuple[JudgedCheck, ...]:
        """See `Report`."""
        return (*self.violated, *self.segments)
