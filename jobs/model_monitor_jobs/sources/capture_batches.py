"""Gathers captured records into batches; runs of plain CSV records take a fast way.

Most endpoints capture one unquoted CSV record per event, always with the same number of values. Such records
are joined to text and parsed in one go, where taking each apart in Python would cost several times as much.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import repeat
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.csv

from model_monitor_jobs.sources.blocks import build_batch
from model_monitor_jobs.sources.capture_naming import Cells, Naming
from model_monitor_jobs.sources.records import block_rows
from model_monitor_jobs.sources.rows import RowBlocks
from model_monitor_jobs.sources.selection import EVERYTHING, RECORD_COUNT, RECORD_ID, RECORD_INDEX, Selection

Side = Literal["input", "output"]

PlainRecord = tuple[str, str]
"""Input and output of one CSV record without quotes; empty where not captured."""

_WORTH_A_BATCH = 256
_MAXIMUM_TEXT = 8 << 20


def plain_csv(data: dict[str, Any]) -> PlainRecord | None:
    """The text of an event that is one CSV record without quotes, else None."""
    inputs = _plain_side(data.get("endpointInput"))
    if inputs is None:
        return None
    outputs = _plain_side(data.get("endpointOutput"))
    if outputs is None or not (inputs or outputs) or "batchTransformOutput" in data:
        return None
    return inputs, outputs


def _plain_side(side: Any) -> str | None:
    if side is None:
        return ""
    if not isinstance(side, dict) or side.get("encoding") != "CSV":
        return None
    text = side.get("data")
    if not isinstance(text, str):
        return None
    text = text.rstrip("\r\n")
    # A byte order mark at the beginning would be lost in parsing.
    if not text or text[0] == "\ufeff" or '"' in text or "\n" in text or "\r" in text:
        return None
    return text


@dataclass(frozen=True)
class Source:
    """Which event a record is of: its id, and the record's place among how many."""

    id: str | None = None
    index: int = 0
    count: int = 1


_UNKNOWN = Source()


class CaptureBatches:
    """Keeps the order of the records; hands on batches as they fill up."""

    def __init__(self, naming: Naming, selection: Selection = EVERYTHING) -> None:
        self._naming = naming
        self._ids = selection.ids
        self._wanted = selection.wanted
        self._rows = RowBlocks()
        self._places: list[tuple[int, int]] = []
        self._run: list[bytes | pa.Buffer] = []
        self._run_ids: list[pa.Array | list[str | None]] = []
        self._run_rows = 0
        self._run_bytes = 0
        self._shape = (0, 0)
        self._limit = 1

    def sides(self, inputs: int, outputs: int) -> tuple[Side, ...]:
        """Which sides of records of so many values by position are read, in the order in which they stand in text."""
        plan = self._naming.plan(inputs, outputs)
        if not outputs or plan.outputs_dropped:
            return ("input",)
        # Only what is chosen by position has the same name however many inputs there are.
        unused = self._wanted is not None and self._wanted <= plan.chosen
        return ("output",) if not inputs or unused else ("output", "input")

    def add_plain(self, record: PlainRecord, source: Source = _UNKNOWN) -> Iterator[pa.RecordBatch]:
        """Take a plain CSV record."""
        inputs, outputs = record
        shape = (inputs.count(",") + 1 if inputs else 0, outputs.count(",") + 1 if outputs else 0)
        sides = self.sides(*shape)
        text = ",".join(inputs if side == "input" else outputs for side in sides)
        yield from self.add_text(f"{text}\n".encode(), 1, shape, [source.id])

    def add_text(
        self,
        text: bytes | pa.Buffer,
        rows: int,
        shape: tuple[int, int],
        ids: pa.Array | list[str | None] | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """Take lines with the values of the first line's shape, and the records' ids; see `PlainText`."""
        full = self._run_rows + rows > self._limit or self._run_bytes + len(text) > _MAXIMUM_TEXT
        if shape != self._shape or (self._run and full):
            yield from self._end_run()
            self._shape, self._limit = shape, block_rows(sum(shape))
        self._run.append(text)
        if self._ids:
            self._run_ids.append(ids if ids is not None else [None] * rows)
        self._run_rows += rows
        self._run_bytes += len(text)

    def add(
        self,
        inputs: Cells | None,
        outputs: Cells | None,
        source: Source = _UNKNOWN,
        found: Mapping[str, str | None] = {},
    ) -> Iterator[pa.RecordBatch]:
        """Take any other record; `found` are outputs that were found by their paths."""
        yield from self._end_run()
        yield from self._add_row(inputs, outputs, source, found)

    def flush(self) -> Iterator[pa.RecordBatch]:
        """Hand on what is left."""
        yield from self._end_run()
        yield from self._flush_rows()

    def _add_row(
        self, inputs: Cells | None, outputs: Cells | None, source: Source, found: Mapping[str, str | None] = {}
    ) -> Iterator[pa.RecordBatch]:
        row = self._naming.row(inputs, outputs, found)
        if self._ids:
            row[RECORD_ID] = source.id
        for block in self._rows.add(row, 0):
            yield self._with_places(block.batch)
        if self._ids:
            self._places.append((source.index, source.count))

    def _flush_rows(self) -> Iterator[pa.RecordBatch]:
        for block in self._rows.flush():
            yield self._with_places(block.batch)

    def _with_places(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        places, self._places = self._places, []
        if all(count == 1 for _, count in places):
            return batch
        for name, values in zip((RECORD_INDEX, RECORD_COUNT), zip(*places, strict=True), strict=True):
            batch = batch.append_column(name, pa.array(values, pa.int32()))
        return batch

    def _end_run(self) -> Iterator[pa.RecordBatch]:
        if not self._run:
            return
        text, rows = b"".join(self._run), self._run_rows
        ids = _joined(self._run_ids) if self._ids else None
        self._run, self._run_ids, self._run_rows, self._run_bytes = [], [], 0, 0
        if rows < _WORTH_A_BATCH:
            # Short runs join the other rows, or alternating shapes would come as batches of one row.
            yield from self._one_by_one(text, ids)
            return
        ragged: list[int] = []
        batch = self._parse(text, rows, ragged)
        if len(ragged) > rows // _WORTH_A_BATCH:
            yield from self._one_by_one(text, ids)
            return
        if ids is not None:
            kept = np.ones(rows, np.bool_)
            kept[ragged] = False
            batch = batch.append_column(RECORD_ID, ids.filter(pa.array(kept)) if ragged else ids)
        lines = text.split(b"\n") if ragged else []
        start = 0
        for before, row in enumerate(ragged):
            yield from self._add_batch(batch.slice(start, row - before - start))
            yield from self._one_by_one(lines[row], None if ids is None else ids.slice(row, 1))
            start = row - before
        yield from self._add_batch(batch.slice(start))

    def _add_batch(self, batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        if batch.num_rows:
            yield from self._flush_rows()
            yield batch

    def _one_by_one(self, text: bytes, ids: pa.Array | None) -> Iterator[pa.RecordBatch]:
        inputs, outputs = self._shape
        sides = self.sides(inputs, outputs)
        lines = text.decode().removesuffix("\n").split("\n")
        for line, identity in zip(lines, ids.to_pylist() if ids is not None else repeat(None, len(lines)), strict=True):
            cells: list[str | None] = [cell or None for cell in line.split(",")]
            source = Source(identity)
            if sides == ("output",):
                yield from self._add_row(None, cells, source)
            elif sides == ("input",):
                # Left out, the outputs count by their number only.
                yield from self._add_row(cells, list[str | None]([None]) * outputs, source)
            else:
                yield from self._add_row(cells[outputs:], cells[:outputs] or None, source)

    def _parse(self, text: bytes, rows: int, ragged: list[int]) -> pa.RecordBatch:
        """The rows of a run but those of another number of values, whose numbers from 0 are added to `ragged`."""

        def skip(row: pyarrow.csv.InvalidRow) -> str:
            ragged.append(row.number - 1)
            return "skip"

        plan = self._naming.plan(*self._shape)
        columns = plan.positional
        if self.sides(*self._shape) == ("output",):
            columns = columns[: self._shape[1]]
        wanted = [index for index, name in enumerate(columns) if self._wanted is None or name in self._wanted]
        if not wanted:
            return build_batch([{}] * rows, [])
        names = [str(index) for index in range(len(columns))]
        table = pyarrow.csv.read_csv(
            pa.BufferReader(text),
            pyarrow.csv.ReadOptions(use_threads=False, column_names=names, block_size=len(text) + 1),
            pyarrow.csv.ParseOptions(quote_char=False, ignore_empty_lines=False, invalid_row_handler=skip),
            pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                include_columns=[names[index] for index in wanted],
                null_values=[""],
                strings_can_be_null=True,
                check_utf8=False,
            ),
        )
        batches = table.combine_chunks().to_batches()
        found = batches[0].columns if batches else [pa.array([], pa.string())] * len(wanted)
        return pa.RecordBatch.from_arrays(found, names=[columns[index] for index in wanted])


def _joined(parts: list[pa.Array | list[str | None]]) -> pa.Array:
    arrays: list[pa.Array] = []
    texts: list[str | None] = []
    for part in parts:
        if isinstance(part, list):
            texts += part
            continue
        if texts:
            arrays.append(pa.array(texts, pa.string()))
            texts = []
        arrays.append(part)
    return pa.concat_arrays([*arrays, pa.array(texts, pa.string())])
