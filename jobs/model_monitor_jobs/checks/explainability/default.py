"""The default rule, applied to attributions: is another order of features, or another share of one, beyond chance?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from model_monitor_crds.model_explainability import ModelExplainability
from model_monitor_crds.window import Window
from model_monitor_jobs.attribution.aggregate import sizes
from model_monitor_jobs.attribution.sums import AttributionSums, Shares
from model_monitor_jobs.checks.comparison import Comparison, Usual
from model_monitor_jobs.checks.explainability.measured import MeasuredLabel, shares_of
from model_monitor_jobs.checks.explainability.reference import AttributionReference
from model_monitor_jobs.checks.explainability.words import (
    ORDER_CHECK,
    SHARE_CHECK,
    place_of,
    share_spanned,
    share_text,
    spanned,
)
from model_monitor_jobs.checks.finding import Finding
from model_monitor_jobs.checks.judgement import Judgement
from model_monitor_jobs.decisions import (
    FEWEST_ROWS,
    LEARNED_FLOOR,
    Z95,
    Evidence,
    MetricNoise,
    Verdict,
    shared_alpha,
    weigh_change,
)
from model_monitor_jobs.profiles.by_window import EVERYTHING

_EXACTLY_KNOWN: Final = 1_000_000_000
"""Rows of a baseline of which nothing but its values is known: none of the noise is then put down to it."""

_Place = tuple[int, int]
"""An output of the model, and a feature."""


def compare(
    reference: AttributionReference,
    measured: Mapping[str, MeasuredLabel],
    settings: ModelExplainability,
    window: Window | None,
) -> Judgement:
    """Judge the order of features of each label, and then the share of each feature."""
    comparison = _comparison(reference, window)
    judgement = Judgement([])
    if comparison is not None:
        judgement.compare_with = comparison.between.resolved(settings.compare_with)
    for label, own in measured.items():
        judgement.findings.append(_order(own, place_of("", label, len(measured)), settings))
    checks = sum(len(reference.explanations[label].global_shap_values) for label in measured)
    alpha = shared_alpha(settings.alpha, checks)
    for label, own in measured.items():
        for known in _known_shares(reference, label, own):
            place = place_of(known.feature, label, len(measured))
            judgement.findings.append(_share(own, known, place, comparison, settings, alpha, judgement))
    return judgement


def _order(own: MeasuredLabel, place: str, settings: ModelExplainability) -> Finding:
    """Whether the upper end of the NDCG's interval is below the threshold: noise can only lower it."""
    drift, expected = own.drift, f"at least {settings.threshold:g}"
    if math.isnan(drift.ndcg):
        text = "the baseline attributes nothing to any feature"
        return Finding(place, ORDER_CHECK, Verdict.INSUFFICIENT_DATA, "undefined", expected, text)
    noise = drift.high - drift.ndcg
    evidence = Evidence(
        difference=1 - drift.ndcg,
        limit=1 - settings.threshold + noise or math.ulp(1.0),
        noise=noise,
        low=1 - drift.high,
        high=1 - drift.low,
        count=own.rows,
    )
    observed = spanned(drift.ndcg, drift.low, drift.high)
    text = f"the order of features is {observed} like the baseline's (NDCG)"
    if evidence.verdict is Verdict.INSUFFICIENT_DATA:
        text = f"order of features: {own.rows:,} explained rows are too few"
    elif evidence.verdict is Verdict.VIOLATION and drift.shares:
        moved = drift.shares[0]
        text += (
            f": most has changed {moved.feature}, {share_text(moved.baseline)} before, {share_text(moved.current)} now"
        )
    return Finding(place, ORDER_CHECK, evidence.verdict, observed, expected, text, evidence)


@dataclass(frozen=True)
class _KnownShare:
    """A feature's share in the baseline, the variance that one row's worth of it has, and its rows.

    `output` is the label's place in the baseline, None where nothing is known but the value.
    """

    feature: str
    share: float
    unit_variance: float
    rows: int
    output: int | None


def _known_shares(reference: AttributionReference, label: str, own: MeasuredLabel) -> Iterator[_KnownShare]:
    values = reference.explanations[label].global_shap_values
    baseline = reference.baseline
    if baseline is not None and label in baseline.labels and label not in reference.edited:
        output = baseline.labels.index(label)
        shares, variances = shares_of(baseline.attributions.local[output], reference.aggregation)
        for feature in values:
            place = own.features.index(feature)
            yield _KnownShare(feature, float(shares[place]), float(variances[place]), baseline.rows, output)
        return
    total = sum(abs(value) for value in values.values())
    for feature, value in values.items():
        if total > 0:
            yield _KnownShare(feature, abs(value) / total, 0.0, _EXACTLY_KNOWN, None)


def _share(
    own: MeasuredLabel,
    known: _KnownShare,
    column: str,
    comparison: _Compared | None,
    settings: ModelExplainability,
    alpha: float,
    judgement: Judgement,
) -> Finding:
    place = own.features.index(known.feature)
    share, variance = float(own.shares[place]), float(own.unit_variances[place])
    # Without any change both have the same spread: the larger one is taken for both.
    noise = MetricNoise(max(variance, known.unit_variance), known.unit_variance)
    floor = settings.share_threshold
    usual = Usual(known.share, known.rows)
    if comparison is not None and known.output is not None:
        key = (known.output, place)
        usual = comparison.usual(key, settings, noise, alpha)
    if usual.variation is not None:
        judgement.learned += 1
        judgement.leave_out(usual.left_out)
    change = abs(share - usual.value)
    evidence = weigh_change(change, noise, usual.variation, alpha, floor, own.rows, usual.rows)
    own_spread = Z95 * math.sqrt(variance / own.rows)
    observed, expected = share_spanned(share, share - own_spread, share + own_spread), share_text(usual.value)
    text = f"{known.feature} has {observed} of all attribution, {expected} in the baseline"
    if evidence.verdict is Verdict.INSUFFICIENT_DATA:
        text = f"share of {known.feature}: {own.rows:,} explained rows are too few"
    return Finding(column, SHARE_CHECK, evidence.verdict, observed, expected, text, evidence)


@dataclass(frozen=True)
class _Compared:
    """Finds what a share is compared with; `scarcity` is the mean of 1/rows of the baseline's windows."""

    between: Comparison[AttributionSums, _Place]
    scarcity: float

    def usual(self, place: _Place, settings: ModelExplainability, noise: MetricNoise, alpha: float) -> Usual:
        """See `Comparison`.

        A baseline's window has fewer explained rows than the judged one, so that what is learned of its straying is
        mostly what sampling did, taken away. That is known up to a standard error, of a variance of so many degrees of
        freedom, which is added: else one run in twenty would have a false violation where days differ by 10 %.
        """
        floor = settings.share_threshold or LEARNED_FLOOR
        usual = self.between.usual(place, EVERYTHING, settings.compare_with, lambda _: noise, alpha, floor)
        variation = usual.variation
        if variation is None:
            return usual
        error = noise.unit_variance * self.scarcity * math.sqrt(2 / variation.degrees)
        return replace(usual, variation=replace(variation, tau_squared=variation.tau_squared + error))


def _comparison(reference: AttributionReference, window: Window | None) -> _Compared | None:
    """Shares of medians are no sums, so nothing is learned of them."""
    baseline = reference.baseline
    if baseline is None or reference.aggregation == "median":
        return None
    local = baseline.attributions.local
    rows = np.stack([sizes(own, reference.aggregation) for own in local])
    windows = baseline.windows(reference.length, rows) if reference.length is not None else None
    between = Comparison({EVERYTHING: baseline.whole(rows)}, windows, baseline.zone, window, Shares)
    counts = windows.counts[EVERYTHING].rows if windows is not None else np.zeros(0, dtype=np.int64)
    learnable = counts[counts >= FEWEST_ROWS]
    return _Compared(between, float((1 / learnable).mean()) if len(learnable) else 0.0)
