"""What runs of baselines and of monitors share in reading data."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches

from model_monitor_crds.data import Columns
from model_monitor_crds.engine import Engine
from model_monitor_jobs.engines import profile_stream
from model_monitor_jobs.errors import ConfigurationError, InputError
from model_monitor_jobs.profiles.segments import segment_values
from model_monitor_jobs.profiles.table import ProfileRequest, TableProfile, Tracking, block_rows
from model_monitor_jobs.sources import ReadReport, RecordStream
from model_monitor_jobs.sources.headers import is_number
from model_monitor_jobs.sources.preprocessed import check_kept


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


def read_profile(
    stream: RecordStream, engine: Engine, exclude: frozenset[str], tracking: Mapping[str, Tracking] | None = None
) -> TableProfile:
    """Profile all records of a stream, which then has its report; wide tables in smaller blocks."""
    width = len(tracking) if tracking is not None else len(first_columns(stream))
    request = ProfileRequest(exclude, tracking or {}, block_rows(width))
    if engine.scheduler is not None:
        from model_monitor_jobs.engines import dask_cluster

        return dask_cluster.profile_stream(stream, request, address=engine.scheduler)
    return profile_stream(stream, request)


def first_columns(stream: RecordStream) -> list[str]:
    """Names of the columns of the first records."""
    for partition in stream.partitions:
        for batch in partition.read(ReadReport()):
            return list(batch.schema.names)
    return []


def check_readable(report: ReadReport, most: float, uri: str) -> None:
    """Raise InputError when more than this share of the lines, or of the files, could not be read, or a script has left
    out the rest.

    Of a broken file nobody knows how many lines are missing, so it counts as a whole.
    """
    files = max(report.files, len(report.broken))
    if len(report.broken) > most * files:
        file, reason = next(iter(report.broken.items()))
        raise InputError(
            f"{len(report.broken)} of {files} files in {uri} could not be read whole, more than maxUnreadableShare "
            f"{most:g} allows; the first is {file}: {reason}",
            remedy="write the files again; or set maxUnreadableShare to 1 to judge what can be read",
        )
    lines = report.records + report.unreadable + report.dropped
    if report.unreadable and report.unreadable > most * lines:
        first = report.samples[0]
        raise InputError(
            f"{report.unreadable} of {lines} lines in {uri} could not be read, more than maxUnreadableShare "
            f"{most:g} allows; the first is {first.file}:{first.line}: {first.reason}: {first.text!r}"
        )
    if report.dropped:
        check_kept(report, uri)


def check_delimiter(columns: Sequence[str], uri: str) -> None:
    """Raise InputError where the whole header was read as one cell."""
    if len(columns) == 1 and (found := [sign for sign in ",;\t|" if sign in columns[0]]):
        raise InputError(
            f"{uri}: the header is one cell, {columns[0][:80]!r}",
            remedy=f"set csv.delimiter (--delimiter) to {found[0]!r}",
        )


def check_columns(table: TableProfile, named: Sequence[str], segments: Sequence[str], uri: str) -> None:
    """Raise ConfigurationError where a dataset lacks a column that is named, or one of `segments` has no few values."""
    unknown = [name for name in named if name not in table.order]
    if unknown:
        raise ConfigurationError(
            f"spec.columns: {uri} has no column {', '.join(map(repr, unknown))}; "
            f"its columns are {', '.join(table.order)}"
        )
    unprofiled = [name for name in segments if name not in table.columns]
    if unprofiled:
        raise ConfigurationError(f"spec.columns.segments: {', '.join(unprofiled)} can't be excluded as well")
    for name, values in segment_values(table, segments).items():
        if not values:
            reason = "too many different values" if table.columns[name].present else "no value in the data"
            raise ConfigurationError(
                f"spec.columns.segments: {name!r} has {reason}", remedy="name a column with few values, or none"
            )


def check_names(columns: Sequence[str], known: Collection[str], uri: str) -> None:
    """Raise InputError where data and baseline have no name in common because one of them has no header."""
    if not columns or not known or set(known) & set(columns):
        return
    nameless = {str(index) for index in range(len(columns))} == set(columns)
    baseline_nameless = all(name.isdecimal() for name in known)
    if nameless:
        raise InputError(
            f"{uri}: the columns have no names, those of the baseline are {_listed(sorted(known))}",
            remedy="set csv.header to true if the first line has the names, else write the names along",
        )
    if all(map(is_number, columns)):
        raise InputError(
            f"{uri}: the first line looks like data, not like names of columns: {_listed(columns)}",
            remedy="set csv.header to false",
        )
    if baseline_nameless:
        raise InputError(
            f"{uri}: the columns are {_listed(columns)}, those of the baseline have no names",
            remedy="set csv.header to false if the first line is data, else make the baseline again with names",
        )


def meant(name: str, known: Collection[str]) -> str:
    """The known name that is much like one that is not, as a question in brackets; empty where there is none."""
    likely = get_close_matches(name, known, 1, 0.8)
    return f" (did you mean {likely[0]!r}?)" if likely else ""


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names[:5])) + (", …" if len(names) > 5 else "")
