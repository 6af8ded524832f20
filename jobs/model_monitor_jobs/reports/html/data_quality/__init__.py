"""The page of a data quality run."""

from model_monitor_jobs.reports.html.data_quality.build import report_of

__all__ = ["report_of"]
