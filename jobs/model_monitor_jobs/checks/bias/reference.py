"""What a window's bias is compared with."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from model_monitor_jobs.checks.bias.measured import MeasuredBias
from model_monitor_jobs.profiles.bias.baseline import BaselineBias
from model_monitor_jobs.profiles.bias.problem import BiasProblem
from model_monitor_jobs.sagemaker.bias_drift import BiasConstraint

ConstraintKey = tuple[str, frozenset[str] | float, str]
BY_ROUNDING = 1e-9


@dataclass(frozen=True)
class BiasReference:
    """A bias baseline, made from a dataset or adopted from an analysis.json; `problem` is what the run measures."""

    problem: BiasProblem
    constraints: Mapping[ConstraintKey, BiasConstraint]
    """The values of analysis.json, as it is now."""
    rows: int
    """Rows of its dataset; 0 where it was adopted."""
    baseline: BaselineBias | None = None
    """None where it was adopted."""
    measured: Sequence[Mapping[str, MeasuredBias]] = ()
    """By facet of the problem; empty where it was adopted."""

    def constraint(self, place: int, metric: str) -> BiasConstraint | None:
        """What analysis.json has for a metric of a facet; None where it has nothing."""
        facet = self.problem.facets[place]
        return self.constraints.get((facet.column, facet.selection.key, metric))

    def value(self, place: int, metric: str) -> float:
        """A metric's value in the baseline, as analysis.json says where it says something; NaN where there is none."""
        constraint = self.constraint(place, metric)
        if constraint is not None:
            return constraint.value
        measured = self.measured[place].get(metric) if self.measured else None
        return measured.value if measured is not None else math.nan

    def edited(self, place: int, metric: str) -> float | None:
        """The value of a metric that somebody has changed in analysis.json; None where it is as it was measured."""
        constraint = self.constraint(place, metric)
        if constraint is None or not self.measured or metric not in self.measured[place]:
            return None
        own = self.measured[place][metric].value
        return (
            None if math.isclose(own, constraint.value, rel_tol=BY_ROUNDING, abs_tol=BY_ROUNDING) else constraint.value
        )
