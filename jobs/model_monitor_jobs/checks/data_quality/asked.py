"""Distances that are only reported, until a user sets a threshold for them."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from model_monitor_crds.data_quality import DataQuality
from model_monitor_jobs.checks.data_quality.reference import ReferenceColumn
from model_monitor_jobs.checks.data_quality.reported import PARTS
from model_monitor_jobs.checks.data_quality.rules.categories import MOST_CATEGORIES
from model_monitor_jobs.checks.data_quality.settings import CheckSettings, settings_of
from model_monitor_jobs.checks.finding import Distances, Finding
from model_monitor_jobs.decisions import JENSEN_SHANNON_DIVISOR, ChiSquaredNoise, Evidence, Verdict, shared_alpha

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
    if not column.compared:
        return {}
    own = {check: settings_of(settings, column.name, check) for check in CHECKS}
    return {check: each for check, each in own.items() if each.enabled and each.named_threshold is not None}


def judge_distances(
    distances: Distances, count: int, asked: Mapping[str, CheckSettings], column: ReferenceColumn, family: int
) -> Iterator[Finding]:
    """Judge the distances of `count` values from the whole baseline's against the user's thresholds.

    What sampling alone adds is taken off the two that are sums of squares; see `ChiSquaredNoise`.
    """
    for check, settings in asked.items():
        alpha = shared_alpha(settings.alpha, family)
        measured = _measure(check, distances, settings.named_threshold or 0.0, column, alpha, count)
        if measured is None:
            continue
        evidence = Evidence(
            difference=measured.value,
            limit=measured.limit,
            noise=measured.noise,
            low=max(0.0, measured.value - measured.noise),
            high=measured.value + measured.noise,
            count=count,
        )
        observed, expected = f"{measured.name} {measured.value:.4g}", f"at most {measured.limit:.4g}"
        text = f"{observed}, above {measured.limit:.4g}" if evidence.verdict is Verdict.VIOLATION else observed
        yield Finding(column.name, check, evidence.verdict, observed, expected, text, evidence)


def _measure(
    check: str,
    distances: Distances,
    threshold: float,
    column: ReferenceColumn,
    alpha: float,
    count: int,
) -> _Measured | None:
    values = column.counts.numbers if column.numeric else column.counts.present
    reference_count = max(1, int(values))
    cells = PARTS if column.numeric else min(MOST_CATEGORIES, len(column.tracking.values)) + 1
    if check == STABILITY:
        root = ChiSquaredNoise(cells).bound(alpha, count, reference_count)
        limit = (math.sqrt(threshold) + root) ** 2
        return _Measured("population stability index", distances.population_stability_index, limit, limit - threshold)
    if check == JENSEN_SHANNON:
        noise = ChiSquaredNoise(cells, JENSEN_SHANNON_DIVISOR).bound(alpha, count, reference_count)
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
    # A baseline of one value has no range: then in units of that value.
    unit = most - least or abs(most) or 1.0
    share = beyond / unit
    return share if math.isfinite(share) else sys.float_info.max
