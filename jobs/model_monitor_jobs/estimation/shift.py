"""How a window's rows are distributed against the reference's: a classifier that tells the two apart.

Where p is its probability that a row is of the window, p / (1 - p) is proportional to the ratio of the two densities
(Bickel, Brückner, Scheffer 2009), by which rows of the reference are weighted to stand for the window.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model_monitor_jobs.estimation.trees import classifier
from model_monitor_jobs.profiles.performance.scores import auc

Doubles = NDArray[np.float64]

FOLDS: Final = 3
ITERATIONS: Final = 80
LEAVES: Final = 8
MOST_ROWS: Final = 10_000
"""Rows of each side that the classifier learns from."""
STANDARD_ERRORS: Final = 3.0
"""How far the classifier must be from guessing, on rows that it has not seen, for rows to be weighted."""
LARGEST_WEIGHT: Final = 50.0
"""Of a row, in units of the mean."""
_STEPS: Final = 25


@dataclass(frozen=True)
class Shift:
    """`auc` is the chance that the classifier tells a row of the window from one of the reference, .5 when it guesses.

    `weights` are those of the reference's rows, with the mean 1; all are 1 unless `moved`.
    """

    auc: float
    moved: bool
    weights: Doubles

    @property
    def effective_rows(self) -> float:
        """Rows of the reference that would say as much without weights (Kish 1965)."""
        return float(self.weights.sum() ** 2 / np.square(self.weights).sum())


def find_shift(reference: Doubles, window: Doubles, categorical: list[bool]) -> Shift:
    """Weigh the reference's rows; both tables have the columns of `categorical`, rows in random order."""
    logits, belongs = _held_out(reference, window, categorical)
    area = area_under_curve(logits, belongs)
    rows, others = len(reference), len(window)
    # Mann and Whitney 1947: the standard error where nothing can be told apart.
    moved = area - 0.5 > STANDARD_ERRORS * math.sqrt((rows + others + 1) / (12 * rows * others))
    if not moved:
        return Shift(area, False, np.ones(rows))
    # Trees that stop early are too timid and those that go on too bold: a slope sets that right on unseen rows.
    slope, _ = fit_logistic(logits, belongs)
    ratio = slope * logits[:rows]
    weights = np.exp(ratio - ratio.max())
    return Shift(area, True, bounded(weights))


def bounded(weights: Doubles) -> Doubles:
    """Weights with the mean 1, none above LARGEST_WEIGHT times that."""
    bound = weights / weights.mean()
    for _ in range(_STEPS):
        if bound.max() <= LARGEST_WEIGHT:
            break
        bound = np.minimum(bound, LARGEST_WEIGHT)
        bound = bound / bound.mean()
    return np.asarray(bound, dtype=np.float64)


def fit_logistic(values: Doubles, labels: NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and intercept of a logistic regression on one variable, by Newton's method."""
    design = np.column_stack([values, np.ones(len(values))])
    coefficients = np.array([1.0, 0.0])
    for _ in range(_STEPS):
        chances = 1 / (1 + np.exp(-design @ coefficients))
        gradient = design.T @ (labels - chances)
        information = design.T @ (design * (chances * (1 - chances))[:, np.newaxis])
        step = np.linalg.solve(information + 1e-9 * np.eye(2), gradient)
        coefficients = coefficients + np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-9:
            break
    return float(coefficients[0]), float(coefficients[1])


def area_under_curve(values: Doubles, labels: NDArray[np.bool_]) -> float:
    """Chance that a positive has the larger value, ties counting half."""
    different, places = np.unique(values, return_inverse=True)
    table = np.bincount(2 * places + labels, minlength=2 * len(different)).reshape(-1, 2)
    return float(auc(table))


def _held_out(reference: Doubles, window: Doubles, categorical: list[bool]) -> tuple[Doubles, NDArray[np.bool_]]:
    """Log odds of each row, from classifiers that have not seen it: first the reference's, then the window's."""
    values = np.concatenate([reference, window])
    belongs = np.arange(len(values)) >= len(reference)
    places = np.concatenate([np.arange(len(reference)), np.arange(len(window))])
    logits = np.empty(len(values))
    for fold in range(FOLDS):
        held_out = places % FOLDS == fold
        learned = ~held_out & (places < MOST_ROWS)
        trees = classifier(ITERATIONS, LEAVES, categorical)
        trees.fit(values[learned], belongs[learned])
        logits[held_out] = trees.decision_function(values[held_out])
    return logits, belongs
