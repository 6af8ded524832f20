"""How far a metric is from its value in the baseline."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from model_monitor_jobs.checks.model_quality.metrics import UNBOUNDED

RELATIVE: Final = (UNBOUNDED - {"r2"}) | {"brier_score"}
"""Metrics without a common scale: their change is taken as a share of the baseline's value."""


def difference(metric: str, values: Any, reference: Any) -> Any:
    """How far a metric is from its value in the baseline: in its own unit, or as a share of that value."""
    change = np.abs(np.asarray(values) - np.asarray(reference))
    return change / scale(metric, reference)


def scale(metric: str, reference: Any) -> Any:
    """What a change of a metric is divided by."""
    if metric not in RELATIVE:
        return np.ones_like(np.asarray(reference, dtype=np.float64))
    size = np.abs(np.asarray(reference, dtype=np.float64))
    return np.where(size > 0, size, 1.0)
