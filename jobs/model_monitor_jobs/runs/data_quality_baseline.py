"""Making a baseline: profile a dataset and suggest constraints, or adopt files that exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from zoneinfo import ZoneInfo

from model_monitor_crds.baseline import BaselineFiles, BaselineSpec, ExistingBaseline
from model_monitor_crds.data import Columns, Dataset
from model_monitor_crds.engine import LOCAL, Engine
from model_monitor_crds.window import format_duration, parse_duration, parse_zone
from model_monitor_jobs.decisions.variation import FEWEST_DAYS, FEWEST_WINDOWS
from model_monitor_jobs.errors import ConfigurationError, InputError
from model_monitor_jobs.profiles.baseline_profile import BaselineProfile, roles_of
from model_monitor_jobs.profiles.baseline_windows import CountedBaseline, count_baseline, counted_once
from model_monitor_jobs.profiles.cells import cut_points
from model_monitor_jobs.profiles.column import NUMERIC, ColumnProfile
from model_monitor_jobs.profiles.segments import segment_values
from model_monitor_jobs.profiles.table import TableProfile, Tracking
from model_monitor_jobs.profiles.windows import local_days
from model_monitor_jobs.runs.reading import check_delimiter, check_readable, excluded_columns, read_profile
from model_monitor_jobs.runs.result import CONSTRAINTS, STATISTICS
from model_monitor_jobs.sagemaker.constraints import constraints_document, read_constraints
from model_monitor_jobs.sagemaker.documents import to_json
from model_monitor_jobs.sagemaker.statistics import read_statistics, statistics_document
from model_monitor_jobs.sources import CSVDialect, ReadReport, RecordStream
from model_monitor_jobs.sources.dataset import read_dataset
from model_monitor_jobs.storage import Storage

PROFILE = "profile.parquet"
MOST_VALUES: Final = 120
"""Values of a text column that are counted one by one; SageMaker lists the values of columns with fewer."""


@dataclass(frozen=True)
class MadeBaseline:
    """A baseline's files, and how its dataset was read; nothing was read where files were adopted."""

    files: BaselineFiles
    table: TableProfile | None = None
    report: ReadReport | None = None
    notes: tuple[str, ...] = ()


def make_baseline(spec: BaselineSpec, storage: Storage) -> MadeBaseline:
    """Make the baseline that a spec describes.

    Raises InputError for data or files that can't be used, ConfigurationError for settings, StorageUnavailable.
    """
    if spec.existing is not None:
        return MadeBaseline(adopt(spec.existing, storage))
    if spec.dataset is None or spec.output is None:
        raise ConfigurationError("spec: set dataset and output.uri, or existing")
    profiled = profile_dataset(spec.dataset, spec.columns, storage, spec.windows, spec.time_zone, spec.engine)
    folder = storage.join(spec.output.uri, profiled.digest)
    # What is there already is this very baseline: constraints that were edited since stay as they are.
    if not storage.exists(storage.join(folder, CONSTRAINTS)):
        profiled.write(folder, storage)
    return MadeBaseline(profiled.files_in(folder, storage), profiled.table, profiled.report, profiled.notes)


@dataclass(frozen=True)
class ProfiledDataset:
    """A dataset that was read: its profile, and the baseline's files by name."""

    table: TableProfile
    report: ReadReport
    content: Mapping[str, bytes]
    notes: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Twelve characters that differ where the files do: each baseline gets a folder of its own, so runs that still
        compare with the one before find it whole."""
        joined = b"".join(sha256(self.content[name]).digest() for name in sorted(self.content))
        return sha256(joined).hexdigest()[:12]

    def write(self, folder: str, storage: Storage) -> None:
        """Write statistics.json, profile.parquet and, last, constraints.json."""
        storage.write_folder(folder, self.content, last=CONSTRAINTS)

    def files_in(self, folder: str, storage: Storage) -> BaselineFiles:
        """The files as they stand in a folder."""
        return BaselineFiles(
            statistics_uri=storage.join(folder, STATISTICS),
            constraints_uri=storage.join(folder, CONSTRAINTS),
            profile_uri=storage.join(folder, PROFILE),
            statistics_sha256=sha256(self.content[STATISTICS]).hexdigest(),
            constraints_sha256=sha256(self.content[CONSTRAINTS]).hexdigest(),
            record_count=self.table.rows,
            column_count=len(self.table.columns),
        )


def profile_dataset(
    dataset: Dataset,
    columns: Columns,
    storage: Storage,
    windows: Sequence[str] = (),
    time_zone: str = "Etc/UTC",
    engine: Engine = LOCAL,
) -> ProfiledDataset:
    """Profile a dataset and suggest constraints.

    Raises InputError for data that can't be used, ConfigurationError for columns that it does not have.
    """
    zone = _zone(time_zone)
    dialect = CSVDialect(dataset.csv.header, dataset.csv.delimiter)
    stream = read_dataset(storage, dataset.uri, dataset.format, csv=dialect)
    table = read_profile(stream, engine, excluded_columns(columns))
    report = stream.report
    check_readable(report, dataset.max_unreadable_share, dataset.uri)
    if not table.rows:
        raise InputError(
            f"no rows in {dataset.uri}", remedy="a baseline needs data: check dataset.uri and dataset.format"
        )
    check_delimiter(table.order, dataset.uri)
    _check_columns(table, columns, dataset.uri)
    tracking = {name: _tracking(column) for name, column in table.columns.items()}
    counted = _count(stream, table, tracking, columns, windows, zone)
    _check_times(counted, table, columns, dataset.uri)
    described = BaselineProfile(
        roles_of(table.order, table.columns, columns.timestamp),
        time_zone,
        tracking,
        counted.whole,
        counted.windows,
        counted.from_sketches,
    )
    content = {
        STATISTICS: to_json(statistics_document(table)),
        PROFILE: described.to_parquet(),
        CONSTRAINTS: to_json(constraints_document(table)),
    }
    return ProfiledDataset(table, report, content, tuple(_remarks(described, counted, columns)))


def _zone(name: str) -> ZoneInfo:
    try:
        return parse_zone(name)
    except ValueError as error:
        raise ConfigurationError(f"spec.timeZone: {error}") from error


def _check_times(counted: CountedBaseline, table: TableProfile, columns: Columns, uri: str) -> None:
    if columns.timestamp is not None and counted.unstamped == table.rows:
        raise InputError(
            f"{uri}: no row has a time in {columns.timestamp!r} that can be read",
            remedy="write times as in 2026-01-31T09:30:00Z, or name another column in columns.timestamp",
        )


def _tracking(column: ColumnProfile) -> Tracking:
    """Numbers are counted on cut points, texts by their most frequent values."""
    if column.inferred_type in NUMERIC:
        return Tracking(cut_points(column.sketch) if column.sketch.count else None)
    return Tracking(values=tuple(list(column.frequencies.counts)[:MOST_VALUES]))


def _count(
    stream: RecordStream,
    table: TableProfile,
    tracking: Mapping[str, Tracking],
    columns: Columns,
    windows: Sequence[str],
    zone: ZoneInfo,
) -> CountedBaseline:
    """Count the dataset on the cut points that its profile gave: a second pass over it, where windows or segments are
    asked for."""
    if columns.timestamp is None and not columns.segments:
        return counted_once(table, tracking)
    lengths = sorted({parse_duration(window) for window in windows}) if columns.timestamp else []
    segments = segment_values(table, columns.segments)
    return count_baseline(stream, tracking, columns.timestamp, lengths, zone, segments)


def _remarks(described: BaselineProfile, counted: CountedBaseline, columns: Columns) -> Iterator[str]:
    if columns.timestamp is None:
        yield (
            "columns.timestamp is not set: how much the baseline's own windows vary is unknown, so only large changes "
            "will be reported"
        )
    for windows in described.windows:
        days = len(set(local_days(windows.starts.tolist(), described.zone).tolist()))
        count, length = len(windows.starts), format_duration(windows.length)
        if count < FEWEST_WINDOWS or days < FEWEST_DAYS:
            yield (
                f"{count} windows of {length} on {days} days: too few to learn how much they vary "
                f"({FEWEST_WINDOWS} windows on {FEWEST_DAYS} days are needed)"
            )
        else:
            yield f"learned how much {count} windows of {length} on {days} days vary"
    if counted.unstamped:
        yield f"{counted.unstamped:,} rows have no readable time in {columns.timestamp!r} and are in no window"


def adopt(existing: ExistingBaseline, storage: Storage) -> BaselineFiles:
    """Read existing files, so that a fault shows now and not in the first run, and tell what is in them."""
    if existing.statistics_uri is None:
        raise ConfigurationError("spec.existing: DataQuality needs statisticsURI as well")
    statistics = storage.read_bytes(existing.statistics_uri)
    constraints = storage.read_bytes(existing.constraints_uri)
    described = read_statistics(statistics, existing.statistics_uri)
    judged = read_constraints(constraints, existing.constraints_uri)
    return BaselineFiles(
        statistics_uri=existing.statistics_uri,
        constraints_uri=existing.constraints_uri,
        statistics_sha256=sha256(statistics).hexdigest(),
        constraints_sha256=sha256(constraints).hexdigest(),
        record_count=described.dataset.item_count,
        column_count=len(judged.features),
    )


def _check_columns(table: TableProfile, columns: Columns, uri: str) -> None:
    named = [*columns.exclude, *([columns.timestamp] if columns.timestamp else []), *columns.segments]
    unknown = [name for name in named if name not in table.order]
    if unknown:
        raise ConfigurationError(
            f"spec.columns: {uri} has no column {', '.join(map(repr, unknown))}; "
            f"its columns are {', '.join(table.order)}"
        )
    unprofiled = [name for name in columns.segments if name not in table.columns]
    if unprofiled:
        raise ConfigurationError(f"spec.columns.segments: {', '.join(unprofiled)} can't be excluded as well")
    for name, values in segment_values(table, columns.segments).items():
        if not values:
            reason = "too many different values" if table.columns[name].present else "no value in the data"
            raise ConfigurationError(
                f"spec.columns.segments: {name!r} has {reason}", remedy="name a column with few values, or none"
            )
