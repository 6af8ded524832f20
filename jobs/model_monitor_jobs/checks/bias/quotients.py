"""The arithmetic of Clarify's metrics, on arrays of any shape."""

from __future__ import annotations

from typing import Any

import numpy as np

from model_monitor_jobs.profiles.performance.counts import Doubles


def quotient(part: Any, whole: Any) -> Doubles:
    """A part of a whole, where 0/0 = 0 and all else divided by 0 is infinite."""
    part, whole = np.broadcast_arrays(np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64))
    made: Doubles = np.where(part == 0, 0.0, np.copysign(np.inf, part))
    np.divide(part, whole, out=made, where=whole != 0)
    return made


def apart(left: Doubles, right: Doubles) -> Doubles:
    """How much left is greater than right; 0 where both are the same infinity."""
    with np.errstate(invalid="ignore"):
        return np.where(left == right, 0.0, left - right)


def defined(values: Any, where: Any) -> Doubles:
    """The values where a condition holds, else NaN."""
    return np.where(where, values, np.nan)
