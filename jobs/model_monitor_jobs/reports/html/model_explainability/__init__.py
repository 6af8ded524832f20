"""The page of an explainability run."""

from model_monitor_jobs.reports.html.model_explainability.build import report_of

__all__ = ["report_of"]
