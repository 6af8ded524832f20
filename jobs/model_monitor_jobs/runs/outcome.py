"""What a run tells the world: its files, and the status of its MonitoringExecution."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

from model_monitor_crds.alert import JudgedWindow
from model_monitor_crds.base import Segment, TimeWindow
from model_monitor_crds.monitoringexecution import MonitoringExecutionStatus, UnjudgedCheck, Verdicts, Violation
from model_monitor_jobs.checks.finding import Distances, Finding
from model_monitor_jobs.decisions import Verdict
from model_monitor_jobs.runs.baseline_files import MadeBaseline
from model_monitor_jobs.runs.offenders import Offenders
from model_monitor_jobs.runs.reading_document import reading_document
from model_monitor_jobs.runs.result import VIOLATIONS, Result
from model_monitor_jobs.sagemaker.documents import to_json

EXECUTION: Final = "execution.json"
MOST_VIOLATIONS: Final = 20
MOST_UNJUDGED: Final = 50
UNDECIDED: Final = (Verdict.INSUFFICIENT_DATA, Verdict.TOO_VARIABLE)
MOST_VIOLATION_BYTES: Final = 16 * 1024
_LONGEST_DESCRIPTION: Final = 512


def results_folder(output: str, schedule: str, scheduled_time: datetime | None, execution: str) -> str:
    """Where a run's files go: by its scheduled time in UTC as SageMaker lays them, or by its name when on demand."""
    base = f"{output.rstrip('/')}/{schedule}"
    if scheduled_time is None:
        return f"{base}/on-demand/{execution}"
    tick = scheduled_time.astimezone(UTC)
    return f"{base}/{tick:%Y/%m/%d/%H}" + (f"-{tick:%M}" if tick.minute else "")


def judged_window(findings: Iterable[Finding]) -> JudgedWindow:
    """What counts of a run towards alerts."""
    findings = list(findings)
    return JudgedWindow(
        violated=frozenset(finding.key for finding in findings if finding.violated),
        immediate=frozenset(finding.key for finding in findings if finding.immediate),
        not_judged=frozenset(finding.key for finding in findings if finding.verdict in UNDECIDED),
    )


def result_status(result: Result, folder: str | None) -> MonitoringExecutionStatus:
    """The part of the status that tells what was found; bounded, whatever the data."""
    counts = Counter(finding.verdict for finding in result.findings)
    violations = result.violations
    listed = worst_violations(violations)
    unjudged = [
        UnjudgedCheck(column=finding.column[:256], segment=_segment(finding), check=finding.check)
        for finding in result.findings
        if finding.verdict in UNDECIDED
    ]
    return MonitoringExecutionStatus(
        window=TimeWindow(start=result.window.start, end=result.window.end) if result.window else None,
        record_count=result.rows,
        unreadable_count=result.report.unreadable,
        verdicts=Verdicts(
            passed=counts[Verdict.PASS],
            violated=counts[Verdict.VIOLATION],
            insufficient_data=counts[Verdict.INSUFFICIENT_DATA],
            too_variable=counts[Verdict.TOO_VARIABLE],
        ),
        violation_count=len(violations),
        violations=listed,
        not_judged=unjudged[:MOST_UNJUDGED],
        truncated=len(violations) > len(listed) or len(unjudged) > MOST_UNJUDGED,
        summary=result.summary[:1024],
        report_uri=folder,
        report_sha256=sha256(to_json(result.documents()[VIOLATIONS])).hexdigest(),
        baseline_files=result.reference_files,
        **result.status_fields(),
    )


def baseline_status(made: MadeBaseline) -> MonitoringExecutionStatus:
    """The same for a baseline that was made."""
    files = made.files
    verb = (
        "Explained"
        if made.explained
        else "Measured"
        if made.measured or made.bias
        else "Profiled"
        if made.table is not None
        else "Adopted"
    )
    said = f"{verb} {files.record_count:,} rows, {files.column_count} {made.judges} are judged"
    return MonitoringExecutionStatus(
        record_count=files.record_count,
        unreadable_count=made.report.unreadable if made.report else None,
        summary=". ".join((said, *made.notes))[:1024],
        report_uri=files.constraints_uri.rsplit("/", 1)[0],
        baseline_files=files,
    )


def worst_violations(violations: Sequence[Finding]) -> list[Violation]:
    """The first 20, as long as they take no more than 16 KiB: object and history share what an API server stores."""
    listed: list[Violation] = []
    size = 0
    for finding in violations[:MOST_VIOLATIONS]:
        entry = violation(finding)
        size += len(entry.model_dump_json().encode())
        if size > MOST_VIOLATION_BYTES:
            break
        listed.append(entry)
    return listed


def violation(finding: Finding) -> Violation:
    """A finding as it stands in a status."""
    evidence = finding.evidence
    return Violation(
        column=finding.column[:256],
        segment=_segment(finding),
        check=finding.check,
        description=finding.description[:_LONGEST_DESCRIPTION],
        difference=round(evidence.difference, 6) if evidence else None,
        limit=round(evidence.limit, 6) if evidence else None,
        count=evidence.count if evidence else None,
        immediate=finding.immediate,
    )


def _segment(finding: Finding) -> Segment | None:
    return Segment(column=finding.segment[0][:256], value=finding.segment[1][:256]) if finding.segment else None


def result_files(result: Result, execution: dict[str, Any]) -> dict[str, bytes]:
    """The files of a run's results folder by name; `execution` is the execution as the API server shows it."""
    return {
        **{name: to_json(document) for name, document in result.documents().items()},
        **result.files(),
        EXECUTION: to_json(report_document(result, execution)),
    }


def report_document(result: Result, execution: dict[str, Any]) -> dict[str, Any]:
    """Everything a run found, for programs."""
    return execution | {
        **result.details(),
        "findings": [finding_document(finding, result.offenders.get(finding.key)) for finding in result.findings],
        "notes": list(result.notes),
        "reading": reading_document(result.report),
    }


def finding_document(finding: Finding, offenders: Offenders | None = None) -> dict[str, Any]:
    """A finding for programs, with the rows that it is about where they were looked for."""
    document: dict[str, Any] = {
        "column": finding.column,
        **({"segment": dict(zip(("column", "value"), finding.segment, strict=True))} if finding.segment else {}),
        "check": finding.check,
        "verdict": finding.verdict.value,
        "observed": finding.observed,
        "expected": finding.expected,
        "description": finding.description,
        "immediate": finding.immediate,
    }
    if finding.evidence is not None:
        evidence = finding.evidence
        document |= {
            "difference": evidence.difference,
            "limit": evidence.limit,
            "ratio": evidence.ratio,
            "interval": [evidence.low, evidence.high],
            "count": evidence.count,
            "learned": evidence.learned,
        }
        if evidence.typical is not None:
            document["typical"] = evidence.typical
    if offenders is not None:
        document["offendingRows"] = {"total": offenders.total, "ids": list(offenders.ids)}
    if finding.distances is not None:
        document["distances"] = distances_document(finding.distances)
    return document


def distances_document(distances: Distances) -> dict[str, float]:
    """The distances that are known, by their names in camel case."""
    known = {
        "populationStabilityIndex": distances.population_stability_index,
        "jensenShannonDistance": distances.jensen_shannon_distance,
        "wassersteinDistance": distances.wasserstein_distance,
        "minimum": distances.minimum,
        "maximum": distances.maximum,
        "baselineMinimum": distances.baseline_minimum,
        "baselineMaximum": distances.baseline_maximum,
    }
    return {name: value for name, value in known.items() if value is not None}
