"""Metrics in words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from model_monitor_jobs.checks.model_quality.metrics import LOSSES, UNBOUNDED

NAMES: Final[Mapping[str, str]] = {
    "accuracy": "Accuracy",
    "auc": "Area under the ROC curve",
    "brier_score": "Brier score",
    "calibration_error": "Calibration error",
    "cost": "Mean cost of an answer",
    "f0_5": "F0.5 score",
    "f1": "F1 score",
    "f2": "F2 score",
    "false_negative_rate": "False negative rate",
    "false_positive_rate": "False positive rate",
    "lift": "Lift of the top tenth",
    "log_loss": "Log loss",
    "mae": "Mean absolute error",
    "median_absolute_error": "Median absolute error",
    "mse": "Mean squared error",
    "p90_absolute_error": "90th percentile of the absolute error",
    "p95_absolute_error": "95th percentile of the absolute error",
    "precision": "Precision",
    "r2": "R²",
    "recall": "Recall",
    "rmse": "Root mean squared error",
    "true_negative_rate": "True negative rate",
    "true_positive_rate": "True positive rate",
    "weighted_f0_5": "Weighted F0.5 score",
    "weighted_f1": "Weighted F1 score",
    "weighted_f2": "Weighted F2 score",
    "weighted_precision": "Weighted precision",
    "weighted_recall": "Weighted recall",
}

_SCALE_FREE: Final = UNBOUNDED - {"log_loss"}


def check_of(metric: str) -> str:
    """The name of the check of a metric."""
    return f"{metric}_check"


def metric_of(check: str) -> str:
    """The metric that a check is of."""
    return check.removesuffix("_check")


def shown(metric: str, value: float | None) -> str:
    """A metric's value for people: three decimals for those from 0 to 1, four digits for others."""
    if value is None or not math.isfinite(value):
        return "undefined"
    return f"{value:.4g}" if metric in _SCALE_FREE else f"{value:.3f}"


def spanned(metric: str, value: float, low: float, high: float) -> str:
    """A value with its interval."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return shown(metric, value)
    return f"{shown(metric, value)} ({shown(metric, low)} to {shown(metric, high)})"


def direction(metric: str, value: float, baseline: float) -> str:
    """Whether a change is for the better."""
    if value == baseline:
        return "unchanged"
    return "better" if (value < baseline) == (metric in LOSSES) else "worse"
