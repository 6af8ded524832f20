"""Metrics of a binary classifier, of many groups of rows at once; NaN where one is undefined."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from model_monitor_crds.model_quality import Costs
from model_monitor_jobs.checks.model_quality.ratio import calibration_error, f_score, ratio
from model_monitor_jobs.profiles.grouped_arrays import Counts
from model_monitor_jobs.profiles.performance.binary import BinaryCounts
from model_monitor_jobs.profiles.performance.counts import Doubles
from model_monitor_jobs.profiles.performance.problem import BETAS
from model_monitor_jobs.profiles.performance.scores import auc, lift

_OF_SCORES: Final = ("auc", "brier_score", "calibration_error", "lift", "log_loss")


def rates(counts: BinaryCounts) -> dict[str, tuple[Counts, Counts]]:
    """The metrics that are shares of rows: how many fulfil them, and of how many; shape (G,) each."""
    true_negatives, false_positives, false_negatives, true_positives = _outcomes(counts)
    positives, negatives = true_positives + false_negatives, true_negatives + false_positives
    return {
        "accuracy": (true_positives + true_negatives, positives + negatives),
        "false_negative_rate": (false_negatives, positives),
        "false_positive_rate": (false_positives, negatives),
        "precision": (true_positives, true_positives + false_positives),
        "recall": (true_positives, positives),
        "true_negative_rate": (true_negatives, negatives),
        "true_positive_rate": (true_positives, positives),
    }


def values(counts: BinaryCounts, costs: Costs) -> dict[str, Doubles]:
    """Every metric that the counts have; the AUC and the lift are those of scores rounded to 256 cells."""
    _, false_positives, false_negatives, true_positives = _outcomes(counts)
    made = {name: ratio(hits, of) for name, (hits, of) in rates(counts).items()}
    for name, beta in BETAS.items():
        made[name] = f_score(true_positives, false_positives, false_negatives, beta)
    spent = costs.false_positive * false_positives + costs.false_negative * false_negatives
    made["cost"] = ratio(spent, counts.rows)
    if counts.cells is not None and counts.losses is not None and counts.calibration is not None:
        made["auc"], made["lift"] = auc(counts.cells), lift(counts.cells)
        made["log_loss"], made["brier_score"] = (ratio(losses, counts.rows) for losses in counts.losses.T)
        made["calibration_error"] = calibration_error(counts.calibration)
    return made


def best_constant(counts: BinaryCounts) -> dict[str, Doubles]:
    """Metrics of the classifier that always answers the most frequent label; the positive one of equally frequent."""
    negatives, positives = counts.confusion.sum(axis=2).T
    positive = positives >= negatives
    hits = np.where(positive, positives, 0)
    made = {
        "recall": ratio(hits, positives),
        "precision": ratio(hits, np.where(positive, counts.rows, 0)),
        "accuracy": ratio(np.maximum(positives, negatives), counts.rows),
    }
    for name, beta in BETAS.items():
        made[name] = f_score(hits, np.where(positive, negatives, 0), positives - hits, beta)
    return made


def support(counts: BinaryCounts) -> dict[str, int]:
    """The rows of one group that each metric rests on: of a share, those that it is a share of; of an F score, those
    that are or are called positive; of the AUC, those of the rarer label; of the lift, the positives."""
    _, false_positives, false_negatives, true_positives = (int(outcome[0]) for outcome in _outcomes(counts))
    rows, positives = int(counts.rows[0]), true_positives + false_negatives
    made = {name: int(of[0]) for name, (_, of) in rates(counts).items()}
    made |= dict.fromkeys(BETAS, true_positives + false_positives + false_negatives)
    made["cost"] = rows
    if counts.scored:
        made |= dict.fromkeys(_OF_SCORES, rows)
        made |= {"auc": min(positives, rows - positives), "lift": positives}
    return made


def undefined(counts: BinaryCounts, name: str) -> str:
    """Why a metric of one group is undefined, in words."""
    rows = int(counts.rows[0])
    if not rows:
        return "there are no labelled answers"
    label = counts.problem.classes[int(counts.confusion[0, 1].sum() > 0)]
    if name == "precision":
        return f"nothing was predicted {counts.problem.classes[1]}"
    return f"all {rows:,} labels are {label}"


def _outcomes(counts: BinaryCounts) -> Any:
    """True negatives, false positives, false negatives, true positives; shape (G,) each."""
    return counts.confusion.reshape(-1, 4).T
