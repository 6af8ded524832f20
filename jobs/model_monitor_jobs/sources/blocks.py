"""What the readers of files hand to the stream: a batch that knows the lines its rows came from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pyarrow as pa

from model_monitor_jobs.sources.records import block_rows


@dataclass(frozen=True)
class Block:
    """Rows of one file; `line_of(row)` is the physical line, from 1, on which a row begins (Parquet: its number)."""

    batch: pa.RecordBatch
    line_of: Callable[[int], int]

    def cut(self) -> Iterator[Block]:
        """The same rows in blocks no larger than a batch may be."""
        rows = block_rows(self.batch.num_columns)
        if self.batch.num_rows <= rows:
            yield self
            return
        for start in range(0, self.batch.num_rows, rows):
            yield Block(self.batch.slice(start, rows), _shifted(self.line_of, start))


def _shifted(line_of: Callable[[int], int], start: int) -> Callable[[int], int]:
    return lambda row: line_of(start + row)


def build_batch(rows: list[dict[str, str | None]], columns: list[str]) -> pa.RecordBatch:
    """Text rows as a batch with these columns; without any column it still has its rows."""
    if not columns:
        return pa.RecordBatch.from_struct_array(pa.array([{}] * len(rows), pa.struct([])))
    arrays = [pa.array([row.get(name) for row in rows], pa.string()) for name in columns]
    return pa.RecordBatch.from_arrays(arrays, names=columns)
