"""Why a bias metric has no value: Clarify's words where it has some."""

from __future__ import annotations

from typing import Final

from model_monitor_jobs.checks.bias.metrics import DISTANCES, NEED_STRATA
from model_monitor_jobs.checks.bias.tables import Outcomes
from model_monitor_jobs.profiles.bias.counts import MOST_VALUES, BiasCounts
from model_monitor_jobs.profiles.bias.problem import ADVANTAGED, DISADVANTAGED, POSITIVE
from model_monitor_jobs.profiles.grouped_arrays import Counts

_ALL_FALSE_NEGATIVES: Final = (
    "All predicted labels are false negatives. There should be at least one prediction that is not false negative."
)
_EMPTY: Final = {
    "AD": ("Facet set is empty", "Negated Facet set is empty"),
    "CI": (
        "CI: facet set is empty. Check that x[facet] has non-zero length.",
        "CI: negated facet set is empty. Check that x[~facet] has non-zero length.",
    ),
    "DAR": ("DLR: Facet set is empty", "DLR: Negated Facet set is empty"),
    "DCA": ("DCO: Facet set is empty", "DCO: Negated Facet set is empty"),
    "DI": ("Facet set is empty", "Negated facet set is empty"),
    "DPL": ("Facet set is empty.", "Negative facet set is empty."),
    "RD": ("DLA: Facet set is empty", "DLA: Negated Facet set is empty"),
}
_EMPTY_LIKE: Final = {"DRR": "DAR", "DCR": "DCA", "DPPL": "DPL", "SD": "RD", "TE": "AD"}
_NEGATED_FIRST: Final = frozenset({"CI", "DI", "DPL", "DPPL"})
"""Metrics of which Clarify looks at the advantaged side first."""


def error(counts: BiasCounts, name: str, place: int) -> str:
    """Why a metric of a facet, of counts of one group, has no value."""
    outcomes = Outcomes.of(counts.table[0, place])
    if name in NEED_STRATA:
        return _without_strata(counts, name, place)
    if name in DISTANCES:
        if counts.problem.every_label and counts.by_label is None:
            return f"the label has more than {MOST_VALUES} values"
        return "No instance of common facet found, dataset may be too small"
    if name in ("EOD", "EOR"):
        return "a side of the facet has no positive or no negative labels"
    if name == "GE":
        return _ALL_FALSE_NEGATIVES if outcomes.judged.any() else "dataset must be non-empty"
    return _empty_side(outcomes, name)


def _without_strata(counts: BiasCounts, name: str, place: int) -> str:
    if counts.problem.stratified_by is not None and counts.by_stratum is None:
        return f"the group variable has more than {MOST_VALUES} values"
    if counts.by_stratum is None or not counts.by_stratum[0, place].any():
        return "Group variable is empty or not provided"
    outcomes = counts.by_stratum[0, place, :, int(name == "CDDPL")].sum(axis=(0, 1))
    return "No negative labels in set" if outcomes[POSITIVE] else "No positive labels in set"


def _empty_side(outcomes: Outcomes, name: str) -> str:
    rows: Counts = outcomes.judged
    if name == "CI":
        rows = outcomes.sides
    elif name == "DPL":
        rows = outcomes.labels.sum(axis=-1)
    elif name in ("DI", "DPPL"):
        rows = outcomes.predictions.sum(axis=-1)
    empty, negated = _EMPTY[_EMPTY_LIKE.get(name, name)]
    if name in _NEGATED_FIRST:
        return empty if rows[ADVANTAGED] else negated
    return negated if rows[DISADVANTAGED] else empty
