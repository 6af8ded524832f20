"""Bias over the latest windows."""

from __future__ import annotations

import math
from collections.abc import Sequence

from model_monitor_crds.alert import Check
from model_monitor_crds.bias import ModelBias
from model_monitor_jobs.checks.bias.metrics import DIVERGENCES, RATIOS
from model_monitor_jobs.checks.bias.words import NAMES, check_of, metric_of, shown, spanned
from model_monitor_jobs.checks.finding import Finding
from model_monitor_jobs.reports.html.context import ReportContext
from model_monitor_jobs.reports.html.timeline import (
    MOST_TIMELINES,
    Followed,
    Timeline,
    WindowPoint,
    counts_text,
    span_of,
    window_points,
)
from model_monitor_jobs.reports.html.words import span_text
from model_monitor_jobs.runs.history import metric_key
from model_monitor_jobs.runs.model_bias_result import ModelBiasResult

Reach = tuple[float | None, float | None]


def timelines(result: ModelBiasResult, context: ReportContext) -> tuple[Timeline, ...]:
    """The first judged metric of the first facet, and what else is in violation; a single window has no course."""
    findings = {(finding.column, metric_of(finding.check)): finding for finding in result.findings}
    others = [key for key, finding in findings.items() if finding.violated]
    first = [(result.facets[0], name) for name in result.judged_metrics[:1]]
    chosen = list(dict.fromkeys((*first, *others)))[:MOST_TIMELINES]
    found = (_timeline(facet, name, findings.get((facet, name)), result, context) for facet, name in chosen)
    return tuple(each for each in found if each.known > 1)


def _timeline(
    facet: str, name: str, finding: Finding | None, result: ModelBiasResult, context: ReportContext
) -> Timeline:
    place = result.facets.index(facet)
    metric = result.measured[place][name]
    measured = span_of(metric.value, metric.low, metric.high)
    followed = Followed(metric_key(name, facet), Check(facet, check_of(name)), measured, finding)
    points = window_points(followed, result, context)
    baseline = result.reference.value(place, name)
    original = result.compatibility == "SageMaker"
    (low, high), allowed = _reach(name, finding, baseline, context.model_bias)
    if original:
        (low, high), allowed = (-abs(baseline), abs(baseline)), "allowed by analysis.json"
    known = math.isfinite(baseline)
    return Timeline(
        metric=name,
        name=f"{NAMES.get(name, name)}, {facet}",
        points=points,
        baseline=baseline if known else None,
        low=low if known or not original else None,
        high=high if known or not original else None,
        allowed=allowed,
        least_coverage=result.needed.least if result.labelled and not original else None,
        description=_description(points, baseline if known else None),
    )


def _reach(name: str, finding: Finding | None, baseline: float, settings: ModelBias) -> tuple[Reach, str]:
    """How far the metric may go to either side, in its own unit, and what says so."""
    for allowed in settings.allowed_ranges:
        if allowed.metric == name:
            return (allowed.low, allowed.high), "allowed range, beyond which noise may go"
    text = "up to the limit of this window"
    if finding is None or finding.evidence is None or not math.isfinite(baseline):
        return (None, None), text
    limit = finding.evidence.limit
    if name in RATIOS:
        return (_ratios(baseline, limit) if baseline > 0 else (None, None)), text
    if name in DIVERGENCES:
        root = math.copysign(math.sqrt(abs(baseline)), baseline)
        return (_squared(root - limit), _squared(root + limit)), text
    return (baseline - limit, baseline + limit), text


def _ratios(baseline: float, limit: float) -> Reach:
    """Where |ln| is within the limit of the baseline's, on the baseline's side of 1 or around it."""
    size = abs(math.log(baseline))
    least, most = size - limit, size + limit
    ends = (math.exp(-most), math.exp(-least if least > 0 else most))
    return ends if baseline <= 1 else (1 / ends[1], 1 / ends[0])


def _squared(root: float) -> float:
    return math.copysign(root**2, root)


def _description(points: Sequence[WindowPoint], baseline: float | None) -> str:
    parts = [counts_text(points)]
    now = span_text(points[-1].measured, spanned)
    return "; ".join([*parts, *([f"this window {now}"] if now else []), *_told(baseline)])


def _told(baseline: float | None) -> list[str]:
    return [] if baseline is None else [f"baseline {shown(baseline)}"]
