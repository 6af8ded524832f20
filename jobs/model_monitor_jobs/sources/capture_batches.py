"""Gathers captured records into batches; runs of plain CSV records take a fast way.

Most endpoints capture one unquoted CSV record per event, always with the same number of values. Such records
are joined to text and parsed in one go, where taking each apart in Python would cost several times as much.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.csv

from model_monitor_jobs.sources.capture_naming import Cells, Naming
from model_monitor_jobs.sources.records import block_rows
from model_monitor_jobs.sources.rows import RowBlocks

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


class CaptureBatches:
    """Keeps the order of the records; hands on batches as they fill up."""

    def __init__(self, naming: Naming) -> None:
        self._naming = naming
        self._rows = RowBlocks()
        self._run: list[bytes | pa.Buffer] = []
        self._run_rows = 0
        self._run_bytes = 0
        self._shape = (0, 0)
        self._limit = 1

    def drops_outputs(self, inputs: int, outputs: int) -> bool:
        """Whether records of so many values by position are without their outputs."""
        return self._naming.plan(inputs, outputs).outputs_dropped

    def add_plain(self, record: PlainRecord) -> Iterator[pa.RecordBatch]:
        """Take a plain CSV record."""
        inputs, outputs = record
        shape = (inputs.count(",") + 1 if inputs else 0, outputs.count(",") + 1 if outputs else 0)
        parts = [inputs] if not outputs or self.drops_outputs(*shape) else [outputs, inputs] if inputs else [outputs]
        yield from self.add_text(f"{','.join(parts)}\n".encode(), 1, shape)

    def add_text(self, text: bytes | pa.Buffer, rows: int, shape: tuple[int, int]) -> Iterator[pa.RecordBatch]:
        """Take lines of output values and input values of the first line's shape; see `PlainText`."""
        full = self._run_rows + rows > self._limit or self._run_bytes + len(text) > _MAXIMUM_TEXT
        if shape != self._shape or (self._run and full):
            yield from self._end_run()
            self._shape, self._limit = shape, block_rows(sum(shape))
        self._run.append(text)
        self._run_rows += rows
        self._run_bytes += len(text)

    def add(self, inputs: Cells | None, outputs: Cells | None) -> Iterator[pa.RecordBatch]:
        """Take any other record."""
        yield from self._end_run()
        yield from self._add_row(inputs, outputs)

    def flush(self) -> Iterator[pa.RecordBatch]:
        """Hand on what is left."""
        yield from self._end_run()
        for block in self._rows.flush():
            yield block.batch

    def _add_row(self, inputs: Cells | None, outputs: Cells | None) -> Iterator[pa.RecordBatch]:
        for block in self._rows.add(self._naming.row(inputs, outputs), 0):
            yield block.batch

    def _end_run(self) -> Iterator[pa.RecordBatch]:
        if not self._run:
            return
        text, rows = b"".join(self._run), self._run_rows
        self._run, self._run_rows, self._run_bytes = [], 0, 0
        if rows < _WORTH_A_BATCH:
            # Short runs join the other rows, or alternating shapes would come as batches of one row.
            yield from self._one_by_one(text)
            return
        ragged: list[int] = []
        batch = self._parse(text, ragged)
        if len(ragged) > rows // _WORTH_A_BATCH:
            yield from self._one_by_one(text)
            return
        lines = text.split(b"\n") if ragged else []
        start = 0
        for before, row in enumerate(ragged):
            yield from self._add_batch(batch.slice(start, row - before - start))
            yield from self._one_by_one(lines[row])
            start = row - before
        yield from self._add_batch(batch.slice(start))

    def _add_batch(self, batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        if batch.num_rows:
            for block in self._rows.flush():
                yield block.batch
            yield batch

    def _one_by_one(self, text: bytes) -> Iterator[pa.RecordBatch]:
        inputs, outputs = self._shape
        dropped = self.drops_outputs(inputs, outputs)
        for line in text.decode().removesuffix("\n").split("\n"):
            cells: list[str | None] = [cell or None for cell in line.split(",")]
            if not inputs:
                yield from self._add_row(None, cells)
            elif dropped:
                # Left out, the outputs count by their number only.
                yield from self._add_row(cells, list[str | None]([None]) * outputs)
            else:
                yield from self._add_row(cells[outputs:], cells[:outputs] or None)

    def _parse(self, text: bytes, ragged: list[int]) -> pa.RecordBatch:
        """The rows of a run but those of another number of values, whose numbers from 0 are added to `ragged`."""

        def skip(row: pyarrow.csv.InvalidRow) -> str:
            ragged.append(row.number - 1)
            return "skip"

        plan = self._naming.plan(*self._shape)
        names = [str(index) for index in range(len(plan.positional))]
        table = pyarrow.csv.read_csv(
            pa.BufferReader(text),
            pyarrow.csv.ReadOptions(use_threads=False, column_names=names, block_size=len(text) + 1),
            pyarrow.csv.ParseOptions(quote_char=False, ignore_empty_lines=False, invalid_row_handler=skip),
            pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
                check_utf8=False,
            ),
        )
        batches = table.combine_chunks().to_batches()
        columns = batches[0].columns if batches else [pa.array([], pa.string())] * len(names)
        return pa.RecordBatch.from_arrays(columns, names=list(plan.positional))
