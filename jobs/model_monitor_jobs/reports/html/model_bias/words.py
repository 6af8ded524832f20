"""What the page says of bias: what metrics mean, what to do, and how verdicts come about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from model_monitor_crds.bias import ModelBias
from model_monitor_crds.monitoringschedule import Alert
from model_monitor_jobs.reports.html.words import (
    FAR_BEYOND,
    false_violations,
    persistence,
    share,
    smallest_change,
)

MEANINGS: Final[Mapping[str, str]] = {
    "AD": "how much more often answers are right for the others than for the group",
    "CDDL": "how much more of the bad labels than of the good ones are the group’s, on average over the strata",
    "CDDPL": "how much more of the bad answers than of the good ones are the group’s, on average over the strata",
    "CI": "how much fewer rows the group has than the others: 0 is half of all, 1 is none",
    "DAR": "how much more often a good answer is true for the others",
    "DCA": "good labels for each good answer: how many more the others have than the group",
    "DCR": "bad labels for each bad answer: how many more the group has than the others",
    "DI": "the group’s share of good answers divided by that of the others: 1 is equal",
    "DPL": "how much larger the share of good labels is for the others: 0 is equal",
    "DPPL": "how much larger the share of good answers is for the others: 0 is equal",
    "DRR": "how much more often a bad answer is true for the group",
    "EOD": "the larger of both differences: of good answers among good labels, and among bad ones",
    "EOR": "the smaller of both ratios: of good answers among good labels, and among bad ones: 1 is equal",
    "FT": "how much more often the group is answered better than the most similar others than worse: 0 is equal",
    "GE": "how unequally wrong answers favour some rows and harm others, whatever their group: 0 is equal",
    "JS": "how differently labels are distributed in both groups: 0 is equal",
    "KL": "how differently labels are distributed in both groups, seen from the others: 0 is equal",
    "KS": "the largest difference of the shares that a label has in both groups: 0 is equal",
    "LP": "the differences of the shares that labels have in both groups, as a distance: 0 is equal",
    "RD": "how much more often a good label gets a good answer for the others",
    "SD": "how much more often a bad label gets a bad answer for the group",
    "TE": "wrongly bad answers for each wrongly good one: how many more the group has than the others",
    "TVD": "half the differences of the shares that labels have in both groups, added up: 0 is equal",
}
STEPS: Final = (
    "Look at the rates of both groups below: which of them has moved, that of the group or that of the others?",
    "If labels have moved as well (DPL), the world or the way labels are made has changed; if only answers have (DPPL, "
    "DI), the model treats the groups differently from before. Compare the time it began with deployments of the model "
    "and of its data pipeline.",
    "Look at the data quality monitor of this traffic in the same windows: a column that has drifted or lost its "
    "values for one group is a likely cause.",
    "If it is real, somebody has to decide whether the difference is acceptable: a metric can’t. Retrain or correct "
    "the model, or make a new Baseline where the new state is meant to be.",
)
"""What to do of violations."""


def rule_sentences(
    settings: ModelBias, alert: Alert, least: float, *, learned: bool, labelled: bool
) -> tuple[str, ...]:
    """How the verdicts of a run came about; `least`: the share of records that need a label."""
    if settings.compatibility == "SageMaker":
        return (
            "A metric is in violation when it is further from 0 than in analysis.json, as in SageMaker Model Monitor; "
            "DI too, although equality is 1 there.",
            "Sampling noise, the size of groups and the baseline’s usual variation are not taken into account.",
            persistence(alert),
        )
    floor = smallest_change(settings, learned=learned)
    known = (
        "sampling noise and the baseline’s own windows can explain"
        if learned
        else "sampling noise and a fixed margin, as the baseline does not tell how much its own windows vary"
    )
    ranges = ("A metric with an allowed range is judged by that instead.",) if settings.allowed_ranges else ()
    early = (
        (f"What needs labels is not judged while fewer than {share(least)} of the records have one.",)
        if labelled
        else ()
    )
    return (
        "A metric is in violation when it is further from its value in the baseline, in either direction, than "
        f"{known}.",
        *ranges,
        f"{false_violations(settings.alpha)}, and changes of less than {floor:g} never count; of DI and EOR that is "
        "the change of the logarithm, of JS and KL that of the root.",
        f"Where the smaller side of a facet has fewer than {settings.minimum_facet_size:,} rows, nothing is judged.",
        *early,
        persistence(alert, FAR_BEYOND),
    )
