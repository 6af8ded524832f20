"""One run of a monitor: read the window, profile it, compare it with the baseline."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from model_monitor_crds.baseline import BaselineFiles
from model_monitor_crds.data import Columns
from model_monitor_crds.data_quality import DataQuality
from model_monitor_crds.monitoringschedule import Input, MonitoringScheduleSpec
from model_monitor_crds.window import Window
from model_monitor_jobs.checks.data_quality import default, sagemaker
from model_monitor_jobs.checks.data_quality.reference import Reference
from model_monitor_jobs.checks.data_quality.structure import extra_columns
from model_monitor_jobs.checks.finding import Finding
from model_monitor_jobs.decisions import Verdict
from model_monitor_jobs.errors import ConfigurationError, InputError
from model_monitor_jobs.profiles.layout import read_layout
from model_monitor_jobs.profiles.table import ProfileRequest, TableProfile, profile
from model_monitor_jobs.runs.reading import check_delimiter, check_readable, excluded_columns, unknown_columns
from model_monitor_jobs.sagemaker.constraints import read_constraints
from model_monitor_jobs.sagemaker.statistics import read_statistics
from model_monitor_jobs.sources import CSVDialect, ReadReport, RecordStream
from model_monitor_jobs.sources.capture import read_capture
from model_monitor_jobs.sources.dataset import read_dataset
from model_monitor_jobs.storage import Storage


@dataclass(frozen=True)
class Result:
    """What one run found: findings in the order of the baseline's columns, notes for a person."""

    window: Window | None
    table: TableProfile
    report: ReadReport
    findings: tuple[Finding, ...]
    reference_files: BaselineFiles
    notes: tuple[str, ...] = ()

    @property
    def judged(self) -> bool:
        """Whether any check came to a pass or a violation."""
        return any(finding.verdict in (Verdict.PASS, Verdict.VIOLATION) for finding in self.findings)

    @property
    def violations(self) -> list[Finding]:
        """Checks that do not hold, the worst first."""
        return sorted((f for f in self.findings if f.violated), key=lambda finding: finding.severity, reverse=True)


@dataclass(frozen=True)
class LoadedBaseline:
    """A baseline read from its files."""

    files: BaselineFiles
    reference: Reference
    order: tuple[str, ...]
    """Order of the values in captures that have no names."""
    alternatives: tuple[tuple[str, ...], ...] = ()
    """Other orders that such captures may have: with the dataset's columns that are not judged."""
    notes: tuple[str, ...] = ()
    known: frozenset[str] = frozenset()
    """All columns that its files name."""


def load_baseline(files: BaselineFiles, excluded: frozenset[str], storage: Storage) -> LoadedBaseline:
    """Read a baseline's files; constraints that were edited since are followed, and noted."""
    content = {uri: storage.read_bytes(uri) for uri in (files.statistics_uri, files.constraints_uri)}
    statistics = read_statistics(content[files.statistics_uri], files.statistics_uri)
    constraints = read_constraints(content[files.constraints_uri], files.constraints_uri)
    reference = Reference.of(statistics, constraints, excluded)
    if not reference.columns:
        raise InputError(f"{files.constraints_uri}: lists no feature that is judged", remedy="make the baseline again")
    order = tuple(feature.name for feature in constraints.features)
    known = frozenset(order) | {feature.name for feature in statistics.features}
    alternatives: tuple[tuple[str, ...], ...] = ()
    if files.profile_uri is not None:
        layout = read_layout(storage.read_bytes(files.profile_uri), files.profile_uri)
        order, alternatives = layout.judged, (layout.without_timestamp, layout.order)
        known |= frozenset(layout.order)
        reference = Reference(reference.rows, reference.columns, reference.unjudged | frozenset(layout.order))
    digests = {
        files.statistics_uri: files.statistics_sha256,
        files.constraints_uri: files.constraints_sha256,
    }
    unknown = [column.name for column in reference.columns if not column.present + column.missing]
    notes = tuple(
        f"{uri} was changed after the baseline was made; this run follows the file as it is now"
        for uri, digest in digests.items()
        if sha256(content[uri]).hexdigest() != digest
    )
    if unknown:
        text = f"{files.statistics_uri} has no statistics of {', '.join(unknown)}: what needs them is not judged"
        notes = (*notes, text)
    return LoadedBaseline(files, reference, order, alternatives, notes, known)


def run_monitor(monitor: MonitoringScheduleSpec, files: BaselineFiles, window: Window, storage: Storage) -> Result:
    """Judge one window of a monitor's input.

    Raises InputError for data that are missing or can't be used, ConfigurationError, StorageUnavailable.
    """
    columns = monitor.columns or Columns()
    baseline = load_baseline(files, excluded_columns(columns), storage)
    stream, uri = open_input(monitor.input, window, columns, baseline, storage)
    return judge(stream, uri, monitor.input.max_unreadable_share, baseline, columns, monitor.data_quality, window)


def judge(
    stream: RecordStream,
    uri: str,
    most_unreadable: float,
    baseline: LoadedBaseline,
    columns: Columns,
    settings: DataQuality,
    window: Window | None = None,
) -> Result:
    """Profile a stream of records and compare it with a baseline."""
    request = ProfileRequest(excluded_columns(columns), baseline.reference.tracking())
    table = profile(stream, request)
    check_readable(stream.report, most_unreadable, uri)
    check_delimiter(table.order, uri)
    if not table.rows:
        span = f" between {window.start} and {window.end}" if window else ""
        raise InputError(f"no rows in {uri}{span}", remedy="check the URI, the format and whether data was written")
    findings = (
        sagemaker.compare(baseline.reference, table)
        if settings.compatibility == "SageMaker"
        else default.compare(baseline.reference, table, settings)
    )
    known = baseline.known | frozenset(table.order)
    noted = (*baseline.notes, *unknown_columns(columns, known), *stream.report.notes)
    notes = (*noted, *_remarks(findings, baseline.reference, table, settings))
    return Result(window, table, stream.report, tuple(findings), baseline.files, notes)


def open_input(
    source: Input, window: Window, columns: Columns, baseline: LoadedBaseline, storage: Storage
) -> tuple[RecordStream, str]:
    """The records of a window, and the URI they come from."""
    if source.endpoint is not None:
        uri = source.endpoint.capture_uri
        return read_capture(storage, uri, window, expected=baseline.order, alternatives=baseline.alternatives), uri
    if source.batch is None:
        raise ConfigurationError("spec.input: set exactly one of endpoint and batch")
    batch = source.batch
    uri = window.start.strftime(batch.data_uri) if "%" in batch.data_uri else batch.data_uri
    dialect = CSVDialect(batch.csv.header, batch.csv.delimiter)
    bounds = window if columns.timestamp else None
    return read_dataset(storage, uri, batch.format, csv=dialect, window=bounds, timestamp=columns.timestamp), uri


def _remarks(
    findings: Iterable[Finding], reference: Reference, table: TableProfile, settings: DataQuality
) -> list[str]:
    violated = {finding.column for finding in findings if finding.violated and finding.column}
    remarks = []
    if len(reference.columns) > 1 and len(violated) > len(reference.columns) / 2:
        remarks.append(
            f"traffic is unlike this baseline: {len(violated)} of {len(reference.columns)} columns are in violation; "
            "is it the baseline of this model?"
        )
    if settings.compatibility == "Default":
        stray = set(extra_columns(reference, table)) - set(extra_columns(reference, table, settings.threshold))
        if stray:
            remarks.append(
                f"in a few rows there are further columns, which are not judged: {', '.join(sorted(stray)[:10])}"
            )
        remarks.append("usual variation of this baseline is unknown: only large changes are reported")
    return remarks
