"""The default rule, applied to bias metrics: is the change more than noise and usual variation explain?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from model_monitor_crds.bias import AllowedRange, ModelBias
from model_monitor_crds.window import Window
from model_monitor_jobs.checks.bias import metrics
from model_monitor_jobs.checks.bias.measured import MeasuredBias
from model_monitor_jobs.checks.bias.metrics import DIVERGENCES, LABEL_FREE, NEED_STRATA, RATIOS, on_scale
from model_monitor_jobs.checks.bias.reference import BiasReference
from model_monitor_jobs.checks.bias.words import check_of, direction, facet_name, shown, spanned
from model_monitor_jobs.checks.comparison import Comparison, Usual
from model_monitor_jobs.checks.coverage import LabelCoverage
from model_monitor_jobs.checks.finding import Finding
from model_monitor_jobs.checks.judgement import Judgement
from model_monitor_jobs.decisions import LEARNED_FLOOR, Evidence, MetricNoise, Verdict, shared_alpha, weigh_change
from model_monitor_jobs.errors import ConfigurationError
from model_monitor_jobs.profiles.bias.counts import BiasCounts
from model_monitor_jobs.profiles.by_window import EVERYTHING
from model_monitor_jobs.sagemaker.analysis import PRE_TRAINING, SECTIONS

_EXACTLY_KNOWN: Final = 1_000_000_000
"""Rows of a baseline of which nothing but its values is known: none of the noise is then put down to it."""
_CLARIFYS: Final = frozenset(name for names in SECTIONS.values() for name in names)
_NEED_ANSWERS: Final = _CLARIFYS - PRE_TRAINING.keys() | {"EOD", "EOR"}

_Place = tuple[str, int]
"""A metric, and the place of its facet."""
_Comparison = Comparison[BiasCounts, _Place]


@dataclass(frozen=True)
class Known:
    """What is known of the rows of a window."""

    labels: bool
    answers: bool
    coverage: LabelCoverage


def judged_metrics(settings: ModelBias, known: Known) -> tuple[str, ...]:
    """The metrics that are judged of each facet: those asked for, or the first one of each stage.

    Raises ConfigurationError for one that needs labels or answers where there are none, and for a range of another.
    """
    for metric in settings.metrics:
        if metric not in LABEL_FREE and not known.labels:
            raise ConfigurationError(
                f"spec.modelBias.metrics: {metric!r} needs labels", remedy="say in groundTruth where they are"
            )
        if metric in _NEED_ANSWERS and not known.answers:
            raise ConfigurationError(
                f"spec.modelBias.metrics: {metric!r} needs the model's answers",
                remedy="name their column in columns.prediction or columns.probability",
            )
    first = (*(("DPL",) if known.labels else ()), *(("DPPL",) if known.answers else ()))
    chosen = tuple(settings.metrics) or first
    for allowed in settings.allowed_ranges:
        if allowed.metric not in chosen:
            raise ConfigurationError(
                f"spec.modelBias.allowedRanges: {allowed.metric!r} is not judged",
                remedy=f"name it in modelBias.metrics; judged are {', '.join(chosen) or 'none'}",
            )
    return chosen


def compare(
    reference: BiasReference,
    counts: BiasCounts,
    measured: Sequence[Mapping[str, MeasuredBias]],
    settings: ModelBias,
    known: Known,
    window: Window | None,
) -> Judgement:
    """Judge the metrics of each facet of a window."""
    chosen = judged_metrics(settings, known)
    ranges = {allowed.metric: allowed for allowed in settings.allowed_ranges}
    cases = [
        _Case(metric, place, facet_name(facet), measured[place][metric], int(counts.rows.sum()))
        for place, facet in enumerate(reference.problem.facets)
        for metric in chosen
        if metric not in _CLARIFYS or metric in ranges or reference.constraint(place, metric) is not None
    ]
    comparison = _comparison(reference, window)
    judgement = Judgement([])
    if comparison is not None:
        judgement.compare_with = comparison.resolved(settings.compare_with)
    alpha = shared_alpha(settings.alpha, len(cases))
    for case in cases:
        if reason := _insufficient(case, settings, known):
            judgement.findings.append(case.unjudged(reason))
        elif case.metric in ranges:
            judgement.findings.append(_within(case, ranges[case.metric], settings, alpha))
        else:
            judgement.findings.append(_judge(case, reference, comparison, settings, alpha, judgement))
    return judgement


def _comparison(reference: BiasReference, window: Window | None) -> _Comparison | None:
    baseline = reference.baseline
    if baseline is None:
        return None
    windows = baseline.windows[0] if baseline.windows else None
    return Comparison({EVERYTHING: baseline.whole.counts}, windows, baseline.zone, window, _Scaled)


class _Scaled:
    """Every metric of each group of counts, on the scale on which it is judged; worked out when it is asked for."""

    def __init__(self, counts: BiasCounts) -> None:
        self._counts = counts

    def __getitem__(self, key: _Place) -> Any:
        name, place = key
        return on_scale(name, metrics.values(self._counts.of_facet(place, strata=name in NEED_STRATA))[name][:, 0])


@dataclass(frozen=True)
class _Case:
    """One metric of one facet."""

    metric: str
    place: int
    facet: str
    measured: MeasuredBias
    rows: int

    @property
    def observed(self) -> str:
        """The value in words."""
        return spanned(self.measured.value, self.measured.low, self.measured.high)

    @property
    def unit_variance(self) -> float:
        """The variance that one row's worth of the metric has, on its scale."""
        return _unit_variance(self.measured, self.rows)

    def unjudged(self, reason: str, evidence: Evidence | None = None, expected: str = "") -> Finding:
        """That it can't be judged, and why."""
        text = f"{self.metric} of {self.facet}: {reason}"
        return self.finding(Verdict.INSUFFICIENT_DATA, expected, text, evidence)

    def finding(self, verdict: Verdict, expected: str, description: str, evidence: Evidence | None) -> Finding:
        """What was found."""
        return Finding(
            column=self.facet,
            check=check_of(self.metric),
            verdict=verdict,
            observed=self.observed,
            expected=expected,
            description=description,
            evidence=evidence,
        )


def _judge(
    case: _Case,
    reference: BiasReference,
    comparison: _Comparison | None,
    settings: ModelBias,
    alpha: float,
    judgement: Judgement,
) -> Finding:
    noise, floor = _noise(case, reference), settings.threshold
    key = (case.metric, case.place)
    known = reference.value(case.place, case.metric)
    if comparison is None or case.metric == "FT":
        # What the test gives in the baseline's own windows is not known.
        usual = Usual(_scaled(case.metric, known), reference.rows or _EXACTLY_KNOWN)
    else:
        usual = comparison.usual(key, EVERYTHING, settings.compare_with, lambda _: noise, alpha, floor or LEARNED_FLOOR)
        if (edited := reference.edited(case.place, case.metric)) is not None:
            known = edited
            usual = replace(usual, value=_scaled(case.metric, edited))
    expected = shown(known)
    if not math.isfinite(usual.value):
        return case.unjudged("it is undefined in the baseline", expected=expected)
    if usual.variation is not None:
        judgement.learned += 1
        judgement.leave_out(usual.left_out)
    value = _scaled(case.metric, case.measured.value)
    change = abs(value - usual.value)
    evidence = weigh_change(change, noise, usual.variation, alpha, floor, case.rows, usual.rows)
    text = f"{case.metric} of {case.facet} is {case.observed}, {expected} in the baseline"
    if evidence.verdict is Verdict.INSUFFICIENT_DATA:
        return case.unjudged(f"{case.rows:,} rows are too few", evidence, expected)
    if evidence.verdict is Verdict.VIOLATION:
        text += f": {direction(case.metric, value, usual.value)}"
    return case.finding(evidence.verdict, expected, text, evidence)


def _within(case: _Case, allowed: AllowedRange, settings: ModelBias, alpha: float) -> Finding:
    """Judge a metric by its allowed range: how far outside is it?"""
    value = _monotone(case.metric, case.measured.value)
    low = -math.inf if allowed.low is None else _monotone(case.metric, allowed.low)
    high = math.inf if allowed.high is None else _monotone(case.metric, allowed.high)
    outside = max(low - value, value - high, 0.0)
    noise = MetricNoise(case.unit_variance, 0.0, case.measured.degrees)
    floor = settings.threshold or 0.0
    evidence = weigh_change(outside, noise, None, alpha, floor, case.rows, _EXACTLY_KNOWN)
    expected = _range_text(allowed)
    text = f"{case.metric} of {case.facet} is {case.observed}, allowed is {expected}"
    if evidence.verdict is Verdict.INSUFFICIENT_DATA:
        return case.unjudged(f"{case.rows:,} rows are too few", evidence, expected)
    return case.finding(evidence.verdict, expected, text, evidence)


def _range_text(allowed: AllowedRange) -> str:
    if allowed.low is None:
        return f"at most {shown(allowed.high)}"
    return (
        f"at least {shown(allowed.low)}" if allowed.high is None else f"{shown(allowed.low)} to {shown(allowed.high)}"
    )


def _insufficient(case: _Case, settings: ModelBias, known: Known) -> str:
    """Why nothing can be said of a metric; empty where it can."""
    coverage, measured = known.coverage, case.measured
    if case.metric not in LABEL_FREE and not coverage.enough:
        return coverage.lack
    if case.metric == "FT" and not measured.defined:
        return measured.error
    if measured.count < settings.minimum_facet_size:
        return (
            f"the smaller side of the facet has {measured.count:,} rows that it rests on, "
            f"{settings.minimum_facet_size:,} are needed"
        )
    if not measured.defined:
        return measured.error
    return "" if math.isfinite(measured.standard_error) else measured.reason


def _noise(case: _Case, reference: BiasReference) -> MetricNoise:
    """The noise of a change.

    Under the hypothesis that nothing has changed window and baseline have the same spread: the larger one is taken for
    both.
    """
    own = theirs = case.unit_variance
    if reference.baseline is not None and case.metric in reference.measured[case.place]:
        theirs = _unit_variance(reference.measured[case.place][case.metric], reference.baseline.whole.rows)
    return MetricNoise(max(own, theirs), theirs, case.measured.degrees)


def _unit_variance(measured: MeasuredBias, rows: int) -> float:
    return rows * measured.standard_error**2 if math.isfinite(measured.standard_error) else 0.0


def _scaled(metric: str, value: float) -> float:
    return float(on_scale(metric, np.array(value)))


def _monotone(metric: str, value: float) -> float:
    """A value on the scale on which it is judged, which for a ratio here keeps its direction."""
    if metric in RATIOS:
        return math.log(value) if value > 0 else -math.inf
    return math.copysign(math.sqrt(abs(value)), value) if metric in DIVERGENCES else value
