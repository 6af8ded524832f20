"""Every metric of model quality, by the names of the API."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from model_monitor_crds.model_quality import Costs
from model_monitor_jobs.checks.model_quality import binary, multiclass, regression
from model_monitor_jobs.profiles.grouped_arrays import Counts
from model_monitor_jobs.profiles.performance.binary import BinaryCounts
from model_monitor_jobs.profiles.performance.counts import Doubles, PerformanceCounts
from model_monitor_jobs.profiles.performance.multiclass import MulticlassCounts
from model_monitor_jobs.profiles.performance.regression import RegressionCounts

LOSSES: Final = frozenset(
    {
        "brier_score",
        "calibration_error",
        "cost",
        "false_negative_rate",
        "false_positive_rate",
        "log_loss",
        "mae",
        "median_absolute_error",
        "mse",
        "p90_absolute_error",
        "p95_absolute_error",
        "rmse",
    }
)
"""The metrics of which more is worse."""

UNBOUNDED: Final = frozenset({"cost", "lift", "log_loss", "r2"}) | {
    name for name in LOSSES if name.endswith(("mae", "mse", "absolute_error"))
}
"""The metrics whose values are not from 0 to 1."""


def bounds(name: str) -> tuple[float, float]:
    """The least and the greatest value that a metric can have."""
    if name == "r2":
        return -math.inf, 1.0
    if name == "brier_score":
        return 0.0, 2.0
    return 0.0, math.inf if name in UNBOUNDED else 1.0


def values(counts: PerformanceCounts, costs: Costs | None = None) -> dict[str, Doubles]:
    """Every metric of the problem, of all groups at once, shape (G,); NaN where it is undefined.

    Those that need probabilities are left out where answers have none. The AUC and the lift are those of scores on 256
    cells, quantiles of errors those of errors on cells: `measure` has them exactly, of a window as a whole.
    Definitions: scikit-learn's, in an undefined case NaN instead of 0.
    """
    if isinstance(counts, BinaryCounts):
        return binary.values(counts, costs or Costs())
    if isinstance(counts, MulticlassCounts):
        return multiclass.values(counts)
    return regression.values(_of_regression(counts))


def best_constant_values(counts: PerformanceCounts) -> dict[str, Doubles]:
    """SageMaker's metrics of the classifier that always answers the most frequent label; none of a regression.

    Of equally frequent labels a binary problem's is the positive one; with many classes it makes no difference.
    """
    if isinstance(counts, BinaryCounts):
        return binary.best_constant(counts)
    return multiclass.best_constant(counts) if isinstance(counts, MulticlassCounts) else {}


def rates(counts: PerformanceCounts) -> dict[str, tuple[Counts, Counts]]:
    """The metrics that are shares of rows: how many fulfil them, and of how many; shape (G,) each."""
    if isinstance(counts, BinaryCounts):
        return binary.rates(counts)
    return multiclass.rates(counts) if isinstance(counts, MulticlassCounts) else {}


def support(counts: PerformanceCounts) -> dict[str, int]:
    """How many rows of one group each metric rests on."""
    if isinstance(counts, BinaryCounts):
        return binary.support(counts)
    if isinstance(counts, MulticlassCounts):
        return multiclass.support(counts)
    return regression.support(_of_regression(counts))


def undefined(counts: PerformanceCounts, name: str) -> str:
    """Why a metric of one group is undefined, in words."""
    if isinstance(counts, BinaryCounts):
        return binary.undefined(counts, name)
    if isinstance(counts, RegressionCounts):
        return regression.undefined(counts)
    return "there are no labelled answers"


def only_label(counts: PerformanceCounts) -> str:
    """That all labels of a classification are alike, in words; empty where they are not, and without labels."""
    rows, total = int(counts.rows.sum()), counts.total()
    if isinstance(total, BinaryCounts):
        actual = total.confusion[0].sum(axis=1)
    elif isinstance(total, MulticlassCounts):
        actual = total.by_class[0, :, 1]
    else:
        return ""
    present = np.flatnonzero(actual)
    return f"all {rows:,} labels are {total.problem.classes[present[0]]}" if len(present) == 1 else ""


def _of_regression(counts: PerformanceCounts) -> RegressionCounts:
    if not isinstance(counts, RegressionCounts):
        raise TypeError(f"no metrics for {type(counts).__name__}")
    return counts
