"""The six checks of SageMaker Model Monitor with its thresholds, texts and order of precedence.

A column that fails its type check is not compared with its distribution, and `is_non_negative` is never evaluated:
that is what the original does.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from model_monitor_crds.base import CheckType
from model_monitor_jobs.checks.data_quality.distances import (
    categorical_distance,
    chi_squared_p_value,
    numerical_distance,
)
from model_monitor_jobs.checks.data_quality.reference import Reference, ReferenceColumn
from model_monitor_jobs.checks.data_quality.structure import extra_columns, missing_columns
from model_monitor_jobs.checks.finding import Finding
from model_monitor_jobs.decisions import Verdict
from model_monitor_jobs.profiles.column import ColumnProfile
from model_monitor_jobs.profiles.table import TableProfile
from model_monitor_jobs.sagemaker.constraints import DistributionConstraints


def compare(reference: Reference, table: TableProfile) -> list[Finding]:
    """Judge a window by the thresholds of constraints.json."""
    pairs = [(c, table.columns[c.name]) for c in reference.columns if c.name in table.columns]
    return list(chain(_structure(reference, table), *(_column(column, window, table) for column, window in pairs)))


def _structure(reference: Reference, table: TableProfile) -> Iterator[Finding]:
    current, expected = len(table.columns), len(reference.columns)
    counts = f"Number of columns in current dataset: {current}, Number of columns in baseline constraints: {expected}"
    if missing_columns(reference, table):
        text = f"There are missing columns in current dataset. {counts}"
        yield _violation("", "missing_column_check", str(current), str(expected), text, structural=True)
    if extra_columns(reference, table):
        text = f"There are extra columns in current dataset. {counts}"
        yield _violation("", "extra_column_check", str(current), str(expected), text, structural=True)


def _column(column: ReferenceColumn, window: ColumnProfile, table: TableProfile) -> Iterator[Finding]:
    if column.evaluated:
        type_finding = _data_type(column, window)
        yield type_finding
        yield _completeness(column, window, table.rows)
        if column.constraints.domain is not None:
            yield _known_values(column, window, column.constraints.domain)
        if type_finding.violated:
            return
    if column.compared:
        yield from _drift(column, window)


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
    return _at_least(column.name, "data_type_check", share, column.config.datatype_check_threshold, text)


def _completeness(column: ReferenceColumn, window: ColumnProfile, rows: int) -> Finding:
    text = (
        "Data completeness requirement is not met. Expected completeness: {expected}. "
        "Observed: Only {observed} of data is present."
    )
    share = window.present / rows if rows else 0.0
    return _at_least(column.name, "completeness_check", share, column.constraints.completeness, text)


def _known_values(column: ReferenceColumn, window: ColumnProfile, domain: frozenset[str]) -> Finding:
    counts = window.frequencies.counts
    share = sum(counts.get(value, 0) for value in domain) / window.present if window.present else 1.0
    text = (
        "Categorical values requirement is not met. Expected match: {expected}. "
        "Observed: Only {observed} of values are in the baseline's domain."
    )
    return _at_least(column.name, "categorical_values_check", share, column.config.domain_content_threshold, text)


def _at_least(name: str, check: CheckType, share: float, least: float | None, text: str) -> Finding:
    """A share that may not fall below its threshold; `text` has places for what was expected and observed."""
    observed, expected = f"{share * 100}%", f"{(least or 0.0) * 100}%"
    if share >= (least or 0.0):
        return _pass(name, check, observed, expected)
    return _violation(name, check, observed, expected, text.format(expected=expected, observed=observed))


def _drift(column: ReferenceColumn, window: ColumnProfile) -> Iterator[Finding]:
    settings = column.config.distribution_constraints
    if column.numeric and column.sketch is not None and column.sketch.count and window.sketch.count:
        distance = numerical_distance(window.sketch, column.sketch, robust=settings.comparison_method == "Robust")
        yield _distance(column.name, "Numerical", distance, settings.comparison_threshold or 0.0)
    elif not column.numeric and column.categories and window.present:
        yield _categorical_drift(column, window, settings)


def _categorical_drift(column: ReferenceColumn, window: ColumnProfile, settings: DistributionConstraints) -> Finding:
    categories, threshold = column.categories or {}, settings.categorical_comparison_threshold or 0.0
    counts = window.frequencies.counts
    if settings.categorical_drift_method == "ChiSquared":
        p_value = chi_squared_p_value(counts, categories)
        observed, expected = f"p-value {p_value}", f"{threshold}"
        if not p_value < threshold:
            return _pass(column.name, "baseline_drift_check", observed, expected)
        text = f"Categorical p-value: {p_value} is below categorical threshold: {threshold}"
        return _violation(column.name, "baseline_drift_check", observed, expected, text)
    distance = categorical_distance(counts, categories, robust=settings.comparison_method == "Robust")
    return _distance(column.name, "Categorical", distance, threshold)


def _distance(name: str, kind: str, distance: float, threshold: float) -> Finding:
    observed, expected = f"distance {distance}", f"{threshold}"
    if distance <= threshold:
        return _pass(name, "baseline_drift_check", observed, expected)
    text = f"{kind} distance: {distance} exceeds {kind.lower()} threshold: {threshold}"
    return _violation(name, "baseline_drift_check", observed, expected, text)


def _pass(name: str, check: CheckType, observed: str, expected: str) -> Finding:
    return Finding(name, check, Verdict.PASS, observed, expected, "")


def _violation(
    name: str, check: CheckType, observed: str, expected: str, text: str, *, structural: bool = False
) -> Finding:
    return Finding(name, check, Verdict.VIOLATION, observed, expected, text, structural=structural)
