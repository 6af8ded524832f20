"""Whether estimates are to be believed: what they said, beside what labels have shown since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from model_monitor_jobs.estimation.estimates import Estimate

FEWEST_WINDOWS: Final = 10
LEAST_COVERAGE: Final = 0.8
"""Of intervals that promise .95: ten windows of a good estimate have three or more outside once in 87 times."""


@dataclass(frozen=True)
class EstimatedAndRealised:
    """One metric of one window."""

    estimate: Estimate
    realised: float


@dataclass(frozen=True)
class Backtest:
    """How estimates of one metric did. `trusted` is None until enough windows have labels.

    `covered` of the `windows` had a realised value within the interval. `coverage` and `mean_absolute_error` (in the
    metric's unit) are None without windows.
    """

    windows: int
    covered: int
    coverage: float | None
    mean_absolute_error: float | None
    trusted: bool | None
    reason: str


def backtest(pairs: Sequence[EstimatedAndRealised]) -> Backtest:
    """Compare the estimates of windows with what their labels have shown; all of one metric."""
    windows = len(pairs)
    covered = sum(pair.estimate.low <= pair.realised <= pair.estimate.high for pair in pairs)
    coverage = covered / windows if windows else None
    error = sum(abs(pair.estimate.value - pair.realised) for pair in pairs) / windows if windows else None
    told = f"labels of {covered} of {windows} windows lay within the interval"
    if windows < FEWEST_WINDOWS:
        trusted, reason = None, f"not judged yet: {windows} of {FEWEST_WINDOWS} labelled windows"
    elif covered < LEAST_COVERAGE * windows:
        trusted, reason = False, f"{told}; {LEAST_COVERAGE:.0%} needed"
    else:
        trusted, reason = True, told
    return Backtest(windows, covered, coverage, error, trusted, reason)
