"""constraints.json and constraint_violations.json of a model quality monitor."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Final, Literal, Protocol

from pydantic import Field

from model_monitor_crds.model_quality import METRICS, ProblemType
from model_monitor_jobs.errors import InputError
from model_monitor_jobs.sagemaker.documents import Part, parse, read_json, refuse_repeated_keys
from model_monitor_jobs.sagemaker.explanations import expecting, stray_key
from model_monitor_jobs.sagemaker.kinds import refuse_other_kind
from model_monitor_jobs.sagemaker.texts import number

MODEL_QUALITY_CONSTRAINTS: Final = "constraints.json of a model quality monitor"
SECTIONS: Final[dict[ProblemType, str]] = {
    "BinaryClassification": "binary_classification_constraints",
    "MulticlassClassification": "multiclass_classification_constraints",
    "Regression": "regression_constraints",
}
PUBLISHED: Final[dict[ProblemType, tuple[str, ...]]] = {
    "BinaryClassification": (
        "recall",
        "precision",
        "accuracy",
        "true_positive_rate",
        "true_negative_rate",
        "false_positive_rate",
        "false_negative_rate",
        "auc",
        "f0_5",
        "f1",
        "f2",
    ),
    "MulticlassClassification": (
        "accuracy",
        "weighted_recall",
        "weighted_precision",
        "weighted_f0_5",
        "weighted_f1",
        "weighted_f2",
    ),
    "Regression": ("mae", "mse", "rmse", "r2"),
}
"""SageMaker's metrics of each problem, in its order."""
Operator = Literal["LessThanThreshold", "GreaterThanThreshold"]
_GREATER: Final = frozenset({"false_positive_rate", "false_negative_rate", "mae", "mse", "rmse"})
"""Of SageMaker's metrics, those of which more is worse."""
_CAMEL_CASE: Final = {
    "true_positive_rate": "truePositiveRate",
    "true_negative_rate": "trueNegativeRate",
    "false_positive_rate": "falsePositiveRate",
    "false_negative_rate": "falseNegativeRate",
}
"""What violations call these metrics; all others have the names of the other files."""
_ROUNDING: Final = 1e-12
"""Of the threshold, and of 1."""

Threshold = Annotated[float, Field(allow_inf_nan=False), expecting("a number that is neither NaN nor infinite")]


class Measurement(Protocol):
    """A metric as it stands in the file."""

    @property
    def value(self) -> float:
        """NaN where it is undefined."""

    @property
    def standard_deviation(self) -> float:
        """Of samples of 80 % of the rows; NaN below 200 rows."""


class MetricConstraint(Part):
    """When a metric is a violation: where it is less, or greater, than the threshold; equal is none.

    Values that differ by rounding are equal: of the same rows, SageMaker and we sum up in another order.
    """

    threshold: Threshold
    comparison_operator: Operator

    def violated_by(self, value: float) -> bool:
        """Whether a value is a violation; what is undefined (NaN) is none."""
        beyond = (
            value - self.threshold if self.comparison_operator == "GreaterThanThreshold" else self.threshold - value
        )
        return beyond > _ROUNDING * max(1.0, abs(self.threshold))


_Constraint = MetricConstraint | None


class BinaryConstraints(Part):
    """Constraints of a binary problem; a metric without one is not checked."""

    accuracy: _Constraint = None
    auc: _Constraint = None
    brier_score: _Constraint = None
    calibration_error: _Constraint = None
    cost: _Constraint = None
    f0_5: _Constraint = None
    f1: _Constraint = None
    f2: _Constraint = None
    false_negative_rate: _Constraint = None
    false_positive_rate: _Constraint = None
    lift: _Constraint = None
    log_loss: _Constraint = None
    precision: _Constraint = None
    recall: _Constraint = None
    true_negative_rate: _Constraint = None
    true_positive_rate: _Constraint = None


class MulticlassConstraints(Part):
    """Constraints of a multiclass problem."""

    accuracy: _Constraint = None
    brier_score: _Constraint = None
    calibration_error: _Constraint = None
    log_loss: _Constraint = None
    weighted_f0_5: _Constraint = None
    weighted_f1: _Constraint = None
    weighted_f2: _Constraint = None
    weighted_precision: _Constraint = None
    weighted_recall: _Constraint = None


class RegressionConstraints(Part):
    """Constraints of a regression."""

    mae: _Constraint = None
    median_absolute_error: _Constraint = None
    mse: _Constraint = None
    p90_absolute_error: _Constraint = None
    p95_absolute_error: _Constraint = None
    r2: _Constraint = None
    rmse: _Constraint = None


class ModelQualityConstraints(Part):
    """The whole file; it has the section of its problem."""

    version: float = 0.0
    binary_classification_constraints: BinaryConstraints | None = None
    multiclass_classification_constraints: MulticlassConstraints | None = None
    regression_constraints: RegressionConstraints | None = None

    def metrics(self, problem: ProblemType) -> dict[str, MetricConstraint]:
        """The constraints of a problem that the file has, in the order in which SageMaker writes them."""
        section = getattr(self, SECTIONS[problem])
        others = sorted(METRICS[problem].difference(PUBLISHED[problem]))
        found = {name: getattr(section, name, None) for name in (*PUBLISHED[problem], *others)}
        return {name: constraint for name, constraint in found.items() if constraint is not None}


@dataclass(frozen=True)
class MetricViolation:
    """One violation, in SageMaker's words."""

    constraint_check_type: Operator
    description: str
    metric_name: str


def read_model_quality_constraints(content: bytes, uri: str, problem: ProblemType) -> ModelQualityConstraints:
    """Read constraints.json of a model quality monitor, which people edit.

    A metric that was deleted is not checked. Raises InputError with line and column where it is no JSON, where it is
    another file or of another problem, with the path in the file, the value, and what was expected where a value is
    wrong, and for keys of a section that are no metric: what they were meant to check would silently not be checked.
    """
    document = read_json(content, uri)
    refuse_repeated_keys(content, uri)
    refuse_other_kind(document, MODEL_QUALITY_CONSTRAINTS, uri)
    if isinstance(document, dict) and (
        stray := stray_key(ModelQualityConstraints, document, _HOMES) or _unknown_metric(document)
    ):
        raise InputError(f"{uri}: {stray}")
    constraints = parse(ModelQualityConstraints, document, uri)
    refuse_other_problem(constraints, SECTIONS, problem, uri)
    return constraints


def problem_of(content: bytes, uri: str) -> ProblemType:
    """The problem that a constraints.json is of, by its section; the first where it has several.

    Raises InputError where it is no JSON, another file, or has no such section.
    """
    document = read_json(content, uri)
    refuse_other_kind(document, MODEL_QUALITY_CONSTRAINTS, uri)
    for problem, name in SECTIONS.items():
        if isinstance(document, dict) and isinstance(document.get(name), dict):
            return problem
    raise InputError(f"{uri}: it has none of {', '.join(SECTIONS.values())}")


def refuse_other_problem(file: Part, sections: Mapping[ProblemType, str], problem: ProblemType, uri: str) -> None:
    """Raise InputError where a file does not have the section of a problem."""
    if getattr(file, sections[problem]) is None:
        others = [other for other, name in sections.items() if getattr(file, name) is not None]
        found = f"; it is of {others[0]}" if others else ""
        raise InputError(
            f"{uri}: {sections[problem]}: is missing{found}",
            remedy="give the file of this problem, or set modelQuality.problemType" if others else None,
        )


def constraints_document(problem: ProblemType, metrics: Mapping[str, Measurement]) -> dict[str, Any]:
    """The constraints that a baseline suggests, as SageMaker's container writes them: its own values are thresholds.

    `metrics` by their names; those that SageMaker does not have, and those that are undefined, get none.
    """
    section = {
        name: {
            "threshold": metrics[name].value,
            "comparison_operator": "GreaterThanThreshold" if name in _GREATER else "LessThanThreshold",
        }
        for name in PUBLISHED[problem]
        if name in metrics and math.isfinite(metrics[name].value)
    }
    return {"version": 0.0, SECTIONS[problem]: section}


def metric_violation(name: str, metric: Measurement, constraint: MetricConstraint) -> MetricViolation:
    """That a metric is beyond its constraint, in SageMaker's words."""
    shown, operator = _CAMEL_CASE.get(name, name), constraint.comparison_operator
    description = (
        f"Metric {shown} with {number(metric.value)} +/- {number(metric.standard_deviation)} "
        f"was {operator} '{number(constraint.threshold)}'"
    )
    return MetricViolation(operator, description, shown)


def violations_document(violations: Iterable[MetricViolation]) -> dict[str, Any]:
    """The violations in SageMaker's schema."""
    return {"violations": [asdict(violation) for violation in violations]}


_HOMES: Final = dict.fromkeys(MetricConstraint.model_fields, "the object of a metric") | {
    name: SECTIONS[problem] for problem in SECTIONS for name in sorted(METRICS[problem])
}


def _unknown_metric(document: Mapping[str, Any]) -> str | None:
    """The first key of a section that is no metric; keys that begin with a mark such as `_` are comments."""
    for problem, name in SECTIONS.items():
        section = document.get(name)
        for key in section if isinstance(section, dict) else ():
            if key[:1].isalpha() and key not in METRICS[problem]:
                return f"{name}.{key}: unknown metric; expected one of {', '.join(sorted(METRICS[problem]))}"
    return None
