"""The metrics that are the difference of one rate between both sides of a facet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model_monitor_jobs.checks.bias.quotients import defined, quotient
from model_monitor_jobs.checks.bias.tables import Outcomes
from model_monitor_jobs.profiles.bias.problem import ADVANTAGED, DISADVANTAGED, NEGATIVE, POSITIVE
from model_monitor_jobs.profiles.grouped_arrays import Counts
from model_monitor_jobs.profiles.performance.counts import Doubles
from model_monitor_jobs.profiles.row_types import Mask


@dataclass(frozen=True)
class Rates:
    """A rate of both sides: (..., 2) rows that fulfil it, and of how many.

    The metric is the advantaged side's rate less the other's, or with `reversed` the other way round; it is undefined
    where not `known`, of shape (...).
    """

    hits: Counts
    of: Counts
    known: Mask
    reversed: bool = False

    @property
    def both(self) -> Doubles:
        """(..., 2): the rates, 0 of no rows."""
        return quotient(self.hits, self.of)

    @property
    def difference(self) -> Doubles:
        """The metric, NaN where it is undefined."""
        both = self.both
        change = both[..., ADVANTAGED] - both[..., DISADVANTAGED]
        return defined(-change if self.reversed else change, self.known)


def rates(outcomes: Outcomes) -> dict[str, Rates]:
    """Of each metric that is a difference of rates; as in Clarify, a rate of no rows is 0, unless the side is empty."""
    labels, predictions, correct = outcomes.labels, outcomes.predictions, outcomes.correct
    observed, answered, judged = outcomes.observed, outcomes.answered, outcomes.judged
    filled = np.asarray((judged > 0).all(axis=-1))
    return {
        "DPL": _positive(labels),
        "DPPL": _positive(predictions),
        "AD": Rates(correct.sum(axis=-1), judged, filled),
        "RD": Rates(correct[..., POSITIVE], observed[..., POSITIVE], filled),
        "SD": Rates(correct[..., NEGATIVE], observed[..., NEGATIVE], filled, reversed=True),
        "DAR": Rates(correct[..., POSITIVE], answered[..., POSITIVE], filled),
        "DRR": Rates(correct[..., NEGATIVE], answered[..., NEGATIVE], filled, reversed=True),
    }


def _positive(outcomes: Counts) -> Rates:
    of = outcomes.sum(axis=-1)
    return Rates(outcomes[..., POSITIVE], of, np.asarray((of > 0).all(axis=-1)))
