"""The page of a run, with what earlier runs have found."""

from __future__ import annotations

from typing import Any, Final
from zoneinfo import ZoneInfo

from model_monitor_crds.data_quality import DataQuality
from model_monitor_crds.monitoringschedule import MonitoringScheduleSpec
from model_monitor_jobs.runs.data_quality import DataQualityResult
from model_monitor_jobs.runs.history import History
from model_monitor_jobs.runs.model_quality_result import ModelQualityResult
from model_monitor_jobs.runs.result import Result

REPORT: Final = "report.html"


def monitor_page(
    result: Result,
    monitor: MonitoringScheduleSpec,
    schedule: str,
    execution: str,
    folder: str,
    history: History,
) -> bytes:
    """report.html of a monitor's run."""
    return _page(
        result,
        schedule=schedule,
        model=monitor.model or "",
        execution=execution,
        folder=folder,
        zone=ZoneInfo(monitor.time_zone),
        history=history,
        data_quality=monitor.data_quality,
        model_quality=monitor.quality_settings,
        model_bias=monitor.model_bias,
        model_explainability=monitor.explainability_settings,
        ground_truth=monitor.ground_truth,
        alert=monitor.alert,
    )


def dataset_page(result: Result, settings: DataQuality, dataset: str, folder: str) -> bytes:
    """report.html of a dataset that was compared without a monitor."""
    return _page(result, schedule=dataset, folder=folder, data_quality=settings)


def _page(result: Result, **context: Any) -> bytes:
    # The template engine is imported by runs that write a page, not by every command.
    from model_monitor_jobs.reports.html import data_quality, model_quality
    from model_monitor_jobs.reports.html.context import ReportContext
    from model_monitor_jobs.reports.html.render import render_report

    told = ReportContext(**context)
    if isinstance(result, ModelQualityResult):
        return render_report(model_quality.report_of(result, told))
    if isinstance(result, DataQualityResult):
        return render_report(data_quality.report_of(result, told))
    # Imported by the runs that need it, as it takes a while.
    from model_monitor_jobs.reports.html import model_bias
    from model_monitor_jobs.runs.model_bias_result import ModelBiasResult

    if isinstance(result, ModelBiasResult):
        return render_report(model_bias.report_of(result, told))
    from model_monitor_jobs.reports.html import model_explainability
    from model_monitor_jobs.runs.model_explainability_result import ModelExplainabilityResult

    if isinstance(result, ModelExplainabilityResult):
        return render_report(model_explainability.report_of(result, told))
    raise TypeError(f"there is no page of a {type(result).__name__}")
