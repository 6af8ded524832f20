"""What a check found, and what it comes to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

ENOUGH_ROWS: Final = 200
FEWEST_ROWS: Final = 30
WIDEST_LIMIT: Final = 0.5
IMMEDIATE_RATIO: Final = 3.0
IMMEDIATE_DIFFERENCE: Final = 0.1
LEARNED_FLOOR: Final = 0.02
UNLEARNED_FLOOR: Final = 0.1


class Verdict(StrEnum):
    """What a check comes to."""

    PASS = "Pass"
    VIOLATION = "Violation"
    INSUFFICIENT_DATA = "InsufficientData"
    TOO_VARIABLE = "TooVariable"


@dataclass(frozen=True)
class Evidence:
    """A difference with its limit; shares of rows, if not said otherwise.

    `noise` is what sampling alone can do. `low` and `high` bound the difference with a confidence of 95 %. `count` is
    how many rows of the window it rests on. `typical` is the median difference of the baseline's own windows, and
    `learned` says whether their variation is in the limit. One window is enough for an alert beyond `immediate_ratio`
    limits.
    """

    difference: float
    limit: float
    noise: float
    low: float
    high: float
    count: int
    typical: float | None = None
    learned: bool = False
    immediate_ratio: float = IMMEDIATE_RATIO
    blind: bool = False
    """Whether noise and variation alone make the limit so wide that passing means nothing."""

    @property
    def ratio(self) -> float:
        """How many limits the difference amounts to."""
        return self.difference / self.limit

    @property
    def immediate(self) -> bool:
        """Whether this one window is enough for an alert."""
        return (
            self.verdict is Verdict.VIOLATION
            and self.ratio > self.immediate_ratio
            and self.difference >= IMMEDIATE_DIFFERENCE
        )

    @property
    def verdict(self) -> Verdict:
        """The verdict; a window of 30 rows or more may speak when it is beyond its limit, 200 are needed to pass."""
        if self.difference > self.limit and self.count >= FEWEST_ROWS:
            return Verdict.VIOLATION
        if self.count < ENOUGH_ROWS:
            return Verdict.INSUFFICIENT_DATA
        return Verdict.TOO_VARIABLE if self.blind else Verdict.PASS


def shared_alpha(alpha: float, checks: int) -> float:
    """The chance of a false violation that each of the family's checks is allowed (Bonferroni)."""
    return alpha / max(1, checks)
