"""A quantile sketch with the levels of KLL: an item of level i stands for 2^i values.

Whole levels are sorted and halved when they are full. Which half is kept follows from a hash of the level and of how
often it was halved, so the same stream always gives the same sketch, without the bias that a fixed half would have.
(Karnin, Lang, Liberty 2016, with deterministic choices.)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

DEFAULT_SIZE: Final = 2048
SHRINKING_FACTOR: Final = 0.64
"""KLL's c. It is written to statistics.json as SageMaker does; our levels do not shrink."""
_RANK_ERROR: Final = 0.0014
_MASK: Final = (1 << 64) - 1

Doubles = NDArray[np.float64]


def _splitmix64(value: int) -> int:
    value = (value + 0x9E3779B97F4A7C15) & _MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)


class QuantileSketch:
    """Describes how values are distributed, in bounded memory.

    `levels[i]` holds values that stand for 2^i of the stream each; `size` is KLL's k, the most that a level keeps.
    """

    def __init__(self, levels: Sequence[Sequence[float] | Doubles] = (), size: int = DEFAULT_SIZE) -> None:
        self.size = size
        self._levels: list[list[Doubles]] = [[np.asarray(level, dtype=np.float64)] for level in levels]
        self._halvings: list[int] = [0] * len(self._levels)

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
        """Bound of a rank's error as a share of the values, which holds for about 99 of 100 sketches; 0 when exact."""
        exact = not any(len(part) for level in self._levels[1:] for part in level)
        return 0.0 if exact else _RANK_ERROR * (DEFAULT_SIZE / self.size) ** 0.9

    def update(self, values: Doubles) -> None:
        """Add values; none may be NaN."""
        if len(values):
            self._add(0, np.array(values, dtype=np.float64))

    def merge(self, other: QuantileSketch) -> None:
        """Add all that another sketch of any size has seen."""
        for index, level in enumerate(other.levels):
            if len(level):
                self._add(index, level)

    def _add(self, index: int, values: Doubles) -> None:
        while len(self._levels) <= index:
            self._levels.append([])
            self._halvings.append(0)
        self._levels[index].append(values)
        if sum(map(len, self._levels[index])) > self.size:
            self._halve(index)

    def _halve(self, index: int) -> None:
        items = np.sort(np.concatenate(self._levels[index]))
        parity = _splitmix64((index << 32) | self._halvings[index]) >> 63
        self._halvings[index] += 1
        even = len(items) - len(items) % 2
        self._levels[index] = [items[even:]] if even < len(items) else []
        self._add(index + 1, items[:even][parity::2])

    def weighted(self) -> tuple[Doubles, NDArray[np.int64]]:
        """Distinct kept values in ascending order, and how many values of the stream each stands for."""
        levels = self.levels
        if not levels:
            return np.empty(0), np.empty(0, dtype=np.int64)
        items = np.concatenate(levels)
        weights = np.concatenate([np.full(len(level), 1 << index) for index, level in enumerate(levels)])
        values, places = np.unique(items, return_inverse=True)
        return values, np.bincount(places, weights=weights, minlength=len(values)).astype(np.int64)

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
