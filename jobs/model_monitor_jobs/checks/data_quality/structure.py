"""Columns that the data lacks, or has beyond the baseline: one finding each, however many columns it concerns."""

from __future__ import annotations

from collections.abc import Sequence

from model_monitor_jobs.checks.data_quality.reference import Reference
from model_monitor_jobs.checks.finding import Finding
from model_monitor_jobs.decisions import Verdict
from model_monitor_jobs.profiles.table import TableProfile

_MOST_NAMED = 10


def missing_columns(reference: Reference, table: TableProfile) -> list[str]:
    """Columns of the baseline that the data does not have at all."""
    return [column.name for column in reference.columns if column.name not in table.columns]


def extra_columns(reference: Reference, table: TableProfile) -> list[str]:
    """Columns of the data that the baseline does not know."""
    known = {column.name for column in reference.columns} | reference.unjudged
    return [name for name in table.columns if name not in known]


def compare_structure(reference: Reference, table: TableProfile) -> list[Finding]:
    """Findings about the table as a whole; none where the columns are the same."""
    missing, extra = missing_columns(reference, table), extra_columns(reference, table)
    current, expected = f"{len(table.columns)} columns", f"{len(reference.columns)} columns"
    findings = []
    if missing:
        text = f"{_count(missing)} of the baseline not in the data: {_named(missing)}"
        findings.append(
            Finding("", "missing_column_check", Verdict.VIOLATION, current, expected, text, structural=True)
        )
    if extra:
        text = f"{_count(extra)} in the data that the baseline does not have: {_named(extra)}"
        findings.append(Finding("", "extra_column_check", Verdict.VIOLATION, current, expected, text, structural=True))
    return findings


def _count(names: Sequence[str]) -> str:
    return "1 column" if len(names) == 1 else f"{len(names)} columns"


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_MOST_NAMED])
    return shown if len(names) <= _MOST_NAMED else f"{shown} and {len(names) - _MOST_NAMED} more"
