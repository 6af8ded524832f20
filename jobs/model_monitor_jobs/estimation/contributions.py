"""Metrics of a classifier as functions of the probabilities of its rows' labels.

P[i, k] is the probability that row i has the label k. The value of a metric is the ratio of its expected numerator and
denominator. `parts[i, k]` is what one more row like i with the label k would add to the metric, to first order; so
`parts` is also the metric's derivative by P (up to a constant for each row), and the sum of P * parts is 0 (of auc to
the order 1/n).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model_monitor_jobs.profiles.performance.counts import LEAST_PROBABILITY
from model_monitor_jobs.profiles.performance.problem import BETAS

Doubles = NDArray[np.float64]
Integers = NDArray[np.int64]

FEWEST_EXPECTED: Final = 5.0
"""Rows that a denominator must be expected to count for its metric to be estimated."""


@dataclass(frozen=True)
class Expected:
    """The value of a metric and its `parts`, of shape (n, K)."""

    metric: str
    value: float
    parts: Doubles


def binary(probabilities: Doubles, predicted: Integers, scores: Doubles | None) -> Iterator[Expected]:
    """Metrics of n rows with these probabilities of the positive label, and predictions 0 or 1."""
    chances = np.column_stack([1 - probabilities, probabilities])
    said = predicted == 1
    hit, miss = said.astype(np.float64), (~said).astype(np.float64)
    none, every = np.zeros(len(said)), np.ones(len(said))
    ratios: dict[str, tuple[tuple[Doubles, Doubles], tuple[Doubles, Doubles]]] = {
        "accuracy": ((miss, hit), (every, every)),
        "precision": ((none, hit), (hit, hit)),
        "recall": ((none, hit), (none, every)),
        "true_positive_rate": ((none, hit), (none, every)),
        "true_negative_rate": ((miss, none), (every, none)),
        "false_positive_rate": ((hit, none), (every, none)),
        "false_negative_rate": ((none, miss), (none, every)),
    }
    for name, beta in BETAS.items():
        square = beta * beta
        ratios[name] = ((none, (1 + square) * hit), (hit, square + hit))
    if scores is not None:
        ratios["brier_score"] = ((np.square(scores), np.square(1 - scores)), (every, every))
        ratios["log_loss"] = ((_surprise(1 - scores), _surprise(scores)), (every, every))
    for name, (above, below) in ratios.items():
        yield from _ratio(name, np.column_stack(above), np.column_stack(below), chances)
    if scores is not None:
        yield from _auc(probabilities, scores)


def multiclass(chances: Doubles, predicted: Integers, scores: Doubles) -> Iterator[Expected]:
    """Metrics of n rows with the probabilities `chances` of K labels, and the model's own `scores` of them."""
    rows, classes = chances.shape
    every = np.ones_like(chances)
    agree = np.zeros_like(chances)
    agree[np.arange(rows), predicted] = 1.0
    yield from _ratio("accuracy", agree, every, chances)
    squares = np.square(scores).sum(axis=1, keepdims=True) - 2 * scores + 1
    yield from _ratio("brier_score", squares, every, chances)
    yield from _ratio("log_loss", _surprise(scores), every, chances)
    hits = np.bincount(predicted, chances[np.arange(rows), predicted], minlength=classes)
    said = np.bincount(predicted, minlength=classes).astype(np.float64)
    actual = chances.sum(axis=0)
    for name, square in _WEIGHTED.items():
        # F = (1 + b²) tp / (b² n + p) of each class with n actual and p predicted rows, weighted by n.
        below = square * actual + said
        with np.errstate(divide="ignore", invalid="ignore"):
            each = np.where(below > 0, (1 + square) * hits / below, 0.0)
            by_hit = np.where(below > 0, (1 + square) * actual / below, 0.0)
            by_said = np.where(below > 0, -actual * each / below, 0.0)
        by_actual = each + square * by_said
        value = float(actual @ each / rows)
        parts = agree * by_hit + by_actual + by_said[predicted][:, np.newaxis] - value
        yield Expected(name, value, parts / rows)
    yield from _ratio("weighted_recall", agree, every, chances)


def _ratio(name: str, above: Doubles, below: Doubles, chances: Doubles) -> Iterator[Expected]:
    denominator = float((chances * below).sum())
    if denominator >= FEWEST_EXPECTED:
        value = float((chances * above).sum()) / denominator
        yield Expected(name, value, (above - value * below) / denominator)


def _auc(probabilities: Doubles, scores: Doubles) -> Iterator[Expected]:
    """The expected number of pairs in the right order, ties counting half, over that of all pairs of two rows."""
    negative = 1 - probabilities
    _, places = np.unique(scores, return_inverse=True)
    ups, downs = np.bincount(places, probabilities), np.bincount(places, negative)
    below = (np.cumsum(downs) - downs / 2)[places]
    above = (ups.sum() - np.cumsum(ups) + ups / 2)[places]
    positives, negatives = float(ups.sum()), float(downs.sum())
    if min(positives, negatives) < FEWEST_EXPECTED:
        return
    itself = float(probabilities @ negative)
    pairs = positives * negatives - itself
    value = (float(probabilities @ below) - itself / 2) / pairs
    parts = np.column_stack([above - value * positives, below - value * negatives]) / pairs
    yield Expected("auc", value, parts)


def _surprise(probabilities: Doubles) -> Doubles:
    return -np.log(np.clip(probabilities, LEAST_PROBABILITY, 1 - LEAST_PROBABILITY))


_WEIGHTED: Final = {"weighted_precision": 0.0} | {f"weighted_{name}": beta**2 for name, beta in BETAS.items()}
