"""The page of a run, with what earlier runs have found."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from model_monitor_crds.data_quality import DataQuality
from model_monitor_crds.monitoringschedule import MonitoringScheduleSpec
from model_monitor_jobs.runs.history import History, earlier_results
from model_monitor_jobs.runs.monitor import Result
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
    from model_monitor_jobs.reports.html.build import report_of
    from model_monitor_jobs.reports.html.context import ReportContext
    from model_monitor_jobs.reports.html.render import render_report

    history = History()
    if scheduled_time is not None:
        history = earlier_results(storage, monitor.output.uri, schedule, scheduled_time)
    context = ReportContext(
        schedule,
        monitor.model or "",
        execution,
        folder,
        ZoneInfo(monitor.time_zone),
        history,
        monitor.data_quality,
        monitor.alert,
    )
    return render_report(report_of(result, context))


def dataset_page(result: Result, settings: DataQuality, dataset: str, folder: str) -> bytes:
    """report.html of a dataset that was compared without a monitor."""
    from model_monitor_jobs.reports.html.build import report_of
    from model_monitor_jobs.reports.html.context import ReportContext
    from model_monitor_jobs.reports.html.render import render_report

    return render_report(report_of(result, ReportContext(dataset, folder=folder, settings=settings)))
