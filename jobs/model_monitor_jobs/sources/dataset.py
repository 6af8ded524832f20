"""Datasets: a file, a folder or a glob of CSV, JSON Lines or Parquet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Literal

import pyarrow as pa

from model_monitor_crds.window import Window
from model_monitor_jobs.errors import ConfigurationError, InputError
from model_monitor_jobs.sources import csv_files, json_lines, parquet_files
from model_monitor_jobs.sources.blocks import Block
from model_monitor_jobs.sources.fetch import fetched
from model_monitor_jobs.sources.records import CSVDialect, ReadReport, ReadStream, RecordStream
from model_monitor_jobs.sources.times import in_window
from model_monitor_jobs.storage import Storage

DatasetFormat = Literal["CSV", "JSONLines", "Parquet"]
_RFC_4180 = CSVDialect()


def read_dataset(
    storage: Storage,
    uri: str,
    format: DatasetFormat,
    *,
    csv: CSVDialect = _RFC_4180,
    window: Window | None = None,
    timestamp: str | None = None,
    scratch: Path | None = None,
) -> RecordStream:
    """Read a file, a folder or a glob, files in the order of their paths; `.gz` for CSV and JSON Lines.

    With `window` only rows whose `timestamp` column lies in it. Empty CSV cells, quoted or not, are null;
    columns without names are named by position, from `0`; several files are matched by column names.
    JSON values are flattened: `{"a": {"b": 1}, "c": [2]}` has a.b and c.0; numbers stay as written.
    `scratch` is the folder for files fetched ahead.

    Raises InputError when no file is found, or (while reading) when a CSV header is no use; StorageUnavailable
    or ConfigurationError when the store can't be read.
    """
    if format not in ("CSV", "JSONLines", "Parquet"):
        raise ConfigurationError(f"format: {format!r} is unknown", remedy="use CSV, JSONLines or Parquet")
    if (window is None) != (timestamp is None):
        raise ValueError("window and timestamp belong together")
    csv_files.check_dialect(csv)
    entries = storage.list(uri)
    if not entries:
        raise InputError(
            f"no file found at {uri}", remedy="check the path; names that start with '.' or '_' don't count"
        )

    def blocks(stream: BinaryIO, name: str, report: ReadReport) -> Iterator[Block]:
        if format == "CSV":
            return csv_files.read(stream, name, csv, report)
        if format == "JSONLines":
            return json_lines.read(stream, name, report)
        return parquet_files.read(stream, name, report)

    def read(report: ReadReport) -> Iterator[pa.RecordBatch]:
        with fetched(storage, entries, report, scratch) as files:
            for entry, stream in files:
                for block in blocks(stream, entry.uri, report):
                    if window is None or timestamp is None:
                        yield block.batch
                    else:
                        required = format != "JSONLines"
                        yield in_window(block, window, timestamp, entry.uri, report, required=required)

    return ReadStream(read)
