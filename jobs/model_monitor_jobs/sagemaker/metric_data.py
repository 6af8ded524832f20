"""Metrics as SageMaker's containers publish them to CloudWatch: JSON Lines in the form of PutMetricData."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from model_monitor_crds.window import format_time

LARGEST: Final = 2.0**360
"""CloudWatch takes no number beyond this."""


@dataclass(frozen=True)
class Datum:
    """One metric: its name, `{"Value": …}` or `{"StatisticValues": …}`, and dimensions of its own."""

    name: str
    values: Mapping[str, Any]
    dimensions: Mapping[str, str] = field(default_factory=dict)


def metric_data_lines(data: Iterable[Datum], timestamp: datetime, dimensions: Mapping[str, str]) -> bytes:
    """The lines of metrics.jsonl; the namespace is no part of the file.

    `dimensions` are those of every metric, such as `{"MonitoringSchedule": "churn"}`; a metric's own come behind them.
    """
    moment = format_time(timestamp)
    lines = []
    for datum in data:
        every = [{"Name": name, "Value": value} for name, value in {**dimensions, **datum.dimensions}.items()]
        line = {"MetricName": datum.name, "Timestamp": moment, "Dimensions": every, **datum.values}
        lines.append(json.dumps(line, ensure_ascii=False, allow_nan=False))
    return "".join(f"{line}\n" for line in lines).encode()
