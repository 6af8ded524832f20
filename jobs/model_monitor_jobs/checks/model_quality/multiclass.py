"""Metrics of a classifier of many classes, of many groups of rows at once; NaN where one is undefined."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from model_monitor_jobs.checks.model_quality.ratio import calibration_error, f_score, ratio
from model_monitor_jobs.profiles.grouped_arrays import Counts
from model_monitor_jobs.profiles.performance.counts import Doubles
from model_monitor_jobs.profiles.performance.multiclass import MulticlassCounts
from model_monitor_jobs.profiles.performance.problem import BETAS

_BETAS: Final = {f"weighted_{name}": beta for name, beta in BETAS.items()}


def rates(counts: MulticlassCounts) -> dict[str, tuple[Counts, Counts]]:
    """The metrics that are shares of rows: how many fulfil them, and of how many; shape (G,) each.

    Recall, weighted by how often each class is the actual one, is the accuracy.
    """
    hits = counts.by_class[..., 0].sum(axis=1)
    return dict.fromkeys(("accuracy", "weighted_recall"), (hits, counts.rows))


def values(counts: MulticlassCounts) -> dict[str, Doubles]:
    """Every metric that the counts have.

    Weighted ones are means over classes, weighted by how often each is the actual one; a class that was never
    predicted has precision 0, as in scikit-learn and SageMaker.
    """
    hits, actual, predicted = np.moveaxis(counts.by_class, -1, 0)
    made = {name: ratio(hits, of) for name, (hits, of) in rates(counts).items()}
    made["weighted_precision"] = _weighted(ratio(hits, predicted), actual)
    for name, beta in _BETAS.items():
        made[name] = _weighted(f_score(hits, predicted - hits, actual - hits, beta), actual)
    if counts.losses is not None and counts.calibration is not None:
        made["log_loss"], made["brier_score"] = (ratio(losses, counts.rows) for losses in counts.losses.T)
        made["calibration_error"] = calibration_error(counts.calibration)
    return made


def best_constant(counts: MulticlassCounts) -> dict[str, Doubles]:
    """Metrics of the classifier that always answers the most frequent class; the first one of equally frequent."""
    rows = counts.rows
    share = ratio(counts.by_class[..., 1].max(axis=1, initial=0), rows)
    made = {"accuracy": share, "weighted_recall": share, "weighted_precision": share * share}
    for name, beta in _BETAS.items():
        # Of the class that is always answered, recall is 1 and precision its share; of all others, both are 0.
        made[name] = share * f_score(share, 1 - share, 0.0, beta)
    return made


def support(counts: MulticlassCounts) -> dict[str, int]:
    """The rows of one group that each metric rests on: all of them."""
    return dict.fromkeys(values(counts), int(counts.rows[0]))


def _weighted(of_classes: Doubles, actual: Any) -> Doubles:
    rows = actual.sum(axis=1)
    return ratio((np.nan_to_num(of_classes) * actual).sum(axis=1), rows)
