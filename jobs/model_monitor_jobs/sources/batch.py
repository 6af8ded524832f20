"""Batch folders with the ids of their rows and the outputs that were selected."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from model_monitor_crds.window import Window
from model_monitor_jobs.errors import InputError
from model_monitor_jobs.scripts.process import Script
from model_monitor_jobs.sources import csv_files, json_lines, json_text
from model_monitor_jobs.sources.dataset import DatasetFormat, DatasetReader, files_at
from model_monitor_jobs.sources.id_columns import id_texts, usual_id_column
from model_monitor_jobs.sources.partitions import PartitionedStream, Piece, PieceReader, group
from model_monitor_jobs.sources.payloads import as_numbers
from model_monitor_jobs.sources.records import CSVDialect, ReadReport, RecordStream
from model_monitor_jobs.sources.selection import RECORD_ID, Selection
from model_monitor_jobs.sources.selectors import Selectors, position
from model_monitor_jobs.storage import Entry, Storage

TRANSFORM_OUTPUT: Final = "SageMakerOutput"
_RFC_4180 = CSVDialect()


def read_batch(
    storage: Storage,
    uri: str,
    format: DatasetFormat,
    *,
    selection: Selection,
    id: str | None = None,
    csv: CSVDialect = _RFC_4180,
    window: Window | None = None,
    timestamp: str | None = None,
    scratch: Path | None = None,
    script: Script | None = None,
) -> RecordStream:
    """Read rows as `read_dataset` does, with outputs by their selectors and RECORD_ID.

    The id is in the column `id`, by default where SageMaker's batch transform puts it, see `usual_id_column`; null
    where there is none. A selector is the name of a column, or of one below `SageMakerOutput`, which then has that
    name (a column of the input that has it gets the prefix `input.`); in JSON Lines it may be a JMESPath into
    `SageMakerOutput` or the whole record.

    Raises as `read_dataset` does, and (while reading) InputError when there is no column `id`.
    """
    rows = dataset_reader(storage, format, csv, window, timestamp, scratch, selection, script)
    return selected_stream(storage, files_at(storage, uri), SelectedRows(rows, rows, selection, id), rows, id, uri)


def dataset_reader(
    storage: Storage,
    format: DatasetFormat,
    csv: CSVDialect,
    window: Window | None,
    timestamp: str | None,
    scratch: Path | None,
    selection: Selection,
    script: Script | None = None,
) -> DatasetReader:
    """A reader of rows, in whose JSON Lines the selectors' paths are looked for."""
    csv_files.check_dialect(csv)
    record = AnswerRecord(selection) if format == "JSONLines" else None
    return DatasetReader(storage, format, csv, window, timestamp, scratch, record, script)


def selected_stream(
    storage: Storage, entries: Sequence[Entry], reader: SelectedRows, rows: DatasetReader, id: str | None, uri: str
) -> RecordStream:
    """The stream of a reader, which complains in the end where no row had the column of ids."""

    def finish(report: ReadReport) -> None:
        if reader.selection.ids and report.records:
            check_id(id, report.columns, uri)

    split = rows.split if reader.rows is rows else lambda _: None
    return PartitionedStream(
        lambda: group(entries, reader, split), finish, remote=storage.local_path(entries[0].uri) is None
    )


@dataclass(frozen=True)
class SelectedRows:
    """Gives the rows of another reader ids, and selected outputs their names."""

    rows: PieceReader
    dataset: DatasetReader
    selection: Selection
    id: str | None

    @property
    def storage(self) -> Storage:
        """Where the pieces lie."""
        return self.dataset.storage

    def read(self, pieces: Sequence[Piece], report: ReadReport) -> Iterator[pa.RecordBatch]:
        """The rows of consecutive pieces."""
        for batch in self.rows.read(pieces, report):
            report.add_columns(batch.schema.names)
            if batch.num_rows:
                yield self._selected(batch, pieces)

    def _selected(self, batch: pa.RecordBatch, pieces: Sequence[Piece]) -> pa.RecordBatch:
        ids = self._ids(batch, pieces) if self.selection.ids else None
        names = output_names(batch.schema.names, self.selection)
        wanted = self.selection.wanted
        kept = [index for index, name in enumerate(names) if wanted is None or name in wanted]
        arrays, names = [batch.column(index) for index in kept], [names[index] for index in kept]
        if ids is not None:
            arrays, names = [*arrays, ids], [*names, RECORD_ID]
        if arrays:
            return pa.RecordBatch.from_arrays(arrays, names=names)
        return batch.select([])

    def _ids(self, batch: pa.RecordBatch, pieces: Sequence[Piece]) -> pa.Array:
        columns = batch.schema.names
        if self.id is not None and self.dataset.format != "JSONLines":
            check_id(self.id, columns, pieces[0].entry.uri)
        has_names = self.dataset.format != "CSV" or self.dataset.csv.header
        column = self.id if self.id is not None else usual_id_column(batch, names=has_names)
        if column is None or column not in columns:
            return pa.nulls(batch.num_rows, pa.string())
        return id_texts(batch.column(columns.index(column)))


def check_id(id: str | None, columns: Any, where: str) -> None:
    """Raise InputError when there is no column of ids that was named."""
    if id is not None and id not in columns:
        listed = ", ".join([*columns][:20]) + (", …" if len(columns) > 20 else "")
        raise InputError(
            f"{where}: there is no column {id!r} (spec.columns.id)", remedy=f"name one of its columns: {listed}"
        )


def output_names(columns: Sequence[str], selection: Selection) -> list[str]:
    """The columns' names, those of selected outputs below SageMakerOutput by their selectors."""
    renamed: dict[str, str] = {}
    for text in selection.outputs.values():
        own = _own_column(text, columns)
        if own is not None:
            renamed[own] = text
    taken = {*renamed.values()}
    return [renamed.get(name) or (f"input.{name}" if name in taken else name) for name in columns]


def _own_column(selector: str, columns: Any) -> str | None:
    """The column of a batch transform's output that a selector means, None where it has the selector's name."""
    if f"{TRANSFORM_OUTPUT}.{selector}" in columns:
        return f"{TRANSFORM_OUTPUT}.{selector}"
    return TRANSFORM_OUTPUT if position(selector) == 0 and TRANSFORM_OUTPUT in columns else None


class AnswerRecord:
    """Reads a line of JSON Lines with what the selectors' paths find in it; a scalar is an output of one value."""

    def __init__(self, selection: Selection) -> None:
        self._selectors = Selectors(selection.outputs)

    def __call__(self, text: str) -> json_lines.Record:
        """The record's values by name. Raises NotReadable."""
        value = json_text.read(text)
        if not isinstance(value, (dict, list)):
            return {"0": json_text.scalar(value)}
        record = json_lines.named(value)
        missing = [name for name in self._selectors.names if name not in record and _own_column(name, record) is None]
        if missing:
            numbers = as_numbers(text)
            own = numbers.get(TRANSFORM_OUTPUT) if isinstance(numbers, dict) else None
            found = self._selectors.find(missing, [numbers] if own is None else [own, numbers], 0, 1)
            record |= found
        return record
