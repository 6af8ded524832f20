"""From a difference and its counts to evidence."""

from __future__ import annotations

import math
from typing import Final

from model_monitor_jobs.decisions.evidence import IMMEDIATE_RATIO, WIDEST_LIMIT, Evidence
from model_monitor_jobs.decisions.limit import limit
from model_monitor_jobs.decisions.noise import MetricNoise, Noise
from model_monitor_jobs.decisions.variation import Variation

Z95: Final = 1.959963984540054
_KOLMOGOROV95: Final = 1.3581015157406195
"""Quantile .95 of the Kolmogorov distribution, in its exponential form sqrt(-ln(.05/2)/2)."""


def weigh(
    difference: float,
    interval: tuple[float, float],
    noise: Noise,
    variation: Variation | None,
    alpha: float,
    floor: float | None,
    count: int,
    reference_count: int,
) -> Evidence:
    """Evidence from a difference between `count` rows and `reference_count`; without any rows it says nothing.

    `interval` bounds the difference (`distance_interval`, `rate_interval`). `alpha` is this check's share of the
    family's (`shared_alpha`), `floor` the user's threshold or None for the default.
    """
    typical = variation.typical if variation else None
    if not count or not reference_count:
        return Evidence(0.0, 1.0, 1.0, 0.0, 1.0, 0, typical, variation is not None)
    usual = limit(noise, variation, alpha, None, count, reference_count)
    return Evidence(
        difference=difference,
        limit=usual if floor is None else limit(noise, variation, alpha, floor, count, reference_count),
        noise=noise.bound(alpha, count, reference_count),
        low=min(interval[0], difference),
        high=max(interval[1], difference),
        count=count,
        typical=typical,
        learned=variation is not None,
        immediate_ratio=variation.immediate_ratio(alpha) if variation else IMMEDIATE_RATIO,
        blind=usual >= WIDEST_LIMIT,
    )


def weigh_change(
    change: float,
    noise: MetricNoise,
    variation: Variation | None,
    alpha: float,
    floor: float | None,
    count: int,
    reference_count: int,
) -> Evidence:
    """The evidence for the change of a metric, with the 95 % interval that its noise gives; the rest as `weigh`."""
    spread = Z95 * math.sqrt(noise.variance(count, reference_count))
    interval = (max(0.0, change - spread), change + spread)
    return weigh(change, interval, noise, variation, alpha, floor, count, reference_count)


def distance_interval(
    distance: float, count: int, reference_count: int, sketch_error: float = 0.0
) -> tuple[float, float]:
    """95 % interval of a Kolmogorov–Smirnov distance: all it can be within both samples' Kolmogorov bands."""
    if not count or not reference_count:
        return 0.0, 1.0
    spread = _KOLMOGOROV95 * math.sqrt(1 / count + 1 / reference_count) + sketch_error
    return max(0.0, distance - spread), min(1.0, distance + spread)


def rate_interval(hits: int, count: int, reference_hits: int, reference_count: int) -> tuple[float, float]:
    """95 % interval of the size of a rate's change, by Wilson's intervals of both rates (Newcombe 1998, method 10)."""
    if not count or not reference_count:
        return 0.0, 1.0
    larger, smaller = sorted(
        (wilson(hits, count), wilson(reference_hits, reference_count)), key=lambda rate: rate[1], reverse=True
    )
    change = larger[1] - smaller[1]
    low = change - math.hypot(larger[1] - larger[0], smaller[2] - smaller[1])
    high = change + math.hypot(larger[2] - larger[1], smaller[1] - smaller[0])
    return max(0.0, low), min(1.0, high)


def wilson(hits: float, count: float) -> tuple[float, float, float]:
    """95 % interval of a share of `count` rows, 1 or more (Wilson 1927): its low end, the share, and its high end."""
    rate, square = hits / count, Z95**2
    middle = (rate + square / (2 * count)) / (1 + square / count)
    spread = Z95 * math.sqrt(rate * (1 - rate) / count + square / (4 * count**2)) / (1 + square / count)
    return min(middle - spread, rate), rate, max(middle + spread, rate)
