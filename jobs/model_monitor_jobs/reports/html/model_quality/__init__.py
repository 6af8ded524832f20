"""The page of a model quality run."""

from model_monitor_jobs.reports.html.model_quality.build import report_of

__all__ = ["report_of"]
