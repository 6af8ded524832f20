"""Readers of datasets and of captured traffic, all as streams of Arrow record batches."""

from model_monitor_jobs.sources.records import CSVDialect, ReadReport, RecordStream, Unreadable

__all__ = ["CSVDialect", "ReadReport", "RecordStream", "Unreadable"]
