"""The default rule, applied to metrics: is the change more than noise and usual variation explain?"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from model_monitor_crds.model_quality import METRICS, ModelQuality
from model_monitor_crds.window import Window
from model_monitor_jobs.checks.comparison import Comparison, Usual
from model_monitor_jobs.checks.coverage import LabelCoverage
from model_monitor_jobs.checks.finding import Finding
from model_monitor_jobs.checks.judgement import Judgement
from model_monitor_jobs.checks.model_quality.measured import MeasuredMetric
from model_monitor_jobs.checks.model_quality.metrics import only_label
from model_monitor_jobs.checks.model_quality.reference import Performance, Reference
from model_monitor_jobs.checks.model_quality.usual import difference, scale
from model_monitor_jobs.checks.model_quality.words import check_of, direction, shown, spanned
from model_monitor_jobs.decisions import (
    FEWEST_ROWS,
    LEARNED_FLOOR,
    Evidence,
    MetricNoise,
    Verdict,
    shared_alpha,
    weigh_change,
)
from model_monitor_jobs.errors import ConfigurationError
from model_monitor_jobs.profiles.baseline_profile import SegmentKey
from model_monitor_jobs.profiles.performance.baseline import BaselinePerformance
from model_monitor_jobs.profiles.performance.counts import PerformanceCounts
from model_monitor_jobs.profiles.performance.problem import Problem
from model_monitor_jobs.profiles.performance.profile import PerformanceProfile

NEEDS_SCORES: Final = frozenset({"auc", "brier_score", "calibration_error", "lift", "log_loss"})
_EXACTLY_KNOWN: Final = 1_000_000_000
"""Rows of a baseline of which nothing but its values is known: none of the noise is then put down to it."""


_Evaluate = Callable[[PerformanceCounts], Mapping[str, Any]]
_Comparison = Comparison[PerformanceCounts, str]


def judged_metrics(settings: ModelQuality, problem: Problem, *, scored: bool) -> tuple[str, ...]:
    """The metrics that are judged: those asked for, or the problem's own.

    Raises ConfigurationError for one that the problem does not have, or that needs probabilities where there are none.
    """
    for metric in settings.metrics:
        if metric not in METRICS[problem.type]:
            raise ConfigurationError(
                f"spec.modelQuality.metrics: {metric!r} is no metric of {problem.type}",
                remedy=f"it has {', '.join(sorted(METRICS[problem.type]))}",
            )
        if metric in NEEDS_SCORES and not scored:
            raise ConfigurationError(
                f"spec.modelQuality.metrics: {metric!r} needs probabilities",
                remedy="name their column in spec.columns.probability (or probabilities) of Baseline and schedule",
            )
    if settings.metrics:
        return tuple(settings.metrics)
    if problem.type == "BinaryClassification":
        return ("auc",) if scored else ("f1",)
    return ("accuracy",) if problem.type == "MulticlassClassification" else ("mae",)


def compare(
    reference: Reference,
    parts: Mapping[SegmentKey, Performance],
    settings: ModelQuality,
    coverage: Mapping[SegmentKey, LabelCoverage],
    evaluate: _Evaluate,
    window: Window | None,
    scored: bool,
) -> Judgement:
    """Judge the metrics of a window, of all rows first and then of its segments."""
    metrics = judged_metrics(settings, reference.problem, scored=scored)
    known = [metric for metric in metrics if metric in reference.values]
    family = len(known) * sum(reference.baseline is None or segment in reference.measured for segment in parts)
    comparison = _comparison(reference.baseline, window, evaluate) if reference.baseline is not None else None
    judgement = Judgement([])
    if comparison is not None:
        judgement.compare_with = comparison.resolved(settings.compare_with)
    for segment, performance in parts.items():
        if segment and (reference.baseline is None or segment not in reference.measured):
            continue
        for metric in metrics:
            case = _Case(metric, segment, performance.measured[metric], performance.profile, coverage[segment])
            if metric not in reference.values:
                judgement.findings.append(case.unjudged("the baseline does not have it"))
                continue
            alpha = shared_alpha(settings.alpha, family)
            judgement.findings.append(_judge(case, reference, comparison, settings, alpha, judgement))
    return judgement


def _comparison(baseline: BaselinePerformance, window: Window | None, evaluate: _Evaluate) -> _Comparison:
    whole = {segment: profile.counts for segment, profile in baseline.whole.items()}
    windows = baseline.windows[0] if baseline.windows else None
    return Comparison(whole, windows, baseline.zone, window, evaluate, scale)


@dataclass(frozen=True)
class _Case:
    """One metric, of all rows or of a segment of them."""

    metric: str
    segment: SegmentKey
    measured: MeasuredMetric
    profile: PerformanceProfile
    coverage: LabelCoverage

    @property
    def rows(self) -> int:
        """Rows with a label and an answer."""
        return self.profile.rows

    def unjudged(self, reason: str, evidence: Evidence | None = None, usual: float | None = None) -> Finding:
        """That it can't be judged, and why."""
        return self.finding(Verdict.INSUFFICIENT_DATA, usual, f"{self.metric}: {reason}", evidence)

    @property
    def observed(self) -> str:
        """The metric with its interval."""
        return spanned(self.metric, self.measured.value, self.measured.low, self.measured.high)

    def finding(self, verdict: Verdict, usual: float | None, description: str, evidence: Evidence | None) -> Finding:
        """What was found, compared with the `usual` value."""
        return Finding(
            column="",
            check=check_of(self.metric),
            verdict=verdict,
            observed=self.observed,
            expected="" if usual is None else shown(self.metric, usual),
            description=description,
            evidence=evidence,
            segment=self.segment,
            compared_with=usual if usual is not None and math.isfinite(usual) else None,
        )


def _judge(
    case: _Case,
    reference: Reference,
    comparison: _Comparison | None,
    settings: ModelQuality,
    alpha: float,
    judgement: Judgement,
) -> Finding:
    metric, measured = case.metric, case.measured
    noise = _noise(case, reference)
    floor = settings.threshold
    if comparison is None:
        usual = Usual(reference.values[metric], reference.rows or _EXACTLY_KNOWN)
    else:
        usual = comparison.usual(metric, case.segment, settings.compare_with, noise, alpha, floor or LEARNED_FLOOR)
    if reason := _insufficient(case, usual):
        return case.unjudged(reason, usual=usual.value)
    if usual.variation is not None:
        judgement.learned += 1
        judgement.leave_out(usual.left_out)
    value = measured.value if comparison is None else measured.comparable
    change = float(difference(metric, value, usual.value))
    own_noise = noise(float(scale(metric, usual.value)))
    evidence = weigh_change(change, own_noise, usual.variation, alpha, floor, case.rows, usual.rows)
    text = f"{metric} is {case.observed}, {shown(metric, usual.value)} in the baseline"
    if evidence.verdict is Verdict.INSUFFICIENT_DATA:
        return case.unjudged(f"{case.rows:,} rows with a label are too few", evidence, usual.value)
    if evidence.verdict is Verdict.VIOLATION:
        text += f": {direction(metric, measured.value, usual.value)}"
    return case.finding(evidence.verdict, usual.value, text, evidence)


def _insufficient(case: _Case, usual: Usual) -> str:
    """Why nothing can be said of a metric; empty where it can."""
    coverage, measured = case.coverage, case.measured
    if not coverage.enough:
        return coverage.lack
    if only := only_label(case.profile.counts):
        return only
    if not measured.defined or not math.isfinite(measured.standard_error):
        return measured.reason or f"{case.rows:,} rows with a label do not tell how sure it is"
    if measured.count < FEWEST_ROWS:
        return f"it rests on {measured.count:,} rows, at least {FEWEST_ROWS} are needed"
    return "" if math.isfinite(usual.value) else "it is undefined in the baseline"


def _noise(case: _Case, reference: Reference) -> Callable[[float], MetricNoise]:
    """The noise of a metric, once it is known what its change is divided by.

    Under the hypothesis that nothing has changed window and baseline have the same spread: the larger one is taken for
    both, as that of a window without any error would be none.
    """
    own = _spread(case.measured, case.rows)
    theirs, share = 0.0, None
    if reference.baseline is not None:
        measured = reference.measured[case.segment][case.metric]
        rows = reference.baseline.whole[case.segment].rows
        theirs = _spread(measured, rows)
        share = max(measured.count, 1) / rows if measured.method == "wilson" else None
    else:
        theirs = own

    def scaled(unit: float) -> MetricNoise:
        return MetricNoise(max(own, theirs) / unit**2, theirs / unit**2, case.measured.degrees, share)

    return scaled


def _spread(measured: MeasuredMetric, rows: int) -> float:
    """The variance that one row's worth of a metric has."""
    return rows * measured.standard_error**2 if math.isfinite(measured.standard_error) else 0.0
