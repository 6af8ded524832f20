"""A data quality baseline: profile a dataset and suggest constraints, or adopt files that exist."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final
from zoneinfo import ZoneInfo

from model_monitor_crds.baseline import BaselineFiles, BaselineSpec, ExistingBaseline
from model_monitor_crds.data import Columns, Dataset
from model_monitor_crds.engine import LOCAL, Engine
from model_monitor_crds.window import parse_duration
from model_monitor_jobs.errors import ConfigurationError, InputError
from model_monitor_jobs.profiles.baseline_profile import BaselineProfile, roles_of
from model_monitor_jobs.profiles.baseline_windows import CountedBaseline, count_baseline, counted_once
from model_monitor_jobs.profiles.cells import cut_points
from model_monitor_jobs.profiles.column import NUMERIC, ColumnProfile
from model_monitor_jobs.profiles.segments import segment_values
from model_monitor_jobs.profiles.table import TableProfile, Tracking
from model_monitor_jobs.runs.baseline_files import PROFILE, DatasetBaseline, MadeBaseline
from model_monitor_jobs.runs.dataset_windows import check_times, read_zone, what_was_learned
from model_monitor_jobs.runs.reading import (
    check_columns,
    check_delimiter,
    check_readable,
    excluded_columns,
    read_profile,
)
from model_monitor_jobs.runs.result import CONSTRAINTS, STATISTICS
from model_monitor_jobs.runs.traffic import open_rows
from model_monitor_jobs.sagemaker.constraints import constraints_document, read_constraints
from model_monitor_jobs.sagemaker.documents import to_json
from model_monitor_jobs.sagemaker.statistics import read_statistics, statistics_document
from model_monitor_jobs.sources import RecordStream
from model_monitor_jobs.storage import Storage

MOST_VALUES: Final = 120
"""Values of a text column that are counted one by one; SageMaker lists the values of columns with fewer."""


def make_data_quality_baseline(spec: BaselineSpec, storage: Storage) -> MadeBaseline:
    """Profile the dataset of a spec, or adopt its files; raises as `make_baseline`."""
    if spec.existing is not None:
        return MadeBaseline(adopt(spec.existing, storage))
    if spec.dataset is None or spec.output is None:
        raise ConfigurationError("spec: set dataset and output.uri, or existing")
    profiled = profile_dataset(spec.dataset, spec.columns, storage, spec.windows, spec.time_zone, spec.engine)
    files = profiled.write_below(spec.output.uri, storage)
    return MadeBaseline(files, profiled.table, profiled.report, profiled.notes)


@dataclass(frozen=True)
class ProfiledDataset(DatasetBaseline):
    """A dataset that was profiled, and the baseline's files by name."""

    table: TableProfile = field(kw_only=True)


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
    zone = read_zone(time_zone)
    stream = open_rows(dataset, storage)
    table = read_profile(stream, engine, excluded_columns(columns))
    report = stream.report
    check_readable(report, dataset.max_unreadable_share, dataset.uri)
    if not table.rows:
        raise InputError(
            f"no rows in {dataset.uri}", remedy="a baseline needs data: check dataset.uri and dataset.format"
        )
    check_delimiter(table.order, dataset.uri)
    named = [*columns.exclude, *([columns.timestamp] if columns.timestamp else []), *columns.segments]
    check_columns(table, named, columns.segments, dataset.uri)
    tracking = {name: _tracking(column) for name, column in table.columns.items()}
    counted = _count(stream, table, tracking, columns, windows, zone)
    check_times(counted.unstamped, table.rows, columns.timestamp, dataset.uri)
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
    lengths = [(windows.starts, windows.length) for windows in described.windows]
    notes = tuple(what_was_learned(lengths, zone, columns.timestamp, counted.unstamped))
    return ProfiledDataset(report, content, table.rows, len(table.columns), notes, table=table)


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
