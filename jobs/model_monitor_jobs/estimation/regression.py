"""Direct loss estimation: a model of the model's errors, learned from the reference (DLE, NannyML 2022)."""

from __future__ import annotations

from typing import Final

import numpy as np

from model_monitor_jobs.estimation.estimates import Estimate
from model_monitor_jobs.estimation.features import Doubles
from model_monitor_jobs.estimation.stray import Integers, stray_of_mean
from model_monitor_jobs.estimation.trees import regressor

FOLDS: Final = 2
ITERATIONS: Final = 60
LEAVES: Final = 31
MOST_ROWS: Final = 20_000
"""Rows that the model of errors learns from; all correct it."""


def estimate_regression(
    reference: Doubles,
    errors: Doubles,
    window: Doubles,
    categorical: list[bool],
    weights: Doubles,
    windows: Integers,
    window_rows: int,
) -> dict[str, Estimate]:
    """Estimate mae, mse and rmse; the tables hold the features and the prediction, `errors` are actual - predicted."""
    mae, mae_variance = _mean_loss(reference, np.abs(errors), window, categorical, weights, windows, window_rows)
    mse, mse_variance = _mean_loss(reference, np.square(errors), window, categorical, weights, windows, window_rows)
    root = float(np.sqrt(mse))
    estimates = {"mae": Estimate.normal("mae", mae, mae_variance), "mse": Estimate.normal("mse", mse, mse_variance)}
    if root > 0:
        estimates["rmse"] = Estimate.normal("rmse", root, mse_variance / (2 * root) ** 2)
    return estimates


def _mean_loss(
    reference: Doubles,
    losses: Doubles,
    window: Doubles,
    categorical: list[bool],
    weights: Doubles,
    windows: Integers,
    window_rows: int,
) -> tuple[float, float]:
    """Mean loss of a window, and the variance of the error of that.

    The model's mean over the window, plus what it was wrong by on rows of the reference that it had not seen, weighted
    to stand for the window: right if either the model or the weights are (Robins, Rotnitzky, Zhao 1994).
    """
    held_out = np.empty(len(losses))
    expected = np.zeros(len(window))
    folds = np.arange(len(losses)) % FOLDS
    for fold in range(FOLDS):
        others = folds != fold
        model = regressor(ITERATIONS, LEAVES, categorical)
        chosen = np.flatnonzero(others)[: MOST_ROWS * (FOLDS - 1) // FOLDS]
        model.fit(reference[chosen], losses[chosen])
        held_out[~others] = model.predict(reference[~others])
        expected += model.predict(window) / FOLDS
    wrong = losses - held_out
    bias = float(np.average(wrong, weights=weights))
    spread = float(np.average(np.square(wrong - bias), weights=weights))
    learned = float(np.square(weights * (wrong - bias)).sum() / weights.sum() ** 2)
    unsampled = float(expected.var()) * max(0.0, 1 / len(window) - 1 / window_rows)
    variance = spread / window_rows + unsampled + learned + stray_of_mean(windows, wrong)
    return max(0.0, float(expected.mean()) + bias), variance
