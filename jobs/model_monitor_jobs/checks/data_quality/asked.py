"""Distances that are only reported, until a user sets a threshold for them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from model_monitor_crds.data_quality import DataQuality
from model_monitor_jobs.checks.data_quality.reference import ReferenceColumn
from model_monitor_jobs.checks.data_quality.reported import PARTS
from model_monitor_jobs.checks.data_quality.rules.categories import MOST_CATEGORIES
from model_monitor_jobs.checks.data_quality.settings import CheckSettings, settings_of
from model_monitor_jobs.checks.finding import Distances, Finding
from model_monitor_jobs.decisions import JENSEN_SHANNON_DIVISOR, ChiSquaredNoise, Evidence, shared_alpha

STABILITY: Final = "population_stability_index_check"
JENSEN_SHANNON: Final = "jensen_shannon_distance_check"
WASSERSTEIN: Final = "wasserstein_distance_check"
RANGE: Final = "range_check"
CHECKS: Final = (STABILITY, JENSEN_SHANNON, WASSERSTEIN, RANGE)


@dataclass(frozen=True)
class _Measured:
    """A distance with what sampling alone can make of it, and its name for people."""

    name: str
    value: float
    limit: float
    noise: float


def asked_for(settings: DataQuality, column: ReferenceColumn) -> Mapping[str, CheckSettings]:
    """The distances that an override names with a threshold."""
    own = {check: settings_of(settings, column.name, check) for check in CHECKS}
    return {check: each for check, each in own.items() if each.named and each.enabled and each.threshold is not None}


def judge_distances(
    drift: Finding, asked: Mapping[str, CheckSettings], column: ReferenceColumn, family: int
) -> Iterator[Finding]:
    """Judge the distances of a compared distribution against the user's thresholds.

    What sampling alone adds is taken off the two that are sums of squares; see `ChiSquaredNoise`.
    """
    distances, evidence = drift.distances, drift.evidence
    if distances is None or evidence is None or not evidence.count:
        return
    reference = drift.reference_counts
    reference_count = int(reference.present) if reference is not None else 0
    for check, settings in asked.items():
        alpha = shared_alpha(settings.alpha, family)
        measured = _measure(check, distances, settings.threshold or 0.0, column, alpha, evidence.count, reference_count)
        if measured is None:
            continue
        own = Evidence(
            difference=measured.value,
            limit=measured.limit,
            noise=measured.noise,
            low=max(0.0, measured.value - measured.noise),
            high=measured.value + measured.noise,
            count=evidence.count,
        )
        text = f"{measured.name} {measured.value:.4g}, above {measured.limit:.4g}"
        observed, expected = f"{measured.name} {measured.value:.4g}", f"at most {measured.limit:.4g}"
        if own.verdict != "Violation":
            text = f"{measured.name} {measured.value:.4g}"
        yield Finding(column.name, check, own.verdict, observed, expected, text, own)


def _measure(
    check: str,
    distances: Distances,
    threshold: float,
    column: ReferenceColumn,
    alpha: float,
    count: int,
    reference_count: int,
) -> _Measured | None:
    cells = PARTS if column.numeric else min(MOST_CATEGORIES, len(column.tracking.values)) + 1
    if check == STABILITY:
        root = ChiSquaredNoise(cells).bound(alpha, count, max(1, reference_count))
        limit = (math.sqrt(threshold) + root) ** 2
        return _Measured("population stability index", distances.population_stability_index, limit, limit - threshold)
    if check == JENSEN_SHANNON:
        noise = ChiSquaredNoise(cells, JENSEN_SHANNON_DIVISOR).bound(alpha, count, max(1, reference_count))
        return _Measured("Jensen–Shannon distance", distances.jensen_shannon_distance, threshold + noise, noise)
    if check == WASSERSTEIN and distances.wasserstein_distance is not None:
        return _Measured("Wasserstein distance", distances.wasserstein_distance, threshold, 0.0)
    beyond = _beyond_range(distances)
    if check == RANGE and beyond is not None:
        return _Measured("range beyond the baseline's", beyond, threshold, 0.0)
    return None


def _beyond_range(distances: Distances) -> float | None:
    """How far the values reach beyond the baseline's, as a share of the baseline's range."""
    known = (distances.minimum, distances.maximum, distances.baseline_minimum, distances.baseline_maximum)
    if None in known:
        return None
    low, high, least, most = (float(value) for value in known if value is not None)
    beyond = max(0.0, least - low, high - most)
    return beyond / (most - least) if most > least else (0.0 if not beyond else math.inf)
