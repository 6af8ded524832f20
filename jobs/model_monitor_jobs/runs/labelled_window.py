"""A window of labelled records as its result tells it, whatever was measured."""

from __future__ import annotations

from collections.abc import Iterable

from model_monitor_crds.baseline import BaselineFiles
from model_monitor_crds.monitoringschedule import MonitoringScheduleSpec
from model_monitor_crds.window import Window
from model_monitor_jobs.checks.coverage import LabelCoverage
from model_monitor_jobs.checks.judgement import Judgement
from model_monitor_jobs.runs.labelled import LabelledRecords, published_labels
from model_monitor_jobs.runs.labelled_result import LabelledFields
from model_monitor_jobs.runs.labels_as_of import LabelsAsOf
from model_monitor_jobs.storage import Storage


def labelled_fields(
    records: LabelledRecords,
    judgement: Judgement,
    needed: LabelCoverage,
    notes: Iterable[str],
    *,
    monitor: MonitoringScheduleSpec,
    files: BaselineFiles,
    window: Window,
    labels: LabelsAsOf,
    compatibility: str,
    storage: Storage,
) -> LabelledFields:
    """The fields of a result on records that have been read to their end. Raises StorageUnavailable."""
    return {
        "window": window,
        "report": records.report,
        "findings": tuple(judgement.findings),
        "reference_files": files,
        "notes": tuple(notes),
        "as_of": labels.as_of,
        "coverage": records.coverage,
        "needed": needed,
        "label_report": records.label_report,
        "compatibility": compatibility,
        "labels_digest": published_labels(monitor, window, labels.as_of, storage),
    }
