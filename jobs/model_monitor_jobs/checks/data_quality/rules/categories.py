"""Have the shares of values changed?"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from model_monitor_jobs.checks.data_quality.check import Check, Words, share
from model_monitor_jobs.checks.data_quality.reference import ReferenceColumn
from model_monitor_jobs.checks.finding import percent
from model_monitor_jobs.checks.predicates import Equals, NotAmong, Predicate
from model_monitor_jobs.decisions import LargestRateNoise, Noise, rate_interval
from model_monitor_jobs.profiles.counts import ColumnCounts, Number

MOST_CATEGORIES: Final = 100
"""Categories that are compared one by one; the rarer ones count together."""


class Categories(Check):
    """The largest change of any value's share (L-infinity), over the most frequent values and the rest together."""

    type = "baseline_drift_check"

    def applies(self, column: ReferenceColumn) -> bool:
        """For texts whose values were counted."""
        counts = column.counts
        return column.compared and not column.numeric and counts.values is not None and bool(counts.values.sum())

    def size(self, counts: ColumnCounts) -> Number:
        """Rows with a value."""
        return counts.present

    def difference(self, window: ColumnCounts, reference: ColumnCounts, column: ReferenceColumn) -> Any:
        """The largest change."""
        return np.abs(_changes(window, reference)).max(axis=-1)

    def noise(self, reference: ColumnCounts, column: ReferenceColumn) -> Noise:
        """That of the largest of several rates."""
        return LargestRateNoise.of(category_counts(reference).tolist())

    def interval(
        self,
        difference: float,
        window: ColumnCounts,
        reference: ColumnCounts,
        column: ReferenceColumn,
    ) -> tuple[float, float]:
        """That of the category that has changed most."""
        place = int(np.argmax(np.abs(_changes(window, reference))))
        now, then = int(category_counts(window)[place]), int(category_counts(reference)[place])
        return rate_interval(now, int(window.present), then, int(reference.present))

    def words(self, window: ColumnCounts, reference: ColumnCounts, column: ReferenceColumn) -> Words:
        """The category that has changed most."""
        place = int(np.argmax(np.abs(_changes(window, reference))))
        listed = column.tracking.values[:MOST_CATEGORIES]
        name = repr(listed[place]) if place < len(listed) else "other values"
        now, then = (
            percent(float(share(category_counts(counts)[place], counts.present))) for counts in (window, reference)
        )
        return Words(f"{now} {name}", f"{then} {name}", f"{now} of values are {name}, {then} in the baseline")

    def offending(self, window: ColumnCounts, reference: ColumnCounts, column: ReferenceColumn) -> Predicate | None:
        """The rows of the category that has gained most."""
        place = int(np.argmax(_changes(window, reference)))
        listed = column.tracking.values[:MOST_CATEGORIES]
        return Equals(column.name, listed[place]) if place < len(listed) else NotAmong(column.name, listed)


def category_counts(counts: ColumnCounts) -> Any:
    """Counts of the most frequent values of the baseline, and of all others together."""
    values = np.zeros((*np.shape(counts.present), 0)) if counts.values is None else counts.values
    listed = values[..., :MOST_CATEGORIES]
    others = np.asarray(counts.present) - listed.sum(axis=-1)
    return np.concatenate((listed, others[..., np.newaxis]), axis=-1)


def _changes(window: ColumnCounts, reference: ColumnCounts) -> Any:
    some = (np.asarray(window.present) > 0) & (np.asarray(reference.present) > 0)
    now, then = (
        share(category_counts(counts), np.asarray(counts.present)[..., np.newaxis]) for counts in (window, reference)
    )
    return (now - then) * some[..., np.newaxis]


CHECK = Categories()
