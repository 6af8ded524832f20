"""Intervals know how far a baseline's own windows stray from what features and scores tell."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from model_monitor_jobs.estimation.estimate import estimate
from model_monitor_jobs.estimation.features import FeatureColumn, Features
from model_monitor_jobs.estimation.samples import ReferenceSample, WindowSample
from model_monitor_jobs.estimation.stray import NO_WINDOW, stray_of_mean
from model_monitor_jobs.profiles.performance.problem import Problem

BINARY = Problem("BinaryClassification", ("0", "1"))
REGRESSION = Problem("Regression")
COLUMNS = (FeatureColumn("x"), FeatureColumn("y"))
DAYS, ROWS = 40, 1000

Doubles = NDArray[np.float64]
Integers = NDArray[np.int64]


def drawn(seed: int, unseen: float) -> tuple[Doubles, Doubles, Integers, Integers]:
    """Features, scores, labels and days; each day's odds differ by `unseen`, which no feature and no score shows."""
    generator = np.random.RandomState(seed)
    values = generator.normal(size=(DAYS * ROWS, 2))
    days = np.repeat(np.arange(DAYS), ROWS)
    scores = 1 / (1 + np.exp(-2 * values[:, 0]))
    odds = 2 * values[:, 0] + unseen * generator.normal(size=DAYS)[days]
    labels = (generator.random_sample(len(days)) < 1 / (1 + np.exp(-odds))).astype(np.int64)
    return values, scores, labels, days


def reference(values: Doubles, scores: Doubles, labels: Integers) -> ReferenceSample:
    return ReferenceSample(Features(COLUMNS, values), labels, (scores > 0.5).astype(np.int64), scores, ("0", "1"))


@pytest.mark.parametrize(("unseen", "told", "untold"), [(0.0, 0.9, 0.9), (2.0, 0.85, 0.6)])
def test_intervals_hold_what_days_show(unseen: float, told: float, untold: float) -> None:
    """Of 20 days after the baseline's; with what they stray by, and without."""
    values, scores, labels, days = drawn(7, unseen)
    order = np.random.RandomState(1).permutation(np.flatnonzero(days < 20))
    known = reference(values[order], scores[order], labels[order])
    within = {True: 0, False: 0}
    for day in range(20, DAYS):
        own = days == day
        window = WindowSample(Features(COLUMNS, values[own]), (scores[own] > 0.5).astype(np.int64), scores[own], ROWS)
        shown = {
            "accuracy": float(((scores[own] > 0.5) == labels[own]).mean()),
            "auc": roc_auc_score(labels[own], scores[own]),
        }
        for knows in within:
            found = estimate(BINARY, known, window, days[order] if knows else None).metrics
            within[knows] += sum(found[name].low <= value <= found[name].high for name, value in shown.items())
    assert within[True] >= told * 2 * (DAYS - 20)
    if unseen:
        assert within[False] <= untold * 2 * (DAYS - 20)


def test_days_that_differ_by_chance_alone_hardly_widen_intervals() -> None:
    values, scores, labels, days = drawn(3, 0.0)
    order = np.random.RandomState(1).permutation(len(days))
    known = reference(values[order], scores[order], labels[order])
    window = WindowSample(Features(COLUMNS, values[:ROWS]), (scores[:ROWS] > 0.5).astype(np.int64), scores[:ROWS], ROWS)
    with_days, without = (estimate(BINARY, known, window, own).metrics for own in (days[order], None))
    for name, found in with_days.items():
        assert found.value == without[name].value
        assert found.high - found.low < 1.3 * (without[name].high - without[name].low)


def test_the_variance_of_days_is_found() -> None:
    generator = np.random.RandomState(5)
    days = np.repeat(np.arange(400), 50)
    errors = generator.normal(size=len(days)) + 0.5 * generator.normal(size=400)[days]
    assert stray_of_mean(days, errors) == pytest.approx(0.25, rel=0.2)
    assert stray_of_mean(days, generator.normal(size=len(days))) < 0.005


def test_a_few_days_and_rows_without_a_time_tell_nothing() -> None:
    days = np.repeat(np.arange(4), 50)
    errors = np.random.RandomState(6).normal(size=200) + days
    assert stray_of_mean(days, errors) == 0
    assert stray_of_mean(np.full(200, NO_WINDOW), errors) == 0


def test_a_regression_strays_with_its_days() -> None:
    generator = np.random.RandomState(8)
    values = generator.normal(size=(4000, 2))
    days = np.repeat(np.arange(20), 200)
    wrong = generator.normal(size=4000) * (1 + 0.5 * generator.random_sample(20)[days])
    order = generator.permutation(4000)
    known = ReferenceSample(Features(COLUMNS, values[order]), (values[:, 0] + wrong)[order], values[order, 0], None)
    window = WindowSample(Features(COLUMNS, values[:200]), values[:200, 0], None, 200)
    with_days, without = (estimate(REGRESSION, known, window, own).metrics for own in (days[order], None))
    for name in ("mae", "rmse"):
        assert with_days[name].high - with_days[name].low > 1.3 * (without[name].high - without[name].low)


def test_two_classes_of_several_have_the_metrics_of_several() -> None:
    values, scores, labels, days = drawn(4, 0.5)
    both = np.column_stack([1 - scores, scores])
    features, predicted = Features(COLUMNS, values), (scores > 0.5).astype(np.int64)
    known = ReferenceSample(features, labels, predicted, both, ("a", "b"))
    window = WindowSample(features, predicted, both, len(labels))
    found = estimate(Problem("MulticlassClassification", ("a", "b")), known, window, days).metrics
    assert {"accuracy", "weighted_f1"} <= set(found)
    assert "auc" not in found
