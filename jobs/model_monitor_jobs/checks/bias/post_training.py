"""Clarify's metrics of a model's answers: how they differ between the sides of a facet; differences of rates apart."""

from __future__ import annotations

import numpy as np

from model_monitor_jobs.checks.bias.quotients import apart, defined, quotient
from model_monitor_jobs.checks.bias.rates import Rates
from model_monitor_jobs.checks.bias.tables import Outcomes
from model_monitor_jobs.profiles.bias.problem import ADVANTAGED, DISADVANTAGED, NEGATIVE, POSITIVE
from model_monitor_jobs.profiles.grouped_arrays import Counts
from model_monitor_jobs.profiles.performance.counts import Doubles


def disparate_impact(positive: Rates) -> Doubles:
    """The disadvantaged side's share of positive answers over the other's; NaN where a side is empty."""
    both = positive.both
    return defined(quotient(both[..., DISADVANTAGED], both[..., ADVANTAGED]), positive.known)


def differences(outcomes: Outcomes) -> dict[str, Doubles]:
    """DCA, DCR and TE: differences of ratios, which can be infinite; NaN where a side is empty.

    DCA: labels over predictions, of positives, advantaged less disadvantaged; DCR: the same of negatives, the other
    way round. TE: false negatives over false positives, disadvantaged less advantaged.
    """
    filled = (outcomes.judged > 0).all(axis=-1)
    ratios = quotient(outcomes.observed, outcomes.answered)
    accepted, rejected = ratios[..., POSITIVE], ratios[..., NEGATIVE]
    errors = quotient(outcomes.confusion[..., POSITIVE, NEGATIVE], outcomes.confusion[..., NEGATIVE, POSITIVE])
    made = {
        "DCA": apart(accepted[..., ADVANTAGED], accepted[..., DISADVANTAGED]),
        "DCR": apart(rejected[..., DISADVANTAGED], rejected[..., ADVANTAGED]),
        "TE": apart(errors[..., DISADVANTAGED], errors[..., ADVANTAGED]),
    }
    return {name: defined(values, filled) for name, values in made.items()}


def generalized_entropy(confusion: Counts) -> Doubles:
    """Half the squared coefficient of variation of the benefits of all rows (Speicher et al. 2018, alpha = 2), of
    counts (..., 2, 2, 2): a false positive has the benefit 2, a false negative 0, a right answer 1.

    It does not depend on the facet. NaN without rows, and where all are false negatives.
    """
    cells = confusion.sum(axis=-3)
    rows = cells.sum(axis=(-1, -2))
    doubled, single = cells[..., NEGATIVE, POSITIVE], cells[..., NEGATIVE, NEGATIVE] + cells[..., POSITIVE, POSITIVE]
    mean = quotient(2 * doubled + single, rows)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = 1 / mean
        # Summed by benefit: 2, 1 and 0, each squared over the mean less 1.
        excess = doubled * ((2 * ratio) ** 2 - 1) + single * (ratio**2 - 1) - cells[..., POSITIVE, NEGATIVE]
        return defined(excess / (2 * rows), (rows > 0) & (mean > 0))
