"""Distances that are reported beside the verdict of a column's distribution and decide nothing.

Shares are smoothed by Jeffreys' prior, p_i = (x_i + 1/2) / (n + k/2) for counts x_i of n values in k cells, so that an
empty cell makes no distance infinite.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from model_monitor_jobs.checks.data_quality.reference import ReferenceColumn
from model_monitor_jobs.checks.data_quality.rules.categories import category_counts
from model_monitor_jobs.checks.finding import Distances
from model_monitor_jobs.profiles.cells import cumulative_shares, reference_shares
from model_monitor_jobs.profiles.column import ColumnProfile
from model_monitor_jobs.profiles.counts import ColumnCounts
from model_monitor_jobs.profiles.sketch import Doubles, QuantileSketch

PARTS: Final = 10
_SMOOTHING: Final = 0.5


def distances_of(column: ReferenceColumn, profile: ColumnProfile, window: ColumnCounts) -> Distances | None:
    """All distances of a column from its baseline; None where there is nothing to compare."""
    if not column.numeric:
        return (
            distances_of_categories(category_counts(window).tolist(), category_counts(column.counts).tolist())
            if window.present
            else None
        )
    cuts, sketch, moments = column.tracking.cuts, column.sketch, profile.moments
    if cuts is None or sketch is None or window.cells is None or not moments.count:
        return None
    span = moments.minimum, moments.maximum
    return distances_of_numbers(profile.sketch, span, window.cells, cuts, sketch, column.span or span)


def distances_of_categories(counts: Sequence[int], reference_counts: Sequence[int]) -> Distances:
    """Distances between the counts of the same categories in the window and in the baseline, none of them empty."""
    now, then = smoothed_shares(counts), smoothed_shares(reference_counts)
    return Distances(population_stability_index(now, then), jensen_shannon_distance(now, then))


def distances_of_numbers(
    window: QuantileSketch,
    span: tuple[float, float],
    cells: NDArray[np.int64],
    cuts: Doubles,
    reference: QuantileSketch,
    reference_span: tuple[float, float],
) -> Distances:
    """Distances between the window's numbers, at least one, and the baseline's.

    `cells` holds the 2·len(cuts)+1 counts of the window on the baseline's cut points (`count_cells`); the spans are
    minimum and maximum. Population stability index and Jensen–Shannon distance are those of the baseline's tenths, with
    open ends.
    """
    shares, expected = cumulative_shares(cells), reference_shares(cuts, reference)
    edges = tenths(expected)
    now = smoothed_shares(_between(shares, edges) * int(cells.sum()))
    then = smoothed_shares(_between(expected, edges) * reference.count)
    moved = wasserstein_distance(window, reference)
    return Distances(
        population_stability_index(now, then),
        jensen_shannon_distance(now, then),
        moved if math.isfinite(moved) else None,
        *span,
        *reference_span,
    )


def smoothed_shares(counts: ArrayLike) -> Doubles:
    """Shares of some counts under Jeffreys' prior: all above 0, their sum 1."""
    smoothed = np.asarray(counts, dtype=np.float64) + _SMOOTHING
    return np.asarray(smoothed / smoothed.sum(), dtype=np.float64)


def population_stability_index(shares: Doubles, reference: Doubles) -> float:
    """Sum of (p - q)·ln(p/q), in nats (Siddiqi 2006, Credit Risk Scorecards); no share may be 0."""
    return float(np.sum((shares - reference) * np.log(shares / reference)))


def jensen_shannon_distance(shares: Doubles, reference: Doubles) -> float:
    """Root of the Jensen–Shannon divergence in bits (Endres and Schindelin 2003), 0 to 1; no share may be 0."""
    middle = (shares + reference) / 2
    divergence = np.sum(shares * np.log2(shares / middle) + reference * np.log2(reference / middle)) / 2
    return math.sqrt(max(0.0, float(divergence)))


def tenths(reference: Doubles) -> NDArray[np.int64]:
    """Which cut points part the baseline into tenths: the lowest with at least 10 %, 20 %, … of the values up to it.

    `reference` holds the 2·len(cuts) shares of `reference_shares`. A value that fills several tenths parts them once,
    so there may be fewer.
    """
    steps = np.arange(1, PARTS) / PARTS
    places = np.searchsorted(reference[1::2], steps - 1e-9, side="left")
    return np.unique(places[places < len(reference) // 2])


def wasserstein_distance(window: QuantileSketch, reference: QuantileSketch) -> float:
    """Area between the two distribution functions, in the column's unit (Vallender 1974); infinite beyond doubles.

    Exact while both sketches are. It is not taken from the counts on the cut points, which can't tell how far away
    values lie beyond the outermost of them.
    """
    # Taken once from each sketch, which sorts what it keeps each time.
    now, then = window.weighted(), reference.weighted()
    points = np.union1d(now[0], then[0])
    change = np.abs(_ranks(points, *now) - _ranks(points, *then))[:-1]
    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.sum((change * np.diff(points))[change > 0]))


def _ranks(points: Doubles, values: Doubles, weights: NDArray[np.int64]) -> Doubles:
    """Share of some weighted values not above each point; the points contain all values."""
    cumulative = np.concatenate(([0], np.cumsum(weights)))
    return np.asarray(cumulative[np.searchsorted(values, points, side="right")] / cumulative[-1], dtype=np.float64)


def _between(shares: Doubles, edges: NDArray[np.int64]) -> Doubles:
    """Share of the values in each part: up to the first edge, above it up to the next, …, above the last."""
    return np.diff(shares[1::2][edges], prepend=0.0, append=1.0)
