"""What sampling alone does to a difference between a window of n rows and a reference of m.

Every difference here is a share of rows, or a distance that behaves like one; with s = 1/n + 1/m its mean square is
E0·s. `bound` is the value it exceeds with a chance of at most alpha when both are drawn from the same population and
the rows are independent. Rows that are not are the business of `variation`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from statistics import NormalDist
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from model_monitor_jobs.decisions.student import student_quantile

_NORMAL: Final = NormalDist()
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(32)
_MEAN_SQUARE: Final = math.pi**2 / 12
"""Of the Kolmogorov distribution."""
_FEW_POINTS: Final = 32
"""Cut points up to which their own limits, added up, can be lower than Kolmogorov's."""
_CHORDS: Final = 50
_PRECISION: Final = 1e-4
_BRIDGES: Final = 512
_GRID: Final = 1024


class Noise(Protocol):
    """What sampling alone does to one kind of difference."""

    @property
    def unit_variance(self) -> float:
        """E0: mean square of the difference, divided by 1/n + 1/m."""

    def variance(self, count: int, reference_count: int) -> float:
        """Mean square of the difference between `count` and `reference_count` rows of one population."""

    def bound(self, alpha: float, count: int, reference_count: int) -> float:
        """What the difference exceeds with a chance of at most alpha. Both counts are 1 or more."""


@dataclass(frozen=True)
class RateNoise:
    """Of the change of a rate; `probability` is the rate in the reference, see `RateNoise.of`."""

    probability: float

    @classmethod
    def of(cls, hits: int, count: int) -> RateNoise:
        """From the reference's counts: (hits+1)/(count+2), so that what was never seen still has a rate."""
        return cls((hits + 1) / (count + 2))

    @property
    def unit_variance(self) -> float:
        """p(1-p)."""
        return self.probability * (1 - self.probability)

    def variance(self, count: int, reference_count: int) -> float:
        """See `Noise`."""
        return self.unit_variance * (1 / count + 1 / reference_count)

    def bound(self, alpha: float, count: int, reference_count: int) -> float:
        """The normal limit with the next terms of its expansion.

        z·sqrt(p(1-p)(1/n + 1/m)) + (z²-1)/(6n) + z²/(3m). The second term is the skewness of a rare value's count
        (Cornish and Fisher); the third is in addition the error of p, which is low just when the difference is high
        (the score test's limit, Wilson 1927, to first order).
        """
        z = _NORMAL.inv_cdf(1 - alpha / 2)
        spread = math.sqrt(self.variance(count, reference_count))
        return z * spread + (z * z - 1) / (6 * count) + z * z / (3 * reference_count)


@dataclass(frozen=True)
class LargestRateNoise:
    """Of the largest change among several rates (L-infinity), such as the shares of all categories."""

    probabilities: tuple[float, ...]

    @classmethod
    def of(cls, counts: Sequence[int]) -> LargestRateNoise:
        """From the reference's counts of all categories, the rest among them."""
        total = sum(counts)
        return cls(tuple((count + 1) / (total + 2) for count in counts))

    @cached_property
    def _spreads(self) -> list[float]:
        """Standard deviations for s = 1. Two categories are one rate: what one gains the other loses."""
        rates = self.probabilities[:1] if len(self.probabilities) == 2 else self.probabilities
        return sorted((math.sqrt(p * (1 - p)) for p in rates), reverse=True)

    @cached_property
    def _mean_square(self) -> float:
        """Integral of P(largest² > t), as if the rates were independent."""
        spreads = self._spreads
        if len(spreads) == 1 or not spreads[0]:
            return spreads[0] ** 2
        widest = spreads[0] ** 2
        end = widest * 2 * (math.log(len(spreads)) + 12)
        # t = end·u³ brings the nodes together near 0, where the integrand changes fastest.
        units = (_NODES + 1) / 2
        total = 0.0
        for unit, weight in zip(units.tolist(), (_WEIGHTS / 2).tolist(), strict=True):
            edge = math.sqrt(end * unit**3 / 2)
            below = math.prod(math.erf(edge / spread) for spread in spreads if spread)
            total += weight * (1 - below) * 3 * end * unit**2
        return total

    @property
    def unit_variance(self) -> float:
        """Mean square of the largest of normal deviates with these rates' variances."""
        return self._mean_square

    def variance(self, count: int, reference_count: int) -> float:
        """See `Noise`."""
        return self.unit_variance * (1 / count + 1 / reference_count)

    def bound(self, alpha: float, count: int, reference_count: int) -> float:
        """Where the chances of all rates to lie beyond it add up to alpha, each with `RateNoise`'s terms."""
        scale = math.sqrt(1 / count + 1 / reference_count)
        spreads = [spread * scale for spread in self._spreads]
        curve = 1 / (6 * count) + 1 / (3 * reference_count)
        offset = 1 / (6 * count)

        def exceeded(bound: float) -> float:
            chances = 0.0
            for spread in spreads:
                z = (math.sqrt(spread * spread + 4 * curve * (offset + bound)) - spread) / (2 * curve)
                chances += math.erfc(z / math.sqrt(2))
            return chances

        def widest(share: float) -> float:
            z = _NORMAL.inv_cdf(1 - share / 2)
            return z * spreads[0] + z * z * curve - offset

        low, high = widest(alpha), widest(alpha / len(spreads))
        below, above = (math.log(exceeded(bound) / alpha) for bound in (low, high))
        # The logarithm of a normal tail is nearly linear in the square, so a few chords find the place.
        for _ in range(_CHORDS):
            if below - above < _PRECISION:
                break
            middle = math.sqrt(low**2 + (high**2 - low**2) * below / (below - above))
            found = math.log(exceeded(middle) / alpha)
            if abs(found) < _PRECISION:
                return middle
            low, below, high, above = (middle, found, high, above) if found > 0 else (low, below, middle, found)
        return high


@dataclass(frozen=True)
class KolmogorovNoise:
    """Of a Kolmogorov–Smirnov distance.

    `sketch_error` is the error of the reference's shares when they come from a sketch. `shares` are the reference's
    cumulative shares below and on each cut point (`KolmogorovNoise.of`): the distance is taken there only, and over few
    points it stays below that of a continuous distribution. Without them the distribution counts as continuous.
    """

    sketch_error: float = 0.0
    shares: tuple[float, ...] = ()

    @classmethod
    def of(cls, cells: Sequence[int], sketch_error: float = 0.0) -> KolmogorovNoise:
        """From the reference's counts on the cells of its cut points (`count_cells`)."""
        total = sum(cells)
        running = 0
        shares: list[int] = []
        for cell in cells[:-1]:
            running += cell
            if 0 < running < total and (not shares or shares[-1] != running):
                shares.append(running)
        return cls(sketch_error, tuple((share + 1) / (total + 2) for share in shares))

    @cached_property
    def _mean_square(self) -> float:
        """That of a Brownian bridge's largest value at the shares."""
        if not self.shares:
            return _MEAN_SQUARE
        shares = np.array(self.shares)
        places = np.unique(np.rint(shares * _GRID).astype(np.int64))
        largest = _squared_bridges()[places].max(axis=0)
        alone = shares * (1 - shares)
        return min(max(float(largest.mean()), float(alone.max())), float(alone.sum()))

    @property
    def unit_variance(self) -> float:
        """pi²/12 for a continuous distribution whose every value is compared, less on few points."""
        return self._mean_square

    def variance(self, count: int, reference_count: int) -> float:
        """See `Noise`."""
        return self.unit_variance * (1 / count + 1 / reference_count)

    def bound(self, alpha: float, count: int, reference_count: int) -> float:
        """c·sqrt(1/n + 1/m) with c = sqrt(-ln(alpha/2)/2) (Knuth, TAOCP 2, 3.3.1), plus the sketch's error.

        Over few points the shares' own limits are lower, and the lower one counts.
        """
        bound = math.sqrt(-math.log(alpha / 2) / 2) * math.sqrt(1 / count + 1 / reference_count)
        if 0 < len(self.shares) <= _FEW_POINTS:
            points = LargestRateNoise((*self.shares, 0.0, 0.0)).bound(alpha, count, reference_count)
            bound = min(bound, points)
        return bound + self.sketch_error


@cache
def _squared_bridges() -> NDArray[np.float32]:
    """Squares of Brownian bridges, points by bridges, always the same ones; at each point of the right mean."""
    # RandomState, unlike the newer generators, promises the same numbers with every version of numpy.
    steps = np.random.RandomState(20_220_711).standard_normal((_GRID, _BRIDGES))
    walks = np.vstack([np.zeros(_BRIDGES), np.cumsum(steps, axis=0)]) / math.sqrt(_GRID)
    times = np.linspace(0, 1, _GRID + 1)[:, np.newaxis]
    squares = (walks - times * walks[-1]) ** 2
    means = squares.mean(axis=1, keepdims=True)
    means[[0, -1]] = 1
    return np.asarray(squares / means * times * (1 - times), dtype=np.float32)


@dataclass(frozen=True)
class ChiSquaredNoise:
    """Of the square root of a sum that is chi-squared with `cells`-1 degrees of freedom times s/divisor.

    The root of the population stability index (divisor 1), or the Jensen–Shannon distance in base 2 (divisor 8·ln 2).
    On the scale of roots such a distance adds up like the others; to judge a stability index, take the root of index
    and threshold, and square the limit.
    """

    cells: int
    divisor: float = 1.0

    @property
    def unit_variance(self) -> float:
        """(cells-1)/divisor."""
        return (self.cells - 1) / self.divisor

    def variance(self, count: int, reference_count: int) -> float:
        """See `Noise`."""
        return self.unit_variance * (1 / count + 1 / reference_count)

    def bound(self, alpha: float, count: int, reference_count: int) -> float:
        """The root of the chi-squared quantile times s/divisor."""
        from scipy.special import chdtri

        quantile = float(chdtri(self.cells - 1, alpha)) if self.cells > 1 else 0.0
        return math.sqrt(quantile / self.divisor * (1 / count + 1 / reference_count))


@dataclass(frozen=True)
class MetricNoise:
    """Of the change of a metric that comes with a standard error, such as the area under a curve.

    `window_variance` and `reference_variance` are squared standard errors times rows. `degrees` are those of the
    standard error, None where it is exact. `share`: a rate's, of the rows that it rests on (recall: the positives).
    """

    window_variance: float
    reference_variance: float
    degrees: int | None = None
    share: float | None = None

    @property
    def unit_variance(self) -> float:
        """That of the reference, of which the baseline's own windows are parts."""
        return self.reference_variance

    def variance(self, count: int, reference_count: int) -> float:
        """See `Noise`."""
        return self.window_variance / count + self.reference_variance / reference_count

    def bound(self, alpha: float, count: int, reference_count: int) -> float:
        """Student's or the normal limit; for a rate with the next terms, as in `RateNoise.bound`."""
        z = _NORMAL.inv_cdf(1 - alpha / 2) if self.degrees is None else student_quantile(self.degrees, alpha)
        bound = z * math.sqrt(self.variance(count, reference_count))
        if self.share is None:
            return bound
        return bound + (z * z - 1) / (6 * count * self.share) + z * z / (3 * reference_count * self.share)


JENSEN_SHANNON_DIVISOR: Final = 8 * math.log(2)
