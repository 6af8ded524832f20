"""Confidence-based performance estimation: what labels would show, if the scores mean what they meant.

With a probability of each row's label the expected confusion matrix, hence every metric, is known without labels (CBPE,
NannyML 2022). What a score means is learned from the reference's rows, weighted to be distributed as the window's are,
so that it may depend on features that have moved (PAPE; Białek and others 2024).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from model_monitor_jobs.estimation import contributions
from model_monitor_jobs.estimation.calibration import Calibrator, Isotonic, ScoredAnswers, influences
from model_monitor_jobs.estimation.contributions import Expected
from model_monitor_jobs.estimation.dependence import depends_on_features
from model_monitor_jobs.estimation.estimates import Estimate
from model_monitor_jobs.estimation.features import Doubles
from model_monitor_jobs.estimation.samples import ReferenceSample, WindowSample
from model_monitor_jobs.estimation.shift import Shift
from model_monitor_jobs.estimation.stray import Flags, Integers, stray_of_metrics

_UNBOUNDED: Final = frozenset({"log_loss", "brier_score"})


@dataclass(frozen=True)
class Calibrated:
    """Probabilities of labels, shape (n, K), of the reference's and the window's rows."""

    known: Doubles
    asked: Doubles
    each: list[Calibrator]

    @property
    def used(self) -> bool:
        """Whether any score was calibrated, and not taken as it is."""
        return any(calibrator.used for calibrator in self.each)


@dataclass(frozen=True)
class _Kind:
    """Whether a positive label is told from all others; whether there are scores, and not predictions alone."""

    binary: bool
    scored: bool


@dataclass(frozen=True)
class Classified:
    """Estimates by metric; whether any score was calibrated, and whether rows were weighted for that."""

    estimates: dict[str, Estimate]
    calibrated: bool
    weighted: bool


def estimate_classification(
    reference: ReferenceSample,
    window: WindowSample,
    shift: Shift,
    features: Doubles,
    categorical: list[bool],
    windows: Integers,
    *,
    binary: bool,
) -> Classified:
    """Estimate all metrics; `features` are those of the reference that the shift was found by.

    Without scores a binary prediction is the score, and says as much as it can; a multiclass one says nothing.
    """
    scored = reference.score is not None and window.score is not None
    if not (scored or binary):
        return Classified({}, False, False)
    kind = _Kind(binary, scored)
    known, asked = _scores(reference, scored), _scores(window, scored)
    actual = np.arange(known.shape[1]) == reference.actual[:, np.newaxis]
    labels = actual.astype(np.float64)
    weights = np.ones(len(reference))
    calibrated = _calibrate(known, asked, labels, weights, binary=binary, raw=scored)
    weighted = False
    if shift.moved:
        answered = reference.predicted[:, np.newaxis]
        residuals = np.take_along_axis(labels - calibrated.known, answered, axis=1)[:, 0]
        weighted = depends_on_features(features, residuals, shift.weights, categorical)
    if weighted:
        weights = shift.weights
        calibrated = _calibrate(known, asked, labels, weights, binary=binary, raw=scored)
    stray = _stray(known, reference.predicted, labels, windows, calibrated.each, kind)
    estimates = {}
    for expected in _expected(calibrated.asked, window.predicted, asked, kind):
        # Without each row's mean, which has no effect as chances sum up to 1.
        gradient = expected.parts - (calibrated.asked * expected.parts).sum(axis=1, keepdims=True)
        moves = np.zeros(len(reference))
        for place in range(known.shape[1]):
            own = ScoredAnswers(known[:, place], reference.predicted == place)
            others = ScoredAnswers(asked[:, place], window.predicted == place)
            residuals = labels[:, place] - calibrated.known[:, place]
            moves += influences(own, residuals, weights, others, gradient[:, place])
        estimates[expected.metric] = _estimate(
            expected, calibrated, moves, window.window_rows, stray.get(expected.metric, 0.0)
        )
    return Classified(estimates, calibrated.used, weighted)


def _scores(sample: ReferenceSample | WindowSample, scored: bool) -> Doubles:
    if sample.score is not None and scored and sample.score.ndim == 2:
        return sample.score
    score = np.asarray(sample.score if scored else sample.predicted, dtype=np.float64)
    return np.column_stack([1 - score, score])


def _calibrate(
    known: Doubles, asked: Doubles, labels: Doubles, weights: Doubles, *, binary: bool, raw: bool
) -> Calibrated:
    """Calibrate the scores of each class by themselves and make them sum up to 1; of a binary problem one says all."""
    places = [1] if binary else list(range(known.shape[1]))
    each = [Calibrator.learn(known[:, place], labels[:, place], weights, raw=raw) for place in places]
    return Calibrated(_chances(each, known), _chances(each, asked), each)


def _chances(calibrators: Sequence[Calibrator], scores: Doubles) -> Doubles:
    own = scores[:, -len(calibrators) :]
    raw = np.column_stack([each.probabilities(column) for each, column in zip(calibrators, own.T, strict=True)])
    if len(calibrators) == 1:
        return np.column_stack([1 - raw, raw])
    sums = raw.sum(axis=1, keepdims=True)
    chances = np.full_like(raw, 1 / len(calibrators))
    np.divide(raw, sums, out=chances, where=sums > 0)
    return chances


def _expected(chances: Doubles, predicted: Integers, scores: Doubles, kind: _Kind) -> Iterator[Expected]:
    if kind.binary:
        return contributions.binary(chances[:, 1], predicted, scores[:, 1] if kind.scored else None)
    return contributions.multiclass(chances, predicted, scores)


def _stray(
    scores: Doubles,
    predicted: Integers,
    labels: Doubles,
    windows: Integers,
    calibrators: Sequence[Calibrator],
    kind: _Kind,
) -> dict[str, float]:
    """How far the reference's own windows stray from estimates of them; see `stray_of_metrics`."""
    first = scores.shape[1] - len(calibrators)

    def calibrated(learned: Flags, asked: Flags) -> Doubles:
        weights = np.ones(int(learned.sum()))
        again = [
            Calibrator(Isotonic.fit(scores[learned, place], labels[learned, place], weights), calibrator.used)
            for place, calibrator in enumerate(calibrators, first)
        ]
        return _chances(again, scores[asked])

    def expected(chances: Doubles, rows: Flags) -> Iterator[Expected]:
        return _expected(chances, predicted[rows], scores[rows], kind)

    return stray_of_metrics(windows, labels, calibrated, expected)


def _estimate(expected: Expected, calibrated: Calibrated, moves: Doubles, window_rows: int, stray: float) -> Estimate:
    """Interval for what the labels of the whole window will show, by the delta method.

    Four things can be otherwise than expected: the labels of the window, given their probabilities (for accuracy the
    exact variance of a Poisson-binomial count); the rows that were not sampled; the reference's labels; and `stray`,
    what windows differ in that neither features nor scores show.
    """
    chances = calibrated.asked
    rows = len(chances)
    share = min(1.0, rows / window_rows)
    means = (chances * expected.parts).sum(axis=1)
    labels = float((chances * np.square(expected.parts)).sum() - np.square(means).sum())
    unsampled = rows * float(means.var())
    variance = labels * share + unsampled * (1 - share) + float(np.square(moves).sum()) + stray
    value = expected.value + (float(moves.sum()) if calibrated.used else 0.0)
    most = np.inf if expected.metric in _UNBOUNDED else 1.0
    return Estimate.normal(expected.metric, value, variance, most)
