"""How much a baseline's own windows vary beyond sampling noise, learned from them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model_monitor_jobs.decisions.evidence import FEWEST_ROWS, IMMEDIATE_RATIO, LEARNED_FLOOR
from model_monitor_jobs.decisions.noise import Noise
from model_monitor_jobs.decisions.student import student_quantile

Doubles = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

FEWEST_WINDOWS: Final = 8
FEWEST_DAYS: Final = 7
INCIDENT_DAYS: Final = 0.07
"""Largest share of the days on which incidents may lie: what happens every week is none."""
INCIDENT_CHANCE: Final = 0.01
"""Chance that few windows of which none is an incident lose one, shared among them: each loss narrows the usual."""
INCIDENT_REACH: Final = 2.0
"""How many times further out than a violation a short incident is: to leave out the tail itself would hide it."""
SEARCHES: Final = 2
"""The first finds the worst incident, which may hide another in the reference; a third would eat into the usual."""
INCIDENT_RUN: Final = 6
"""Windows in a row that are an incident from once as far out on."""
SIZES_VARY: Final = 3.0
"""Ratio of the windows' 90th to their 10th percentile of rows from which on their sizes say something."""
LASTING: Final = 0.3
"""Correlation of neighbouring windows' differences from which on excursions last."""
LASTING_ERRORS: Final = 2.5
"""And how many standard errors of a correlation of 0 that must be."""
LASTING_PENALTY: Final = 10.0
TAIL: Final = 0.1
FEWEST_FOR_TAIL: Final = 100
_MEDIAN: Final = 0.6744897501960817
"""Median of the absolute value of a standard normal deviate."""


@dataclass(frozen=True)
class WindowHistory:
    """One column and check over the baseline's windows in order of time; the arrays have one element a window.

    `differences` are those between a window and the rest of the windows it is compared with. `counts` and
    `reference_counts` are the rows that each of the two rests on. `days` number the days on which the windows begin.
    """

    differences: Doubles
    counts: Integers
    reference_counts: Integers
    days: Integers


@dataclass(frozen=True)
class Tail:
    """The largest tenth of standardised differences: its smallest, its mean excess, and how slowly it falls off.

    With the `shape` 0 it falls off like exp(-x/mean), above 0 like a power (a generalised Pareto distribution).
    """

    start: float
    mean: float
    shape: float = 0.0

    def quantile(self, alpha: float) -> float:
        """What is exceeded with a chance of alpha (peaks over threshold; Pickands 1975)."""
        steps = math.log(max(1.0, TAIL / alpha))
        if self.shape:
            steps = (1 - self.shape) * math.expm1(self.shape * steps) / self.shape
        return self.start + self.mean * steps


@dataclass(frozen=True)
class Variation:
    """What the windows of a baseline do beyond, or besides, sampling noise.

    A difference has the mean square beta·sigma0² + tau², where sigma0² is that of sampling noise: `beta` is above 1
    where rows come in clusters, `tau_squared` is how far whole windows wander. In units of that expected root mean
    square, `worst` is the largest difference, `tail` the largest tenth of 100 windows or more. `degrees` are the
    degrees of freedom of tau. `lasting` says that neighbouring windows resemble each other. `overdispersion` is the
    mean square in units of sampling noise where beta was not fitted. `typical` is the median difference (a share of
    rows), and `left_out` are the places of the incidents.
    """

    tau_squared: float
    beta: float
    degrees: int
    worst: float
    overdispersion: float
    typical: float
    left_out: tuple[int, ...] = ()
    tail: Tail | None = None
    lasting: bool = False

    def reach(self, alpha: float) -> float:
        """How many taus a window goes with a chance of alpha: Student's t, or the tail where that is longer.

        Where excursions last, two violations in three windows are no more than one, so that alpha is a tenth of it.
        """
        alpha = alpha / LASTING_PENALTY if self.lasting else alpha
        normal = student_quantile(self.degrees, alpha)
        return normal if self.tail is None else max(normal, self.tail.quantile(alpha))

    def immediate_ratio(self, alpha: float) -> float:
        """How many limits one window must be beyond to be enough for an alert.

        3, and more where the baseline's own worst window is further out than Student's t explains: such windows occur.
        """
        return IMMEDIATE_RATIO * max(1.0, self.worst / student_quantile(self.degrees, alpha))


def learn(
    history: WindowHistory,
    noise: Noise,
    alpha: float,
    floor: float = LEARNED_FLOOR,
    left_out: tuple[int, ...] | None = None,
) -> Variation | None:
    """Learn from windows of 30 rows or more; None for fewer than 8 of them, or on fewer than 7 days.

    `alpha` is the check's chance of a false violation, `floor` the smallest difference that counts. Incidents
    (`incidents`) are left out; but the other windows were still compared with them. So where `Variation.left_out` names
    some, compare again with references that lack them, and learn from that with `left_out` given: then these and no
    others are left out.
    """
    usable = _usable(history)
    if not _enough(usable, history.days):
        return None
    if left_out is None:
        left_out = incidents(history, noise, alpha, floor)
    kept = usable.copy()
    kept[list(left_out)] = False
    if not _enough(kept, history.days):
        kept, left_out = usable, ()
    differences, counts, days = history.differences[kept], history.counts[kept], history.days[kept]
    variances = noise.unit_variance * (1 / counts + 1 / history.reference_counts[kept])
    sizes_vary = _quantile(counts, 0.9) >= SIZES_VARY * _quantile(counts, 0.1)
    beta, tau_squared = _fit(differences, variances, sizes_vary)
    standardised = differences / np.sqrt(beta * variances + tau_squared)
    return Variation(
        tau_squared=tau_squared,
        beta=beta,
        degrees=_degrees(days),
        worst=float(standardised.max()),
        overdispersion=1.0 if sizes_vary else max(1.0, float(np.mean(differences**2 / variances))),
        typical=_quantile(differences, 0.5),
        left_out=left_out,
        tail=_tail(standardised),
        lasting=_lasting(standardised),
    )


def incidents(history: WindowHistory, noise: Noise, alpha: float, floor: float = LEARNED_FLOOR) -> tuple[int, ...]:
    """The places of windows far beyond all others, where they lie on at most 7 % of the days.

    Far is above the floor and beyond Student's t of the usual (median) window, where fewer than 100 windows share one
    chance in a hundred. With 100 windows or more it is also beyond where the tail of the others leads: six windows in a
    row, or twice as far.
    """
    usable = _usable(history)
    if not _enough(usable, history.days):
        return ()
    places = np.flatnonzero(usable)
    differences, days = history.differences[usable], history.days[usable]
    variances = noise.unit_variance * (1 / history.counts[usable] + 1 / history.reference_counts[usable])
    standardised = differences / np.sqrt(variances)
    usual = max(1.0, _quantile(standardised, 0.5) / _MEDIAN)
    tail = _sturdy_tail(standardised)
    chance = alpha if tail is not None else min(alpha, INCIDENT_CHANCE / len(places))
    reach = student_quantile(_degrees(days), chance) * usual
    if tail is not None:
        reach = max(reach, tail.quantile(alpha))
    beyond = (differences > floor) & (standardised > reach)
    far = beyond
    if tail is not None:
        far = beyond & ((standardised > INCIDENT_REACH * reach) | _in_runs(beyond))
    if _distinct(days[far]) > math.ceil(INCIDENT_DAYS * _distinct(days)):
        return ()
    return tuple(places[far].tolist())


def settled_incidents(
    compare: Callable[[tuple[int, ...]], tuple[WindowHistory, Noise]], alpha: float, floor: float = LEARNED_FLOOR
) -> tuple[int, ...]:
    """The places of incidents, searched once more without those that were found.

    `compare` gives the history of all windows against references that lack some, and their noise.
    """
    left_out: tuple[int, ...] = ()
    for _ in range(SEARCHES):
        found = incidents(*compare(left_out), alpha, floor)
        if set(found) <= set(left_out):
            break
        left_out = found
    return left_out


def _in_runs(flags: Flags) -> Flags:
    """Those of the flags that stand in a row of at least `INCIDENT_RUN`."""
    borders = np.flatnonzero(np.diff(flags.astype(np.int8), prepend=0, append=0))
    chosen = np.zeros_like(flags)
    for begin, end in zip(borders[::2].tolist(), borders[1::2].tolist(), strict=True):
        chosen[begin:end] = end - begin >= INCIDENT_RUN
    return chosen


def _usable(history: WindowHistory) -> Flags:
    return np.asarray((history.counts >= FEWEST_ROWS) & (history.reference_counts >= FEWEST_ROWS))


def _enough(windows: Flags, days: Integers) -> bool:
    return int(windows.sum()) >= FEWEST_WINDOWS and _distinct(days[windows]) >= FEWEST_DAYS


def _distinct(days: Integers) -> int:
    return int(np.count_nonzero(np.diff(days))) + 1 if len(days) else 0


def _quantile(values: Doubles | Integers, share: float) -> float:
    """The value at that place in order; without interpolation, which takes longer than all else."""
    place = round(share * (len(values) - 1))
    return float(np.partition(values, place)[place])


def _degrees(days: Integers) -> int:
    """Of days, not of windows: the hours of one day are not independent."""
    return _distinct(days) - 1


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


def _excesses(standardised: Doubles) -> tuple[float, Doubles]:
    """Where the largest tenth begins, and its excesses.

    A tenth by number, so that windows which are all alike count as well as those few that are not.
    """
    place = len(standardised) - round(TAIL * len(standardised))
    largest = np.partition(standardised, place - 1)[place - 1 :]
    return float(largest[0]), largest[1:] - largest[0]


def _tail(standardised: Doubles) -> Tail | None:
    """By moments (Hosking and Wallis 1987); a tail that ends is taken for an exponential one."""
    if len(standardised) < FEWEST_FOR_TAIL:
        return None
    start, excesses = _excesses(standardised)
    mean, square = float(excesses.mean()), float(excesses.var())
    return Tail(start, mean, max(0.0, (1 - mean**2 / square) / 2) if square else 0.0)


def _sturdy_tail(standardised: Doubles) -> Tail | None:
    """From the lower quartile of the excesses, which hardly notices incidents: they are in the tail themselves."""
    if len(standardised) < FEWEST_FOR_TAIL:
        return None
    start, excesses = _excesses(standardised)
    return Tail(start, _quantile(excesses, 0.25) / math.log(4 / 3))


def _lasting(standardised: Doubles) -> bool:
    centred = standardised - standardised.mean()
    square = float(centred @ centred)
    if square == 0:
        return False
    correlation = float(centred[:-1] @ centred[1:]) / square
    return correlation > max(LASTING, LASTING_ERRORS / math.sqrt(len(standardised)))
