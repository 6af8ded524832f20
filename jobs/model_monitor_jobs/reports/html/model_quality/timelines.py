"""A metric over the latest windows: measured, and estimated where labels are not there yet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from model_monitor_crds.alert import Check
from model_monitor_jobs.checks.finding import Finding
from model_monitor_jobs.checks.model_quality.usual import scale
from model_monitor_jobs.checks.model_quality.words import check_of, shown
from model_monitor_jobs.reports.html import timeline
from model_monitor_jobs.reports.html.context import ReportContext
from model_monitor_jobs.reports.html.model import Span
from model_monitor_jobs.reports.html.model_quality.judged import (
    baseline_value,
    compared_with,
    estimate_of,
    findings_of_all_rows,
)
from model_monitor_jobs.reports.html.model_quality.words import name_of, span_text
from model_monitor_jobs.reports.html.timeline import (
    MOST_TIMELINES,
    Followed,
    Timeline,
    When,
    WindowPoint,
    counts_text,
    estimated_span,
    span_of,
)
from model_monitor_jobs.reports.html.words import counted
from model_monitor_jobs.runs.history import EarlierMetric
from model_monitor_jobs.runs.model_quality_result import ModelQualityResult

MOST_AHEAD: Final = 8


def timelines(result: ModelQualityResult, context: ReportContext) -> tuple[Timeline, ...]:
    """The first judged metric, and others that are in violation, in their order; a single window has no course."""
    findings = findings_of_all_rows(result)
    others = [name for name, finding in findings.items() if finding.violated]
    names = list(dict.fromkeys((*result.judged_metrics[:1], *others)))[:MOST_TIMELINES]
    found = (_timeline(name, findings.get(name), result, context) for name in names)
    return tuple(each for each in found if each.known > 1)


def window_points(metric: str, result: ModelQualityResult, context: ReportContext) -> tuple[WindowPoint, ...]:
    """The windows before this one, this one, and those whose labels are not due yet."""
    measured = result.measured.get(metric)
    followed = Followed(
        metric,
        Check("", check_of(metric)),
        span_of(measured.value, measured.low, measured.high) if measured is not None else None,
        findings_of_all_rows(result).get(metric),
        result.trusts(metric),
        estimate_of(metric, result),
        _ahead(metric, result, context),
    )
    return timeline.window_points(followed, result, context)


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
    parts = [counts_text(points)]
    if (now := next(point for point in points if point.when is When.NOW)).measured is not None:
        parts.append(f"this window {span_text(metric, now.measured)}")
    if baseline is not None:
        parts.append(f"baseline {shown(metric, baseline)}")
    if ahead := sum(point.when is When.AHEAD for point in points):
        parts.append(f"{counted(ahead, 'later window')} estimated without labels")
    return "; ".join(parts)


def _ahead(metric: str, result: ModelQualityResult, context: ReportContext) -> list[tuple[datetime, Span]]:
    """Windows after this one that were only estimated, by this run or by earlier ones; the latest word counts."""
    if not result.trusts(metric) or result.window is None:
        return []
    found: dict[datetime, Span] = {}
    for earlier in context.history.results:
        outlook = earlier.outlook
        if outlook is not None and outlook.start > result.window.start:
            own = estimated_span(outlook.metrics.get(metric, EarlierMetric()))
            if own is not None:
                found[outlook.start] = own
    if result.outlook is not None and (estimate := result.outlook.estimates.metrics.get(metric)) is not None:
        found[result.outlook.window.start] = Span(estimate.value, estimate.low, estimate.high)
    return sorted(found.items())[-MOST_AHEAD:]
