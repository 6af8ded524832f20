"""The records of a window once more, each with what a person finds it by: for looking at single rows."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa

from model_monitor_crds.window import Window
from model_monitor_jobs.sources import capture_events, csv_files, json_lines, parquet_files
from model_monitor_jobs.sources.blocks import Block
from model_monitor_jobs.sources.capture_batches import CaptureBatches, plain_csv
from model_monitor_jobs.sources.capture_layout import files_of_window
from model_monitor_jobs.sources.capture_naming import Naming
from model_monitor_jobs.sources.dataset import DatasetFormat
from model_monitor_jobs.sources.fetch import fetched
from model_monitor_jobs.sources.json_text import NotReadable
from model_monitor_jobs.sources.records import CSVDialect, ReadReport
from model_monitor_jobs.sources.text import TextSource, lines
from model_monitor_jobs.sources.times import rows_in_window
from model_monitor_jobs.storage import Storage

_RFC_4180 = CSVDialect()
_IDENTITIES = ("eventId", "inferenceId")


@dataclass(frozen=True)
class IdentifiedBatch:
    """Records, and the identity of each by its row; `first` is the number of the first one in the whole stream."""

    batch: pa.RecordBatch
    identity: Callable[[int], str]
    first: int


def identified_dataset(
    storage: Storage,
    uri: str,
    format: DatasetFormat,
    *,
    csv: CSVDialect = _RFC_4180,
    window: Window | None = None,
    timestamp: str | None = None,
    scratch: Path | None = None,
) -> Iterator[IdentifiedBatch]:
    """The records of `read_dataset`; an identity is `file:line`, the line counted from 1 (Parquet: the row).

    Raises as `read_dataset` does.
    """
    report = ReadReport()
    first = 0
    with fetched(storage, storage.list(uri), report, scratch) as files:
        for entry, stream in files:
            for block in _blocks(stream, entry.uri, format, csv, report):
                kept = block
                if window is not None and timestamp is not None:
                    required = format != "JSONLines"
                    kept = rows_in_window(block, window, timestamp, entry.uri, report, required=required)
                if kept.batch.num_rows:
                    yield IdentifiedBatch(kept.batch, _by_line(entry.uri, kept), first)
                    first += kept.batch.num_rows


def identified_capture(
    storage: Storage,
    uri: str,
    window: Window,
    *,
    expected: Sequence[str] | None = None,
    alternatives: Sequence[Sequence[str]] = (),
    scratch: Path | None = None,
) -> Iterator[IdentifiedBatch]:
    """The records of `read_capture`; an identity is the event's `eventId`, else its `inferenceId`, else `file:line`.

    The records of an event with several are `id[0]`, `id[1]`, … An event that can't be read is passed over. Raises
    StorageUnavailable or ConfigurationError when the store can't be read.
    """
    report = ReadReport()
    batches = CaptureBatches(Naming(expected, report.note, alternatives))
    found = files_of_window(storage, uri, window)
    hours = {file.entry.uri: file.hour for file in found}
    identities: deque[str] = deque()
    first = 0
    with fetched(storage, [file.entry for file in found], report, scratch) as files:
        for entry, stream in files:
            for number, line, fault in lines(TextSource(stream, entry.uri)):
                event = None if fault else _event(line, window, hours[entry.uri])
                if event is None:
                    continue
                for batch in _records(event, f"{entry.uri}:{number}", batches, identities):
                    yield _identified(batch, identities, first)
                    first += batch.num_rows
    for batch in batches.flush():
        yield _identified(batch, identities, first)
        first += batch.num_rows


def _blocks(stream: BinaryIO, name: str, format: DatasetFormat, csv: CSVDialect, report: ReadReport) -> Iterator[Block]:
    if format == "CSV":
        return csv_files.read(stream, name, csv, report)
    if format == "JSONLines":
        return json_lines.read(stream, name, report)
    return parquet_files.read(stream, name, report)


def _by_line(file: str, block: Block) -> Callable[[int], str]:
    return lambda row: f"{file}:{block.line_of(row)}"


def _event(line: bytes, window: Window, hour: datetime) -> dict[str, Any] | None:
    """The event on a line if it belongs to the window."""
    try:
        event = capture_events.read_event(line)
        moment = capture_events.inference_time(event)
    except NotReadable:
        return None
    return event if window.contains(hour if moment is None else moment) else None


def _records(
    event: dict[str, Any], place: str, batches: CaptureBatches, identities: deque[str]
) -> Iterator[pa.RecordBatch]:
    """Hand an event's records on; their identities wait for the batches, which come in the records' order."""
    identity = _identity(event) or place
    try:
        data = capture_events.captured(event)
        plain = plain_csv(data)
        rows = None if plain else capture_events.records(data)
    except NotReadable:
        return
    if plain:
        identities.append(identity)
        yield from batches.add_plain(plain)
        return
    rows = rows or []
    for index, (inputs, outputs) in enumerate(rows):
        identities.append(identity if len(rows) == 1 else f"{identity}[{index}]")
        yield from batches.add(inputs, outputs)


def _identity(event: dict[str, Any]) -> str | None:
    metadata = event.get("eventMetadata")
    if not isinstance(metadata, dict):
        return None
    return next((str(metadata[name]) for name in _IDENTITIES if metadata.get(name)), None)


def _identified(batch: pa.RecordBatch, identities: deque[str], first: int) -> IdentifiedBatch:
    names = [identities.popleft() for _ in range(batch.num_rows)]
    return IdentifiedBatch(batch, names.__getitem__, first)
