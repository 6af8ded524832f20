"""Are numbers distributed otherwise?"""

from __future__ import annotations

from typing import Any

import numpy as np

from model_monitor_jobs.checks.data_quality.check import Check, Words, rounded, share
from model_monitor_jobs.checks.data_quality.reference import ReferenceColumn
from model_monitor_jobs.checks.finding import percent
from model_monitor_jobs.checks.predicates import Between, Predicate
from model_monitor_jobs.decisions import KolmogorovNoise, Noise, distance_interval
from model_monitor_jobs.profiles.counts import ColumnCounts, Number


class Distribution(Check):
    """The largest difference of the distribution functions on the baseline's cut points (Kolmogorov–Smirnov)."""

    type = "baseline_drift_check"

    def applies(self, column: ReferenceColumn) -> bool:
        """For numbers."""
        return column.compared and column.numeric and column.tracking.cuts is not None

    def size(self, counts: ColumnCounts) -> Number:
        """Finite numbers."""
        return counts.numbers

    def difference(self, window: ColumnCounts, reference: ColumnCounts, column: ReferenceColumn) -> Any:
        """The largest distance of the cumulative shares."""
        apart = _apart(window, reference)
        # What is added turns the -0.0 of equal distributions into 0.0.
        return np.maximum(apart.max(axis=-1), -apart.min(axis=-1)) + 0.0

    def noise(self, reference: ColumnCounts, column: ReferenceColumn) -> Noise:
        """That of a Kolmogorov–Smirnov distance."""
        cells = reference.cells
        return KolmogorovNoise.of([] if cells is None else cells.tolist(), column.sketch_error)

    def interval(
        self, difference: float, window: ColumnCounts, reference: ColumnCounts, column: ReferenceColumn
    ) -> tuple[float, float]:
        """See `Check`."""
        return distance_interval(difference, int(window.numbers), int(reference.numbers), column.sketch_error)

    def words(self, window: ColumnCounts, reference: ColumnCounts, column: ReferenceColumn) -> Words:
        """The shares up to the cut point at which they differ most."""
        if not window.numbers:
            return Words("no numbers", "as in the baseline", "no numbers to compare")
        place = int(np.argmax(np.abs(_apart(window, reference))))
        point = f"{'≤' if place % 2 else '<'} {rounded(_cuts(column, window)[place // 2])}"
        now, then = (percent(float(_cumulative(counts)[place])) for counts in (window, reference))
        return Words(f"{now} {point}", f"{then} {point}", f"{now} of values are {point}, {then} in the baseline")

    def offending(self, window: ColumnCounts, reference: ColumnCounts, column: ReferenceColumn) -> Predicate | None:
        """The numbers on the side that has gained."""
        apart = _apart(window, reference)
        place = int(np.argmax(np.abs(apart)))
        cut = float(_cuts(column, window)[place // 2])
        return Between(column.name, None, cut) if apart[place] > 0 else Between(column.name, cut, None)


def _cumulative(counts: ColumnCounts) -> Any:
    cells = np.zeros((2,), dtype=np.int64) if counts.cells is None else counts.cells
    return share(np.cumsum(cells[..., :-1], axis=-1), np.asarray(counts.numbers)[..., np.newaxis])


def _apart(window: ColumnCounts, reference: ColumnCounts) -> Any:
    """Difference of the cumulative shares below and on each cut point; 0 where there are no numbers."""
    some = (np.asarray(window.numbers) > 0) & (np.asarray(reference.numbers) > 0)
    apart = _cumulative(window) - _cumulative(reference)
    return apart if some.all() else apart * some[..., np.newaxis]


def _cuts(column: ReferenceColumn, counts: ColumnCounts) -> Any:
    """The cut points that these counts stand on."""
    cuts = column.tracking.cuts if column.tracking.cuts is not None else np.empty(0)
    return cuts[counts.step - 1 :: counts.step]


CHECK = Distribution()
