"""95 % intervals of metrics."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Final

import numpy as np

from model_monitor_jobs import decisions
from model_monitor_jobs.decisions.student import student_quantile
from model_monitor_jobs.profiles.performance.counts import Doubles
from model_monitor_jobs.profiles.sketch import QuantileSketch

ALPHA: Final = 0.05
Z95: Final = NormalDist().inv_cdf(1 - ALPHA / 2)
_HALVINGS: Final = 60
_DEVIATIONS: Final = 12
"""Binomial chances further than this from the mean, in standard deviations, are left out."""


def wilson(hits: float, count: float) -> tuple[float, float]:
    """Interval of a share of `count` rows, 1 or more (`decisions.wilson`), within 0 and 1."""
    low, _, high = decisions.wilson(hits, count)
    return max(0.0, low), min(1.0, high)


def auc_interval(area: float, variance: float, negatives: int, positives: int) -> tuple[float, float]:
    """Interval of an AUC from DeLong's variance, on the scale of the logit (Pepe 2003), so it stays within 0 and 1.

    Where the variance is 0 or unknown, as of a perfect AUC or of a single positive row, a score interval instead:
    Newcombe 2006, method 5.
    """
    if variance > 0 and 0 < area < 1:
        logit = math.log(area / (1 - area))
        spread = Z95 * math.sqrt(variance) / (area * (1 - area))
        return _logistic(logit - spread), _logistic(logit + spread)
    return _newcombe(area, 0.0, negatives, positives), _newcombe(area, 1.0, negatives, positives)


def jackknife(left_out: Doubles) -> float:
    """Standard error of a metric from its values without each of B groups, B of 2 or more (Shao and Tu 1995, 2.3)."""
    groups = len(left_out)
    return math.sqrt((groups - 1) / groups * float(np.square(left_out - left_out.mean()).sum()))


def student_spread(standard_error: float, degrees: int) -> float:
    """Half the width of an interval from a standard error with some degrees of freedom, 1 or more."""
    return student_quantile(degrees, ALPHA) * standard_error


def order_statistics(sketch: QuantileSketch, ranks: Doubles) -> Doubles:
    """The values of some ranks from 1 to the sketch's count, up to the sketch's error."""
    values, weights = sketch.weighted()
    return np.asarray(values[np.searchsorted(np.cumsum(weights), ranks, side="left")], dtype=np.float64)


def quantile(sketch: QuantileSketch, share: float) -> float:
    """A quantile, linear between the two nearest order statistics (Hyndman and Fan 1996, type 7: numpy's)."""
    place = (sketch.count - 1) * share
    low, high = order_statistics(sketch, np.array([math.floor(place), math.ceil(place)]) + 1.0)
    return float(low + (high - low) * (place - math.floor(place)))


def quantile_interval(sketch: QuantileSketch, share: float) -> tuple[float, float]:
    """Interval of a quantile between two order statistics, whatever the distribution (David and Nagaraja 2003, 7.1).

    The jackknife of a quantile is inconsistent (Efron 1982, 3.4). The ranks are widened by the sketch's error. Where
    there are too few rows, the interval is open: its end is infinite, or 0 below, as errors have no sign.
    """
    count = sketch.count
    below, above = binomial_ranks(count, share)
    slack = math.ceil(sketch.rank_error * count)
    below, above = below - slack, above + slack
    low = order_statistics(sketch, np.array([float(below)]))[0] if below >= 1 else 0.0
    high = order_statistics(sketch, np.array([float(above)]))[0] if above <= count else math.inf
    return float(low), float(high)


def binomial_ranks(count: int, share: float) -> tuple[int, int]:
    """The ranks l and u of the narrowest central order statistics that hold a quantile between them: with B binomial,
    P(B < l) and P(B >= u) are at most 2.5 % each; l may be 0 and u `count` + 1."""
    mean, deviation = count * share, math.sqrt(count * share * (1 - share))
    first = max(0, math.floor(mean - _DEVIATIONS * deviation - _DEVIATIONS))
    last = min(count, math.ceil(mean + _DEVIATIONS * deviation + _DEVIATIONS))
    log = [
        math.lgamma(count + 1)
        - math.lgamma(k + 1)
        - math.lgamma(count - k + 1)
        + k * math.log(share)
        + (count - k) * math.log1p(-share)
        for k in range(first, last + 1)
    ]
    chances = np.exp(log)
    up_to = np.cumsum(chances)
    from_here = np.cumsum(chances[::-1])[::-1]
    low = first + int(np.searchsorted(up_to, ALPHA / 2, side="right"))
    # What is at least u has at most 2.5 %: the first such place.
    high = first + int((from_here > ALPHA / 2).sum())
    return low, high


def _logistic(value: float) -> float:
    if value < 0:
        grown = math.exp(value)
        return grown / (1 + grown)
    return 1 / (1 + math.exp(-value))


def _newcombe(area: float, end: float, negatives: int, positives: int) -> float:
    """Where the distance from the AUC is 1.96 of the standard errors that hold there, between the AUC and an end."""
    middle_size = (negatives + positives) / 2 - 1

    def beyond(theta: float) -> bool:
        spread = 1 + middle_size * (1 - theta) / (2 - theta) + middle_size * theta / (1 + theta)
        return abs(area - theta) > Z95 * math.sqrt(theta * (1 - theta) * spread / (negatives * positives))

    near, far = area, end
    for _ in range(_HALVINGS):
        middle = (near + far) / 2
        near, far = (near, middle) if beyond(middle) else (middle, far)
    return near
