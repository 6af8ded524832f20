"""The metrics of columns that SageMaker's container publishes to CloudWatch."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from model_monitor_jobs.profiles.column import NUMERIC, ColumnProfile
from model_monitor_jobs.profiles.table import TableProfile
from model_monitor_jobs.sagemaker.metric_data import LARGEST, Datum, metric_data_lines


def metrics_lines(
    table: TableProfile,
    features: Iterable[str],
    drift: Mapping[str, float],
    timestamp: datetime,
    dimensions: Mapping[str, str],
) -> bytes:
    """The metrics of `features`, those whose `emit_metrics` is Enabled, as far as the table has them.

    `feature_data_{name}` (count, sum, least and largest of a numeric column), `feature_non_null_{name}` (completeness,
    0 to 1) and, where `drift` has the feature, `feature_baseline_drift_{name}` (its distance). `dimensions`: see
    `metric_data_lines`.
    """
    data = (
        datum
        for feature in features
        if feature in table.columns
        for datum in _metrics(table.columns[feature], table.rows, drift.get(feature))
    )
    return metric_data_lines(data, timestamp, dimensions)


def _metrics(column: ColumnProfile, rows: int, drift: float | None) -> Iterator[Datum]:
    moments = column.moments
    numbers = (moments.sum, moments.minimum, moments.maximum)
    if column.inferred_type in NUMERIC and all(map(_publishable, numbers)):
        sums = {"SampleCount": float(moments.count), "Sum": moments.sum}
        span = {"Minimum": moments.minimum, "Maximum": moments.maximum}
        yield Datum(f"feature_data_{column.name}", {"StatisticValues": sums | span})
    yield Datum(f"feature_non_null_{column.name}", {"Value": column.present / rows if rows else 0.0})
    if drift is not None and _publishable(drift):
        yield Datum(f"feature_baseline_drift_{column.name}", {"Value": drift})


def _publishable(value: float) -> bool:
    return math.isfinite(value) and abs(value) <= LARGEST
