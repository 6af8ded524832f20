"""Whether what a score means depends on the features too, so that it changes when these move."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model_monitor_jobs.estimation.trees import regressor

Doubles = NDArray[np.float64]

FOLDS: Final = 3
ITERATIONS: Final = 30
LEAVES: Final = 8
MOST_ROWS: Final = 20_000
STANDARD_ERRORS: Final = 3.0
"""How far from nothing the prediction of residuals must be, on rows that it has not seen."""


def depends_on_features(features: Doubles, residuals: Doubles, weights: Doubles, categorical: list[bool]) -> bool:
    """Whether `residuals` (label - probability) can be foretold from features where the window's rows lie.

    The rows are the reference's, in random order, `weights` their densities in the window. Where nothing is foretold,
    plain calibration holds wherever the rows lie, and weights would only add noise and the error of their own.
    """
    features, residuals, weights = features[:MOST_ROWS], residuals[:MOST_ROWS], weights[:MOST_ROWS]
    foretold = np.empty(len(residuals))
    folds = np.arange(len(residuals)) % FOLDS
    for fold in range(FOLDS):
        others = folds != fold
        model = regressor(ITERATIONS, LEAVES, categorical)
        model.fit(features[others], residuals[others])
        foretold[~others] = model.predict(features[~others])
    agreement = weights * foretold * residuals
    return float(agreement.sum()) > STANDARD_ERRORS * math.sqrt(float(np.square(agreement).sum()))
