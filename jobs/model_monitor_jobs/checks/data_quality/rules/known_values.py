"""Are there values that the baseline does not know?"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_monitor_jobs.checks.data_quality.check import PromisedRateCheck, Words, share
from model_monitor_jobs.checks.data_quality.reference import ReferenceColumn
from model_monitor_jobs.checks.predicates import NotAmong, Predicate
from model_monitor_jobs.profiles.column import ColumnProfile
from model_monitor_jobs.profiles.counts import ColumnCounts, Number


class KnownValues(PromisedRateCheck):
    """The share of values that are not among the listed ones."""

    type = "categorical_values_check"

    def applies(self, column: ReferenceColumn) -> bool:
        """For columns whose values are listed."""
        return column.evaluated and column.domain is not None and bool(column.counts.rows)

    def size(self, counts: ColumnCounts) -> Number:
        """Rows with a value."""
        return counts.present

    def hits(self, counts: ColumnCounts, column: ReferenceColumn) -> Number:
        """Values that are not listed."""
        if counts.values is None:
            return counts.present
        return counts.present - counts.values[..., _listed(column.tracking.values, column.domain)].sum(axis=-1)

    def usual_difference(self, windows: ColumnCounts, rest: ColumnCounts, column: ReferenceColumn) -> Any:
        """The share of values that the rest of the baseline does not have, listed or not.

        What was taken off the list must not pass for usual.
        """
        if windows.values is None or rest.values is None:
            return np.zeros(np.shape(windows.rows))
        known = windows.values * (rest.values > 0)
        return share(windows.present - known.sum(axis=-1), windows.present)

    def words(self, window: ColumnCounts, reference: ColumnCounts, column: ReferenceColumn) -> Words:
        """See `Check`."""
        observed, _ = self.percentages(window, reference, column)
        count = len(column.domain or ())
        text = f"{observed} of values are not among the {count} known ones"
        return Words(f"{observed} new values", f"{count} known values", text)

    def detail(self, profile: ColumnProfile, column: ReferenceColumn) -> str:
        """The most frequent new value."""
        newcomer = next((value for value in profile.frequencies.counts if value not in (column.domain or ())), None)
        return f", most often {newcomer!r}" if newcomer is not None else ""

    def offending(self, window: ColumnCounts, reference: ColumnCounts, column: ReferenceColumn) -> Predicate | None:
        """The values that are not listed."""
        return NotAmong(column.name, tuple(sorted(column.domain or ())))


@lru_cache(maxsize=256)
def _listed(values: tuple[str, ...], domain: frozenset[str] | None) -> NDArray[np.int64]:
    return np.array([place for place, value in enumerate(values) if value in (domain or ())], dtype=np.int64)


CHECK = KnownValues()
