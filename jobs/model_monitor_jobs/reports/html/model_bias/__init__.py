"""The page of a bias run."""

from model_monitor_jobs.reports.html.model_bias.build import report_of

__all__ = ["report_of"]
