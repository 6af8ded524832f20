"""The six checks of SageMaker Model Monitor with its thresholds, texts and order of precedence.

A column that fails its type check is not compared with its distribution, and `is_non_negative` is never evaluated:
that is what the original does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Literal

from model_monitor_crds.base import CheckType
from model_monitor_jobs.checks.data_quality.distances import (
    categorical_distance,
    chi_squared_p_value,
    numerical_distance,
)
from model_monitor_jobs.checks.data_quality.reference import Reference, ReferenceColumn
from model_monitor_jobs.checks.data_quality.structure import extra_columns, missing_columns
from model_monitor_jobs.checks.finding import Finding
from model_monitor_jobs.checks.predicates import MissingValue, NotAmong, NotOfType, Predicate
from model_monitor_jobs.decisions import Verdict
from model_monitor_jobs.profiles.column import ColumnProfile
from model_monitor_jobs.profiles.table import TableProfile
from model_monitor_jobs.sagemaker.metrics import metrics_lines
from model_monitor_jobs.sagemaker.texts import number, percentage


@dataclass(frozen=True)
class Drift:
    """How far a column is from its baseline by the measure that its constraints ask for."""

    measure: Literal["Numerical distance", "Categorical distance", "Categorical p-value"]
    value: float
    threshold: float

    @property
    def violated(self) -> bool:
        """A distance above its threshold, or a p-value below it; a p-value that is NaN tells nothing."""
        if self.measure == "Categorical p-value":
            return self.value < self.threshold
        return self.value > self.threshold

    @property
    def description(self) -> str:
        """The violation in SageMaker's words, of which `distance: (.+) exceeds threshold: (.+)` is known."""
        verb = "is below" if self.measure == "Categorical p-value" else "exceeds"
        return f"{self.measure}: {number(self.value)} {verb} threshold: {number(self.threshold)}"


def compare(reference: Reference, table: TableProfile) -> list[Finding]:
    """Judge a window by the thresholds of constraints.json."""
    pairs = [(c, table.columns[c.name]) for c in reference.columns if c.name in table.columns and c.evaluated]
    return list(chain(_structure(reference, table), *(_column(column, window, table) for column, window in pairs)))


def drift(column: ReferenceColumn, window: ColumnProfile) -> Drift | None:
    """How far a column is from its baseline; None where it is not to be compared, or where there is nothing to."""
    settings = column.config.distribution_constraints
    if settings.perform_comparison == "Disabled":
        return None
    if column.numeric:
        if column.sketch is None or not column.sketch.count or not window.sketch.count:
            return None
        distance = numerical_distance(window.sketch, column.sketch, robust=settings.robust)
        return Drift("Numerical distance", distance, settings.comparison_threshold or 0.0)
    if not column.categories or not window.present:
        return None
    counts, threshold = window.frequencies.counts, settings.categorical_comparison_threshold or 0.0
    if settings.categorical_drift_method == "ChiSquared":
        return Drift("Categorical p-value", chi_squared_p_value(counts, column.categories), threshold)
    distance = categorical_distance(counts, column.categories, robust=settings.robust, total=window.present)
    return Drift("Categorical distance", distance, threshold)


def metrics(reference: Reference, table: TableProfile, timestamp: datetime, dimensions: Mapping[str, str]) -> bytes:
    """The lines of metrics.jsonl: what SageMaker's container publishes of a window, the drift of each column with it.

    `timestamp` is that of the metrics, `dimensions` their CloudWatch dimensions, as `Endpoint` and
    `MonitoringSchedule`. Columns whose `emit_metrics` is Disabled are left out.
    """
    drifts = {c.name: drift(c, table.columns[c.name]) for c in reference.columns if c.name in table.columns}
    values = {name: found.value for name, found in drifts.items() if found is not None}
    emitted = [column.name for column in reference.columns if column.config.emit_metrics != "Disabled"]
    return metrics_lines(table, emitted, values, timestamp, dimensions)


def _structure(reference: Reference, table: TableProfile) -> Iterator[Finding]:
    evaluated = {column.name for column in reference.columns if column.evaluated}
    current, expected = len(table.columns), len(reference.columns)
    counts = f"Number of columns in current dataset: {current}, Number of columns in baseline constraints: {expected}"
    if not evaluated.isdisjoint(missing_columns(reference, table)):
        text = f"There are missing columns in current dataset. {counts}"
        yield _structural("missing_column_check", current, expected, text)
    if evaluated and extra_columns(reference, table):
        text = f"There are extra columns in current dataset. {counts}"
        yield _structural("extra_column_check", current, expected, text)


def _column(column: ReferenceColumn, window: ColumnProfile, table: TableProfile) -> Iterator[Finding]:
    type_finding = _data_type(column, window)
    yield type_finding
    yield _completeness(column, window, table.rows)
    if column.constraints.domain is not None:
        yield _known_values(column, window, column.constraints.domain)
    if not type_finding.violated and (found := drift(column, window)) is not None:
        yield _drift(column.name, found)


def _data_type(column: ReferenceColumn, window: ColumnProfile) -> Finding:
    kind = column.constraints.inferred_type
    matching = {
        "Integral": window.integral,
        "Fractional": window.integral + window.fractional,
    }.get(kind, window.present)
    share = matching / window.present if window.present else 1.0
    text = (
        f"Data type match requirement is not met. Expected data type: {kind}, Expected match: {{expected}}. "
        f"Observed: Only {{observed}} of data is {kind}."
    )
    rows = NotOfType(column.name, kind, strict=True) if kind in ("Integral", "Fractional") else None
    return _at_least(column.name, "data_type_check", share, column.config.datatype_check_threshold, text, rows)


def _completeness(column: ReferenceColumn, window: ColumnProfile, rows: int) -> Finding:
    text = (
        "Data completeness requirement is not met. Expected completeness: {expected}. "
        "Observed: Only {observed} of data is present."
    )
    share = window.present / rows if rows else 0.0
    missing = MissingValue(column.name)
    return _at_least(column.name, "completeness_check", share, column.constraints.completeness, text, missing)


def _known_values(column: ReferenceColumn, window: ColumnProfile, domain: frozenset[str]) -> Finding:
    counts = window.frequencies.counts
    share = sum(counts.get(value, 0) for value in domain) / window.present if window.present else 1.0
    text = (
        "Categorical values requirement is not met. Expected match: {expected}. "
        "Observed: Only {observed} of values are in the baseline's domain."
    )
    unknown = NotAmong(column.name, tuple(sorted(domain)))
    return _at_least(
        column.name, "categorical_values_check", share, column.config.domain_content_threshold, text, unknown
    )


def _at_least(
    name: str, check: CheckType, share: float, least: float | None, text: str, offending: Predicate | None
) -> Finding:
    """A share that may not fall below its threshold; `text` has places for what was expected and observed."""
    observed, expected = percentage(share), percentage(least or 0.0)
    if share >= (least or 0.0):
        return _pass(name, check, observed, expected)
    said = text.format(expected=expected, observed=observed)
    return Finding(name, check, Verdict.VIOLATION, observed, expected, said, offending=offending)


def _drift(name: str, found: Drift) -> Finding:
    observed, expected = f"{found.measure.split(' ', 1)[1]} {number(found.value)}", number(found.threshold)
    if not found.violated:
        return _pass(name, "baseline_drift_check", observed, expected)
    return Finding(name, "baseline_drift_check", Verdict.VIOLATION, observed, expected, found.description)


def _pass(name: str, check: CheckType, observed: str, expected: str) -> Finding:
    return Finding(name, check, Verdict.PASS, observed, expected, "")


def _structural(check: CheckType, current: int, expected: int, text: str) -> Finding:
    return Finding("", check, Verdict.VIOLATION, str(current), str(expected), text, structural=True)
