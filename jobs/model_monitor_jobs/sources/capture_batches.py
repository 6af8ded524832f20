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
        self._plain: list[PlainRecord] = []
        self._shape = (0, 0)
        self._limit = 1

    def add_plain(self, record: PlainRecord) -> Iterator[pa.RecordBatch]:
        """Take a plain CSV record."""
        inputs, outputs = record
        shape = (inputs.count(",") + 1 if inputs else 0, outputs.count(",") + 1 if outputs else 0)
        if shape != self._shape or len(self._plain) >= self._limit:
            yield from self._end_run()
            self._shape, self._limit = shape, block_rows(sum(shape))
        self._plain.append(record)

    def add(self, inputs: Cells | None, outputs: Cells | None) -> Iterator[pa.RecordBatch]:
        """Take any other record."""
        if self._plain:
            yield from self._end_run()
        for block in self._rows.add(self._naming.row(inputs, outputs), 0):
            yield block.batch

    def flush(self) -> Iterator[pa.RecordBatch]:
        """Hand on what is left."""
        yield from self._end_run()
        for block in self._rows.flush():
            yield block.batch

    def _end_run(self) -> Iterator[pa.RecordBatch]:
        run, self._plain = self._plain, []
        if len(run) < _WORTH_A_BATCH:
            # Short runs join the other rows, or alternating shapes would come as batches of one row.
            for inputs, outputs in run:
                row = self._naming.row(_cells(inputs), _cells(outputs))
                for block in self._rows.add(row, 0):
                    yield block.batch
            return
        for block in self._rows.flush():
            yield block.batch
        yield self._parse(run)

    def _parse(self, run: list[PlainRecord]) -> pa.RecordBatch:
        inputs, outputs = self._shape
        plan = self._naming.plan(inputs, outputs)
        if plan.outputs_dropped or not outputs:
            text = "\n".join([record[0] for record in run])
        elif not inputs:
            text = "\n".join([record[1] for record in run])
        else:
            text = "\n".join([f"{record[1]},{record[0]}" for record in run])
        data = text.encode()
        names = [str(index) for index in range(len(plan.positional))]
        table = pyarrow.csv.read_csv(
            pa.BufferReader(data),
            pyarrow.csv.ReadOptions(use_threads=False, column_names=names, block_size=len(data) + 1),
            pyarrow.csv.ParseOptions(quote_char=False, ignore_empty_lines=False),
            pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
                check_utf8=False,
            ),
        )
        batch = table.combine_chunks().to_batches()[0]
        return pa.RecordBatch.from_arrays(batch.columns, names=list(plan.positional))


def _cells(text: str) -> Cells | None:
    return [cell or None for cell in text.split(",")] if text else None
