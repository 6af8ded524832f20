"""When a difference from the baseline counts: the default rule.

A difference D is the share of rows by which a window departs from its baseline. It is a violation when it exceeds the
limit L: the smallest change that matters, plus what sampling alone can do to windows of this size. Every check of a run
shares one family: with K checks, each has the chance alpha/K of a false violation (Bonferroni).

The limit below holds where the baseline does not tell how much its own windows vary. Once it does, that variation takes
the place of the fixed margin; `Margin` is where it enters.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist
from typing import Final

ENOUGH_ROWS: Final = 200
FEWEST_ROWS: Final = 30
WIDEST_LIMIT: Final = 0.5
IMMEDIATE_RATIO: Final = 3.0
IMMEDIATE_DIFFERENCE: Final = 0.1
_Z95: Final = 1.959963984540054
_KOLMOGOROV95: Final = 1.3581015157406195
"""Quantile .95 of the Kolmogorov distribution, in its exponential form sqrt(-ln(.05/2)/2)."""


class Verdict(StrEnum):
    """What a check comes to."""

    PASS = "Pass"
    VIOLATION = "Violation"
    INSUFFICIENT_DATA = "InsufficientData"
    TOO_VARIABLE = "TooVariable"


@dataclass(frozen=True)
class Margin:
    """The change that is let pass before sampling noise is added, as a share of rows."""

    floor: float = 0.1

    def limit(self, noise: float) -> float:
        """The limit L for a given sampling noise."""
        return self.floor + noise


@dataclass(frozen=True)
class Evidence:
    """A difference with its limit; all but `count` are shares of rows.

    `low` and `high` bound the difference with a confidence of 95 %. `count` is how many rows of the window it rests on.
    """

    difference: float
    limit: float
    noise: float
    low: float
    high: float
    count: int

    @property
    def ratio(self) -> float:
        """How many limits the difference amounts to."""
        return self.difference / self.limit

    @property
    def immediate(self) -> bool:
        """Whether this one window is enough for an alert."""
        return self.ratio > IMMEDIATE_RATIO and self.difference >= IMMEDIATE_DIFFERENCE

    @property
    def verdict(self) -> Verdict:
        """The verdict; a window of 30 rows or more may speak when it is beyond its limit, 200 are needed to pass."""
        if self.difference > self.limit and self.count >= FEWEST_ROWS:
            return Verdict.VIOLATION
        if self.count < ENOUGH_ROWS:
            return Verdict.INSUFFICIENT_DATA
        return Verdict.TOO_VARIABLE if self.limit >= WIDEST_LIMIT else Verdict.PASS


def shared_alpha(alpha: float, checks: int) -> float:
    """The chance of a false violation that each of the family's checks is allowed."""
    return alpha / max(1, checks)


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
