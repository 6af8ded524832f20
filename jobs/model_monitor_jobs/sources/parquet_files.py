"""Parquet files, row groups one after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet

from model_monitor_jobs.errors import InputError
from model_monitor_jobs.sources.blocks import Block
from model_monitor_jobs.sources.records import ReadReport, block_rows


def read(stream: BinaryIO, name: str, report: ReadReport) -> Iterator[Block]:
    """The rows of one file with the file's own types; structs are flattened with dots.

    A file that is no Parquet file, or is damaged further on, counts as one unreadable. An empty file has no
    rows. Raises InputError when a name stands twice.
    """
    stream.seek(0, 2)
    if stream.tell() == 0:
        return
    stream.seek(0)
    number = 0
    try:
        # Reading whole column chunks ahead would hold a row group in memory.
        file = pyarrow.parquet.ParquetFile(stream, pre_buffer=False)
        _check_names(file.schema_arrow.names, name)
        for batch in file.iter_batches(batch_size=block_rows(len(file.schema.names)), use_threads=False):
            flat = _flat(batch)
            yield from Block(flat, _numbered(number)).cut()
            number += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        report.add_unreadable(name, number + 1, f"not readable as Parquet ({str(error).splitlines()[0]})", "")


def _flat(batch: pa.RecordBatch) -> pa.RecordBatch:
    while any(pa.types.is_struct(field.type) for field in batch.schema):
        table = pa.Table.from_batches([batch]).flatten().combine_chunks()
        batch = table.to_batches()[0] if table.num_rows else pa.RecordBatch.from_pylist([], schema=table.schema)
    return batch


def _numbered(start: int) -> Callable[[int], int]:
    return lambda row: start + row + 1


def _check_names(names: list[str], file: str) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise InputError(f"{file}: more than one column is named {', '.join(map(repr, twice))}")
