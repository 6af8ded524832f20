"""Datasets: a file, a folder or a glob of CSV, JSON Lines or Parquet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Literal

import pyarrow as pa

from model_monitor_crds.window import Window
from model_monitor_jobs.errors import ConfigurationError, InputError
from model_monitor_jobs.scripts.process import Script
from model_monitor_jobs.sources import csv_files, json_lines, parquet_files, preprocessed
from model_monitor_jobs.sources.blocks import Block
from model_monitor_jobs.sources.fetch import opened, part_of, part_report
from model_monitor_jobs.sources.parquet_groups import parquet_groups
from model_monitor_jobs.sources.partitions import PARTITION_BYTES, PartitionedStream, Piece, byte_ranges, group
from model_monitor_jobs.sources.ranges import csv_cut, line_cut
from model_monitor_jobs.sources.records import CSVDialect, ReadReport, RecordStream
from model_monitor_jobs.sources.times import in_window
from model_monitor_jobs.storage import Entry, Storage

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
    script: Script | None = None,
    layouts: Sequence[Sequence[str]] = (),
) -> RecordStream:
    """Read a file, a folder or a glob, files in the order of their paths; `.gz` for CSV and JSON Lines.

    With `window` only rows whose `timestamp` column lies in it. Empty CSV cells, quoted or not, are null;
    columns without names are named by position, from `0`; several files are matched by column names.
    JSON values are flattened: `{"a": {"b": 1}, "c": [2]}` has a.b and c.0; numbers stay as written.
    `scratch` is the folder for files fetched ahead. With a `script` rows are what its preprocess_handler makes of a
    line of CSV or JSON Lines; `layouts` are orders that the baseline's columns may have, see `ColumnNames`.

    Raises InputError when no file is found, or (while reading) when a CSV header is no use; StorageUnavailable
    or ConfigurationError when the store can't be read.
    """
    if format not in ("CSV", "JSONLines", "Parquet"):
        raise ConfigurationError(f"format: {format!r} is unknown", remedy="use CSV, JSONLines or Parquet")
    if (window is None) != (timestamp is None):
        raise ValueError("window and timestamp belong together")
    csv_files.check_dialect(csv)
    if script is not None and format == "Parquet":
        raise ConfigurationError(
            "recordPreprocessor: Parquet has no lines that a script could be given", remedy="use CSV or JSON Lines"
        )
    entries = files_at(storage, uri)
    reader = DatasetReader(storage, format, csv, window, timestamp, scratch, script=script, layouts=layouts)
    return PartitionedStream(
        lambda: group(entries, reader, reader.split), remote=storage.local_path(entries[0].uri) is None
    )


def files_at(storage: Storage, uri: str) -> list[Entry]:
    """The files at a URI, at least one. Raises InputError when there is none."""
    entries = storage.list(uri)
    if not entries:
        raise InputError(
            f"no file found at {uri}", remedy="check the path; names that start with '.' or '_' don't count"
        )
    return entries


_COLUMNS_A_RANGE: Final = 250
_LONGEST_RANGE: Final = 4
"""In partitions of the usual size."""


@dataclass(frozen=True)
class DatasetReader:
    """Reads pieces of a dataset's files; `record`, where given, reads the lines of JSON Lines."""

    storage: Storage
    format: DatasetFormat
    csv: CSVDialect
    window: Window | None
    timestamp: str | None
    scratch: Path | None
    record: Callable[[str], json_lines.Record] | None = None
    script: Script | None = None
    layouts: Sequence[Sequence[str]] = ()

    def split(self, entry: Entry) -> list[Piece] | None:
        """Parts of a large file; a script is given whole ones."""
        if self.script is not None:
            return None
        if self.format == "CSV":
            return byte_ranges(entry, self._range_bytes(entry))
        if self.format == "JSONLines":
            return byte_ranges(entry)
        with self.storage.open(entry.uri) as stream:
            return [Piece(entry, groups=groups) for groups in parquet_groups(stream, PARTITION_BYTES)] or None

    def _range_bytes(self, entry: Entry) -> int:
        """How long to cut the ranges of a file: longer for many columns, of which each costs some time a range."""
        if entry.uri.endswith(".gz"):
            return PARTITION_BYTES
        with self.storage.open(entry.uri) as stream:
            columns = len(csv_files.columns_of(stream, entry.uri, self.csv))
        return PARTITION_BYTES * max(1, min(_LONGEST_RANGE, columns // _COLUMNS_A_RANGE))

    def read(self, pieces: Sequence[Piece], report: ReadReport) -> Iterator[pa.RecordBatch]:
        """The rows of consecutive pieces."""
        for piece, block, counting in self.blocks(pieces, report):
            if self.window is None or self.timestamp is None:
                yield block.batch
            else:
                name, required = piece.entry.uri, self.format != "JSONLines"
                yield in_window(block, self.window, self.timestamp, name, counting, required=required)

    def blocks(self, pieces: Sequence[Piece], report: ReadReport) -> Iterator[tuple[Piece, Block, ReadReport]]:
        """All rows of consecutive pieces with what counts them, those outside of the window among them."""
        with opened(self.storage, pieces, report, self.scratch) as files:
            for piece, stream in files:
                for block, counting in self._blocks(piece, stream, report):
                    yield piece, block, counting

    def _blocks(self, piece: Piece, stream: BinaryIO, report: ReadReport) -> Iterator[tuple[Block, ReadReport]]:
        name = piece.entry.uri
        if self.script is not None:
            header = self.format == "CSV" and self.csv.header
            with self.script.running("preprocess_handler") as process:
                names = preprocessed.ColumnNames(self.layouts, report.note)
                blocks = preprocessed.read(stream, name, report, process, names, header=header)
                yield from ((block, report) for block in blocks)
            return
        if self.format == "Parquet":
            yield from ((block, report) for block in parquet_files.read(stream, name, report, piece.groups))
            return
        if piece.whole:
            yield from ((block, report) for block in self._text_blocks(stream, name, report, None))
            return
        cut = csv_cut(self.csv.delimiter) if self.format == "CSV" else line_cut
        part, start = part_of(self.storage, piece, stream, cut)
        columns = None
        if self.format == "CSV" and start:
            with self.storage.open(name) as beginning:
                columns = csv_files.columns_of(beginning, name, self.csv)
        counting = part_report(self.storage, piece, start)
        yield from ((block, counting) for block in self._text_blocks(part, name, counting, columns))
        report.merge(counting)

    def _text_blocks(
        self, stream: BinaryIO, name: str, report: ReadReport, columns: list[str] | None
    ) -> Iterator[Block]:
        if self.format == "JSONLines":
            return json_lines.read(stream, name, report, self.record)
        if columns is not None:
            return csv_files.read_part(stream, columns, name, self.csv, report)
        return csv_files.read(stream, name, self.csv, report)
