"""Settings of the model quality monitor."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from model_monitor_crds.base import Model
from model_monitor_crds.data_quality import Alpha, CompareWith

ProblemType = Literal["BinaryClassification", "MulticlassClassification", "Regression"]

Metric = Literal[
    "accuracy",
    "auc",
    "brier_score",
    "calibration_error",
    "cost",
    "f0_5",
    "f1",
    "f2",
    "false_negative_rate",
    "false_positive_rate",
    "lift",
    "log_loss",
    "mae",
    "median_absolute_error",
    "mse",
    "p90_absolute_error",
    "p95_absolute_error",
    "precision",
    "r2",
    "recall",
    "rmse",
    "true_negative_rate",
    "true_positive_rate",
    "weighted_f0_5",
    "weighted_f1",
    "weighted_f2",
    "weighted_precision",
    "weighted_recall",
]
"""Every metric that can be judged; SageMaker's names where it has one."""

METRICS: Final[dict[ProblemType, frozenset[str]]] = {
    "BinaryClassification": frozenset(
        {
            "accuracy",
            "auc",
            "brier_score",
            "calibration_error",
            "cost",
            "f0_5",
            "f1",
            "f2",
            "false_negative_rate",
            "false_positive_rate",
            "lift",
            "log_loss",
            "precision",
            "recall",
            "true_negative_rate",
            "true_positive_rate",
        }
    ),
    "MulticlassClassification": frozenset(
        {
            "accuracy",
            "brier_score",
            "calibration_error",
            "log_loss",
            "weighted_f0_5",
            "weighted_f1",
            "weighted_f2",
            "weighted_precision",
            "weighted_recall",
        }
    ),
    "Regression": frozenset(
        {"mae", "median_absolute_error", "mse", "p90_absolute_error", "p95_absolute_error", "r2", "rmse"}
    ),
}
"""The metrics that a problem has."""

Label = Annotated[str, Field(min_length=1, max_length=256)]
Probability = Annotated[float, Field(gt=0, lt=1)]
PROBABILITY_THRESHOLD: Final = 0.5
"""Above which a probability predicts the positive label, unless a threshold is set."""


class Problem(Model):
    """What the model answers."""

    problem_type: ProblemType
    """BinaryClassification, MulticlassClassification or Regression."""
    positive_label: Label | None = None
    """BinaryClassification: the label that probabilities are of. Default: 1 of 0 and 1, true of false and true. Only
    with a dataset: of existing files the MonitoringSchedule says it."""
    probability_threshold: Probability = PROBABILITY_THRESHOLD
    """BinaryClassification: where there is a probability and no prediction, a probability above this predicts the
    positive label. Only with a dataset: of existing files the MonitoringSchedule says it."""


class Costs(Model):
    """What errors of a binary classifier cost, in any unit of your own."""

    false_positive: Annotated[float, Field(ge=0)] = 1.0
    """Cost of one false positive."""
    false_negative: Annotated[float, Field(ge=0)] = 1.0
    """Cost of one false negative."""


class ModelQuality(Model):
    """How the model's answers are compared with labels."""

    problem_type: ProblemType | None = None
    """BinaryClassification, MulticlassClassification or Regression. Default: the Baseline's."""
    positive_label: Label | None = None
    """BinaryClassification: the label that probabilities are of. Default: the Baseline's; where that adopted existing
    files, 1 of 0 and 1, true of false and true."""
    probability_threshold: Probability | None = None
    """BinaryClassification: where there is a probability and no prediction, a probability above this predicts the
    positive label. Default: the Baseline's; where that adopted existing files, 0.5."""
    compatibility: Literal["Default", "SageMaker"] = "Default"
    """Default judges metrics against sampling noise and the usual variation of the baseline's own windows. SageMaker
    applies the thresholds of constraints.json as SageMaker Model Monitor does."""
    metrics: Annotated[list[Metric], Field(max_length=8, json_schema_extra={"x-kubernetes-list-type": "set"})] = []
    """Metrics that are judged; all others are reported. Default: auc where there are probabilities, else f1, for
    BinaryClassification; accuracy for MulticlassClassification; mae for Regression. Only for Default."""
    threshold: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Smallest change of a metric that counts: in the metric's own unit, for errors (mae, mse, rmse, quantiles of the
    error, log_loss, brier_score, cost) and lift as a share of the baseline's value. Default: 0.02 where the baseline's
    usual variation is known, else 0.1, to which sampling noise is added. Only for Default."""
    alpha: Alpha = 0.01
    """Chance that a run without any change has some violation, shared among metrics and segments. Only for Default."""
    compare_with: CompareWith = "Auto"
    """Which of the baseline's windows a window is compared with, as in `dataQuality.compareWith`. Only for Default."""
    costs: Costs = Field(default_factory=Costs)
    """What errors cost, for the metric `cost`: the mean cost of an answer."""
    estimate: bool = True
    """Whether performance is also estimated without labels, from the model's probabilities (classification) or from
    its usual errors (regression). Needs a Baseline made from a dataset."""
