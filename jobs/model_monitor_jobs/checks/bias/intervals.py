"""95 % intervals and standard errors of bias metrics."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Final

import numpy as np

from model_monitor_jobs import decisions
from model_monitor_jobs.profiles.grouped_arrays import Counts
from model_monitor_jobs.profiles.performance.counts import Doubles

ALPHA: Final = 0.05
Z95: Final = NormalDist().inv_cdf(1 - ALPHA / 2)
DRAWS: Final = 1_000
SEED: Final = 20_220_711
MOST_UNDEFINED: Final = 0.05
"""Share of resamples without a value from which on there is no interval."""
_Z_OF_TWO: Final = NormalDist().inv_cdf(1 - (1 - math.sqrt(1 - ALPHA)) / 2)
"""Two independent intervals of this width hold both values with a confidence of 95 % (Šidák 1967)."""

Interval = tuple[float, float]
Sides = tuple[float, float]
"""Something of the advantaged and of the disadvantaged side."""


def score_interval(hits: float, count: float, *, of_two: bool = False) -> tuple[float, float, float]:
    """Wilson's interval of a rate and the rate between (`decisions.wilson`); of no rows 0, between 0 and 1.

    `of_two`: wide enough that two of them hold at once.
    """
    if not count:
        return 0.0, 0.0, 1.0
    # The interval depends on z²/count alone.
    scale = (Z95 / _Z_OF_TWO) ** 2 if of_two else 1.0
    low, rate, high = decisions.wilson(hits * scale, count * scale)
    return max(0.0, low), rate, min(1.0, high)


def difference_interval(hits: Sides, counts: Sides, *, of_two: bool = False) -> Interval:
    """Interval of the first side's rate less the second's (Newcombe 1998, method 10)."""
    (low, rate, high), (other_low, other, other_high) = _both(hits, counts, of_two)
    change = rate - other
    return (
        change - math.hypot(rate - low, other_high - other),
        change + math.hypot(high - rate, other - other_low),
    )


def ratio_interval(hits: Sides, counts: Sides, *, of_two: bool = False) -> Interval:
    """Interval of the second side's rate over the first's, from 0 to infinity, from Wilson's intervals of both
    (Donner and Zou 2012, MOVER-R)."""
    (other_low, other, other_high), (low, rate, high) = _both(hits, counts, of_two)
    product, numerator = rate * other, low * (2 * rate - low)
    least = product + math.sqrt(max(0.0, product**2 - numerator * other_high * (2 * other - other_high)))
    denominator = other_low * (2 * other - other_low)
    most = product + math.sqrt(max(0.0, product**2 - high * (2 * rate - high) * denominator))
    return (numerator / least if least else 0.0), (most / denominator if denominator else math.inf)


def difference_error(hits: Sides, counts: Sides) -> float:
    """Standard error of a difference of rates, each with one hit and one miss added (Agresti and Caffo 2000), so that
    it is not 0 where nothing, or everything, was hit."""
    return math.hypot(*(math.sqrt(_variance(*side)) for side in zip(hits, counts, strict=True)))


def ratio_error(hits: Sides, counts: Sides) -> float:
    """Standard error of the logarithm of a ratio of rates, with half a hit added to each side (Walter 1975)."""
    return math.sqrt(sum(1 / (hit + 0.5) - 1 / (count + 0.5) for hit, count in zip(hits, counts, strict=True)))


def rate_error(hits: float, count: float) -> float:
    """Standard error of a rate, with one hit and one miss added."""
    return math.sqrt(_variance(hits, count))


def folded(interval: Interval) -> Interval:
    """Interval of the size of something, from one of the thing itself."""
    low, high = interval
    return (0.0 if low < 0 < high else min(abs(low), abs(high))), max(abs(low), abs(high))


def resampled(cells: Counts) -> Counts:
    """1,000 bootstrap resamples of a table's rows, of any shape: (1000, *shape), always the same ones.

    Rows that are drawn with replacement make multinomial counts of its cells (Efron and Tibshirani 1993).
    """
    filled = np.flatnonzero(cells)
    made = np.zeros((DRAWS, cells.size), dtype=np.int64)
    if len(filled):
        counts = cells.reshape(-1)[filled]
        # RandomState, unlike the newer generators, promises the same numbers with every version of numpy.
        random = np.random.RandomState(SEED)
        made[:, filled] = random.multinomial(int(counts.sum()), counts / counts.sum(), DRAWS)
    return made.reshape(DRAWS, *cells.shape)


@dataclass(frozen=True)
class Percentiles:
    """What the middle 95 % of resamples span; NaN where too many have no value."""

    low: float
    high: float
    infinite: float
    """Share of the resamples that are infinite."""
    undefined: float


def percentiles(draws: Doubles) -> Percentiles:
    """The percentile interval of a metric's resamples, order statistics all, as some may be infinite."""
    known = np.sort(draws[~np.isnan(draws)])
    infinite, undefined = float(np.isinf(draws).mean()), 1 - len(known) / len(draws)
    if undefined > MOST_UNDEFINED:
        return Percentiles(math.nan, math.nan, infinite, undefined)
    below = int(len(known) * ALPHA / 2)
    return Percentiles(float(known[below]), float(known[-1 - below]), infinite, undefined)


def without_one(cells: Counts) -> tuple[Counts, Counts]:
    """A table without one row of each of its C cells that have some, (C, *shape), and how many rows those have."""
    filled = np.flatnonzero(cells)
    left = np.repeat(cells.reshape(1, -1), len(filled), axis=0)
    left[np.arange(len(filled)), filled] -= 1
    return left.reshape(len(filled), *cells.shape), cells.reshape(-1)[filled]


def jackknife(left_out: Doubles, weights: Counts) -> float:
    """Standard error of a metric from its values without one row of each cell, and the rows of the cells.

    The delete-one jackknife over all rows (Shao and Tu 1995, 1.2), in which the rows of a cell are alike. NaN for
    fewer than two rows, and where the metric of a row less is infinite or undefined.
    """
    rows = int(weights.sum())
    if rows < 2 or not np.isfinite(left_out).all():
        return math.nan
    mean = float(weights @ left_out) / rows
    return math.sqrt((rows - 1) / rows * float(weights @ np.square(left_out - mean)))


def flips_error(favoured: int, disfavoured: int, rows: int) -> float:
    """Standard error of (favoured - disfavoured)/rows among the same neighbours, with half a row more of each (Agresti
    and Min 2005)."""
    count = rows + 2
    middle = (favoured - disfavoured) / count
    return math.sqrt((favoured + disfavoured + 1) / count - middle**2) / math.sqrt(count)


def _both(hits: Sides, counts: Sides, of_two: bool) -> Any:
    return [score_interval(hit, count, of_two=of_two) for hit, count in zip(hits, counts, strict=True)]


def _variance(hits: float, count: float) -> float:
    rate = (hits + 1) / (count + 2)
    return rate * (1 - rate) / (count + 2)
