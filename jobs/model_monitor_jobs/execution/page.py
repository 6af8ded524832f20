"""The page of a run, with what earlier runs have found."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from model_monitor_crds.data_quality import DataQuality
from model_monitor_crds.monitoringschedule import MonitoringScheduleSpec
from model_monitor_jobs.runs.history import History, earlier_results
from model_monitor_jobs.runs.result import Result
from model_monitor_jobs.storage import Storage

REPORT: Final = "report.html"


def monitor_page(
    result: Result,
    monitor: MonitoringScheduleSpec,
    schedule: str,
    execution: str,
    folder: str,
    scheduled_time: datetime | None,
    storage: Storage,
) -> bytes:
    """report.html of a monitor's run; only scheduled runs have a history."""
    history = History()
    if scheduled_time is not None:
        history = earlier_results(storage, monitor.output.uri, schedule, scheduled_time)
    return _page(
        result,
        schedule=schedule,
        model=monitor.model or "",
        execution=execution,
        folder=folder,
        zone=ZoneInfo(monitor.time_zone),
        history=history,
        settings=monitor.data_quality,
        alert=monitor.alert,
    )


def dataset_page(result: Result, settings: DataQuality, dataset: str, folder: str) -> bytes:
    """report.html of a dataset that was compared without a monitor."""
    return _page(result, schedule=dataset, folder=folder, settings=settings)


def _page(result: Result, **context: Any) -> bytes:
    # The template engine is imported by runs that write a page, not by every command.
    from model_monitor_jobs.reports.html.build import report_of
    from model_monitor_jobs.reports.html.context import ReportContext
    from model_monitor_jobs.reports.html.render import render_report

    return render_report(report_of(result, ReportContext(**context)))
