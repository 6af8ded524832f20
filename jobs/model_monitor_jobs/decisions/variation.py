"""How much a baseline's own windows vary beyond sampling noise, learned from them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model_monitor_jobs.decisions.evidence import FEWEST_ROWS, LEARNED_FLOOR
from model_monitor_jobs.decisions.noise import Noise

Doubles = NDArray[np.float64]
Integers = NDArray[np.int64]

FEWEST_WINDOWS: Final = 8
FEWEST_DAYS: Final = 7
EXCLUDED_DAYS: Final = 0.07
SIZES_VARY: Final = 3.0
_MEDIAN: Final = 0.6744897501960817
"""Median of the absolute value of a standard normal deviate."""


@dataclass(frozen=True)
class WindowHistory:
    """One column and check over the baseline's windows; the arrays have one element a window.

    `differences` are those between a window and the rest of the baseline, the rest being what windows are compared
    with (`apart_from_the_rest`). `counts` and `reference_counts` are the rows that each of the two rests on. `days`
    number the days on which the windows begin.
    """

    differences: Doubles
    counts: Integers
    reference_counts: Integers
    days: Integers


@dataclass(frozen=True)
class Variation:
    """What the windows of a baseline do beyond, or besides, sampling noise.

    A difference has the mean square beta·sigma0² + tau², where sigma0² is that of sampling noise: `beta` is above 1
    where rows come in clusters, `tau_squared` is how far whole windows wander. `degrees` are the degrees of freedom of
    tau. `worst` is the largest difference in units of its expected root mean square, `overdispersion` the mean square
    in units of sampling noise where beta was not fitted, `typical` the median difference (a share of rows), `left_out`
    the places of the windows that were held to be faults.
    """

    tau_squared: float
    beta: float
    degrees: int
    worst: float
    overdispersion: float
    typical: float
    left_out: tuple[int, ...] = ()


def apart_from_the_rest(differences: Doubles, counts: Integers, total: int) -> Doubles:
    """Differences from the rest of the baseline, given those from all of it, `total` rows.

    Exact for every difference that is linear in the shares: all = (n/m)·window + (1-n/m)·rest.
    """
    return np.asarray(differences / (1 - counts / total), dtype=np.float64)


def learn(history: WindowHistory, noise: Noise, alpha: float, floor: float = LEARNED_FLOOR) -> Variation | None:
    """Learn from windows of 30 rows or more; None for fewer than 8 of them, or on fewer than 7 days.

    Windows far beyond all others are left out (`Variation.left_out`) where they lie within 7 % of the days: a baseline
    may contain an incident, but what happens every week is no incident. `floor` is the smallest difference that counts,
    `alpha` the check's chance of a false violation.
    """
    usable = (history.counts >= FEWEST_ROWS) & (history.reference_counts >= FEWEST_ROWS)
    places = np.flatnonzero(usable)
    days = history.days[places]
    if len(places) < FEWEST_WINDOWS or len(np.unique(days)) < FEWEST_DAYS:
        return None
    differences = history.differences[places]
    counts = history.counts[places]
    variances = noise.unit_variance * (1 / counts + 1 / history.reference_counts[places])
    faults = _faults(differences, variances, days, alpha, floor)
    kept = ~faults
    if kept.sum() < FEWEST_WINDOWS:
        faults, kept = np.zeros_like(faults), np.ones_like(kept)
    differences, variances, days = differences[kept], variances[kept], days[kept]
    low, high = np.quantile(counts[kept], (0.1, 0.9))
    sizes_vary = high >= SIZES_VARY * low
    beta, tau_squared = _fit(differences, variances, sizes_vary)
    expected = beta * variances + tau_squared
    return Variation(
        tau_squared=tau_squared,
        beta=beta,
        degrees=min(len(differences), len(np.unique(days))) - 1,
        worst=float(np.sqrt(np.max(differences**2 / expected))),
        overdispersion=1.0 if sizes_vary else max(1.0, float(np.mean(differences**2 / variances))),
        typical=float(np.median(differences)),
        left_out=tuple(places[faults].tolist()),
    )


def student_quantile(degrees: int, alpha: float) -> float:
    """The two-sided limit of Student's t."""
    from scipy.special import stdtrit

    return float(-stdtrit(degrees, alpha / 2))


def _faults(differences: Doubles, variances: Doubles, days: Integers, alpha: float, floor: float) -> NDArray[np.bool_]:
    observed_days = len(np.unique(days))
    degrees = min(len(differences), observed_days) - 1
    standardised = differences / np.sqrt(variances)
    usual = max(1.0, float(np.median(standardised)) / _MEDIAN)
    far = (differences > floor) & (standardised > student_quantile(degrees, alpha) * usual)
    if far.any() and len(np.unique(days[far])) > math.ceil(EXCLUDED_DAYS * observed_days):
        return np.zeros_like(far)
    return np.asarray(far)


def _fit(differences: Doubles, variances: Doubles, sizes_vary: bool) -> tuple[float, float]:
    """Least squares of D²/sigma0² on beta + tau²/sigma0², with beta ≥ 1 and tau² ≥ 0; beta = 1 where sizes are alike.

    In units of sigma0² the windows' squares are equally uncertain, so small windows do not drown the others.
    """
    squares, precisions = differences**2 / variances, 1 / variances
    tau_squared = max(0.0, float(precisions @ (squares - 1) / (precisions @ precisions)))
    if not sizes_vary:
        return 1.0, tau_squared
    centred = precisions - precisions.mean()
    slope = float(centred @ squares / (centred @ centred))
    beta = float(squares.mean() - slope * precisions.mean())
    if beta < 1:
        return 1.0, tau_squared
    return (beta, slope) if slope >= 0 else (max(1.0, float(squares.mean())), 0.0)
