"""What a bias monitor checks of analysis.json, what it says of violations, and what it publishes to CloudWatch."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from model_monitor_jobs.profiles.bias.selection import read_selection
from model_monitor_jobs.sagemaker.analysis import Analysis, metric_value
from model_monitor_jobs.sagemaker.metric_data import Datum, metric_data_lines
from model_monitor_jobs.sagemaker.texts import number

_STAGES: Final = {"post_training_bias_metrics": "Post-Training", "pre_training_bias_metrics": "Pre-training"}
_ROUNDING: Final = 1e-12
"""Of the baseline's value, and of 1."""
_PUBLISHED_INFINITY: Final = 2.348543e108
"""What SageMaker publishes to CloudWatch for infinity."""


@dataclass(frozen=True)
class BiasConstraint:
    """The value that a metric has in the baseline, and must not exceed in size."""

    facet: str
    facet_value: str
    """As it stands in the file."""
    name: str
    value: float

    @property
    def key(self) -> tuple[str, frozenset[str] | float, str]:
        """Column, what is selected of it, and metric: the same however the values are written, and whatever maximum
        the interval of a threshold ends with."""
        return self.facet, read_selection(self.facet_value).key, self.name

    def violated_by(self, value: float) -> bool:
        """SageMaker's rule: whether a value is further from 0 than the baseline's, DI as well; NaN never is.

        Values that differ by rounding are equal: of the same rows, SageMaker and we sum up in another order.
        """
        return abs(value) > abs(self.value) + _ROUNDING * max(1.0, abs(self.value))


@dataclass(frozen=True)
class BiasViolation:
    """One violation, in SageMaker's words."""

    facet: str
    facet_value: str
    metric_name: str
    constraint_check_type: str
    description: str


def bias_constraints(analysis: Analysis) -> list[BiasConstraint]:
    """What is checked: all metrics that have a value. One that was deleted is not checked."""
    return [
        BiasConstraint(facet, entry.value_or_threshold, metric.name, metric.value)
        for section in analysis.sections.values()
        for facet, entries in section.facets.items()
        for entry in entries
        for metric in entry.metrics
        if metric.value is not None
    ]


def bias_violation(constraint: BiasConstraint, value: float) -> BiasViolation:
    """That a metric is beyond its constraint, in SageMaker's words."""
    description = (
        f"Metric value {_text(value)} doesn't meet the baseline constraint requirement {_text(constraint.value)}"
    )
    return BiasViolation(constraint.facet, constraint.facet_value, constraint.name, "bias_drift_check", description)


def bias_violations_document(violations: Iterable[BiasViolation]) -> dict[str, Any]:
    """The violations in SageMaker's schema of bias drift."""
    return {"version": "1.0", "violations": [asdict(violation) for violation in violations]}


def bias_lines(document: Mapping[str, Any], timestamp: datetime, dimensions: Mapping[str, str]) -> bytes:
    """Each metric of an analysis document that has a value, as `bias_metric_<name>`; see `metric_data_lines`."""
    return metric_data_lines(_published(document), timestamp, dimensions)


def _text(value: float) -> str:
    """As Clarify's container, which is in Python, writes it."""
    return number(value) if math.isinf(value) else repr(float(value))


def _published(document: Mapping[str, Any]) -> Iterator[Datum]:
    for key, stage in _STAGES.items():
        section = document.get(key, {"facets": {}})
        for column, entries in section["facets"].items():
            for entry in entries:
                own = {
                    "BiasStage": stage,
                    "Label": section["label"],
                    "LabelValue": section["label_value_or_threshold"],
                    "Facet": column,
                    "FacetValue": entry["value_or_threshold"],
                }
                for metric in entry["metrics"]:
                    value = metric_value(metric["value"])
                    if value is not None:
                        finite = math.copysign(_PUBLISHED_INFINITY, value) if math.isinf(value) else value
                        yield Datum(f"bias_metric_{metric['name']}", {"Value": finite}, own)
