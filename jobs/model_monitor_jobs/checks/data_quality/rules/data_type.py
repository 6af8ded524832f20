"""Are values of another type than the baseline's?"""

from __future__ import annotations

from model_monitor_jobs.checks.data_quality.check import PromisedRateCheck, Words
from model_monitor_jobs.checks.data_quality.reference import ReferenceColumn
from model_monitor_jobs.checks.predicates import NotOfType, Predicate
from model_monitor_jobs.profiles.counts import ColumnCounts, Number


class DataType(PromisedRateCheck):
    """The share of values that are not of the column's type, which is a promise: the baseline's data have none, or none
    are wanted any more where the type was edited.

    A whole number written as a fraction (5.0) still counts as Integral: writers add the `.0` of their own accord.
    """

    type = "data_type_check"

    def applies(self, column: ReferenceColumn) -> bool:
        """For numbers: every value is a text."""
        return column.evaluated and column.numeric and bool(column.counts.rows)

    def size(self, counts: ColumnCounts) -> Number:
        """Rows with a value."""
        return counts.present

    def hits(self, counts: ColumnCounts, column: ReferenceColumn) -> Number:
        """Values of another type."""
        whole = column.constraints.inferred_type == "Integral"
        return counts.present - counts.integral - (counts.whole if whole else counts.fractional)

    def words(self, window: ColumnCounts, reference: ColumnCounts, column: ReferenceColumn) -> Words:
        """See `Check`."""
        kind = column.constraints.inferred_type
        observed, expected = self.percentages(window, reference, column)
        if not self.hits(reference, column):
            return Words(
                f"{observed} not {kind}", f"all {kind}", f"{observed} of values are not {kind}, none in the baseline"
            )
        text = f"{observed} of values are not {kind}, {expected} in the baseline"
        return Words(f"{observed} not {kind}", f"{expected} not {kind}", text)

    def offending(self, window: ColumnCounts, reference: ColumnCounts, column: ReferenceColumn) -> Predicate | None:
        """The values of another type."""
        kind = column.constraints.inferred_type
        return NotOfType(column.name, "Integral" if kind == "Integral" else "Fractional")


CHECK = DataType()
