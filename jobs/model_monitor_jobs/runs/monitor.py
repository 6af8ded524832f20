"""One run of a monitor of any type."""

from __future__ import annotations

from model_monitor_crds.baseline import BaselineFiles
from model_monitor_crds.monitoringschedule import MonitoringScheduleSpec
from model_monitor_crds.window import Window
from model_monitor_jobs.runs.data_quality import run_data_quality
from model_monitor_jobs.runs.labels_as_of import LabelsAsOf
from model_monitor_jobs.runs.result import Result
from model_monitor_jobs.storage import Storage


def run_monitor(
    monitor: MonitoringScheduleSpec,
    files: BaselineFiles,
    window: Window,
    storage: Storage,
    labels: LabelsAsOf,
    folder: str | None = None,
) -> Result:
    """Judge one window of a monitor's input; `folder` is where its results will lie.

    Raises InputError for data that are missing or can't be used, ConfigurationError, StorageUnavailable.
    """
    if monitor.monitoring_type == "ModelQuality":
        # Imported by the runs that need it, as it takes a while.
        from model_monitor_jobs.runs.model_quality import run_model_quality

        return run_model_quality(monitor, files, window, labels, storage)
    if monitor.monitoring_type == "ModelBias":
        from model_monitor_jobs.runs.model_bias import run_model_bias

        return run_model_bias(monitor, files, window, labels, storage)
    if monitor.monitoring_type == "ModelExplainability":
        from model_monitor_jobs.runs.model_explainability import run_model_explainability

        return run_model_explainability(monitor, files, window, labels, storage, folder)
    return run_data_quality(monitor, files, window, storage)
