"""Predictions in files of their own, row by row beside the data that they answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from model_monitor_crds.window import Window
from model_monitor_jobs.errors import InputError
from model_monitor_jobs.sources.batch import SelectedRows, dataset_reader, selected_stream
from model_monitor_jobs.sources.blocks import Block
from model_monitor_jobs.sources.dataset import DatasetFormat, DatasetReader, files_at
from model_monitor_jobs.sources.partitions import Piece
from model_monitor_jobs.sources.records import CSVDialect, ReadReport, RecordStream
from model_monitor_jobs.sources.selection import Selection
from model_monitor_jobs.sources.selectors import position
from model_monitor_jobs.sources.times import in_window
from model_monitor_jobs.storage import Entry, Storage

_RFC_4180 = CSVDialect()
_REMEDY = "each row of the data needs its prediction, in the same order and in files in the same order of their names"


def read_beside(
    storage: Storage,
    uri: str,
    predictions_uri: str,
    format: DatasetFormat,
    *,
    selection: Selection,
    id: str | None = None,
    csv: CSVDialect = _RFC_4180,
    window: Window | None = None,
    timestamp: str | None = None,
    scratch: Path | None = None,
) -> RecordStream:
    """Read rows as `read_batch` does, each with the columns of its prediction after its own.

    Files are paired in the order of their paths, rows in their order. A column of the predictions gets the prefix
    `output.` where the data has its name. Without names, selectors are positions in the predictions; other columns of
    these are numbered after the data's.

    Raises as `read_batch` does; InputError when there are other numbers of files than of predictions, and (while
    reading) when a file has another number of rows than its predictions, or rows that can't be read.
    """
    data, answers = files_at(storage, uri), files_at(storage, predictions_uri)
    if len(data) != len(answers):
        raise InputError(f"{len(data)} files at {uri} but {len(answers)} at {predictions_uri}", remedy=_REMEDY)
    rows = dataset_reader(storage, format, csv, None, None, scratch, selection)
    pairs = {entry.uri: answer for entry, answer in zip(data, answers, strict=True)}
    reader = PairedRows(rows, pairs, selection, window, timestamp)
    return selected_stream(storage, data, SelectedRows(reader, rows, selection, id), rows, id, uri)


@dataclass(frozen=True)
class PairedRows:
    """Reads whole files of data, each with its file of predictions."""

    rows: DatasetReader
    answers: dict[str, Entry]
    selection: Selection
    window: Window | None
    timestamp: str | None

    @property
    def storage(self) -> Storage:
        """Where the pieces lie."""
        return self.rows.storage

    def read(self, pieces: Sequence[Piece], report: ReadReport) -> Iterator[pa.RecordBatch]:
        """The rows of consecutive files."""
        for piece in pieces:
            answers = self.answers[piece.entry.uri]
            own, other = ReadReport(), ReadReport()
            pairs = _Pairs(self.rows.blocks([piece], own), self.rows.blocks([Piece(answers)], other))
            for block, batch in pairs:
                paired = Block(self._joined(block.batch, batch), block.line_of)
                if self.window is None or self.timestamp is None:
                    yield paired.batch
                else:
                    required = self.rows.format != "JSONLines"
                    yield in_window(paired, self.window, self.timestamp, piece.entry.uri, report, required=required)
            _check(piece.entry.uri, pairs.counts[0], own, answers.uri, pairs.counts[1], other)
            report.merge(own)
            report.merge(other)

    def _joined(self, data: pa.RecordBatch, answers: pa.RecordBatch) -> pa.RecordBatch:
        selected = frozenset(self.selection.outputs.values())
        columns = data.schema.names
        has_names = self.rows.format != "CSV" or self.rows.csv.header
        names: list[str] = []
        for index, name in enumerate(answers.schema.names):
            if name in selected:
                names.append(name)
                continue
            own = name if has_names and position(name) is None else str(len(columns) + index)
            while own in columns or own in names:
                own = f"output.{own}"
            names.append(own)
        inputs = [f"input.{name}" if name in names else name for name in columns]
        return pa.RecordBatch.from_arrays([*data.columns, *answers.columns], names=[*inputs, *names])


class _Pairs:
    """Blocks of two files cut to the same rows; `counts` are the rows of each once all are read."""

    def __init__(
        self, data: Iterator[tuple[Piece, Block, ReadReport]], answers: Iterator[tuple[Piece, Block, ReadReport]]
    ) -> None:
        self._sides = (data, answers)
        self.counts = [0, 0]

    def __iter__(self) -> Iterator[tuple[Block, pa.RecordBatch]]:
        """Blocks of data and batches of predictions of as many rows."""
        held: list[Block | None] = [None, None]
        while True:
            for side in (0, 1):
                while held[side] is None and (found := next(self._sides[side], None)) is not None:
                    if found[1].batch.num_rows:
                        held[side] = found[1]
                        self.counts[side] += found[1].batch.num_rows
            data, answers = held
            if data is None or answers is None:
                break
            rows = min(data.batch.num_rows, answers.batch.num_rows)
            yield Block(data.batch.slice(0, rows), data.line_of), answers.batch.slice(0, rows)
            held = [_after(data, rows), _after(answers, rows)]
        for side in (0, 1):
            self.counts[side] += sum(block.batch.num_rows for _, block, _ in self._sides[side])


def _after(block: Block, rows: int) -> Block | None:
    if rows == block.batch.num_rows:
        return None
    line_of = block.line_of
    return Block(block.batch.slice(rows), lambda row: line_of(rows + row))


def _check(data: str, rows: int, own: ReadReport, answers: str, others: int, other: ReadReport) -> None:
    for name, report in ((data, own), (answers, other)):
        if report.unreadable:
            sample = report.samples[0]
            raise InputError(
                f"{name}: {report.unreadable} rows can't be read, so rows and predictions can't be paired "
                f"(line {sample.line}: {sample.reason})",
                remedy=_REMEDY,
            )
    if rows != others:
        raise InputError(f"{data} has {rows} rows but {answers} has {others}", remedy=_REMEDY)
