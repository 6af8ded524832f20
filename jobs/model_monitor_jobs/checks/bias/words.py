"""Bias metrics and facets in words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from model_monitor_jobs.checks.bias.metrics import RATIOS
from model_monitor_jobs.profiles.bias.problem import Facet

NAMES: Final[Mapping[str, str]] = {
    "AD": "Accuracy difference",
    "CDDL": "Conditional demographic disparity in labels",
    "CDDPL": "Conditional demographic disparity in predicted labels",
    "CI": "Class imbalance",
    "DAR": "Difference in acceptance rates",
    "DCA": "Difference in conditional acceptance",
    "DCR": "Difference in conditional rejection",
    "DI": "Disparate impact",
    "DPL": "Difference in positive proportions in labels",
    "DPPL": "Difference in positive proportions in predicted labels",
    "DRR": "Difference in rejection rates",
    "EOD": "Equalised odds difference",
    "EOR": "Equalised odds ratio",
    "FT": "Flip test",
    "GE": "Generalised entropy",
    "JS": "Jensen–Shannon divergence",
    "KL": "Kullback–Leibler divergence",
    "KS": "Kolmogorov–Smirnov distance",
    "LP": "L-p norm",
    "RD": "Recall difference",
    "SD": "Specificity difference",
    "TE": "Treatment equality",
    "TVD": "Total variation distance",
}


def check_of(metric: str) -> str:
    """The name of the check of a metric."""
    return f"{metric.lower()}_check"


def metric_of(check: str) -> str:
    """The metric that a check is of."""
    return check.removesuffix("_check").upper()


def facet_name(facet: Facet) -> str:
    """A facet's group: `sex = F`, `state = CA or NV`, `age > 40`."""
    selection = facet.selection
    if selection.threshold is not None:
        return f"{facet.column} > {selection.threshold:g}"
    return f"{facet.column} = {' or '.join(selection.values)}"


def shown(value: float | None) -> str:
    """A metric's value for people."""
    if value is None or math.isnan(value):
        return "undefined"
    if math.isinf(value):
        return "infinite" if value > 0 else "-infinite"
    # Adding 0 takes the sign from what is rounded to 0.
    return f"{round(value, 3) + 0.0:.3f}"


def spanned(value: float, low: float, high: float) -> str:
    """A value with its interval."""
    if math.isnan(value) or math.isnan(low) or math.isnan(high):
        return shown(value)
    return f"{shown(value)} ({shown(low)} to {shown(high)})"


def direction(metric: str, value: float, baseline: float) -> str:
    """Whether a change is towards equal treatment; both values as they are, or of a ratio as its |ln|."""
    size, before = abs(value), abs(baseline)
    if size == before:
        return "as far from equal, the other way round" if metric not in RATIOS else "unchanged"
    return "further from equal treatment" if size > before else "nearer to equal treatment"
