"""The arithmetic that metrics of classifiers share, on arrays of any shape; NaN where something is undefined."""

from __future__ import annotations

from typing import Any

import numpy as np

from model_monitor_jobs.profiles.performance.counts import Doubles


def ratio(part: Any, whole: Any) -> Doubles:
    """A part of a whole; NaN of nothing."""
    part, whole = np.broadcast_arrays(part, whole)
    made: Doubles = np.full(part.shape, np.nan)
    np.divide(part, whole, out=made, where=whole != 0)
    return made


def f_score(hits: Any, false_positives: Any, false_negatives: Any, beta: float) -> Doubles:
    """The F score, in which recall counts `beta` times as much as precision (van Rijsbergen 1979).

    0 without hits, also where precision or recall alone is undefined; NaN where nothing is and nothing is called
    positive.
    """
    square = beta * beta
    hits = (1 + square) * hits
    return ratio(hits, hits + square * false_negatives + false_positives)


def calibration_error(calibration: Doubles) -> Doubles:
    """Expected calibration error (Naeini, Cooper, Hauskrecht 2015): the mean distance over rows of a bin's share of
    correct rows from its mean confidence; of (..., bins, 3) rows, correct, and summed confidence."""
    apart = np.abs(calibration[..., 1] - calibration[..., 2]).sum(axis=-1)
    return ratio(apart, calibration[..., 0].sum(axis=-1))
