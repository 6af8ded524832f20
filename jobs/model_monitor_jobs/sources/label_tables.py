"""Labels in tables: CSV, JSON Lines or Parquet with one label a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

from model_monitor_crds.ground_truth import LabelColumns
from model_monitor_crds.window import Window
from model_monitor_jobs.errors import InputError
from model_monitor_jobs.profiles.instants import instants
from model_monitor_jobs.sources.blocks import Block
from model_monitor_jobs.sources.dataset import DatasetReader
from model_monitor_jobs.sources.id_columns import id_texts, texts
from model_monitor_jobs.sources.partitions import Piece
from model_monitor_jobs.sources.records import MAXIMUM_SAMPLES, ReadReport
from model_monitor_jobs.sources.selection import LABEL, LABEL_KNOWN, RECORD_ID
from model_monitor_jobs.sources.times import rows_in_window
from model_monitor_jobs.storage import Storage


@dataclass(frozen=True)
class LabelTableReader:
    """Reads pieces of a table's files; without a time every label counts as known."""

    rows: DatasetReader
    columns: LabelColumns
    as_of: datetime

    @property
    def storage(self) -> Storage:
        """Where the pieces lie."""
        return self.rows.storage

    def read(self, pieces: Sequence[Piece], report: ReadReport) -> Iterator[pa.RecordBatch]:
        """The labels of consecutive pieces."""
        for piece, block, counting in self.rows.blocks(pieces, report):
            yield self._labels(block, piece.entry.uri, counting)

    def _labels(self, block: Block, name: str, report: ReadReport) -> pa.RecordBatch:
        report.add_columns(block.batch.schema.names)
        required = self.rows.format != "JSONLines"
        if required:
            for field in ("id", "label", "timestamp"):
                check_column(self.columns, field, block.batch.schema.names, name)
        if self.columns.timestamp is not None:
            known = Window(datetime.min.replace(tzinfo=UTC), self.as_of)
            block = rows_in_window(block, known, self.columns.timestamp, name, report, required=required)
        ids = id_texts(_column(block.batch, self.columns.id))
        if ids.null_count:
            block, ids = _identified(block, ids, self.columns.id, name, report)
        arrays = {RECORD_ID: ids, LABEL: texts(_column(block.batch, self.columns.label))}
        if self.columns.timestamp is not None:
            arrays[LABEL_KNOWN] = instants(_column(block.batch, self.columns.timestamp)).cast(pa.int64())
        return pa.RecordBatch.from_pydict(arrays)


def check_column(columns: LabelColumns, field: str, names: Sequence[str], file: str) -> None:
    """Raise InputError when a file has no column of the name that stands in a field."""
    wanted = getattr(columns, field)
    if wanted is not None and wanted not in names:
        listed = ", ".join(names[:20]) + (", …" if len(names) > 20 else "")
        raise InputError(
            f"{file}: there is no column {wanted!r} (spec.groundTruth.columns.{field})",
            remedy=f"name one of its columns: {listed}",
        )


def _identified(block: Block, ids: pa.Array, column: str, name: str, report: ReadReport) -> tuple[Block, pa.Array]:
    """The rows that have an id; the others are unreadable."""
    missing = np.flatnonzero(ids.is_null().to_numpy(zero_copy_only=False))
    for row in missing[:MAXIMUM_SAMPLES].tolist():
        report.add_unreadable(name, block.line_of(row), f"no id in column {column!r}", "")
    if len(missing) > MAXIMUM_SAMPLES:
        line, more = block.line_of(int(missing[MAXIMUM_SAMPLES])), len(missing) - MAXIMUM_SAMPLES
        report.add_unreadable(name, line, f"no id in column {column!r}", "", count=more)
    kept = ids.is_valid()
    return Block(block.batch.filter(kept), block.line_of), ids.filter(kept)


def _column(batch: pa.RecordBatch, name: str) -> pa.Array:
    index = batch.schema.get_field_index(name)
    return batch.column(index) if index >= 0 else pa.nulls(batch.num_rows, pa.string())
