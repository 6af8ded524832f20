"""How good estimates have been, on windows whose labels have come since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

FEWEST_WINDOWS: Final = 10
"""Windows with labels from which on estimates are held to account."""
LEAST_COVERAGE: Final = 0.8
"""Share of the realised values that 95 % intervals must hold: were they right, fewer than 1 series of 10 in 80 failed."""


@dataclass(frozen=True)
class EstimatedAndRealised:
    """A metric of one window: estimated with its 95 % interval, and what its labels then showed."""

    value: float
    low: float
    high: float
    realised: float

    @property
    def covered(self) -> bool:
        """Whether the interval held the realised value."""
        return self.low <= self.realised <= self.high


@dataclass(frozen=True)
class Backtest:
    """How many windows were looked at, in how many the interval held the realised value, and the mean distance."""

    windows: int
    covered: int
    coverage: float | None
    """Share of the windows; None without any."""
    mean_absolute_error: float | None
    trusted: bool | None
    """Whether estimates may be shown; None where there are too few windows to tell."""
    reason: str


def backtest(pairs: Sequence[EstimatedAndRealised]) -> Backtest:
    """Judge estimates by what came of them."""
    count, covered = len(pairs), sum(pair.covered for pair in pairs)
    if not count:
        return Backtest(0, 0, None, None, None, f"not judged yet: 0 of {FEWEST_WINDOWS} labelled windows")
    error = sum(abs(pair.value - pair.realised) for pair in pairs) / count
    coverage = covered / count
    if count < FEWEST_WINDOWS:
        reason = f"not judged yet: {count} of {FEWEST_WINDOWS} labelled windows"
        return Backtest(count, covered, coverage, error, None, reason)
    trusted = coverage >= LEAST_COVERAGE
    reason = f"{covered} of {count} realised values lay within the estimate's 95 % interval"
    return Backtest(count, covered, coverage, error, trusted, reason)
