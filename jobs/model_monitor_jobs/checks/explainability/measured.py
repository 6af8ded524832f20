"""What a window's attributions are, beside the baseline's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model_monitor_jobs.attribution.aggregate import Aggregation, aggregate, resample, sizes
from model_monitor_jobs.attribution.drift import AttributionDrift, measure_drift
from model_monitor_jobs.attribution.kernel_shap import Attributions
from model_monitor_jobs.checks.explainability.reference import AttributionReference
from model_monitor_jobs.errors import InputError
from model_monitor_jobs.sagemaker.attributions import LabelExplanation

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class MeasuredLabel:
    """The attributions of one output of the model: of each feature its global value, its share of all attribution, and
    the variance that one row's worth of the share has; all (features,)."""

    features: tuple[str, ...]
    values: Doubles
    expected_value: float
    shares: Doubles
    unit_variances: Doubles
    rows: int
    drift: AttributionDrift

    @property
    def explanation(self) -> LabelExplanation:
        """As it stands in analysis.json."""
        values = dict(zip(self.features, map(float, self.values), strict=True))
        return LabelExplanation(global_shap_values=values, expected_value=self.expected_value)


def measure(
    reference: AttributionReference, attributions: Attributions, labels: tuple[str, ...]
) -> Mapping[str, MeasuredLabel]:
    """By label, of those that the reference has.

    Raises InputError where a label of the reference is none of the model's, or one of its features none of the data.
    """
    for label in reference.explanations:
        if label not in labels:
            raise InputError(
                f"the baseline explains {label!r}, the model answers {', '.join(map(repr, labels))}",
                remedy="name the model's outputs in modelExplainability.model.labels as in the baseline",
            )
    return {label: _measured(reference, attributions, labels.index(label), label) for label in reference.explanations}


def _measured(reference: AttributionReference, attributions: Attributions, output: int, label: str) -> MeasuredLabel:
    method, local = reference.aggregation, attributions.local[output]
    values = reference.explanations[label].global_shap_values
    baseline, theirs = reference.baseline, None
    if baseline is not None and label in baseline.labels and label not in reference.edited:
        places = [attributions.features.index(name) for name in values if name in attributions.features]
        theirs = baseline.attributions.local[baseline.labels.index(label)][:, places]
    drift = measure_drift(values, attributions.features, local, method, theirs)
    shares, variances = shares_of(local, method)
    return MeasuredLabel(
        attributions.features,
        aggregate(local, method),
        float(attributions.expected[output]),
        shares,
        variances,
        len(local),
        drift,
    )


def shares_of(local: Doubles, method: Aggregation) -> tuple[Doubles, Doubles]:
    """Of values (rows, features) each feature's share of all attribution, and the variance of one row's worth of it.

    A share is a ratio of sums, so its variance is that of its linearisation (Cochran 1977, 6.5); of medians it is the
    bootstrap's. Where nothing is attributed, shares are 0.
    """
    values = np.abs(aggregate(local, method))
    total = float(values.sum())
    if not total > 0:
        return np.zeros(len(values)), np.zeros(len(values))
    shares = values / total
    if method == "median":
        drawn = np.abs(resample(local, method))
        totals = drawn.sum(axis=1, keepdims=True)
        known = totals[:, 0] > 0
        return shares, np.asarray((drawn[known] / totals[known]).var(axis=0) * len(local))
    rows = sizes(local, method)
    influence = (rows - shares * rows.sum(axis=1, keepdims=True)) / total
    return shares, np.asarray(influence.var(axis=0))
