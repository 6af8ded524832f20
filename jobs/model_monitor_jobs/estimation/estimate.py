"""Estimate a model's performance in a window whose labels are not there yet."""

from __future__ import annotations

from typing import Final

import numpy as np

from model_monitor_jobs.estimation.classification import estimate_classification
from model_monitor_jobs.estimation.estimates import Diagnostics, Estimates
from model_monitor_jobs.estimation.features import Doubles
from model_monitor_jobs.estimation.regression import estimate_regression
from model_monitor_jobs.estimation.samples import ReferenceSample, WindowSample
from model_monitor_jobs.estimation.shift import Shift, find_shift
from model_monitor_jobs.estimation.stray import NO_WINDOW, Integers
from model_monitor_jobs.profiles.performance.problem import Problem

FEWEST_REFERENCE_ROWS: Final = 500
FEWEST_WINDOW_ROWS: Final = 30
FEWEST_OF_A_LABEL: Final = 10
FEWEST_VALUES: Final = 50


def estimate(
    problem: Problem, reference: ReferenceSample, window: WindowSample, windows: Integers | None = None
) -> Estimates:
    """Estimate every metric that can be; the same whatever the number of threads.

    Rows of both samples are in random order. `windows` has a number for the window of each of the reference's rows,
    NO_WINDOW where that is unknown: what those windows showed tells how far a window strays from its estimate.
    Raises ValueError where the samples' columns or classes differ.
    """
    # Only libraries that are loaded can be limited.
    import sklearn.ensemble  # noqa: F401
    from threadpoolctl import threadpool_limits

    if reference.features.columns != window.features.columns:
        raise ValueError("the window's features are not those of the reference")
    if _width(reference.score) != _width(window.score):
        raise ValueError("the window's scores are not those of the reference")
    binary = problem.type == "BinaryClassification"
    if len(reference) < FEWEST_REFERENCE_ROWS:
        return Estimates(reason=f"the baseline has {len(reference):,} rows with labels; {FEWEST_REFERENCE_ROWS} needed")
    if len(window) < FEWEST_WINDOW_ROWS:
        return Estimates(reason=f"the window has {len(window):,} rows with answers; {FEWEST_WINDOW_ROWS} needed")
    rarest = int(np.bincount(reference.actual, minlength=2).min()) if binary else FEWEST_OF_A_LABEL
    if rarest < FEWEST_OF_A_LABEL:
        return Estimates(reason=f"the baseline has {rarest} rows of the rarer label; {FEWEST_OF_A_LABEL} needed")
    if windows is None:
        windows = np.full(len(reference), NO_WINDOW)
    known, rows = _inputs(reference), _inputs(window)
    # Trees can't be cut on columns that are as good as empty; of these it counts whether there is a value.
    empty = np.isfinite(known).sum(axis=0) < FEWEST_VALUES
    for table in (known, rows):
        table[:, empty] = np.isfinite(table[:, empty])
    categorical = [
        kind and not none for kind, none in zip([*reference.features.categorical, False], empty, strict=True)
    ]
    # One thread: on small tables more cost processor time and save hardly any.
    with threadpool_limits(1):
        shift = find_shift(known, rows, categorical)
        if problem.type == "Regression":
            errors = reference.actual - reference.predicted
            metrics = estimate_regression(known, errors, rows, categorical, shift.weights, windows, window.window_rows)
            return Estimates(metrics, _diagnostics(reference, window, shift, shift.moved, None))
        found = estimate_classification(reference, window, shift, known, categorical, windows, binary=binary)
    reason = "" if found.estimates else "the model gives no probabilities"
    diagnostics = _diagnostics(reference, window, shift, found.weighted, found.calibrated)
    return Estimates(found.estimates, diagnostics, reason)


def _width(score: Doubles | None) -> tuple[int, ...] | None:
    return None if score is None else score.shape[1:]


def _inputs(sample: ReferenceSample | WindowSample) -> Doubles:
    """Features, and one column of what the model made of them: its score, or else its prediction."""
    answer = sample.predicted if sample.score is None else sample.score
    if answer.ndim > 1:
        answer = answer[np.arange(len(answer)), sample.predicted]
    return np.column_stack([sample.features.values, answer.astype(np.float64)])


def _diagnostics(
    reference: ReferenceSample, window: WindowSample, shift: Shift, weighted: bool, calibrated: bool | None
) -> Diagnostics:
    return Diagnostics(
        reference_rows=len(reference),
        window_rows=window.window_rows,
        sampled_rows=len(window),
        domain_auc=shift.auc,
        weighted=weighted,
        effective_rows=shift.effective_rows if weighted else float(len(reference)),
        calibrated=calibrated,
    )
