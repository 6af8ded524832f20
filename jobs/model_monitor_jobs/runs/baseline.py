"""Making a baseline: profile a dataset and suggest constraints, or adopt files that exist."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from model_monitor_crds.baseline import BaselineFiles, BaselineSpec, ExistingBaseline
from model_monitor_crds.data import Columns, Dataset
from model_monitor_jobs.errors import ConfigurationError, InputError
from model_monitor_jobs.profiles.layout import Layout
from model_monitor_jobs.profiles.table import ProfileRequest, TableProfile, profile
from model_monitor_jobs.runs.reading import check_delimiter, check_readable, excluded_columns
from model_monitor_jobs.sagemaker.constraints import constraints_document, read_constraints
from model_monitor_jobs.sagemaker.documents import to_json
from model_monitor_jobs.sagemaker.statistics import read_statistics, statistics_document
from model_monitor_jobs.sources import CSVDialect, ReadReport
from model_monitor_jobs.sources.dataset import read_dataset
from model_monitor_jobs.storage import Storage

STATISTICS = "statistics.json"
CONSTRAINTS = "constraints.json"
PROFILE = "profile.parquet"


@dataclass(frozen=True)
class MadeBaseline:
    """A baseline's files, and how its dataset was read; nothing was read where files were adopted."""

    files: BaselineFiles
    table: TableProfile | None = None
    report: ReadReport | None = None


def make_baseline(spec: BaselineSpec, storage: Storage) -> MadeBaseline:
    """Make the baseline that a spec describes.

    Raises InputError for data or files that can't be used, ConfigurationError for settings, StorageUnavailable.
    """
    if spec.existing is not None:
        return MadeBaseline(adopt(spec.existing, storage))
    if spec.dataset is None or spec.output is None:
        raise ConfigurationError("spec: set dataset and output.uri, or existing")
    profiled = profile_dataset(spec.dataset, spec.columns, storage)
    folder = storage.join(spec.output.uri, profiled.digest)
    # What is there already is this very baseline: constraints that were edited since stay as they are.
    if not storage.exists(storage.join(folder, CONSTRAINTS)):
        profiled.write(folder, storage)
    return MadeBaseline(profiled.files_in(folder, storage), profiled.table, profiled.report)


@dataclass(frozen=True)
class ProfiledDataset:
    """A dataset that was read: its profile, and the baseline's files by name."""

    table: TableProfile
    report: ReadReport
    content: Mapping[str, bytes]

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


def profile_dataset(dataset: Dataset, columns: Columns, storage: Storage) -> ProfiledDataset:
    """Profile a dataset and suggest constraints.

    Raises InputError for data that can't be used, ConfigurationError for columns that it does not have.
    """
    dialect = CSVDialect(dataset.csv.header, dataset.csv.delimiter)
    stream = read_dataset(storage, dataset.uri, dataset.format, csv=dialect)
    table = profile(stream, ProfileRequest(excluded_columns(columns)))
    check_readable(stream.report, dataset.max_unreadable_share, dataset.uri)
    if not table.rows:
        raise InputError(
            f"no rows in {dataset.uri}", remedy="a baseline needs data: check dataset.uri and dataset.format"
        )
    check_delimiter(table.order, dataset.uri)
    _check_columns(table, columns, dataset.uri)
    layout = Layout.of(table.order, table.columns, columns.timestamp)
    content = {
        STATISTICS: to_json(statistics_document(table)),
        PROFILE: layout.to_parquet(),
        CONSTRAINTS: to_json(constraints_document(table)),
    }
    return ProfiledDataset(table, stream.report, content)


def adopt(existing: ExistingBaseline, storage: Storage) -> BaselineFiles:
    """Read existing files, so that a fault shows now and not in the first run, and tell what is in them."""
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
    named = [*columns.exclude, *([columns.timestamp] if columns.timestamp else [])]
    unknown = [name for name in named if name not in table.order]
    if unknown:
        raise ConfigurationError(
            f"spec.columns: {uri} has no column {', '.join(map(repr, unknown))}; "
            f"its columns are {', '.join(table.order)}"
        )
