"""The outcome of the flip test."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Flips:
    """How many of `rows` disadvantaged rows get another answer than rows like them on the advantaged side."""

    favoured: int
    """A positive answer, where the neighbours have a negative one."""
    disfavoured: int
    rows: int
    neighbours: int = 0
    """Advantaged rows that they were compared with."""
    seen: int = 0
    """Rows of the window with an answer, of which those above are a sample."""
    groups: int = 0
    """Random groups of the rows that the test was made in again."""
    spread: float = math.nan
    """Standard error of the value by how much these groups differ; NaN for fewer than two."""
    error: str = ""
    """Why there is no value, in Clarify's words where it has some."""

    @property
    def value(self) -> float:
        """FT: (favoured - disfavoured)/rows; NaN where there is none."""
        return math.nan if self.error else (self.favoured - self.disfavoured) / self.rows

    @property
    def numbers(self) -> Doubles:
        """All that `of_numbers` needs: (7)."""
        return np.array(
            [self.favoured, self.disfavoured, self.rows, self.neighbours, self.seen, self.groups, self.spread]
        )

    @classmethod
    def of_numbers(cls, numbers: Doubles) -> Flips:
        """What `numbers` gave; without a value where there are no rows."""
        favoured, disfavoured, rows, neighbours, seen, groups = map(int, numbers[:-1].tolist())
        found = cls(favoured, disfavoured, rows, neighbours, seen, groups, float(numbers[-1]))
        return found if found.rows and found.neighbours else cls(0, 0, 0, error="it could not be measured")
