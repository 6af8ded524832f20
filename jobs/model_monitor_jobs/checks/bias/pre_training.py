"""Clarify's metrics of the data: how labels differ between the sides of a facet."""

from __future__ import annotations

import numpy as np

from model_monitor_jobs.checks.bias.quotients import defined, quotient
from model_monitor_jobs.profiles.bias.problem import ADVANTAGED, DISADVANTAGED, NEGATIVE, POSITIVE
from model_monitor_jobs.profiles.grouped_arrays import Counts
from model_monitor_jobs.profiles.performance.counts import Doubles


def class_imbalance(sides: Counts) -> Doubles:
    """(na - nd)/(na + nd) of rows (..., 2); NaN where a side is empty."""
    change = sides[..., ADVANTAGED] - sides[..., DISADVANTAGED]
    return defined(quotient(change, sides.sum(axis=-1)), (sides > 0).all(axis=-1))


def distances(counts: Counts) -> dict[str, Doubles]:
    """Distances between the distributions Pa and Pd of both sides over some values: counts (..., 2, K).

    As in Clarify only values that occur on both sides are summed over, each with its share of its whole side. So KL
    can be negative, and LP and TVD are smaller than usual where a value occurs on one side alone. KL, the
    Kullback–Leibler divergence of Pd from Pa, and JS, Jensen–Shannon, are in nats; LP is the Euclidean norm of Pa - Pd,
    TVD half its sum of absolutes, KS its largest absolute. NaN where no value occurs on both sides.
    """
    shares = quotient(counts, counts.sum(axis=-1, keepdims=True))
    shared = (counts > 0).all(axis=-2)
    # Where a value is not shared, both are 1 and nothing is added.
    first, second = (np.where(shared, shares[..., side, :], 1.0) for side in (ADVANTAGED, DISADVANTAGED))
    middle = 0.5 * (first + second)
    from_middle = (first * np.log(first / middle)).sum(axis=-1) + (second * np.log(second / middle)).sum(axis=-1)
    change = np.abs(first - second)
    made = {
        "KL": (first * np.log(first / second)).sum(axis=-1),
        "JS": 0.5 * from_middle,
        "LP": np.sqrt(np.square(change).sum(axis=-1)),
        "TVD": 0.5 * change.sum(axis=-1),
        "KS": change.max(axis=-1, initial=0.0),
    }
    return {name: defined(values, shared.any(axis=-1)) for name, values in made.items()}


def conditional_disparity(strata: Counts) -> Doubles:
    """Conditional demographic disparity (Wachter, Mittelstadt, Russell 2021), of rows (..., strata, 2, 2) by side and
    outcome: the mean over rows of the disadvantaged side's share of a stratum's negatives less its share of the
    positives, where a share of nothing is 0. NaN without any positives or any negatives."""
    outcomes = strata.sum(axis=-2)
    shares = quotient(strata[..., DISADVANTAGED, :], outcomes)
    rows = outcomes.sum(axis=-1)
    disparity = shares[..., NEGATIVE] - shares[..., POSITIVE]
    mean = quotient((rows * disparity).sum(axis=-1), rows.sum(axis=-1))
    return defined(mean, (outcomes.sum(axis=-2) > 0).all(axis=-1))
