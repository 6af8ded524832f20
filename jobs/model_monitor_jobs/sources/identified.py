"""The records of a window once more, each with what a person finds it by: for looking at single rows."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa

from model_monitor_crds.window import Window
from model_monitor_jobs.scripts.process import Script
from model_monitor_jobs.sources import capture_events, csv_files, json_lines, parquet_files, preprocessed
from model_monitor_jobs.sources.blocks import Block
from model_monitor_jobs.sources.capture import CaptureReader
from model_monitor_jobs.sources.capture_batches import CaptureBatches, plain_csv
from model_monitor_jobs.sources.capture_layout import files_of_window
from model_monitor_jobs.sources.capture_naming import Naming
from model_monitor_jobs.sources.capture_scan import BLOCK_BYTES, PlainText, Scanner
from model_monitor_jobs.sources.dataset import DatasetFormat
from model_monitor_jobs.sources.fetch import fetched
from model_monitor_jobs.sources.json_text import NotReadable
from model_monitor_jobs.sources.line_blocks import LineBlocks
from model_monitor_jobs.sources.partitions import byte_ranges, group
from model_monitor_jobs.sources.records import CSVDialect, Partition, ReadReport
from model_monitor_jobs.sources.selection import RECORD_COUNT, RECORD_ID, RECORD_INDEX, Selection
from model_monitor_jobs.sources.text import lines
from model_monitor_jobs.sources.times import rows_in_window
from model_monitor_jobs.storage import Storage

_RFC_4180 = CSVDialect()
_NEWLINE = 10
_IDENTITIES = tuple(reversed(capture_events.RECORD_IDS))
_ID_COLUMNS = (RECORD_ID, RECORD_INDEX, RECORD_COUNT)


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
    script: Script | None = None,
    layouts: Sequence[Sequence[str]] = (),
) -> Iterator[IdentifiedBatch]:
    """The records of `read_dataset`; an identity is `file:line`, the line counted from 1 (Parquet: the row).

    Raises as `read_dataset` does.
    """
    report = ReadReport()
    first = 0
    with fetched(storage, storage.list(uri), report, scratch) as files:
        for entry, stream in files:
            for block in _blocks(stream, entry.uri, format, csv, report, script, layouts):
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
    script: Script | None = None,
) -> Iterator[IdentifiedBatch]:
    """The records of `read_capture`; an identity is the event's `eventId`, else its `inferenceId`, else `file:line`.

    The records of an event with several are `id[0]`, `id[1]`, … An event that can't be read is passed over. Raises
    StorageUnavailable or ConfigurationError when the store can't be read.
    """
    report = ReadReport()
    found = files_of_window(storage, uri, window)
    hours = {file.entry.uri: file.hour for file in found}
    if script is not None:
        layouts = (None if expected is None else tuple(expected), tuple(tuple(layout) for layout in alternatives))
        selection = Selection(ids=True)
        made = CaptureReader(storage, window, hours, *layouts, scratch, selection, script, for_people=True)
        yield from _with_ids(group([file.entry for file in found], made, byte_ranges), report)
        return
    reader = _Events(window, CaptureBatches(Naming(expected, report.note, alternatives)))
    first = 0
    with fetched(storage, [file.entry for file in found], report, scratch) as files:
        batches = (reader.read(LineBlocks(stream, entry.uri), entry.uri, hours[entry.uri]) for entry, stream in files)
        for batch in chain(chain.from_iterable(batches), reader.rest()):
            yield IdentifiedBatch(batch, reader.identities.take(batch.num_rows), first)
            first += batch.num_rows


def _with_ids(partitions: Iterable[Partition], report: ReadReport) -> Iterator[IdentifiedBatch]:
    """The records of partitions that have ids as columns."""
    first = 0
    for batch in chain.from_iterable(partition.read(report) for partition in partitions):
        held = {name: batch.column(name).to_pylist() for name in _ID_COLUMNS if name in batch.schema.names}
        columns = [name for name in batch.schema.names if name not in _ID_COLUMNS]
        yield IdentifiedBatch(batch.select(columns), _by_ids(held), first)
        first += batch.num_rows


def _by_ids(held: Mapping[str, Sequence[Any]]) -> Callable[[int], str]:
    def identity(row: int) -> str:
        text = str(held[RECORD_ID][row])
        alone = RECORD_COUNT not in held or held[RECORD_COUNT][row] == 1
        return text if alone else f"{text}[{held[RECORD_INDEX][row]}]"

    return identity


def _blocks(
    stream: BinaryIO,
    name: str,
    format: DatasetFormat,
    csv: CSVDialect,
    report: ReadReport,
    script: Script | None,
    layouts: Sequence[Sequence[str]],
) -> Iterator[Block]:
    if script is not None:
        with script.running("preprocess_handler") as process:
            columns = preprocessed.ColumnNames(layouts, report.note)
            header = format == "CSV" and csv.header
            yield from preprocessed.read(stream, name, report, process, columns, header=header)
    elif format == "CSV":
        yield from csv_files.read(stream, name, csv, report)
    elif format == "JSONLines":
        yield from json_lines.read(stream, name, report)
    else:
        yield from parquet_files.read(stream, name, report)


def _by_line(file: str, block: Block) -> Callable[[int], str]:
    return lambda row: f"{file}:{block.line_of(row)}"


class _Events:
    """Reads files of captured events as `read_capture` does, and keeps the identities of what it hands on."""

    def __init__(self, window: Window, batches: CaptureBatches) -> None:
        self._window = window
        self._batches = batches
        self.identities = _Identities()

    def read(self, source: LineBlocks, file: str, hour: datetime) -> Iterator[pa.RecordBatch]:
        """The batches that are full by the end of a file."""
        scanner = Scanner(self._window, self._batches.sides)
        first = 1
        for block in source.blocks(BLOCK_BYTES):
            kept = _KeptLines(bytes(block), file, first)
            for part in scanner.scan(block, first, self._window.contains(hour)):
                count = part.rows + part.outside if isinstance(part, PlainText) else len(part.lines)
                if isinstance(part, PlainText) and not part.outside:
                    self.identities.add(count, kept.identities_from(first))
                    yield from self._batches.add_text(part.text, count, part.shape)
                elif not isinstance(part, PlainText) or part.rows:
                    for number in range(first, first + count):
                        yield from self._read_line(kept.line(number), f"{file}:{number}", hour)
                first += count
        for number, line, fault in lines(source):
            if not fault:
                yield from self._read_line(line, f"{file}:{first - 1 + number}", hour)

    def rest(self) -> Iterator[pa.RecordBatch]:
        """What is left after all files."""
        yield from self._batches.flush()

    def _read_line(self, line: bytes, place: str, hour: datetime) -> Iterator[pa.RecordBatch]:
        try:
            event = capture_events.read_event(line)
            moment = capture_events.inference_time(event)
            if not self._window.contains(hour if moment is None else moment):
                return
            data = capture_events.captured(event)
            plain = plain_csv(data)
            rows = [] if plain else capture_events.records(data)
        except NotReadable:
            return
        identity = _identity(event) or place
        if plain:
            self.identities.add(1, lambda _: identity)
            yield from self._batches.add_plain(plain)
            return
        self.identities.add(len(rows), lambda row: identity if len(rows) == 1 else f"{identity}[{row}]")
        for inputs, outputs in rows:
            yield from self._batches.add(inputs, outputs)


class _KeptLines:
    """The lines of a block, for those few whose identity is asked for."""

    def __init__(self, block: bytes, file: str, first: int) -> None:
        self._block = block
        self._file = file
        self._first = first
        self._ends: list[int] | None = None

    def line(self, number: int) -> bytes:
        """The line with this number in the file, without its end."""
        if self._ends is None:
            self._ends = [-1, *np.flatnonzero(np.frombuffer(self._block, np.uint8) == _NEWLINE).tolist()]
        index = number - self._first
        return self._block[self._ends[index] + 1 : self._ends[index + 1]]

    def identities_from(self, first: int) -> Callable[[int], str]:
        """Identities of the events from line `first` on, one a line."""

        def identity(row: int) -> str:
            event = capture_events.read_event(self.line(first + row))
            return _identity(event) or f"{self._file}:{first + row}"

        return identity


class _Identities:
    """Identities of records that wait for their batches, which come in the records' order."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[int, int, Callable[[int], str]]] = deque()

    def add(self, count: int, identity: Callable[[int], str]) -> None:
        """Take the next records, whose identities are told by their places from 0."""
        self._waiting.append((0, count, identity))

    def take(self, count: int) -> Callable[[int], str]:
        """The identities of the next so many records."""
        parts: list[tuple[int, Callable[[int], str]]] = []
        starts: list[int] = []
        taken = 0
        while taken < count:
            place, held, identity = self._waiting.popleft()
            used = min(held, count - taken)
            if used < held:
                self._waiting.appendleft((place + used, held - used, identity))
            parts.append((place - taken, identity))
            starts.append(taken)
            taken += used

        def of_row(row: int) -> str:
            offset, identity = parts[bisect_right(starts, row) - 1]
            return identity(offset + row)

        return of_row


def _identity(event: dict[str, Any]) -> str | None:
    return capture_events.identity(event.get("eventMetadata"), _IDENTITIES)
