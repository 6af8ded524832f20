"""Counts on cut points: what decides whether a numeric column has moved.

Between the cut points lie open cells, and each cut point is a cell of its own, so values that occur very often
(atoms) are compared exactly.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from model_monitor_jobs.profiles.sketch import Doubles, QuantileSketch

MOST_CUTS: Final = 255


def cut_points(sketch: QuantileSketch) -> Doubles:
    """At most 255 ascending cut points at equal steps of the sketch's ranks; all values when there are fewer."""
    values, _ = sketch.weighted()
    if len(values) <= MOST_CUTS:
        return values
    return np.unique(sketch.quantiles(np.arange(1, MOST_CUTS + 1) / (MOST_CUTS + 1)))


def count_cells(cuts: Doubles, values: Doubles) -> NDArray[np.int64]:
    """How many values fall into each of the 2·len(cuts)+1 cells: below the first cut, on it, up to the next, …"""
    cells = np.searchsorted(cuts, values, side="left") + np.searchsorted(cuts, values, side="right")
    return np.bincount(cells, minlength=2 * len(cuts) + 1).astype(np.int64)


def count_sorted(cuts: Doubles, ordered: Doubles) -> NDArray[np.int64]:
    """The same as `count_cells`, of values in ascending order."""
    below = np.empty(2 * len(cuts) + 2, dtype=np.int64)
    below[0] = 0
    below[1:-1:2] = ordered.searchsorted(cuts, side="left")
    below[2:-1:2] = ordered.searchsorted(cuts, side="right")
    below[-1] = len(ordered)
    return below[1:] - below[:-1]


def count_sketch(cuts: Doubles, sketch: QuantileSketch) -> NDArray[np.int64]:
    """The same of the values that a sketch stands for, up to its error."""
    values, weights = sketch.weighted()
    cells = np.searchsorted(cuts, values, side="left") + np.searchsorted(cuts, values, side="right")
    return np.bincount(cells, weights=weights, minlength=2 * len(cuts) + 1).astype(np.int64)


def cumulative_shares(counts: NDArray[np.int64]) -> Doubles:
    """Share of values up to the end of each cell but the last."""
    return np.asarray(np.cumsum(counts)[:-1] / counts.sum(), dtype=np.float64)


def reference_shares(cuts: Doubles, sketch: QuantileSketch) -> Doubles:
    """The same shares as `cumulative_shares`, from a sketch."""
    shares = np.empty(2 * len(cuts))
    shares[0::2] = sketch.ranks(cuts, inclusive=False)
    shares[1::2] = sketch.ranks(cuts, inclusive=True)
    return shares
