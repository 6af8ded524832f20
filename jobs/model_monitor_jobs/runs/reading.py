"""What runs of baselines and of monitors share in reading data."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from model_monitor_crds.data import Columns
from model_monitor_jobs.errors import InputError
from model_monitor_jobs.sources import ReadReport


def excluded_columns(columns: Columns) -> frozenset[str]:
    """Columns that are not profiled."""
    return frozenset(columns.exclude) | (frozenset({columns.timestamp}) if columns.timestamp else frozenset())


def unknown_columns(columns: Columns, known: Collection[str]) -> list[str]:
    """Notes on columns that are named and exist nowhere: what was meant goes on being judged."""
    named = {"exclude": columns.exclude, "timestamp": [columns.timestamp] if columns.timestamp else []}
    unknown = {field: [name for name in names if name not in known] for field, names in named.items()}
    return [
        f"spec.columns.{field}: no column {', '.join(map(repr, names))} in the data or the baseline; check the spelling"
        for field, names in unknown.items()
        if names
    ]


def check_readable(report: ReadReport, most: float, uri: str) -> None:
    """Raise InputError when more than this share of the lines could not be read, with the first as example."""
    lines = report.records + report.unreadable
    if not report.unreadable or report.unreadable <= most * lines:
        return
    first = report.samples[0]
    raise InputError(
        f"{report.unreadable} of {lines} lines in {uri} could not be read, more than maxUnreadableShare "
        f"{most:g} allows; the first is {first.file}:{first.line}: {first.reason}: {first.text!r}"
    )


def check_delimiter(columns: Sequence[str], uri: str) -> None:
    """Raise InputError where the whole header was read as one cell."""
    if len(columns) == 1 and (found := [sign for sign in ",;\t|" if sign in columns[0]]):
        raise InputError(
            f"{uri}: the header is one cell, {columns[0][:80]!r}",
            remedy=f"set csv.delimiter (--delimiter) to {found[0]!r}",
        )
