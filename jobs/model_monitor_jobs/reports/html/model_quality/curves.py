"""ROC, precision and recall, and calibration: the window over the baseline."""

from __future__ import annotations

from typing import Final

import numpy as np

from model_monitor_jobs.checks.model_quality.intervals import wilson
from model_monitor_jobs.profiles.counts import Counts
from model_monitor_jobs.profiles.performance.binary import BinaryCounts
from model_monitor_jobs.profiles.performance.counts import Doubles
from model_monitor_jobs.profiles.performance.multiclass import MulticlassCounts
from model_monitor_jobs.profiles.performance.profile import PerformanceProfile
from model_monitor_jobs.profiles.performance.scores import (
    Curve,
    ScoreTable,
    auc,
    precision_recall_curve,
    roc_curve,
    thinned,
)
from model_monitor_jobs.reports.html.model import Span
from model_monitor_jobs.reports.html.model_quality.model import (
    Calibration,
    CalibrationBin,
    CurveReading,
    Curves,
    Point,
)
from model_monitor_jobs.reports.html.words import share

MOST_POINTS: Final = 80
"""Of a curve that is drawn: more are finer than its line."""
_READINGS: Final = (0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


def curves_of(window: PerformanceProfile, baseline: PerformanceProfile | None) -> tuple[Curves, ...]:
    """The curves of a binary classifier with probabilities; none of other models, nor without rows of both labels."""
    now, then = _table(window), _table(baseline) if baseline is not None else None
    if now is None or not now.sum(axis=0).all():
        return ()
    positives = float(now[:, 1].sum() / now.sum())
    areas = f"Area {float(auc(now)):.3f} in this window"
    if then is not None:
        areas += f", {float(auc(then)):.3f} in the baseline"
    return (
        _curves(
            "ROC curve",
            ("False positive rate", "True positive rate"),
            roc_curve(now),
            roc_curve(then) if then is not None else None,
            ((0.0, 0.0), (1.0, 1.0)),
            f"{areas}. Dashed: a blind guess.",
        ),
        _curves(
            "Precision and recall",
            ("Recall", "Precision"),
            precision_recall_curve(now),
            precision_recall_curve(then) if then is not None else None,
            ((0.0, positives), (1.0, positives)),
            f"Dashed: a blind guess, {share(positives)} being positive in this window.",
        ),
    )


def calibration_of(window: PerformanceProfile, baseline: PerformanceProfile | None) -> Calibration | None:
    """How often probabilities came true; None where there are none."""
    now, then = _bins(window), _bins(baseline) if baseline is not None else None
    if now is None or not now[:, 0].sum():
        return None
    binary = isinstance(window.counts, BinaryCounts)
    return Calibration(
        across="Probability of the positive label" if binary else "Largest probability",
        up="Share that is positive" if binary else "Share that is right",
        window=_calibration_bins(now),
        baseline=_calibration_bins(then) if then is not None and then[:, 0].sum() else None,
        description="On the dashed line, answers come true as often as they say. Below: how many rows say so.",
    )


def _table(profile: PerformanceProfile) -> Counts | None:
    """Rows by score and label, with all scores where they are known, else on cells."""
    if not isinstance(profile.counts, BinaryCounts) or profile.counts.cells is None:
        return None
    if isinstance(profile.overall, ScoreTable):
        return profile.overall.counts
    return np.asarray(profile.counts.cells.sum(axis=0), dtype=np.int64)


def _bins(profile: PerformanceProfile) -> Doubles | None:
    counts = profile.counts
    if not isinstance(counts, BinaryCounts | MulticlassCounts) or counts.calibration is None:
        return None
    return np.asarray(counts.calibration.sum(axis=0), dtype=np.float64)


def _calibration_bins(table: Doubles) -> tuple[CalibrationBin, ...]:
    every = table[:, 0].sum()
    width = 1 / len(table)
    found = []
    for place, (rows, hits, summed) in enumerate(table.tolist()):
        name = f"{place * width:.1f} to {(place + 1) * width:.1f}"
        if not rows:
            found.append(CalibrationBin(name, None, None, 0.0))
            continue
        observed = Span(hits / rows, *wilson(hits, rows))
        found.append(CalibrationBin(name, summed / rows, observed, rows / every))
    return tuple(found)


def _curves(
    title: str, axes: tuple[str, str], now: Curve, then: Curve | None, chance: tuple[Point, Point], description: str
) -> Curves:
    readings = tuple(CurveReading(at, _height(now, at), _height(then, at)) for at in _READINGS)
    return Curves(title, *axes, _points(now), _points(then), chance, readings, description)


def _points(curve: Curve | None) -> tuple[Point, ...]:
    if curve is None:
        return ()
    few = thinned(curve, MOST_POINTS)
    return tuple(zip(few.x.tolist(), few.y.tolist(), strict=True))


def _height(curve: Curve | None, at: float) -> float | None:
    return None if curve is None or not len(curve.x) else float(np.interp(at, curve.x, curve.y))
