"""Evidence with a fixed margin, for the callers that do not know the baseline's variation yet."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

from model_monitor_jobs.decisions.evidence import UNLEARNED_FLOOR, Evidence

_Z95: Final = 1.959963984540054
_KOLMOGOROV95: Final = 1.3581015157406195


@dataclass(frozen=True)
class Margin:
    """The change that is let pass before sampling noise is added, as a share of rows."""

    floor: float | None = None

    def limit(self, noise: float) -> float:
        """The limit L for a given sampling noise."""
        return (UNLEARNED_FLOOR if self.floor is None else self.floor) + noise


def distribution_evidence(
    difference: float, count: int, reference_count: int, alpha: float, margin: Margin, sketch_error: float = 0.0
) -> Evidence:
    """Evidence from a Kolmogorov–Smirnov distance.

    Noise is c·sqrt(1/n + 1/m) with c = sqrt(-ln(alpha/2)/2) (Knuth, TAOCP 2, 3.3.1), plus the reference sketch's error.
    """
    if not count or not reference_count:
        return _nothing(margin)
    scale = math.sqrt(1 / count + 1 / reference_count)
    noise = math.sqrt(-math.log(alpha / 2) / 2) * scale + sketch_error
    return _evidence(difference, margin, noise, _KOLMOGOROV95 * scale + sketch_error, count)


def rate_noise(probability: float, count: int, reference_count: int, alpha: float) -> float:
    """How far two rates of the same probability may lie apart by chance.

    The normal limit z·sqrt(p(1-p)(1/n + 1/m)) with the next term of its expansion, (z²-1)/(6n), which rare values need.
    """
    z = NormalDist().inv_cdf(1 - alpha / 2)
    spread = math.sqrt(probability * (1 - probability) * (1 / count + 1 / reference_count))
    return z * spread + (z * z - 1) / (6 * count)


def rate_evidence(
    hits: int, count: int, reference_hits: int, reference_count: int, alpha: float, margin: Margin
) -> Evidence:
    """Evidence from the change of a rate, such as the share of missing values."""
    if not count or not reference_count:
        return _nothing(margin)
    rate, reference_rate = hits / count, reference_hits / reference_count
    noise = rate_noise((reference_hits + 1) / (reference_count + 2), count, reference_count, alpha)
    spread = math.sqrt(rate * (1 - rate) / count + reference_rate * (1 - reference_rate) / reference_count)
    return _evidence(abs(rate - reference_rate), margin, noise, _Z95 * spread, count)


def categories_evidence(
    counts: Sequence[int], reference_counts: Sequence[int], alpha: float, margin: Margin
) -> tuple[Evidence, int]:
    """Evidence from the largest change of any category's share (L-infinity), and the place of that category.

    Both count the same categories. Of several that changed alike, it is the first.
    """
    count, reference_count = sum(counts), sum(reference_counts)
    if not count or not reference_count:
        return _nothing(margin), 0
    shares = [
        (current / count, reference / reference_count)
        for current, reference in zip(counts, reference_counts, strict=True)
    ]
    changes = [abs(now - then) for now, then in shares]
    difference = max(changes)
    place = changes.index(difference)
    share, reference_share = shares[place]
    widest = max(((reference + 1) / (reference_count + 2) for reference in reference_counts), key=lambda p: p * (1 - p))
    noise = rate_noise(widest, count, reference_count, alpha / len(counts))
    spread = math.sqrt(share * (1 - share) / count + reference_share * (1 - reference_share) / reference_count)
    return _evidence(difference, margin, noise, _Z95 * spread, count), place


def _evidence(difference: float, margin: Margin, noise: float, spread: float, count: int) -> Evidence:
    low, high = max(0.0, difference - spread), min(1.0, difference + spread)
    return Evidence(difference, margin.limit(noise), noise, low, high, count)


def _nothing(margin: Margin) -> Evidence:
    return Evidence(0.0, margin.limit(1.0), 1.0, 0.0, 1.0, 0)
