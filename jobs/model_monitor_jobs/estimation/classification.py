"""Confidence-based performance estimation: what labels would show, if the scores mean what they meant.

With a probability of each row's label the expected confusion matrix, hence every metric, is known without labels (CBPE,
NannyML 2022). What a score means is learned from the reference's rows, weighted to be distributed as the window's are,
so that it may depend on features that have moved (PAPE; Białek and others 2024).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from model_monitor_jobs.estimation import contributions
from model_monitor_jobs.estimation.calibration import Answers, Calibrator, influences
from model_monitor_jobs.estimation.contributions import Expected
from model_monitor_jobs.estimation.estimates import Estimate
from model_monitor_jobs.estimation.features import Doubles
from model_monitor_jobs.estimation.samples import ReferenceSample, WindowSample

_UNBOUNDED: Final = frozenset({"log_loss"})


@dataclass(frozen=True)
class Classified:
    """By metric, and whether any score was calibrated."""

    estimates: dict[str, Estimate]
    calibrated: bool


def estimate_binary(reference: ReferenceSample, window: WindowSample, weights: Doubles) -> Classified:
    """With scores of the positive class; without them, the prediction is the score, and says as much as it can."""
    scored = reference.score is not None and window.score is not None
    known = _answers(reference.score if scored else reference.predicted, reference.predicted == 1)
    asked = _answers(window.score if scored else window.predicted, window.predicted == 1)
    labels = (reference.actual == 1).astype(np.float64)
    calibrator = Calibrator.learn(known.scores, labels, weights, raw=scored)
    residuals = labels - calibrator.isotonic.probabilities(known.scores)
    probabilities = calibrator.probabilities(asked.scores)
    chances = np.column_stack([1 - probabilities, probabilities])
    estimates = {}
    for expected in contributions.binary(probabilities, window.predicted, asked.scores if scored else None):
        gradient = expected.parts[:, 1] - expected.parts[:, 0]
        moves = influences(known, residuals, weights, asked, gradient)
        estimates[expected.metric] = _estimate(expected, chances, moves, calibrator.used, window.window_rows)
    return Classified(estimates, calibrator.used)


def estimate_multiclass(reference: ReferenceSample, window: WindowSample, weights: Doubles) -> Classified:
    """With scores of each class, each calibrated by itself and then made to sum up to 1; none without scores."""
    if reference.score is None or window.score is None:
        return Classified({}, False)
    labels = (reference.actual[:, np.newaxis] == np.arange(reference.score.shape[1])).astype(np.float64)
    calibrators = [
        Calibrator.learn(scores, own, weights, raw=True)
        for scores, own in zip(reference.score.T, labels.T, strict=True)
    ]
    calibrated = any(each.used for each in calibrators)
    chances = _chances(calibrators, window.score)
    residuals = labels - _chances(calibrators, reference.score)
    estimates = {}
    for expected in contributions.multiclass(chances, window.predicted, window.score):
        # Without each row's mean, which has no effect where chances sum up to 1.
        gradient = expected.parts - (chances * expected.parts).sum(axis=1, keepdims=True)
        moves = np.zeros(len(reference))
        for place in range(len(calibrators)):
            known = _answers(reference.score[:, place], reference.predicted == place)
            asked = _answers(window.score[:, place], window.predicted == place)
            moves += influences(known, residuals[:, place], weights, asked, gradient[:, place])
        estimates[expected.metric] = _estimate(expected, chances, moves, calibrated, window.window_rows)
    return Classified(estimates, calibrated)


def _answers(scores: NDArray[Any] | None, predicted: NDArray[np.bool_]) -> Answers:
    return Answers(np.asarray(scores, dtype=np.float64), predicted)


def _chances(calibrators: Sequence[Calibrator], scores: Doubles) -> Doubles:
    raw = np.column_stack([each.probabilities(own) for each, own in zip(calibrators, scores.T, strict=True)])
    sums = raw.sum(axis=1, keepdims=True)
    return np.divide(raw, sums, out=np.full_like(raw, 1 / len(calibrators)), where=sums > 0)


def _estimate(expected: Expected, chances: Doubles, moves: Doubles, corrected: bool, window_rows: int) -> Estimate:
    """Interval for what the labels of the whole window will show, by the delta method.

    Three things can be otherwise than expected: the labels of the window, given their probabilities (for accuracy the
    exact variance of a Poisson-binomial count); the rows that were not sampled; the reference's labels.
    """
    rows = len(chances)
    share = min(1.0, rows / window_rows)
    means = (chances * expected.parts).sum(axis=1)
    labels = float((chances * np.square(expected.parts)).sum() - np.square(means).sum())
    unsampled = rows * float(means.var())
    variance = labels * share + unsampled * (1 - share) + float(np.square(moves).sum())
    value = expected.value + (float(moves.sum()) if corrected else 0.0)
    most = np.inf if expected.metric in _UNBOUNDED or expected.metric == "brier_score" else 1.0
    return Estimate.normal(expected.metric, value, variance, most)
