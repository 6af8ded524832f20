"""Metrics of a regression, of many groups of rows at once; NaN where one is undefined."""

from __future__ import annotations

from typing import Final

import numpy as np

from model_monitor_jobs.checks.model_quality.ratio import ratio
from model_monitor_jobs.profiles.grouped_arrays import Counts
from model_monitor_jobs.profiles.performance.counts import Doubles
from model_monitor_jobs.profiles.performance.regression import EDGES, RegressionCounts

QUANTILES: Final = {"median_absolute_error": 0.5, "p90_absolute_error": 0.9, "p95_absolute_error": 0.95}


def values(counts: RegressionCounts) -> dict[str, Doubles]:
    """Every metric; quantiles are those of absolute errors rounded to cells of 9 %.

    r2 compares with the labels' own mean, and is undefined where all labels are equal.
    """
    rows = counts.rows
    with np.errstate(over="ignore", invalid="ignore"):
        mean_squares = ratio(counts.errors[:, 2], rows)
        means, squares = (ratio(sums, rows) for sums in counts.labels.T)
        variance = squares - means * means
        # What is left of equal labels is rounding.
        variance = np.where(variance > 8 * np.finfo(np.float64).eps * squares, variance, 0.0)
        made = {
            "mae": ratio(counts.errors[:, 1], rows),
            "mse": mean_squares,
            # What is left of a sum that something was taken from may be less than 0 by rounding.
            "rmse": np.sqrt(np.maximum(mean_squares, 0.0)),
            "r2": 1 - ratio(mean_squares, variance),
        }
    for name, share in QUANTILES.items():
        made[name] = cell_quantile(counts.cells, share)
    return made


def support(counts: RegressionCounts) -> dict[str, int]:
    """The rows of one group that each metric rests on: all of them."""
    return dict.fromkeys(("mae", "mse", "rmse", "r2", *QUANTILES), int(counts.rows[0]))


def undefined(counts: RegressionCounts) -> str:
    """Why a metric of one group is undefined, in words."""
    rows = int(counts.rows[0])
    if not rows:
        return "there are no labelled answers"
    return f"all {rows:,} labels are equal" if rows > 1 else "there is one label"


def cell_quantile(cells: Counts, share: float) -> Doubles:
    """The quantile of absolute errors on cells (G, 514), in equal steps of the logarithm within a cell."""
    rows = cells.sum(axis=1)
    above = np.cumsum(cells, axis=1)
    wanted = share * rows
    place = (above < wanted[:, np.newaxis]).sum(axis=1).clip(0, cells.shape[1] - 1)
    groups = np.arange(len(cells))
    inside = cells[groups, place]
    within = ratio(wanted - (above[groups, place] - inside), inside)
    low, high = EDGES[place], EDGES[np.minimum(place + 1, len(EDGES) - 1)]
    found = np.where(low > 0, low ** (1 - within) * high**within, high * within)
    return np.where(rows > 0, found, np.nan)
