"""The default rules of other products, from their documentation, on the same windows.

Each says for every window of a month whether it would flag the feature. They see the exact counts: the error of their
sketches, where they have any, is left out, to their advantage. All of them compare with the whole baseline at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, kolmogorov

from benchmarks.trust.alerts import Verdicts
from benchmarks.trust.features import Feature
from benchmarks.trust.streams import Counts, Windows

Doubles = NDArray[np.float64]

_QUANTILES = np.linspace(0, 1, 100)


@dataclass(frozen=True)
class Peer:
    """A product's rule; `unit` is what it calls an alarm."""

    name: str
    unit: str
    judge: Callable[[Feature, Windows, Windows], list[Verdicts]]


def evidently(feature: Feature, baseline: Windows, month: Windows) -> list[Verdicts]:
    """Evidently's data drift algorithm (docs: "Data drift algorithm"; release 0.1.50): above 1,000 reference rows.

    Wasserstein distance, normed by the reference's standard deviation, of at least .1 for numbers with more than 5
    different values; Jensen–Shannon distance in natural units of at least .1 for the others. (Up to 1,000 reference
    rows it takes p < .05 of Kolmogorov–Smirnov and chi-squared tests; a baseline of 4 weeks never has so few.)
    """
    reference, values = baseline.counts.sum(axis=0), feature.values
    if feature.numeric and np.count_nonzero(reference) > 5:
        gaps = np.abs(_cumulated(month.counts) - _cumulated(reference))[:, :-1]
        mean = np.average(values, weights=reference)
        deviation = np.sqrt(np.average((values - mean) ** 2, weights=reference))
        return [Verdicts.plain(feature.name, "drift", gaps @ np.diff(values) / max(deviation, 0.001) >= 0.1)]
    return [Verdicts.plain(feature.name, "drift", _jensen_shannon(month.counts, reference, np.e) >= 0.1)]


def whylogs(feature: Feature, baseline: Windows, month: Windows) -> list[Verdicts]:
    """whylogs' `calculate_drift_scores` with thresholds (whylogs/viz/drift/column_drift_algorithms.py, configs.py).

    Numbers: Kolmogorov–Smirnov over 100 quantiles of both sides, DRIFT for p ≤ .05. Others: chi-squared of the window
    against the reference's shares, taken as exact and rounded down to whole rows, with as many degrees of freedom as
    the window has values, less one; DRIFT for p ≤ .05.
    """
    reference = baseline.counts.sum(axis=0)
    if feature.numeric:
        shares, then = _cumulated(month.counts), _cumulated(reference)
        rows, total = month.present, int(reference.sum())
        fixed = np.minimum(np.searchsorted(then, _QUANTILES), len(then) - 1)
        distances = np.empty(len(shares))
        for place, now in enumerate(shares):
            points = np.concatenate([fixed, np.minimum(np.searchsorted(now, _QUANTILES), len(now) - 1)])
            distances[place] = np.abs(now[points] - then[points]).max()
        p_values = kolmogorov(distances * np.sqrt(rows * total / (rows + total)))
        return [Verdicts.plain(feature.name, "drift", p_values <= 0.05)]
    expected = np.floor(reference / reference.sum() * month.present[:, np.newaxis])
    present = month.counts > 0
    terms = np.where(expected > 0, (month.counts - expected) ** 2 / np.maximum(expected, 1), 0.0)
    statistics = np.where((present & (expected == 0)).any(axis=1), np.inf, terms.sum(axis=1))
    degrees = np.maximum(present.sum(axis=1) - 1, 1)
    return [Verdicts.plain(feature.name, "drift", chdtrc(degrees, statistics) <= 0.05)]


def nannyml_fixed(feature: Feature, baseline: Windows, month: Windows) -> list[Verdicts]:
    """NannyML's `UnivariateDriftCalculator` as of 0.13: Jensen–Shannon distance (base 2) above .1.

    On Doane's equal-width bins of the reference, with what lies outside in a bin of its own; and its
    `MissingValuesCalculator`: a share of missing values beyond 3 standard deviations of the reference's chunks.
    """
    distances = _nannyml_distances(feature, baseline, month.counts)
    return [Verdicts.plain(feature.name, "drift", distances > 0.1), _nannyml_missing(feature, baseline, month)]


def nannyml_learned(feature: Feature, baseline: Windows, month: Windows) -> list[Verdicts]:
    """The same with `StandardDeviationThreshold` (nannyml/thresholds.py): mean + 3 standard deviations of chunks.

    The chunks are the baseline's hourly windows.
    """
    chunks = _nannyml_distances(feature, baseline, baseline.counts)
    distances = _nannyml_distances(feature, baseline, month.counts)
    upper = chunks.mean() + 3 * chunks.std()
    return [Verdicts.plain(feature.name, "drift", distances > upper), _nannyml_missing(feature, baseline, month)]


def sagemaker_drift(feature: Feature, baseline: Windows, month: Windows) -> list[Verdicts]:
    """SageMaker Model Monitor's `baseline_drift_check` (developer guide, "Schema for constraints"), Robust, .1.

    Largest difference of distribution functions, or of any value's share, less 1.8·sqrt((n+m)/(n·m)) (Deequ's
    `Distance.scala`), above .1.
    """
    reference, present = baseline.counts.sum(axis=0), np.maximum(month.present, 1)
    if feature.numeric:
        gaps = np.abs(_cumulated(month.counts) - _cumulated(reference))
    else:
        gaps = np.abs(month.counts / present[:, np.newaxis] - reference / reference.sum())
    noise = 1.8 * np.sqrt(1 / present + 1 / reference.sum())
    return [Verdicts.plain(feature.name, "drift", gaps.max(axis=1) - noise > 0.1)]


def sagemaker_all(feature: Feature, baseline: Windows, month: Windows) -> list[Verdicts]:
    """With its `completeness_check` and `categorical_values_check`, as the suggested constraints have them.

    Observed completeness below that of the baseline; any value outside the baseline's domain.
    """
    verdicts = sagemaker_drift(feature, baseline, month)
    completeness = baseline.present.sum() / baseline.rows.sum()
    verdicts.append(Verdicts.plain(feature.name, "completeness", month.present / month.rows < completeness))
    if not feature.numeric:
        unseen = month.counts[:, baseline.counts.sum(axis=0) == 0].sum(axis=1) > 0
        verdicts.append(Verdicts.plain(feature.name, "values", unseen))
    return verdicts


PEERS = [
    Peer("Evidently", "column drift", evidently),
    Peer("whylogs", "column DRIFT", whylogs),
    Peer("NannyML (JS > .1)", "chunk alert", nannyml_fixed),
    Peer("NannyML (3 sd)", "chunk alert", nannyml_learned),
    Peer("SageMaker, drift", "violation", sagemaker_drift),
    Peer("SageMaker, all", "violation", sagemaker_all),
]


def _cumulated(counts: Counts) -> Doubles:
    return np.asarray(np.cumsum(counts, axis=-1) / np.maximum(counts.sum(axis=-1, keepdims=True), 1))


def _jensen_shannon(counts: Counts, reference: Counts, base: float) -> Doubles:
    # A window without any value is like the reference as far as can be told.
    now = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    then = reference / reference.sum() * (now.sum(axis=1, keepdims=True) > 0)
    middle = (now + then) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        left = np.where(now > 0, now * np.log(now / middle), 0.0).sum(axis=1)
        right = np.where(then > 0, then * np.log(then / middle), 0.0).sum(axis=1)
    return np.asarray(np.sqrt(np.maximum(left + right, 0.0) / 2 / np.log(base)))


def _nannyml_missing(feature: Feature, baseline: Windows, month: Windows) -> Verdicts:
    chunks, rates = 1 - baseline.present / baseline.rows, 1 - month.present / month.rows
    low, high = chunks.mean() - 3 * chunks.std(), chunks.mean() + 3 * chunks.std()
    return Verdicts.plain(feature.name, "missing", (rates < low) | (rates > high))


def _nannyml_distances(feature: Feature, baseline: Windows, counts: Counts) -> Doubles:
    reference = baseline.counts.sum(axis=0)
    if not feature.numeric:
        return _jensen_shannon(counts, reference, 2)
    values = feature.values
    edges = _doane(values, reference)
    bins = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
    bins[(values < edges[0]) | (values > edges[-1])] = len(edges) - 1
    membership = np.eye(len(edges), dtype=np.int64)[bins]
    return _jensen_shannon(counts @ membership, reference @ membership, 2)


def _doane(values: Doubles, counts: Counts) -> Doubles:
    """Edges of `numpy.histogram_bin_edges(bins="doane")` for values that occur so often."""
    occurring = values[counts > 0]
    size = counts.sum()
    mean = np.average(values, weights=counts)
    deviation = np.sqrt(np.average((values - mean) ** 2, weights=counts))
    skewness = np.average(((values - mean) / deviation) ** 3, weights=counts) if deviation else 0.0
    uncertainty = np.sqrt(6 * (size - 2) / ((size + 1) * (size + 3)))
    bins = int(np.ceil(1 + np.log2(size) + np.log2(1 + abs(skewness) / uncertainty)))
    return np.linspace(occurring[0], occurring[-1], bins + 1)
