"""Count, sum, mean, spread and range of numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from model_monitor_jobs.profiles.sketch import Doubles


@dataclass
class Moments:
    """Moments of numbers; merges exactly up to rounding (Chan, Golub, LeVeque 1979).

    Where a sum is beyond the range of doubles, it is infinite, and what follows from it is no number.
    """

    count: int = 0
    sum: float = 0.0
    mean: float = 0.0
    squares: float = 0.0
    """Sum of squared distances from the mean."""
    minimum: float = math.inf
    maximum: float = -math.inf

    @classmethod
    def of(cls, ordered: Doubles) -> Moments:
        """Moments of finite numbers in ascending order.

        Distances are taken from the block's own mean, and what that mean lost to rounding is taken out again
        (corrected two-pass algorithm), so a small spread far from zero is kept.
        """
        count = len(ordered)
        if not count:
            return cls()
        with np.errstate(over="ignore", invalid="ignore"):
            total = float(ordered.sum())
            mean = total / count
            distances = ordered - mean
            lost = float(distances.sum())
            squares = float(np.multiply(distances, distances, out=distances).sum()) - lost * lost / count
            return cls(count, total, mean + lost / count, squares, float(ordered[0]), float(ordered[-1]))

    def merge(self, other: Moments) -> None:
        """Add the numbers of another part."""
        if not other.count:
            return
        total = self.count + other.count
        distance = other.mean - self.mean
        self.squares += other.squares + distance * distance * self.count * other.count / total
        self.mean += distance * other.count / total
        self.count, self.sum = total, self.sum + other.sum
        self.minimum, self.maximum = min(self.minimum, other.minimum), max(self.maximum, other.maximum)

    @property
    def standard_deviation(self) -> float:
        """Of the population (divided by n), as SageMaker reports it."""
        return math.sqrt(max(0.0, self.squares) / self.count) if self.count else 0.0
