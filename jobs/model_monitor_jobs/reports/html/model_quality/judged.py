"""The checks of a run, of all rows and of segments, and the table of all metrics."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from model_monitor_crds.alert import Check
from model_monitor_jobs.checks.finding import Finding
from model_monitor_jobs.checks.model_quality.usual import scale
from model_monitor_jobs.checks.model_quality.words import metric_of, shown
from model_monitor_jobs.decisions import Verdict
from model_monitor_jobs.profiles.baseline_profile import SegmentKey
from model_monitor_jobs.reports.html.checks import check_parts, worst_verdict_first
from model_monitor_jobs.reports.html.context import VERDICTS, ReportContext
from model_monitor_jobs.reports.html.model import Span
from model_monitor_jobs.reports.html.model_quality.model import MetricCheck, QualityRow
from model_monitor_jobs.reports.html.model_quality.words import (
    amount,
    effect_sentence,
    interval_text,
    metric_name,
    name_of,
    signed,
    span_text,
)
from model_monitor_jobs.runs.model_quality_result import ModelQualityResult

MOST_SEGMENTS: Final = 200


def findings_of_all_rows(result: ModelQualityResult) -> dict[str, Finding]:
    """The checks of all rows by their metrics."""
    return {metric_of(finding.check): finding for finding in result.findings if not finding.segment}


def compared_with(finding: Finding, result: ModelQualityResult) -> float | None:
    """What a metric was compared with; else its value in the whole baseline, if it has one."""
    if finding.compared_with is not None:
        return finding.compared_with
    return baseline_value(metric_of(finding.check), finding.segment, result)


def baseline_value(metric: str, segment: SegmentKey, result: ModelQualityResult) -> float | None:
    """A metric's value in the whole baseline."""
    if not segment:
        return result.reference.values.get(metric)
    found = result.reference.measured.get(segment, {}).get(metric)
    return found.value if found is not None and math.isfinite(found.value) else None


def judged_of(
    finding: Finding, result: ModelQualityResult, context: ReportContext, alerts: frozenset[Check]
) -> MetricCheck:
    """One check in words and numbers."""
    metric = metric_of(finding.check)
    parts = check_parts(finding, result, context, alerts)
    parts["verdict"] = verdict_of(finding, result)
    if result.compatibility == "SageMaker":
        parts["expected"] = _allowed(metric, result)
    return MetricCheck(
        **parts,
        metric=metric_name(finding.check),
        segment=" = ".join(finding.segment),
        rows=result.parts[finding.segment].profile.rows,
        sentence=effect_sentence(metric, parts["effect"]),
    )


def verdict_of(finding: Finding, result: ModelQualityResult) -> str:
    """The verdict in words."""
    if finding.verdict is Verdict.INSUFFICIENT_DATA and finding.evidence is None:
        return "Not judged" if result.needed.enough else "Too few labels"
    return VERDICTS[finding.verdict]


def segment_rows(
    result: ModelQualityResult, context: ReportContext, alerts: frozenset[Check]
) -> tuple[MetricCheck, ...]:
    """The segments that were judged, the worst first, then those that the baseline does not have."""
    found = worst_verdict_first(finding for finding in result.findings if finding.segment)
    rows = [judged_of(finding, result, context, alerts) for finding in found]
    known = {finding.segment for finding in found}
    return (*rows, *(_unjudged(segment, result) for segment in result.parts if segment and segment not in known))


def _unjudged(segment: SegmentKey, result: ModelQualityResult) -> MetricCheck:
    metric = next(iter(result.judged_metrics))
    part = result.parts[segment]
    measured = part.measured[metric]
    value = baseline_value(metric, segment, result)
    return MetricCheck(
        metric=name_of(metric),
        segment=" = ".join(segment),
        rows=part.profile.rows,
        observed=span_text(metric, Span(measured.value, measured.low, measured.high)),
        expected="" if value is None else shown(metric, value),
        verdict="Not judged" if value is not None else "Not in the baseline",
    )


def metric_rows(result: ModelQualityResult) -> tuple[QualityRow, ...]:
    """One line a metric: those that are judged first, then the others by their names."""
    findings = findings_of_all_rows(result)
    judged = [*findings, *(name for name in result.judged_metrics if name not in findings)]
    others = sorted((name for name in result.measured if name not in judged), key=name_of)
    return tuple(_metric_row(name, findings, result) for name in (*judged, *others) if name in result.measured)


def _metric_row(name: str, findings: Mapping[str, Finding], result: ModelQualityResult) -> QualityRow:
    measured, finding = result.measured[name], findings.get(name)
    baseline = compared_with(finding, result) if finding is not None else baseline_value(name, (), result)
    change = ""
    if baseline is not None and math.isfinite(measured.value):
        moved = measured.value - baseline
        change = signed(name, moved / float(scale(name, baseline)))
        if finding is not None and finding.evidence is not None:
            # More exact than the value in words that it was compared with.
            change = signed(name, math.copysign(finding.evidence.difference, moved))
    return QualityRow(
        name=name_of(name),
        key=name,
        value=shown(name, measured.value),
        interval=interval_text(name, measured.low, measured.high),
        baseline="" if baseline is None else shown(name, baseline),
        change=change,
        limit=_limit(name, finding, result),
        verdict=verdict_of(finding, result) if finding is not None else "",
        estimate=span_text(name, estimate_of(name, result)),
    )


def estimate_of(metric: str, result: ModelQualityResult) -> Span | None:
    """What a metric was estimated to be without labels; None where that may not be shown."""
    if result.estimates is None or not result.trusts(metric):
        return None
    found = result.estimates.metrics.get(metric)
    return Span(found.value, found.low, found.high) if found is not None else None


def _limit(metric: str, finding: Finding | None, result: ModelQualityResult) -> str:
    if finding is None:
        return ""
    if result.compatibility == "SageMaker":
        return _allowed(metric, result)
    return amount(metric, finding.evidence.limit) if finding.evidence is not None else ""


def _allowed(metric: str, result: ModelQualityResult) -> str:
    """What constraints.json allows a metric to be."""
    constraint = result.reference.constraints.get(metric)
    if constraint is None:
        return ""
    least = "at least" if constraint.comparison_operator == "LessThanThreshold" else "at most"
    return f"{least} {shown(metric, constraint.threshold)}"
