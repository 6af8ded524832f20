"""Columns that the data lacks, or has beyond the baseline: one finding each, however many columns it concerns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from model_monitor_crds.base import CheckType
from model_monitor_jobs.checks.data_quality.reference import Reference
from model_monitor_jobs.checks.finding import Finding
from model_monitor_jobs.decisions import Verdict
from model_monitor_jobs.profiles.table import TableProfile

MISSING: Final = "missing_column_check"
EXTRA: Final = "extra_column_check"
_MOST_NAMED = 10


def missing_columns(reference: Reference, table: TableProfile) -> list[str]:
    """Columns of the baseline that the data does not have at all."""
    return [column.name for column in reference.columns if column.name not in table.columns]


def extra_columns(reference: Reference, table: TableProfile, least: float = 0.0) -> list[str]:
    """Columns of the data that the baseline does not know, present in more than this share of its rows."""
    known = {column.name for column in reference.columns} | reference.unjudged
    return [name for name, column in table.columns.items() if name not in known and column.present > least * table.rows]


def compare_structure(
    reference: Reference, table: TableProfile, least: float, enabled: Callable[[str, CheckType], bool]
) -> list[Finding]:
    """Findings about the table as a whole; none where the columns are the same.

    A column beyond the baseline's counts from a share of `least` of the rows on: one stray record is no change.
    `enabled` says of a column and a check whether it is wanted.
    """
    expected = _count(len(reference.columns))
    findings: list[Finding] = []
    if missing := [name for name in missing_columns(reference, table) if enabled(name, MISSING)]:
        text = f"{_count(len(missing))} of the baseline not in the data: {_named(missing)}"
        findings.append(_structural(MISSING, f"without {_named(missing)}", expected, text))
    if extra := [name for name in extra_columns(reference, table, least) if enabled(name, EXTRA)]:
        text = f"{_count(len(extra))} in the data that the baseline does not have: {_named(extra)}"
        findings.append(_structural(EXTRA, f"also {_named(extra)}", expected, text))
    return findings


def _structural(check: CheckType, observed: str, expected: str, text: str) -> Finding:
    return Finding("", check, Verdict.VIOLATION, observed, expected, text, structural=True)


def _count(number: int) -> str:
    return "1 column" if number == 1 else f"{number} columns"


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_MOST_NAMED])
    return shown if len(names) <= _MOST_NAMED else f"{shown} and {len(names) - _MOST_NAMED} more"
