"""A quantile sketch with the levels of KLL: an item of level i stands for 2^i values.

A level that is full is sorted and halved; a large block is thinned at once, every 2^i-th of its sorted values going to
level i. Which ones are kept follows from a hash of the sketch's seed, the level and how often that level was thinned,
never from the values: the same stream always gives the same sketch, without the bias of a fixed choice.
(Karnin, Lang, Liberty 2016, with deterministic choices.)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model_monitor_jobs.profiles.hashes import splitmix64

DEFAULT_SIZE: Final = 2048
SHRINKING_FACTOR: Final = 0.64
"""KLL's c. It is written to statistics.json as SageMaker does; our levels do not shrink."""
_CONFIDENCE: Final = 0.99
_HOEFFDING: Final = 0.5 * math.log(2 / (1 - _CONFIDENCE))

Doubles = NDArray[np.float64]


class QuantileSketch:
    """Describes how values are distributed, in bounded memory.

    `levels[i]` holds values that stand for 2^i of the stream each; `size` is KLL's k, the most that a level keeps.
    `seed` tells the sketches of one table apart, so that the errors of merged parts are independent.
    """

    def __init__(
        self, levels: Sequence[Sequence[float] | Doubles] = (), size: int = DEFAULT_SIZE, *, seed: int = 0
    ) -> None:
        self.size = size
        self.seed = seed
        self._levels: list[list[Doubles]] = [[np.asarray(level, dtype=np.float64)] for level in levels]
        self.thinnings: list[int] = [0] * len(self._levels)
        """How often values were thinned out into each level above the first."""
        self.squared_weights = 0.0
        """Sum of the squared weight of the items that each thinning has made: what its errors add up to."""
        if any(len(level) for level in levels[1:]):
            self.squared_weights = (published_error(size) * self.count) ** 2 / _HOEFFDING

    @classmethod
    def restored(
        cls, levels: Sequence[Doubles], size: int, seed: int, thinnings: Sequence[int], squared_weights: float
    ) -> QuantileSketch:
        """A sketch with its history, which goes on as if it had never been put away."""
        made = cls(levels, size, seed=seed)
        made.thinnings, made.squared_weights = list(thinnings), squared_weights
        return made

    @property
    def levels(self) -> list[Doubles]:
        """The kept values of each level, sorted."""
        return [np.sort(np.concatenate(level)) if level else np.empty(0) for level in self._levels]

    @property
    def count(self) -> int:
        """How many values the sketch stands for."""
        return sum(sum(map(len, level)) << index for index, level in enumerate(self._levels))

    @property
    def rank_error(self) -> float:
        """Bound of the error of a point's rank as a share of the values, which holds with probability .99; 0 is exact.

        Each thinning shifts a rank by at most the weight w of the items it makes, without bias, so by Hoeffding's
        inequality the bound is sqrt(ln(2/.01)/2 · Σw²)/n, whatever the history. For a sketch that was read from a
        file, whose history is unknown, it is KLL's published one.
        """
        return math.sqrt(_HOEFFDING * self.squared_weights) / self.count if self.squared_weights else 0.0

    def update(self, values: Doubles) -> None:
        """Add values in any order; none may be NaN."""
        self.update_sorted(np.sort(np.asarray(values, dtype=np.float64)))

    def update_sorted(self, ordered: Doubles) -> None:
        """Add values in ascending order; the array is kept, so it must not be changed afterwards."""
        count = len(ordered)
        if count <= self.size:
            if count:
                self._add(0, ordered)
            return
        level = math.ceil(math.log2(count / self.size))
        stride = 1 << level
        kept = count // stride * stride
        if kept < count:
            self._add(0, ordered[kept:].copy())
        self._add(level, ordered[self._offset(level, stride) : kept : stride].copy())

    def merge(self, other: QuantileSketch) -> None:
        """Add all that another sketch of any size has seen."""
        self.squared_weights += other.squared_weights
        for index, times in enumerate(other.thinnings):
            self._reach(index)
            self.thinnings[index] += times
        for index, pieces in enumerate(other._levels):
            if pieces:
                self._add(index, *pieces)

    def _reach(self, index: int) -> None:
        while len(self._levels) <= index:
            self._levels.append([])
            self.thinnings.append(0)

    def _add(self, index: int, *pieces: Doubles) -> None:
        self._reach(index)
        self._levels[index].extend(pieces)
        if sum(map(len, self._levels[index])) > self.size:
            self._halve(index)

    def _halve(self, index: int) -> None:
        items = np.sort(np.concatenate(self._levels[index]))
        even = len(items) - len(items) % 2
        self._levels[index] = [items[even:].copy()] if even < len(items) else []
        self._add(index + 1, items[self._offset(index + 1, 2) : even : 2].copy())

    def _offset(self, level: int, stride: int) -> int:
        """Which one of `stride` neighbours is kept, for all of a thinning that makes items of this level."""
        self._reach(level)
        hashed = splitmix64(splitmix64(self.seed ^ level) ^ self.thinnings[level])
        self.thinnings[level] += 1
        self.squared_weights += 4.0**level
        return hashed >> (64 - stride.bit_length() + 1)

    def weighted(self) -> tuple[Doubles, NDArray[np.int64]]:
        """Distinct kept values in ascending order, and how many values of the stream each stands for."""
        levels = self.levels
        if not levels:
            return np.empty(0), np.empty(0, dtype=np.int64)
        items = np.concatenate(levels)
        weights = np.concatenate([np.full(len(level), 1 << index) for index, level in enumerate(levels)])
        if not len(items):
            return items, np.empty(0, dtype=np.int64)
        order = np.argsort(items)
        items = items[order]
        starts = np.flatnonzero(np.concatenate(([True], items[1:] != items[:-1])))
        return items[starts], np.add.reduceat(weights[order], starts)

    def ranks(self, points: Doubles, *, inclusive: bool = True) -> Doubles:
        """Share of values not above (`inclusive`) or below each point."""
        values, weights = self.weighted()
        if not len(values):
            return np.zeros(len(points))
        cumulative = np.concatenate(([0], np.cumsum(weights)))
        places = np.searchsorted(values, points, side="right" if inclusive else "left")
        return np.asarray(cumulative[places] / cumulative[-1], dtype=np.float64)

    def quantiles(self, shares: Doubles) -> Doubles:
        """The smallest kept value with at least this share of the values not above it, for each share in (0, 1]."""
        values, weights = self.weighted()
        cumulative = np.cumsum(weights)
        places = np.searchsorted(cumulative, np.asarray(shares) * cumulative[-1], side="left")
        return np.asarray(values[np.minimum(places, len(values) - 1)], dtype=np.float64)


def published_error(size: int) -> float:
    """KLL's rank error for 99 of 100 sketches, from Apache DataSketches' measurements: 2.296/k^.9723."""
    return 2.296 / math.pow(size, 0.9723)
