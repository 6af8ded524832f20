"""The limit: the smallest change that a check can see."""

from __future__ import annotations

import math

from model_monitor_jobs.decisions.evidence import LEARNED_FLOOR, UNLEARNED_FLOOR
from model_monitor_jobs.decisions.noise import Noise
from model_monitor_jobs.decisions.variation import Variation


def limit(
    noise: Noise, variation: Variation | None, alpha: float, floor: float | None, count: int, reference_count: int
) -> float:
    """The limit L for a window of `count` rows against a reference of `reference_count`; both 1 or more.

    With the baseline's variation: the largest of the floor, of sqrt(beta·N² + reach²·tau²), and of what the baseline's
    own worst window amounts to at this size. Without: floor + N, as it is unknown what the windows do. `floor` is the
    smallest change that counts, by default .02, and .1 without variation.
    """
    bound = noise.bound(alpha, count, reference_count)
    if variation is None:
        return (UNLEARNED_FLOOR if floor is None else floor) + bound
    usual = variation.reach(alpha) ** 2 * variation.tau_squared
    expected = variation.beta * noise.variance(count, reference_count) + variation.tau_squared
    wanted = max(
        LEARNED_FLOOR if floor is None else floor,
        math.sqrt(variation.beta * bound**2 + usual),
        math.sqrt(variation.overdispersion) * bound,
        variation.worst * math.sqrt(expected),
    )
    # A share of rows; a limit that is never reached is reported as TooVariable.
    return min(wanted, 1.0)
