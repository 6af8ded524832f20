"""A metric over the latest windows: measured, and estimated where labels are not there yet."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from typing import Final

from model_monitor_crds.alert import Check
from model_monitor_jobs.checks.finding import Finding
from model_monitor_jobs.checks.model_quality.usual import scale
from model_monitor_jobs.checks.model_quality.words import check_of, shown
from model_monitor_jobs.decisions import Verdict
from model_monitor_jobs.reports.html.context import ReportContext, written
from model_monitor_jobs.reports.html.model import Span
from model_monitor_jobs.reports.html.model_quality.judged import (
    baseline_value,
    compared_with,
    estimate_of,
    findings_of_all_rows,
)
from model_monitor_jobs.reports.html.model_quality.model import Timeline, When, WindowPoint
from model_monitor_jobs.reports.html.model_quality.words import name_of, span_text
from model_monitor_jobs.reports.html.words import counted
from model_monitor_jobs.runs.history import EarlierMetric, EarlierResult
from model_monitor_jobs.runs.model_quality_result import ModelQualityResult

MOST_EARLIER: Final = 20
MOST_AHEAD: Final = 8
MOST_TIMELINES: Final = 3


def timelines(result: ModelQualityResult, context: ReportContext) -> tuple[Timeline, ...]:
    """The first judged metric, and others that are in violation, in their order; a single window has no course."""
    findings = findings_of_all_rows(result)
    others = [name for name, finding in findings.items() if finding.violated]
    names = list(dict.fromkeys((*result.judged_metrics[:1], *others)))[:MOST_TIMELINES]
    found = (_timeline(name, findings.get(name), result, context) for name in names)
    return tuple(timeline for timeline in found if timeline.known > 1)


def window_points(metric: str, result: ModelQualityResult, context: ReportContext) -> tuple[WindowPoint, ...]:
    """The windows before this one, this one, and those whose labels are not due yet."""
    earlier = context.history.results[-MOST_EARLIER:]
    starts = [found.start or found.scheduled_time for found in earlier]
    ahead = _ahead(metric, result, context)
    now = result.window.start if result.window is not None else None
    ticks = iter(_ticks([*starts, *([now] if now is not None else []), *(start for start, _ in ahead)], context.zone))
    points = [
        _earlier(metric, found, written(start, context.zone), next(ticks), trusted=result.trusts(metric))
        for found, start in zip(earlier, starts, strict=True)
    ]
    label = written(now, context.zone) if now is not None else "this window"
    points.append(_now(metric, result, label, next(ticks) if now is not None else ""))
    points += [
        WindowPoint(written(start, context.zone), next(ticks), When.AHEAD, estimated=estimated)
        for start, estimated in ahead
    ]
    return tuple(points)


def _timeline(metric: str, finding: Finding | None, result: ModelQualityResult, context: ReportContext) -> Timeline:
    baseline = compared_with(finding, result) if finding is not None else baseline_value(metric, (), result)
    original = result.compatibility == "SageMaker"
    low, high = _reach(metric, finding, baseline, result)
    points = window_points(metric, result, context)
    return Timeline(
        metric=metric,
        name=name_of(metric),
        points=points,
        baseline=baseline,
        low=low,
        high=high,
        allowed="allowed by constraints.json" if original else "up to the limit of this window",
        least_coverage=None if original else result.needed.least,
        description=_description(metric, points, baseline),
    )


def _reach(
    metric: str, finding: Finding | None, baseline: float | None, result: ModelQualityResult
) -> tuple[float | None, float | None]:
    """How far the metric may go to either side, in its own unit."""
    constraint = result.reference.constraints.get(metric)
    if result.compatibility == "SageMaker":
        if constraint is None:
            return None, None
        least = constraint.comparison_operator == "LessThanThreshold"
        return (constraint.threshold, None) if least else (None, constraint.threshold)
    if finding is None or finding.evidence is None or baseline is None:
        return None, None
    limit = finding.evidence.limit * float(scale(metric, baseline))
    return baseline - limit, baseline + limit


def _description(metric: str, points: Sequence[WindowPoint], baseline: float | None) -> str:
    measured = [point for point in points if point.measured is not None]
    violated = sum(point.violated for point in measured)
    parts = [f"{counted(len(measured), 'window')} measured, {violated} in violation"]
    if (now := next(point for point in points if point.when is When.NOW)).measured is not None:
        parts.append(f"this window {span_text(metric, now.measured)}")
    if baseline is not None:
        parts.append(f"baseline {shown(metric, baseline)}")
    if ahead := sum(point.when is When.AHEAD for point in points):
        parts.append(f"{counted(ahead, 'later window')} estimated without labels")
    return "; ".join(parts)


def _earlier(metric: str, found: EarlierResult, label: str, tick: str, *, trusted: bool) -> WindowPoint:
    own, check = found.metrics.get(metric, EarlierMetric()), found.checks.get(Check("", check_of(metric)))
    return WindowPoint(
        label,
        tick,
        When.EARLIER,
        Span(own.value, own.low, own.high) if own.value is not None else None,
        _estimated(own) if trusted else None,
        found.coverage,
        judged=check is not None and check.judged,
        violated=check is not None and check.violated,
        rechecked=found.revision > 0,
    )


def _now(metric: str, result: ModelQualityResult, label: str, tick: str) -> WindowPoint:
    measured, finding = result.measured.get(metric), findings_of_all_rows(result).get(metric)
    span = None
    if measured is not None and math.isfinite(measured.value):
        low, high = (end if math.isfinite(end) else None for end in (measured.low, measured.high))
        span = Span(measured.value, low, high)
    return WindowPoint(
        label,
        tick,
        When.NOW,
        span,
        estimate_of(metric, result),
        result.needed.share,
        judged=finding is not None and finding.verdict in (Verdict.PASS, Verdict.VIOLATION),
        violated=finding is not None and finding.violated,
        rechecked=bool(result.revisions),
    )


def _ahead(metric: str, result: ModelQualityResult, context: ReportContext) -> list[tuple[datetime, Span]]:
    """Windows after this one that were only estimated, by this run or by earlier ones; the latest word counts."""
    if not result.trusts(metric) or result.window is None:
        return []
    found: dict[datetime, Span] = {}
    for earlier in context.history.results:
        outlook = earlier.outlook
        if outlook is not None and outlook.start > result.window.start:
            own = _estimated(outlook.metrics.get(metric, EarlierMetric()))
            if own is not None:
                found[outlook.start] = own
    if result.outlook is not None and (estimate := result.outlook.estimates.metrics.get(metric)) is not None:
        found[result.outlook.window.start] = Span(estimate.value, estimate.low, estimate.high)
    return sorted(found.items())[-MOST_AHEAD:]


def _estimated(own: EarlierMetric) -> Span | None:
    if own.estimate is None:
        return None
    return Span(own.estimate, own.estimate_low, own.estimate_high)


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
