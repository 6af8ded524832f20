"""Readers of datasets and of captured traffic, all as streams of Arrow record batches."""

from model_monitor_jobs.sources.capture import read_capture
from model_monitor_jobs.sources.capture_layout import CaptureHours, capture_hours
from model_monitor_jobs.sources.dataset import DatasetFormat, read_dataset
from model_monitor_jobs.sources.records import CSVDialect, Partition, ReadReport, RecordStream, Unreadable

__all__ = [
    "CSVDialect",
    "CaptureHours",
    "DatasetFormat",
    "Partition",
    "ReadReport",
    "RecordStream",
    "Unreadable",
    "capture_hours",
    "read_capture",
    "read_dataset",
]
