"""Are more values missing, or fewer?"""

from __future__ import annotations

from model_monitor_jobs.checks.data_quality.check import RateCheck, Words
from model_monitor_jobs.checks.data_quality.reference import ReferenceColumn
from model_monitor_jobs.checks.predicates import MissingValue, Predicate
from model_monitor_jobs.profiles.counts import ColumnCounts, Number


class Completeness(RateCheck):
    """The share of rows without a value."""

    type = "completeness_check"

    def applies(self, column: ReferenceColumn) -> bool:
        """For every column."""
        return column.evaluated and bool(column.counts.rows)

    def size(self, counts: ColumnCounts) -> Number:
        """All rows."""
        return counts.rows

    def hits(self, counts: ColumnCounts, column: ReferenceColumn) -> Number:
        """Rows without a value."""
        return counts.missing

    def words(self, window: ColumnCounts, reference: ColumnCounts, column: ReferenceColumn) -> Words:
        """See `Check`."""
        observed, expected = self.percentages(window, reference, column)
        text = f"{observed} of rows have no value, {expected} in the baseline"
        return Words(f"{observed} missing", f"{expected} missing", text)

    def offending(self, window: ColumnCounts, reference: ColumnCounts, column: ReferenceColumn) -> Predicate | None:
        """The rows without a value, where there are more of them."""
        more = window.missing * reference.rows > reference.missing * window.rows
        return MissingValue(column.name) if more else None


CHECK = Completeness()
