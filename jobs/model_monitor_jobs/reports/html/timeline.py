"""A metric over the latest windows, whatever it is of."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import Final

from model_monitor_crds.alert import Check
from model_monitor_jobs.checks.finding import Finding
from model_monitor_jobs.decisions import Verdict
from model_monitor_jobs.reports.html.context import ReportContext, written
from model_monitor_jobs.reports.html.model import Span
from model_monitor_jobs.reports.html.words import counted
from model_monitor_jobs.runs.history import EarlierMetric, EarlierResult
from model_monitor_jobs.runs.labelled_result import LabelledResult

MOST_EARLIER: Final = 20
MOST_TIMELINES: Final = 3


class When(StrEnum):
    """Where a window lies in time, as seen from the judged one."""

    EARLIER = "earlier"
    NOW = "now"
    AHEAD = "ahead"


@dataclass(frozen=True)
class WindowPoint:
    """One window of a metric's course; None for what is unknown."""

    label: str
    tick: str
    """Its name beside an axis."""
    when: When
    measured: Span | None = None
    estimated: Span | None = None
    coverage: float | None = None
    """Share of its records that have a label, 0 to 1."""
    judged: bool = False
    violated: bool = False
    rechecked: bool = False
    """Whether it was judged before, with fewer labels."""


@dataclass(frozen=True)
class Timeline:
    """A metric over the latest windows, the oldest first.

    `low` and `high` are as far as it may go, and `allowed` says by what; None where there is no limit to that side.
    `least_coverage` is the share of records that need a label for a verdict, None where any will do.
    """

    metric: str
    name: str
    points: tuple[WindowPoint, ...]
    baseline: float | None
    low: float | None
    high: float | None
    allowed: str
    least_coverage: float | None
    description: str

    @property
    def labelled(self) -> bool:
        """Whether any window looks for labels."""
        return any(point.coverage is not None for point in self.points)

    @property
    def estimated(self) -> bool:
        """Whether any window has an estimate."""
        return any(point.estimated is not None for point in self.points)

    @property
    def measured(self) -> bool:
        """Whether any window has been measured."""
        return any(point.measured is not None for point in self.points)

    @property
    def known(self) -> int:
        """How many windows have been measured or estimated."""
        return sum(point.measured is not None or point.estimated is not None for point in self.points)


@dataclass(frozen=True)
class Followed:
    """A metric that is followed through the windows: how earlier results know it, and what this one says.

    `ahead` are windows after this one that are only estimated, by their starts.
    """

    key: str
    check: Check
    measured: Span | None
    finding: Finding | None
    trusted: bool = True
    """Whether estimates may be shown."""
    estimated: Span | None = None
    ahead: Sequence[tuple[datetime, Span]] = ()


def window_points(followed: Followed, result: LabelledResult, context: ReportContext) -> tuple[WindowPoint, ...]:
    """The windows before this one, this one, and those whose labels are not due yet."""
    earlier = context.history.results[-MOST_EARLIER:]
    starts = [found.start or found.scheduled_time for found in earlier]
    now = result.window.start if result.window is not None else None
    known = [*starts, *([now] if now is not None else []), *(start for start, _ in followed.ahead)]
    ticks = iter(_ticks(known, context.zone))
    points = [
        _earlier(followed, found, written(start, context.zone), next(ticks))
        for found, start in zip(earlier, starts, strict=True)
    ]
    label = written(now, context.zone) if now is not None else "this window"
    points.append(_now(followed, result, label, next(ticks) if now is not None else ""))
    points += [
        WindowPoint(written(start, context.zone), next(ticks), When.AHEAD, estimated=estimated)
        for start, estimated in followed.ahead
    ]
    return tuple(points)


def span_of(value: float, low: float, high: float) -> Span | None:
    """A measured value with its interval; None where it is infinite or undefined."""
    if not math.isfinite(value):
        return None
    return Span(value, *(end if math.isfinite(end) else None for end in (low, high)))


def estimated_span(own: EarlierMetric) -> Span | None:
    """What an earlier result has estimated; None where it has not."""
    return None if own.estimate is None else Span(own.estimate, own.estimate_low, own.estimate_high)


def counts_text(points: Sequence[WindowPoint]) -> str:
    """How many windows were measured and in violation, in words."""
    measured = [point for point in points if point.measured is not None]
    return f"{counted(len(measured), 'window')} measured, {sum(point.violated for point in measured)} in violation"


def _earlier(followed: Followed, found: EarlierResult, label: str, tick: str) -> WindowPoint:
    own, check = found.metrics.get(followed.key, EarlierMetric()), found.checks.get(followed.check)
    return WindowPoint(
        label,
        tick,
        When.EARLIER,
        Span(own.value, own.low, own.high) if own.value is not None else None,
        estimated_span(own) if followed.trusted else None,
        found.coverage,
        judged=check is not None and check.judged,
        violated=check is not None and check.violated,
        rechecked=found.revision > 0,
    )


def _now(followed: Followed, result: LabelledResult, label: str, tick: str) -> WindowPoint:
    finding = followed.finding
    return WindowPoint(
        label,
        tick,
        When.NOW,
        followed.measured,
        followed.estimated,
        result.needed.share if result.labelled else None,
        judged=finding is not None and finding.verdict in (Verdict.PASS, Verdict.VIOLATION),
        violated=finding is not None and finding.violated,
        rechecked=bool(result.revisions),
    )


def _ticks(starts: Sequence[datetime], zone: tzinfo) -> Iterator[str]:
    """Short names of windows: days where all begin at midnight, hours where all are of one day, else both."""
    local = [start.astimezone(zone) for start in starts]
    days = [f"{start.day} {start:%b}" for start in local]
    if not any(start.hour or start.minute for start in local):
        return iter(days)
    hours = [f"{start:%H:%M}" for start in local]
    if len(set(days)) == 1:
        return iter(hours)
    return (f"{day} {hour}" for day, hour in zip(days, hours, strict=True))
