"""What SageMaker's container publishes to CloudWatch, as JSON Lines in the form of PutMetricData."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from model_monitor_jobs.profiles.column import NUMERIC, ColumnProfile
from model_monitor_jobs.profiles.table import TableProfile

_LARGEST: Final = 2.0**360
"""CloudWatch takes no number beyond this."""


def metrics_lines(
    table: TableProfile,
    features: Iterable[str],
    drift: Mapping[str, float],
    timestamp: datetime,
    dimensions: Mapping[str, str],
) -> bytes:
    """The metrics of `features`, those whose `emit_metrics` is Enabled, as far as the table has them.

    `feature_data_{name}` (count, sum, least and largest of a numeric column), `feature_non_null_{name}` (completeness,
    0 to 1) and, where `drift` has the feature, `feature_baseline_drift_{name}` (its distance). `dimensions` are those
    of every metric, such as `{"MonitoringSchedule": "churn"}`; the namespace is no part of the file.
    """
    shared = {
        "Timestamp": timestamp.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
    }
    lines = [
        json.dumps({"MetricName": name} | shared | values, ensure_ascii=False, allow_nan=False)
        for feature in features
        if feature in table.columns
        for name, values in _metrics(table.columns[feature], table.rows, drift.get(feature))
    ]
    return "".join(f"{line}\n" for line in lines).encode()


def _metrics(column: ColumnProfile, rows: int, drift: float | None) -> Iterator[tuple[str, dict[str, Any]]]:
    moments = column.moments
    numbers = (moments.sum, moments.minimum, moments.maximum)
    if column.inferred_type in NUMERIC and all(map(_publishable, numbers)):
        sums = {"SampleCount": float(moments.count), "Sum": moments.sum}
        span = {"Minimum": moments.minimum, "Maximum": moments.maximum}
        yield f"feature_data_{column.name}", {"StatisticValues": sums | span}
    yield f"feature_non_null_{column.name}", {"Value": column.present / rows if rows else 0.0}
    if drift is not None and _publishable(drift):
        yield f"feature_baseline_drift_{column.name}", {"Value": drift}


def _publishable(value: float) -> bool:
    return math.isfinite(value) and abs(value) <= _LARGEST
