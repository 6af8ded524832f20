"""One run of a monitor: read the window, profile it, compare it with the baseline."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from model_monitor_crds.alert import Check
from model_monitor_crds.baseline import BaselineFiles
from model_monitor_crds.data import Columns, Dataset
from model_monitor_crds.data_quality import DataQuality
from model_monitor_crds.engine import LOCAL, Engine
from model_monitor_crds.monitoringschedule import Input, MonitoringScheduleSpec
from model_monitor_crds.window import Window
from model_monitor_jobs.checks.data_quality import default, sagemaker
from model_monitor_jobs.checks.data_quality.default import Judgement
from model_monitor_jobs.checks.data_quality.reference import Reference
from model_monitor_jobs.checks.finding import Finding
from model_monitor_jobs.decisions import Verdict
from model_monitor_jobs.errors import ConfigurationError, InputError
from model_monitor_jobs.profiles.segments import count_segments
from model_monitor_jobs.profiles.table import TableProfile
from model_monitor_jobs.runs.loading import LoadedBaseline, load_baseline
from model_monitor_jobs.runs.offenders import Identified, Offenders, find_offenders
from model_monitor_jobs.runs.reading import (
    check_delimiter,
    check_names,
    check_readable,
    excluded_columns,
    read_profile,
    unknown_columns,
)
from model_monitor_jobs.runs.remarks import remarks, unlike_baseline, without_effect
from model_monitor_jobs.sources import CSVDialect, ReadReport, RecordStream
from model_monitor_jobs.sources.capture import read_capture
from model_monitor_jobs.sources.dataset import read_dataset
from model_monitor_jobs.sources.identified import identified_capture, identified_dataset
from model_monitor_jobs.storage import Storage


@dataclass(frozen=True)
class Traffic:
    """The records to judge, the URI they come from, and how to read them once more with the identity of each."""

    stream: RecordStream
    uri: str
    most_unreadable: float
    """Share of lines that may be unreadable."""
    identified: Callable[[], Iterable[Identified]]


@dataclass(frozen=True)
class Result:
    """What one run found: findings in the order of the baseline's columns, notes for a person."""

    window: Window | None
    table: TableProfile
    report: ReadReport
    findings: tuple[Finding, ...]
    reference_files: BaselineFiles
    reference: Reference
    notes: tuple[str, ...] = ()
    offenders: Mapping[Check, Offenders] = field(default_factory=dict)
    """Rows that violations are about, as samples."""

    @property
    def judged(self) -> bool:
        """Whether any check came to a pass or a violation."""
        return any(finding.verdict in (Verdict.PASS, Verdict.VIOLATION) for finding in self.findings)

    @property
    def violations(self) -> list[Finding]:
        """Checks that do not hold: of the whole table, of all rows, of segments; of each the worst first."""

        def weight(finding: Finding) -> tuple[bool, bool, float]:
            structural, ratio = finding.severity
            return structural, not finding.segment, ratio

        return sorted((finding for finding in self.findings if finding.violated), key=weight, reverse=True)


def run_monitor(monitor: MonitoringScheduleSpec, files: BaselineFiles, window: Window, storage: Storage) -> Result:
    """Judge one window of a monitor's input.

    Raises InputError for data that are missing or can't be used, ConfigurationError, StorageUnavailable.
    """
    columns = monitor.columns or Columns()
    baseline = load_baseline(files, excluded_columns(columns), storage, window)
    traffic = open_input(monitor.input, window, columns, baseline, storage)
    return judge(traffic, baseline, columns, monitor.data_quality, window, monitor.engine)


def judge(
    traffic: Traffic,
    baseline: LoadedBaseline,
    columns: Columns,
    settings: DataQuality,
    window: Window | None = None,
    engine: Engine = LOCAL,
) -> Result:
    """Profile traffic and compare it with a baseline."""
    reference, stream = baseline.reference, traffic.stream
    parts = _segments(reference, columns) if settings.compatibility == "Default" else {}
    table = read_profile(stream, engine, excluded_columns(columns), reference.tracking())
    report = stream.report
    check_readable(report, traffic.most_unreadable, traffic.uri)
    check_delimiter(table.order, traffic.uri)
    check_names(table.order, baseline.known, traffic.uri)
    if not table.rows:
        span = f" between {window.start} and {window.end}" if window else ""
        raise InputError(
            f"no rows in {traffic.uri}{span}", remedy="check the URI, the format and whether data was written"
        )
    judgement = (
        Judgement(sagemaker.compare(reference, table))
        if settings.compatibility == "SageMaker"
        else default.compare(
            reference, table, settings, window, count_segments(stream, parts, reference.tracking()) if parts else {}
        )
    )
    known = baseline.known | frozenset(table.order)
    notes = (
        *baseline.notes,
        *unknown_columns(columns, known),
        *report.notes,
        *unlike_baseline(judgement.findings, reference),
        *(
            remarks(judgement, baseline, table, settings)
            if settings.compatibility == "Default"
            else without_effect(settings, columns)
        ),
    )
    return Result(
        window,
        table,
        report,
        tuple(judgement.findings),
        baseline.files,
        reference,
        notes,
        _offenders(judgement, traffic),
    )


def _offenders(judgement: Judgement, traffic: Traffic) -> dict[Check, Offenders]:
    """The rows that violations are about: a second look, taken only when there are any."""
    wanted = {
        finding.key: (finding.offending, finding.segment)
        for finding in judgement.findings
        if finding.violated and finding.offending is not None
    }
    return find_offenders(traffic.identified(), wanted) if wanted else {}


def _segments(reference: Reference, columns: Columns) -> dict[str, tuple[str, ...]]:
    """The values of each column that are judged apart. Raises ConfigurationError where the baseline has none."""
    known: dict[str, list[str]] = {}
    for column, value in reference.segments:
        known.setdefault(column, []).append(value)
    unknown = [column for column in columns.segments if column not in known]
    if unknown:
        raise ConfigurationError(
            f"spec.columns.segments: the baseline was not made with {', '.join(map(repr, unknown))}",
            remedy="name the same columns under spec.columns.segments of the Baseline",
        )
    return {column: tuple(known[column]) for column in columns.segments}


def open_input(source: Input, window: Window, columns: Columns, baseline: LoadedBaseline, storage: Storage) -> Traffic:
    """The records of a window."""
    most = source.max_unreadable_share
    if source.endpoint is not None:
        uri, order, others = source.endpoint.capture_uri, baseline.order, baseline.alternatives
        return Traffic(
            read_capture(storage, uri, window, expected=order, alternatives=others),
            uri,
            most,
            lambda: identified_capture(storage, uri, window, expected=order, alternatives=others),
        )
    if source.batch is None:
        raise ConfigurationError("spec.input: set exactly one of endpoint and batch")
    batch = source.batch
    uri = window.start.strftime(batch.data_uri) if "%" in batch.data_uri else batch.data_uri
    bounds = window if columns.timestamp else None
    dataset = Dataset(uri=uri, format=batch.format, csv=batch.csv, max_unreadable_share=most)
    return open_dataset(dataset, storage, bounds, columns.timestamp)


def open_dataset(
    dataset: Dataset, storage: Storage, window: Window | None = None, timestamp: str | None = None
) -> Traffic:
    """The records of a dataset, or of a window of it."""
    dialect = CSVDialect(dataset.csv.header, dataset.csv.delimiter)
    uri, kind, bounds = dataset.uri, dataset.format, timestamp if window is not None else None
    return Traffic(
        read_dataset(storage, uri, kind, csv=dialect, window=window, timestamp=bounds),
        uri,
        dataset.max_unreadable_share,
        lambda: identified_dataset(storage, uri, kind, csv=dialect, window=window, timestamp=bounds),
    )
