"""Labels as a stream of record batches, from SageMaker's ground truth records or from tables."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa

from model_monitor_crds.ground_truth import GroundTruth
from model_monitor_crds.window import Window
from model_monitor_jobs.sources import csv_files
from model_monitor_jobs.sources.capture_layout import files_of_hours
from model_monitor_jobs.sources.capture_scan import BLOCK_BYTES
from model_monitor_jobs.sources.dataset import DatasetReader
from model_monitor_jobs.sources.fetch import opened, part_of, part_report
from model_monitor_jobs.sources.json_text import NotReadable
from model_monitor_jobs.sources.label_blocks import BlockReader, LabelRows
from model_monitor_jobs.sources.label_events import LabelReader
from model_monitor_jobs.sources.label_tables import LabelTableReader, check_column
from model_monitor_jobs.sources.line_blocks import LineBlocks
from model_monitor_jobs.sources.partitions import PartitionedStream, Piece, byte_ranges, group
from model_monitor_jobs.sources.ranges import line_cut
from model_monitor_jobs.sources.records import MAXIMUM_ROWS, CSVDialect, ReadReport, RecordStream
from model_monitor_jobs.sources.text import lines
from model_monitor_jobs.storage import Entry, Storage


def read_labels(
    storage: Storage,
    ground_truth: GroundTruth,
    label_path: str | None,
    window: Window,
    as_of: datetime,
    scratch: Path | None = None,
) -> RecordStream:
    """Read the labels that were known at a time and may be of a window's records.

    Batches have RECORD_ID and LABEL, both text; a label is as written, null where it is empty. Labels of an event
    with several records follow each other and have RECORD_INDEX and RECORD_COUNT. Of two labels for one id the one
    with the greater LABEL_KNOWN counts, else the later one.

    SageMaker's records lie below the URI as captured events do, in folders of the hours (UTC) of their collection:
    those are read from the window's first hour on that begin before `as_of`. `label_path` is the label's position in
    CSV data or its JMESPath in JSON data, needed where they hold several values. Tables are read whole, without the
    rows whose time is `as_of` or later, which count as `outside_window`. There may be no labels at all.

    While it is read: InputError when a table lacks a column, ConfigurationError when `label_path` is no JMESPath.
    Raises StorageUnavailable or ConfigurationError when the store can't be read.
    """
    found = _files(storage, ground_truth, window, as_of)
    remote = bool(found) and storage.local_path(found[0].uri) is None
    if ground_truth.format == "SageMaker":
        events = LabelEventReader(storage, label_path, scratch)
        return PartitionedStream(lambda: group(found, events, byte_ranges), remote=remote)
    dialect = CSVDialect(ground_truth.csv.header, ground_truth.csv.delimiter)
    csv_files.check_dialect(dialect)
    rows = DatasetReader(storage, ground_truth.format, dialect, None, None, scratch)
    table = LabelTableReader(rows, ground_truth.columns, as_of)

    def finish(report: ReadReport) -> None:
        # A line of JSON may lack what others have; what no line has is missing.
        for field in ("id", "label", "timestamp") if report.columns else ():
            check_column(ground_truth.columns, field, [*report.columns], ground_truth.uri)

    return PartitionedStream(lambda: group(found, table, rows.split), finish, remote=remote)


def labels_digest(storage: Storage, ground_truth: GroundTruth, window: Window, as_of: datetime) -> str:
    """Tells whether any labels may have come: the same text as long as the files that `read_labels` would read have the
    same names, sizes and times. Costs their listing alone, which can't tell how many rows of a table with times count
    by a later time: of those every time has a text of its own.
    """
    digest = hashlib.sha256()
    if ground_truth.format != "SageMaker" and ground_truth.columns.timestamp is not None:
        digest.update(as_of.astimezone(UTC).isoformat().encode())
    for entry in _files(storage, ground_truth, window, as_of):
        modified = entry.modified.isoformat() if entry.modified else ""
        digest.update(f"{entry.uri}\0{entry.size}\0{modified}\n".encode())
    return digest.hexdigest()


def _files(storage: Storage, ground_truth: GroundTruth, window: Window, as_of: datetime) -> list[Entry]:
    if ground_truth.format != "SageMaker":
        return storage.list(ground_truth.uri)
    # The last hour that begins before the time, be it by a microsecond.
    last = (as_of.astimezone(UTC) - timedelta(microseconds=1)).replace(minute=0, second=0, microsecond=0)
    files = files_of_hours(storage, ground_truth.uri, next(window.hours()), last)
    return [file.entry for file in sorted(files, key=lambda file: (file.hour, file.entry.uri))]


@dataclass(frozen=True)
class LabelEventReader:
    """Reads pieces of files of ground truth records."""

    storage: Storage
    label_path: str | None
    scratch: Path | None

    def read(self, pieces: Sequence[Piece], report: ReadReport) -> Iterator[pa.RecordBatch]:
        """The labels of consecutive pieces."""
        reader = LabelReader(self.label_path)
        with opened(self.storage, pieces, report, self.scratch) as files:
            for piece, stream in files:
                uri = piece.entry.uri
                if piece.whole:
                    yield from _read_file(LineBlocks(stream, uri), uri, reader, report)
                    continue
                part, start = part_of(self.storage, piece, stream, line_cut)
                counting = part_report(self.storage, piece, start)
                yield from _read_file(LineBlocks(part, uri), uri, reader, counting)
                report.merge(counting)


def _read_file(source: LineBlocks, name: str, reader: LabelReader, report: ReadReport) -> Iterator[pa.RecordBatch]:
    rows, blocks = LabelRows(), BlockReader(reader)
    first = 1
    for block in source.blocks(BLOCK_BYTES):
        batch = blocks.read(block)
        if batch is None:
            for number, line in enumerate(bytes(block).split(b"\n")[:-1], first):
                _read_line(number, line, None, name, reader, rows, report)
        else:
            yield from rows.flush()
            yield batch
        if len(rows) >= MAXIMUM_ROWS:
            yield from rows.flush()
        first += block.count(b"\n")
    first_missing = first
    for number, line, fault in lines(source):
        first_missing = first - 1 + number
        _read_line(first_missing, line, fault, name, reader, rows, report)
    yield from rows.flush()
    if source.fault:
        report.mark_broken(name, first_missing, source.fault)


def _read_line(
    number: int,
    line: bytes,
    fault: str | None,
    name: str,
    reader: LabelReader,
    rows: LabelRows,
    report: ReadReport,
) -> None:
    try:
        if fault:
            raise NotReadable(fault)
        if not line or line.isspace():
            return
        event = reader.event(line)
    except NotReadable as error:
        report.add_unreadable(name, number, str(error), line[:1000].decode(errors="replace"))
        return
    rows.add(event.id, event.labels)
