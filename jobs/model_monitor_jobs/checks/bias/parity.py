"""Equalized odds (Hardt, Price, Srebro 2016) as fairlearn measures them; Clarify has no such metric."""

from __future__ import annotations

import numpy as np

from model_monitor_jobs.checks.bias.quotients import defined
from model_monitor_jobs.checks.bias.rates import Rates
from model_monitor_jobs.checks.bias.tables import Outcomes
from model_monitor_jobs.profiles.bias.problem import NEGATIVE, POSITIVE
from model_monitor_jobs.profiles.performance.counts import Doubles


def positive_answers(outcomes: Outcomes, label: int) -> Rates:
    """The rate of positive answers to one label on both sides: of positive ones the true, of negative ones the false
    positive rate; undefined where a side has no such labels."""
    of = outcomes.observed[..., label]
    return Rates(outcomes.confusion[..., label, POSITIVE], of, np.asarray((of > 0).all(axis=-1)))


def equalized_odds(outcomes: Outcomes) -> dict[str, Doubles]:
    """EOD: the larger of the differences of true and of false positive rates between the sides; 0 to 1, 0 is equal.
    EOR: the smaller of their ratios, the lower rate over the higher one; 1 is equal, and two rates of 0 are.

    NaN where a side has no positive or no negative labels; fairlearn takes such a rate for 0. Of two rates of 0 it has
    no ratio.
    """
    hits, alarms = positive_answers(outcomes, POSITIVE), positive_answers(outcomes, NEGATIVE)
    known = hits.known & alarms.known
    difference = np.maximum(np.abs(hits.difference), np.abs(alarms.difference))
    ratio = np.minimum(lower_over_higher(hits.both), lower_over_higher(alarms.both))
    return {"EOD": defined(difference, known), "EOR": defined(ratio, known)}


def lower_over_higher(both: Doubles) -> Doubles:
    """The lower of two numbers over the higher, (..., 2); 1 of two zeros."""
    low, high = both.min(axis=-1), both.max(axis=-1)
    made: Doubles = np.ones(low.shape)
    np.divide(low, high, out=made, where=high > 0)
    return made
