"""Estimate a model's performance in a window whose labels are not there yet."""

from __future__ import annotations

from typing import Final

import numpy as np

from model_monitor_jobs.estimation.classification import Classified, estimate_binary, estimate_multiclass
from model_monitor_jobs.estimation.estimates import Diagnostics, Estimates
from model_monitor_jobs.estimation.features import Doubles
from model_monitor_jobs.estimation.regression import estimate_regression
from model_monitor_jobs.estimation.samples import ReferenceSample, WindowSample
from model_monitor_jobs.estimation.shift import Shift, find_shift
from model_monitor_jobs.profiles.performance.problem import Problem

FEWEST_REFERENCE_ROWS: Final = 500
FEWEST_WINDOW_ROWS: Final = 30
FEWEST_EFFECTIVE_ROWS: Final = 100


def estimate(problem: Problem, reference: ReferenceSample, window: WindowSample) -> Estimates:
    """Estimate every metric that can be; the same whatever the number of threads.

    Both samples have the same feature columns, and rows in random order.
    """
    from threadpoolctl import threadpool_limits

    if len(reference) < FEWEST_REFERENCE_ROWS:
        return Estimates(reason=f"the baseline has {len(reference):,} rows with labels; {FEWEST_REFERENCE_ROWS} needed")
    if len(window) < FEWEST_WINDOW_ROWS:
        return Estimates(reason=f"the window has {len(window):,} rows with answers; {FEWEST_WINDOW_ROWS} needed")
    known, rows = _inputs(problem, reference), _inputs(problem, window)
    categorical = [*reference.features.categorical, False]
    # One thread: on small tables more cost processor time and save hardly any.
    with threadpool_limits(1):
        shift = find_shift(known, rows, categorical)
        if shift.effective_rows < FEWEST_EFFECTIVE_ROWS:
            classified = Classified({}, False)
            reason = "the window's rows have nothing alike in the baseline to estimate from"
            return Estimates({}, _diagnostics(reference, window, shift, None), reason)
        if problem.type == "Regression":
            errors = reference.actual - reference.predicted
            weights, count = shift.weights, window.window_rows
            metrics = estimate_regression(known, errors, rows, categorical, weights, count)
            return Estimates(metrics, _diagnostics(reference, window, shift, None))
    of = estimate_binary if problem.type == "BinaryClassification" else estimate_multiclass
    classified = of(reference, window, shift.weights)
    reason = "" if classified.estimates else "the model gives no probabilities"
    return Estimates(classified.estimates, _diagnostics(reference, window, shift, classified.calibrated), reason)


def _inputs(problem: Problem, sample: ReferenceSample | WindowSample) -> Doubles:
    """Features, and one column of what the model made of them: its score, or else its prediction."""
    answer = sample.predicted if sample.score is None else sample.score
    if answer.ndim > 1:
        answer = answer[np.arange(len(answer)), sample.predicted]
    return np.column_stack([sample.features.values, answer.astype(np.float64)])


def _diagnostics(
    reference: ReferenceSample, window: WindowSample, shift: Shift, calibrated: bool | None
) -> Diagnostics:
    return Diagnostics(
        reference_rows=len(reference),
        window_rows=window.window_rows,
        sampled_rows=len(window),
        domain_auc=shift.auc,
        weighted=shift.moved,
        effective_rows=shift.effective_rows,
        calibrated=calibrated,
    )
