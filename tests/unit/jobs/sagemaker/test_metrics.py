"""metrics.jsonl: what SageMaker's container publishes to CloudWatch, for the features that emit metrics."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pyarrow as pa
import pytest

from model_monitor_jobs.checks.data_quality import sagemaker
from model_monitor_jobs.checks.data_quality.reference import Reference
from model_monitor_jobs.profiles.table import ProfileRequest, profile
from model_monitor_jobs.sagemaker.constraints import constraints_document, read_constraints
from model_monitor_jobs.sagemaker.documents import to_json
from model_monitor_jobs.sagemaker.metrics import metrics_lines
from model_monitor_jobs.sagemaker.statistics import read_statistics, statistics_document

NOON = datetime(2026, 2, 8, 13, tzinfo=timezone(timedelta(hours=1)))
DIMENSIONS = {"Endpoint": "churn", "MonitoringSchedule": "churn-hourly"}
Columns = dict[str, list[Any]]
BASELINE: Columns = {"age": ["1", "2", "3", "4"], "state": ["TX", "TX", "CA", "CA"], "id": ["a", "b", "c", "d"]}
WINDOW: Columns = {"age": ["3", "4", None, "5"], "state": ["TX", "TX", "TX", "CA"], "id": [None, None, None, None]}


def batch(columns: Columns) -> pa.RecordBatch:
    return pa.record_batch({name: pa.array(values, type=pa.string()) for name, values in columns.items()})


def metrics(file: dict[str, Any] | None = None, age: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """The lines of a window, with settings for the whole file and for one feature."""
    made = profile([batch(BASELINE)])
    constraints = constraints_document(made)
    constraints["monitoring_config"]["distribution_constraints"]["comparison_method"] = "Simple"
    constraints["monitoring_config"] |= file or {}
    constraints["features"][0]["monitoringConfigOverrides"] = age or {}
    reference = Reference.of(
        read_statistics(to_json(statistics_document(made)), "statistics.json"),
        read_constraints(to_json(constraints), "constraints.json"),
    )
    table = profile([batch(WINDOW)], ProfileRequest(tracking=reference.tracking()))
    lines = sagemaker.metrics(reference, table, NOON, DIMENSIONS).decode()
    assert not lines or lines.endswith("\n")
    return [json.loads(line) for line in lines.splitlines()]


def names(lines: list[dict[str, Any]]) -> list[str]:
    return [line["MetricName"] for line in lines]


def test_the_metrics_of_each_feature() -> None:
    lines = metrics()
    for line in lines:
        assert line.pop("Timestamp") == "2026-02-08T12:00:00Z"
        assert line.pop("Dimensions") == [
            {"Name": "Endpoint", "Value": "churn"},
            {"Name": "MonitoringSchedule", "Value": "churn-hourly"},
        ]
    # Two of four baseline values lie below 3, none of the window's three: |2/4 - 0|; shares of CA: |2/4 - 1/4|.
    assert lines == [
        {
            "MetricName": "feature_data_age",
            "StatisticValues": {"SampleCount": 3.0, "Sum": 12.0, "Minimum": 3.0, "Maximum": 5.0},
        },
        {"MetricName": "feature_non_null_age", "Value": 0.75},
        {"MetricName": "feature_baseline_drift_age", "Value": 0.5},
        {"MetricName": "feature_non_null_state", "Value": 1.0},
        {"MetricName": "feature_baseline_drift_state", "Value": 0.25},
        {"MetricName": "feature_non_null_id", "Value": 0.0},
    ]


ALL = [
    "feature_data_age",
    "feature_non_null_age",
    "feature_baseline_drift_age",
    "feature_non_null_state",
    "feature_baseline_drift_state",
    "feature_non_null_id",
]


@pytest.mark.parametrize(
    ("file", "age", "expected"),
    [
        ({"emit_metrics": "Disabled"}, {}, []),
        ({"emit_metrics": "Disabled"}, {"emit_metrics": "Enabled"}, ALL[:3]),
        ({}, {"emit_metrics": "Disabled"}, ALL[3:]),
        ({}, {"distribution_constraints": {"perform_comparison": "Disabled"}}, ALL[:2] + ALL[3:]),
        # What is not judged is still measured.
        ({"evaluate_constraints": "Disabled"}, {}, ALL),
    ],
)
def test_switches(file: dict[str, Any], age: dict[str, Any], expected: list[str]) -> None:
    assert names(metrics(file, age)) == expected


def test_what_cloudwatch_refuses_is_left_out() -> None:
    table = profile([batch({"f": ["1e200", "1"], "g": ["1", "2"]})])
    lines = metrics_lines(table, ["f", "g", "gone"], {"f": float("nan"), "g": 0.1}, NOON, {}).splitlines()
    assert names([json.loads(line) for line in lines]) == [
        "feature_non_null_f",
        "feature_data_g",
        "feature_non_null_g",
        "feature_baseline_drift_g",
    ]


def test_no_feature_no_line() -> None:
    assert metrics_lines(profile([batch({})]), ["f"], {}, NOON, DIMENSIONS) == b""
