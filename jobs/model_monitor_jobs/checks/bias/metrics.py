"""Every bias metric that counts can tell, by Clarify's names; the flip test (FT) needs rows."""

from __future__ import annotations

from typing import Final

import numpy as np

from model_monitor_jobs.checks.bias.parity import equalized_odds
from model_monitor_jobs.checks.bias.post_training import differences, disparate_impact, generalized_entropy
from model_monitor_jobs.checks.bias.pre_training import class_imbalance, conditional_disparity, distances
from model_monitor_jobs.checks.bias.rates import rates
from model_monitor_jobs.checks.bias.tables import Outcomes, Strata, label_distribution
from model_monitor_jobs.profiles.bias.counts import BiasCounts
from model_monitor_jobs.profiles.bias.problem import NEGATIVE, POSITIVE
from model_monitor_jobs.profiles.performance.counts import Doubles

LABEL_FREE: Final = frozenset({"CDDPL", "CI", "DI", "DPPL", "FT"})
"""Metrics that need no labels."""
NEED_STRATA: Final = frozenset({"CDDL", "CDDPL"})
DISTANCES: Final = frozenset({"JS", "KL", "KS", "LP", "TVD"})
RATIOS: Final = frozenset({"DI", "EOR"})
"""Judged on the scale of |ln|: half and double are as far from 1."""
DIVERGENCES: Final = frozenset({"JS", "KL"})
"""Judged on the scale of roots: near 0 a divergence grows as the square of the difference between both sides."""


def values(counts: BiasCounts) -> dict[str, Doubles]:
    """Every metric of each group and facet, (G, facets) each; NaN where Clarify has an error instead.

    0/0 is 0 and what else is divided by 0 infinite. GE does not depend on the facet. EOD and EOR are not Clarify's.
    """
    outcomes, strata = Outcomes.of(counts.table), Strata.of(counts)
    made = {"CI": class_imbalance(outcomes.sides)} | of_outcomes(outcomes)
    blank = np.full(counts.table.shape[:2], np.nan)
    distribution = label_distribution(counts)
    made |= dict.fromkeys(DISTANCES, blank) if distribution is None else distances(distribution)
    made["CDDL"] = blank if strata.labels is None else conditional_disparity(strata.labels)
    made["CDDPL"] = blank if strata.predictions is None else conditional_disparity(strata.predictions)
    return dict(sorted(made.items()))


def of_outcomes(outcomes: Outcomes) -> dict[str, Doubles]:
    """The metrics that need neither strata nor label values, of any leading shape."""
    of_rates = rates(outcomes)
    made = {name: rate.difference for name, rate in of_rates.items()}
    made["DI"] = disparate_impact(of_rates["DPPL"])
    made["GE"] = generalized_entropy(outcomes.confusion)
    return made | differences(outcomes) | equalized_odds(outcomes)


def on_scale(name: str, metric: Doubles) -> Doubles:
    """A metric on the scale on which it is judged: |ln| of a ratio, the root of a divergence, else as it is.

    A negative KL gets the negative root of its size.
    """
    if name in RATIOS:
        with np.errstate(divide="ignore"):
            return np.abs(np.log(metric))
    return np.sign(metric) * np.sqrt(np.abs(metric)) if name in DIVERGENCES else metric


def support(counts: BiasCounts) -> list[dict[str, int]]:
    """For each facet, of counts of one group, the rows of the smaller side that each metric rests on.

    Of a rate they are those that it is a share of, such as the positive labels for RD; of DCA and DCR the positive
    and negative answers, of TE the false positives; of GE all rows with a label and an answer.
    """
    outcomes, strata = Outcomes.of(counts.table[0]), Strata.of(counts.at(0))
    smaller = {name: rate.of.min(axis=-1) for name, rate in rates(outcomes).items()}
    smaller |= {"CI": outcomes.sides.min(axis=-1), "DI": smaller["DPPL"]}
    answered, observed = outcomes.answered.min(axis=-2), outcomes.observed.min(axis=-2)
    smaller |= {"DCA": answered[..., POSITIVE], "DCR": answered[..., NEGATIVE]}
    smaller["TE"] = outcomes.confusion[..., NEGATIVE, POSITIVE].min(axis=-1)
    smaller["GE"] = outcomes.judged.sum(axis=-1)
    smaller |= dict.fromkeys(("EOD", "EOR"), observed.min(axis=-1))
    smaller |= dict.fromkeys(DISTANCES, smaller["DPL"])
    nobody = np.zeros(len(counts.problem.facets), dtype=np.int64)
    for name, side in (("CDDL", strata.labels), ("CDDPL", strata.predictions)):
        smaller[name] = nobody if side is None else side[0].sum(axis=(-3, -1)).min(axis=-1)
    return [
        {name: int(rows[place]) for name, rows in sorted(smaller.items())}
        for place in range(len(counts.problem.facets))
    ]
