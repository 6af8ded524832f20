"""statistics.json of a model quality monitor: reading and writing it, and what is published of it to CloudWatch."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import Field

from model_monitor_crds.model_quality import METRICS, ProblemType
from model_monitor_crds.window import format_time
from model_monitor_jobs.profiles.grouped_arrays import Counts
from model_monitor_jobs.profiles.performance.binary import BinaryCounts
from model_monitor_jobs.profiles.performance.counts import PerformanceCounts
from model_monitor_jobs.profiles.performance.multiclass import ConfusionMatrix
from model_monitor_jobs.profiles.performance.overall import Overall
from model_monitor_jobs.profiles.performance.scores import ScoreTable, precision_recall_curve, roc_curve, thinned
from model_monitor_jobs.sagemaker.documents import Part, parse, read_json
from model_monitor_jobs.sagemaker.explanations import expecting
from model_monitor_jobs.sagemaker.kinds import refuse_other_kind
from model_monitor_jobs.sagemaker.metric_data import LARGEST, Datum, metric_data_lines
from model_monitor_jobs.sagemaker.model_quality_constraints import PUBLISHED, Measurement, refuse_other_problem
from model_monitor_jobs.sagemaker.texts import number

MODEL_QUALITY_STATISTICS: Final = "statistics.json of a model quality monitor"
SECTIONS: Final[dict[ProblemType, str]] = {
    "BinaryClassification": "binary_classification_metrics",
    "MulticlassClassification": "multiclass_classification_metrics",
    "Regression": "regression_metrics",
}
_OF_CONSTANT: Final = "_best_constant_classifier"
_NOT_ZERO: Final = frozenset({"auc", *PUBLISHED["Regression"]})
"""Where one of these is undefined it is left out; all others are then 0, as scikit-learn's `zero_division=0`."""

Value = Annotated[float, expecting('a number, or "NaN"')]


@dataclass(frozen=True)
class Evaluation:
    """When a window was evaluated, and which; a baseline has no window."""

    evaluation_time: datetime
    start_time: datetime | None = None
    end_time: datetime | None = None


class MetricStatistics(Part):
    """A metric of the file."""

    value: Value
    standard_deviation: Value = math.nan


class EvaluatedDataset(Part):
    """What was evaluated."""

    item_count: Annotated[int, Field(ge=0)]
    start_time: str | None = None
    end_time: str | None = None
    evaluation_time: str | None = None


_Metric = MetricStatistics | None
ConfusionTable = dict[str, dict[str, int]]
"""How often each label (outer) was answered as each (inner)."""


class BinaryMetrics(Part):
    """The metrics of a binary problem."""

    confusion_matrix: ConfusionTable | None = None
    accuracy: _Metric = None
    auc: _Metric = None
    brier_score: _Metric = None
    calibration_error: _Metric = None
    cost: _Metric = None
    f0_5: _Metric = None
    f1: _Metric = None
    f2: _Metric = None
    false_negative_rate: _Metric = None
    false_positive_rate: _Metric = None
    lift: _Metric = None
    log_loss: _Metric = None
    precision: _Metric = None
    recall: _Metric = None
    true_negative_rate: _Metric = None
    true_positive_rate: _Metric = None


class MulticlassMetrics(Part):
    """The metrics of a multiclass problem."""

    confusion_matrix: ConfusionTable | None = None
    accuracy: _Metric = None
    brier_score: _Metric = None
    calibration_error: _Metric = None
    log_loss: _Metric = None
    weighted_f0_5: _Metric = None
    weighted_f1: _Metric = None
    weighted_f2: _Metric = None
    weighted_precision: _Metric = None
    weighted_recall: _Metric = None


class RegressionMetrics(Part):
    """The metrics of a regression."""

    mae: _Metric = None
    median_absolute_error: _Metric = None
    mse: _Metric = None
    p90_absolute_error: _Metric = None
    p95_absolute_error: _Metric = None
    r2: _Metric = None
    rmse: _Metric = None


class ModelQualityStatistics(Part):
    """The whole file; it has the section of its problem."""

    version: float = 0.0
    dataset: EvaluatedDataset
    binary_classification_metrics: BinaryMetrics | None = None
    multiclass_classification_metrics: MulticlassMetrics | None = None
    regression_metrics: RegressionMetrics | None = None

    def metrics(self, problem: ProblemType) -> dict[str, MetricStatistics]:
        """The metrics of the API that the file has for a problem."""
        section = getattr(self, SECTIONS[problem])
        found = {name: getattr(section, name) for name in sorted(METRICS[problem])}
        return {name: metric for name, metric in found.items() if metric is not None}


def read_model_quality_statistics(content: bytes, uri: str, problem: ProblemType) -> ModelQualityStatistics:
    """Read statistics.json of a model quality monitor.

    Raises InputError with line and column where it is no JSON, where it is another file or of another problem, else
    with the path in the file, the value, and what was expected. Metrics that are missing are let through.
    """
    document = read_json(content, uri)
    refuse_other_kind(document, MODEL_QUALITY_STATISTICS, uri)
    statistics = parse(ModelQualityStatistics, document, uri)
    refuse_other_problem(statistics, SECTIONS, problem, uri)
    return statistics


def statistics_document(
    counts: PerformanceCounts,
    overall: Overall | None,
    metrics: Mapping[str, Measurement],
    best_constant: Mapping[str, Measurement],
    evaluation: Evaluation | None = None,
) -> dict[str, Any]:
    """What was measured, in SageMaker's schema and with its metrics only.

    `counts` of the window, in any groups, and its `overall` part; `metrics` and `best_constant` by the API's names.
    """
    total = counts.total()
    problem = total.problem.type
    section: dict[str, Any] = {}
    matrix = _confusion(total, overall)
    if matrix is not None:
        section["confusion_matrix"] = matrix
    section |= _written(PUBLISHED[problem], metrics)
    section |= {f"{name}{_OF_CONSTANT}": value for name, value in _written(PUBLISHED[problem], best_constant).items()}
    if isinstance(overall, ScoreTable):
        section |= _curves(overall.counts)
    times = {} if evaluation is None else asdict(evaluation)
    dataset = {name: format_time(moment) for name, moment in times.items() if moment is not None}
    return {
        "version": 0.0,
        "dataset": {"item_count": int(total.rows[0])} | dataset,
        SECTIONS[problem]: section,
    }


def model_quality_lines(document: Mapping[str, Any], timestamp: datetime, dimensions: Mapping[str, str]) -> bytes:
    """Each metric of a statistics document by its name in the file; see `metric_data_lines`."""
    section = next(document[name] for name in SECTIONS.values() if name in document)
    data = (
        Datum(name, {"Value": metric["value"]})
        for name, metric in section.items()
        if "value" in metric and abs(metric["value"]) <= LARGEST
    )
    return metric_data_lines(data, timestamp, dimensions)


def _written(names: Iterable[str], metrics: Mapping[str, Measurement]) -> dict[str, Any]:
    made = {}
    for name in names:
        if name not in metrics:
            continue
        metric = metrics[name]
        value = 0.0 if math.isnan(metric.value) and name not in _NOT_ZERO else metric.value
        if math.isfinite(value):
            deviation = metric.standard_deviation
            made[name] = {
                "value": value,
                "standard_deviation": deviation if math.isfinite(deviation) else number(deviation),
            }
    return made


def _confusion(total: PerformanceCounts, overall: Overall | None) -> ConfusionTable | None:
    if isinstance(total, BinaryCounts):
        classes, matrix = total.problem.classes, total.confusion[0]
    elif isinstance(overall, ConfusionMatrix):
        classes, matrix = overall.classes, overall.counts
    else:
        return None
    return {actual: dict(zip(classes, row, strict=True)) for actual, row in zip(classes, matrix.tolist(), strict=True)}


def _curves(table: Counts) -> dict[str, Any]:
    """At most 1,000 points each (`thinned`)."""
    characteristic, precision_recall = thinned(roc_curve(table)), thinned(precision_recall_curve(table))
    return {
        "receiver_operating_characteristic_curve": {
            "false_positive_rates": characteristic.x.tolist(),
            "true_positive_rates": characteristic.y.tolist(),
        },
        "precision_recall_curve": {
            "precisions": precision_recall.y.tolist(),
            "recalls": precision_recall.x.tolist(),
        },
    }
