"""The two halves of a run by a container of the user's own: before it, staging; after it, telling what it wrote."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from model_monitor_crds.baseline import BaselineFiles
from model_monitor_crds.monitoringexecution import MonitoringExecutionStatus, Verdicts
from model_monitor_crds.monitoringschedule import MonitoringScheduleSpec
from model_monitor_crds.run import Occasion
from model_monitor_jobs.decisions import Verdict
from model_monitor_jobs.execution.perform import Clock, ended_status, execution_document
from model_monitor_jobs.runs.container_output import ContainerOutput, read_output
from model_monitor_jobs.runs.outcome import EXECUTION, finding_document, results_folder, worst_violations
from model_monitor_jobs.runs.result import VIOLATIONS
from model_monitor_jobs.runs.staged_window import Staging, stage_window
from model_monitor_jobs.sagemaker.documents import to_json
from model_monitor_jobs.storage import Storage


@dataclass(frozen=True)
class ContainerRun:
    """One run of a container; `files` are the baseline's, None where it is given none."""

    monitor: MonitoringScheduleSpec
    schedule: str
    files: BaselineFiles | None
    occasion: Occasion
    execution: str

    @property
    def folder(self) -> str:
        """Where its results go."""
        return results_folder(self.monitor.output.uri, self.schedule, self.occasion.scheduled_time, self.execution)


def prepare_container(run: ContainerRun, folders: Staging, storage: Storage) -> int:
    """Bring the window's data to where the container finds them; the errors of `stage_window`."""
    return stage_window(run.monitor, run.schedule, run.files, run.occasion.window, folders, storage)


def publish_output(
    run: ContainerRun, output: Path, started: MonitoringExecutionStatus, storage: Storage, clock: Clock
) -> MonitoringExecutionStatus:
    """Write what the container has written to the results folder, execution.json last; the status of the run.

    Raises InputError where it can't be read, StorageUnavailable; then nothing was written.
    """
    found = read_output(output)
    told = _status(found, run)
    status = ended_status(started, told, told.violation_count or 0, clock())
    document: dict[str, Any] = execution_document(run.schedule, run.execution, status) | {
        "findings": [finding_document(finding) for finding in found.findings],
        "notes": list(found.notes),
    }
    storage.write_folder(run.folder, found.files | {EXECUTION: to_json(document)}, last=EXECUTION)
    return status


def _status(found: ContainerOutput, run: ContainerRun) -> MonitoringExecutionStatus:
    violations = [finding for finding in found.findings if finding.violated]
    listed = worst_violations(violations)
    return MonitoringExecutionStatus(
        record_count=found.rows,
        verdicts=Verdicts(
            passed=sum(finding.verdict is Verdict.PASS for finding in found.findings), violated=len(violations)
        ),
        violation_count=len(violations),
        violations=listed,
        truncated=len(violations) > len(listed),
        summary=found.summary[:1024],
        report_uri=run.folder,
        report_sha256=sha256(found.files[VIOLATIONS]).hexdigest() if VIOLATIONS in found.files else None,
        baseline_files=run.files,
    )
