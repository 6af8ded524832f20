"""Student's t, without the time that importing scipy takes."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final

_HALVINGS: Final = 60


@lru_cache(maxsize=4096)
def student_quantile(degrees: int, alpha: float) -> float:
    """The two-sided limit: what |t| with `degrees` of freedom (1 or more) exceeds with a chance of alpha (0 to 1)."""
    low, high = 0.0, math.pi / 2
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _outside(middle, degrees) > alpha else (low, middle)
    return math.sqrt(degrees) * math.tan(high)


def _outside(angle: float, degrees: int) -> float:
    """Chance of |t| > sqrt(degrees)·tan(angle) (Abramowitz and Stegun 26.7.3 and 26.7.4)."""
    square = math.cos(angle) ** 2
    odd = degrees % 2
    term = math.cos(angle) if odd else 1.0
    total = term if degrees > 1 else 0.0
    for power in range(2 + odd, degrees - 1, 2):
        term *= square * (power - 1) / power
        total += term
    inside = math.sin(angle) * total
    return 1 - (2 / math.pi * (angle + inside) if odd else inside)
