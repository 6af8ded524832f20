"""What a score means: the probability of a label by the score, learned from the reference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Flags = NDArray[np.bool_]

FOLDS: Final = 5
BINS: Final = 10


@dataclass(frozen=True)
class Isotonic:
    """A rising step for each block of scores, linear between blocks (Zadrozny, Elkan 2002).

    `first` and `last` are the smallest and the largest score of each block, in rising order.
    """

    first: Doubles
    last: Doubles
    levels: Doubles

    @classmethod
    def fit(cls, scores: Doubles, labels: Doubles, weights: Doubles) -> Isotonic:
        """Of labels 0 and 1 with weights above 0; by pooling adjacent violators."""
        from scipy.optimize import isotonic_regression

        values, places = np.unique(scores, return_inverse=True)
        sums = np.bincount(places, weights)
        fitted = isotonic_regression(np.bincount(places, weights * labels) / sums, weights=sums)
        starts, ends = fitted.blocks[:-1], fitted.blocks[1:] - 1
        return cls(values[starts], values[ends], np.clip(fitted.x[starts], 0.0, 1.0))

    def probabilities(self, scores: Doubles) -> Doubles:
        """Of the label 1."""
        wide = self.last > self.first
        order = np.argsort(np.concatenate([np.arange(len(wide)) * 2, np.flatnonzero(wide) * 2 + 1]))
        places = np.concatenate([self.first, self.last[wide]])[order]
        levels = np.concatenate([self.levels, self.levels[wide]])[order]
        return np.asarray(np.interp(scores, places, levels), dtype=np.float64)


@dataclass(frozen=True)
class Calibrator:
    """Probabilities by score: as they are, or `isotonic` where held-out rows of the reference are better for it."""

    isotonic: Isotonic
    used: bool

    @classmethod
    def learn(cls, scores: Doubles, labels: Doubles, weights: Doubles, *, raw: bool) -> Calibrator:
        """From the reference's rows, which stand in random order; `raw`: whether scores may be used as they are."""
        return cls(Isotonic.fit(scores, labels, weights), not raw or improves(scores, labels, weights))

    def probabilities(self, scores: Doubles) -> Doubles:
        """Of the label 1."""
        return self.isotonic.probabilities(scores) if self.used else scores


@dataclass(frozen=True)
class ScoredAnswers:
    """Scores of one label, and whether the model answered that label."""

    scores: Doubles
    predicted: Flags


def influences(
    known: ScoredAnswers, residuals: Doubles, weights: Doubles, window: ScoredAnswers, gradient: Doubles
) -> Doubles:
    """What each row of the reference says a quantity is off by, that has this gradient by a window's probabilities.

    `residuals` are label - probability of the reference's rows, `weights` have the mean 1. A row stands for the
    window's rows with the same prediction and the nearest score. The sum is the quantity's bias to first order, as from
    pooling scores; the sum of squares is its variance by the reference's finite size.
    """
    steps = np.zeros(len(residuals))
    for side in (False, True):
        there, here = window.predicted == side, known.predicted == side
        if there.any():
            steps[here] = _nearest(window.scores[there], gradient[there], known.scores[here])
    return steps * weights * residuals * (len(gradient) / len(residuals))


def improves(scores: Doubles, labels: Doubles, weights: Doubles) -> bool:
    """Whether calibration makes the calibration error of rows that it has not seen smaller, over FOLDS folds.

    Each fold counts by itself: over all of them the calibrated errors would cancel, as each fold's mean is off in the
    other direction than that of the rest.
    """
    folds = np.arange(len(scores)) % FOLDS
    gain = 0.0
    for fold in range(FOLDS):
        own, others = folds == fold, folds != fold
        isotonic = Isotonic.fit(scores[others], labels[others], weights[others])
        calibrated = isotonic.probabilities(scores[own])
        gain += weighted_calibration_error(scores[own], labels[own], weights[own])
        gain -= weighted_calibration_error(calibrated, labels[own], weights[own])
    return gain > 0


def weighted_calibration_error(probabilities: Doubles, labels: Doubles, weights: Doubles) -> float:
    """Mean distance of probability and share of label 1, over BINS bins of equal weight (Naeini and others 2015)."""
    order = np.argsort(probabilities, kind="stable")
    reached = np.cumsum(weights[order])
    bins = np.minimum((reached / reached[-1] * BINS).astype(np.int64), BINS - 1)
    distances = np.bincount(bins, (weights * (labels - probabilities))[order])
    return float(np.abs(distances).sum() / reached[-1])


def _nearest(places: Doubles, values: Doubles, wanted: Doubles) -> Doubles:
    order = np.argsort(places, kind="stable")
    places, values = places[order], values[order]
    above = np.minimum(np.searchsorted(places, wanted), len(places) - 1)
    below = np.maximum(above - 1, 0)
    closer = np.abs(places[below] - wanted) < np.abs(places[above] - wanted)
    return values[np.where(closer, below, above)]
