"""What the metrics of a window are compared with."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from model_monitor_jobs.checks.model_quality.measured import MeasuredMetric
from model_monitor_jobs.profiles.baseline_profile import SegmentKey
from model_monitor_jobs.profiles.performance.baseline import BaselinePerformance
from model_monitor_jobs.profiles.performance.problem import Problem
from model_monitor_jobs.profiles.performance.profile import PerformanceProfile
from model_monitor_jobs.sagemaker.model_quality_constraints import MetricConstraint

Measured = Mapping[str, MeasuredMetric]


@dataclass(frozen=True)
class Performance:
    """How the model did on some rows: the window's or a baseline's, all of them or a segment."""

    profile: PerformanceProfile
    measured: Measured


@dataclass(frozen=True)
class Reference:
    """A model quality baseline, made from a dataset or adopted from SageMaker's files."""

    problem: Problem
    constraints: Mapping[str, MetricConstraint]
    """By metric, in the order of constraints.json."""
    rows: int
    """Rows of its dataset; 0 where files were adopted that don't tell."""
    baseline: BaselinePerformance | None = None
    """None where files were adopted."""
    measured: Mapping[SegmentKey, Measured] = field(default_factory=dict)
    stated: Mapping[str, float] = field(default_factory=dict)
    """The metrics of an adopted statistics.json, by name."""

    @property
    def values(self) -> Mapping[str, float]:
        """The metrics on all rows; of adopted constraints alone their thresholds, which are a baseline's values."""
        if self.baseline is None:
            thresholds = {name: constraint.threshold for name, constraint in self.constraints.items()}
            return thresholds | {name: value for name, value in self.stated.items() if math.isfinite(value)}
        return {name: metric.value for name, metric in self.measured[()].items() if math.isfinite(metric.value)}
