"""One run of a data quality monitor: read the window, profile it, compare it with the baseline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from model_monitor_crds.alert import Check
from model_monitor_crds.baseline import BaselineFiles
from model_monitor_crds.data import Columns
from model_monitor_crds.data_quality import DataQuality
from model_monitor_crds.engine import LOCAL, Engine
from model_monitor_crds.monitoringschedule import MonitoringScheduleSpec
from model_monitor_crds.window import Window
from model_monitor_jobs.checks.data_quality import default, sagemaker
from model_monitor_jobs.checks.data_quality.reference import Reference
from model_monitor_jobs.checks.finding import Finding
from model_monitor_jobs.checks.judgement import Judgement
from model_monitor_jobs.decisions import ENOUGH_ROWS, Verdict
from model_monitor_jobs.errors import ConfigurationError, InputError
from model_monitor_jobs.profiles.segments import count_segments
from model_monitor_jobs.profiles.table import TableProfile
from model_monitor_jobs.runs.loading import LoadedBaseline, load_baseline
from model_monitor_jobs.runs.offenders import Offenders, find_offenders
from model_monitor_jobs.runs.reading import (
    check_delimiter,
    check_names,
    check_readable,
    excluded_columns,
    read_profile,
    unknown_columns,
)
from model_monitor_jobs.runs.remarks import remarks, unlike_baseline, without_effect
from model_monitor_jobs.runs.result import CONSTRAINTS, STATISTICS, VIOLATIONS, Result, counted_rows, counted_violations
from model_monitor_jobs.runs.traffic import Traffic, open_input
from model_monitor_jobs.sagemaker.constraints import constraints_document
from model_monitor_jobs.sagemaker.statistics import statistics_document
from model_monitor_jobs.sagemaker.violations import (
    EXTRA_COLUMNS,
    MISSING_COLUMNS,
    ConstraintViolation,
    violations_document,
)
from model_monitor_jobs.storage import Storage


@dataclass(frozen=True)
class DataQualityResult(Result):
    """What a window looks like beside its baseline."""

    table: TableProfile = field(kw_only=True)
    reference: Reference = field(kw_only=True)

    @property
    def rows(self) -> int:
        """Rows of the window."""
        return self.table.rows

    @property
    def summary(self) -> str:
        """How many checks passed, or the worst violation."""
        rows, violations = counted_rows(self.rows), self.violations
        if not self.judged:
            needed = f", at least {ENOUGH_ROWS} are needed" if self.rows < ENOUGH_ROWS else ""
            return f"Nothing could be judged: {rows}{needed}"
        if not violations:
            judged = sum(finding.verdict is Verdict.PASS for finding in self.findings)
            undecided = len(self.findings) - judged
            return f"No violation: {rows}, {judged} checks passed" + (
                f", {undecided} could not be judged" if undecided else ""
            )
        worst = violations[0]
        named = f"{worst.place}: {worst.description}" if worst.column else worst.description
        return f"{counted_violations(violations)} in {rows}; worst: {named}"

    def documents(self) -> dict[str, dict[str, Any]]:
        """The window's own profile, the constraints that it would suggest, and its violations."""
        return {
            STATISTICS: statistics_document(self.table),
            CONSTRAINTS: constraints_document(self.table),
            VIOLATIONS: violations_document(constraint_violations(self.findings)),
        }

    def published(self, timestamp: datetime, dimensions: Mapping[str, str]) -> bytes:
        """See `Result`."""
        return sagemaker.metrics(self.reference, self.table, timestamp, dimensions)


def run_data_quality(
    monitor: MonitoringScheduleSpec, files: BaselineFiles, window: Window, storage: Storage
) -> DataQualityResult:
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
) -> DataQualityResult:
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
            else without_effect(
                settings,
                "dataQuality",
                ("threshold", "alpha", "compare_with", "overrides"),
                "thresholds are those of constraints.json",
                ["columns.segments"] if columns.segments else [],
            )
        ),
    )
    return DataQualityResult(
        window,
        report,
        tuple(judgement.findings),
        baseline.files,
        notes,
        _offenders(judgement, traffic),
        table=table,
        reference=reference,
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


def constraint_violations(findings: Iterable[Finding]) -> list[ConstraintViolation]:
    """Findings that do not hold, as SageMaker writes them."""
    of_table = {"missing_column_check": MISSING_COLUMNS, "extra_column_check": EXTRA_COLUMNS}
    return [
        ConstraintViolation(finding.column or of_table[finding.check], finding.check, _sentence(finding))
        for finding in findings
        if finding.violated
    ]


def _sentence(finding: Finding) -> str:
    """The description, and first the rows that it is about."""
    return f"where {' = '.join(finding.segment)}: {finding.description}" if finding.segment else finding.description
