"""The tables that bias metrics are computed of, each with any leading shape: groups of rows, facets, resamples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model_monitor_jobs.profiles.bias.counts import BiasCounts
from model_monitor_jobs.profiles.bias.problem import NEGATIVE, POSITIVE
from model_monitor_jobs.profiles.grouped_arrays import Counts


@dataclass(frozen=True)
class Outcomes:
    """Rows of both sides of a facet by what is known of them; on axes of two, 0 is advantaged or negative.

    `sides`: (..., 2), all rows. `labels`, `predictions`: (..., 2, 2), side and outcome of the rows where it is known.
    `confusion`: (..., 2, 2, 2), side, label and prediction of the rows where both are known.
    """

    sides: Counts
    labels: Counts
    predictions: Counts
    confusion: Counts

    @classmethod
    def of(cls, table: Counts) -> Outcomes:
        """From tables (..., 2, 3, 3) as in `BiasCounts.table`."""
        known = table[..., :2, :2]
        return cls(table.sum(axis=(-1, -2)), table[..., :2, :].sum(axis=-1), table[..., :2].sum(axis=-2), known)

    @property
    def observed(self) -> Counts:
        """(..., 2, 2): side and label of the rows where both label and prediction are known."""
        return np.asarray(self.confusion.sum(axis=-1))

    @property
    def answered(self) -> Counts:
        """(..., 2, 2): side and prediction of the rows where both label and prediction are known."""
        return np.asarray(self.confusion.sum(axis=-2))

    @property
    def correct(self) -> Counts:
        """(..., 2, 2): true negatives and true positives of each side."""
        return np.stack((self.confusion[..., NEGATIVE, NEGATIVE], self.confusion[..., POSITIVE, POSITIVE]), axis=-1)

    @property
    def judged(self) -> Counts:
        """(..., 2): rows of each side where both label and prediction are known."""
        return np.asarray(self.confusion.sum(axis=(-1, -2)))


@dataclass(frozen=True)
class Strata:
    """Rows of both sides by stratum: (..., strata, 2, 2), side and outcome; None where the strata are not known."""

    labels: Counts | None
    predictions: Counts | None

    @classmethod
    def of(cls, counts: BiasCounts) -> Strata:
        """Of counts, leading shape (G, facets)."""
        if counts.by_stratum is None:
            return cls(None, None)
        return cls(counts.by_stratum[..., 0, :, :], counts.by_stratum[..., 1, :, :])


def label_distribution(counts: BiasCounts) -> Counts | None:
    """(G, facets, 2, K): side and label value, where every label is asked for; None where there are too many.

    By default the values are negative and positive.
    """
    if not counts.problem.every_label:
        return Outcomes.of(counts.table).labels
    return None if counts.by_label is None else np.swapaxes(counts.by_label, -1, -2)
