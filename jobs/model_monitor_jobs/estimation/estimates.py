"""What an estimate of performance says."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from model_monitor_jobs.decisions import Z95

CONFIDENCE: Final = 0.95


@dataclass(frozen=True)
class Estimate:
    """Of one metric of one window; with a chance of CONFIDENCE its labels will show a value from `low` to `high`."""

    metric: str
    value: float
    low: float
    high: float

    @classmethod
    def normal(cls, metric: str, value: float, variance: float, most: float = math.inf) -> Estimate:
        """With a normally distributed error; no metric is below 0 or above `most`."""
        reach = Z95 * math.sqrt(max(0.0, variance))
        value = min(max(value, 0.0), most)
        return cls(metric, value, max(0.0, value - reach), min(most, value + reach))


@dataclass(frozen=True)
class Diagnostics:
    """How an estimate came about.

    `domain_auc`: chance to tell a row of the window from one of the reference, .5 when they are alike. `weighted`:
    whether rows of the reference were weighted for that. `effective_rows`: how many rows without weights would say as
    much. `calibrated`: whether scores were translated to probabilities, None for a regression.
    """

    reference_rows: int
    window_rows: int
    sampled_rows: int
    domain_auc: float
    weighted: bool
    effective_rows: float
    calibrated: bool | None = None


@dataclass(frozen=True)
class Estimates:
    """By metric; `reason` says why there is none."""

    metrics: Mapping[str, Estimate] = field(default_factory=dict)
    diagnostics: Diagnostics | None = None
    reason: str = ""
