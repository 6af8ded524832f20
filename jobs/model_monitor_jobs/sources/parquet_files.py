"""Parquet files, row groups one after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from model_monitor_jobs.errors import InputError
from model_monitor_jobs.sources.blocks import Block
from model_monitor_jobs.sources.records import MAXIMUM_SAMPLES, ReadReport, block_rows

# What pyarrow raises on damaged files; faults of a store come as errors of our own.
_DAMAGE: Final = (pa.ArrowException, OSError, ValueError, MemoryError)
_KEPT_TYPES: Final = (
    pa.types.is_integer,
    pa.types.is_float32,
    pa.types.is_float64,
    pa.types.is_decimal,
    pa.types.is_boolean,
    pa.types.is_string,
    pa.types.is_timestamp,
    pa.types.is_date,
    pa.types.is_null,
)


def read(stream: BinaryIO, name: str, report: ReadReport, groups: Sequence[int] | None = None) -> Iterator[Block]:
    """The rows of one file, or of consecutive row groups of it, with the file's own types.

    Structs are flattened with dots; numbers, truth values, timestamps and dates keep their types, the rest becomes
    text. A file that is no Parquet file is broken, and counts as one unreadable row; of a damaged row group
    the rows from the damage on are counted, the other groups are read. A row with text that is no UTF-8 is unreadable.
    An empty file has no rows. Raises InputError when a name stands twice.
    """
    stream.seek(0, 2)
    if stream.tell() == 0:
        return
    stream.seek(0)
    try:
        # Reading whole column chunks ahead would hold a row group in memory.
        file = pyarrow.parquet.ParquetFile(stream, pre_buffer=False, page_checksum_verification=True)
        columns = file.schema_arrow.names
        rows = [file.metadata.row_group(group).num_rows for group in range(file.metadata.num_row_groups)]
    except _DAMAGE as error:
        report.add_broken(name, 1, _reason(error), unit="row")
        return
    _check_names(columns, name)
    wanted = range(len(rows)) if groups is None else groups
    yield from _blocks(file, name, report, rows, wanted)


def _blocks(file: Any, name: str, report: ReadReport, rows: Sequence[int], wanted: Sequence[int]) -> Iterator[Block]:
    """The rows of the wanted groups; where reading them in one go fails, group by group from there on."""
    start = sum(rows[: wanted[0]]) if wanted else 0
    done = 0
    size = block_rows(len(file.schema.names))
    try:
        for batch in file.iter_batches(batch_size=size, row_groups=list(wanted), use_threads=False):
            yield from _readable(batch, start + done, name, report)
            done += batch.num_rows
    except _DAMAGE:
        for group in wanted:
            if done < rows[group] or not rows[group]:
                yield from _one_group(file, name, report, group, size, start, rows[group], done)
            start += rows[group]
            done = max(0, done - rows[group])


def _one_group(
    file: Any, name: str, report: ReadReport, group: int, size: int, start: int, rows: int, known: int
) -> Iterator[Block]:
    """The rows of one group from the `known`-th on, as far as they can be read."""
    position = 0
    try:
        for batch in file.iter_batches(batch_size=size, row_groups=[group], use_threads=False):
            fresh = batch.slice(min(max(0, known - position), batch.num_rows))
            yield from _readable(fresh, start + position + batch.num_rows - fresh.num_rows, name, report)
            position += batch.num_rows
    except _DAMAGE as error:
        lost = rows - max(position, known)
        first = start + max(position, known) + 1
        report.add_broken(name, first, _reason(error), count=max(1, lost), unit="row")


def _readable(batch: pa.RecordBatch, start: int, name: str, report: ReadReport) -> Iterator[Block]:
    """The rows of a batch without those whose text is no UTF-8."""
    flat = _flat(batch)
    good = np.ones(flat.num_rows, dtype=bool)
    for column, values in zip(flat.schema.names, flat.columns, strict=True):
        try:
            values.validate(full=True)
        except pa.ArrowInvalid:
            bad = [row for row in np.flatnonzero(good).tolist() if not _is_text(values[row])]
            if not bad and good.all():
                raise
            good[bad] = False
            for row in bad[:MAXIMUM_SAMPLES]:
                report.add_unreadable(name, start + row + 1, f"not UTF-8 in column {column!r}", "")
            if len(bad) > MAXIMUM_SAMPLES:
                text = f"not UTF-8 in column {column!r}"
                report.add_unreadable(name, start + bad[-1] + 1, text, "", count=len(bad) - MAXIMUM_SAMPLES)
    if good.all():
        yield from Block(_simple(flat), _numbered(start)).cut()
    elif good.any():
        kept = np.flatnonzero(good)
        yield from Block(_simple(flat.filter(pa.array(good))), lambda row: start + int(kept[row]) + 1).cut()


def _simple(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The same values in few types: numbers, truth values, times, text; lists and the like as text."""
    arrays = [_simple_array(values) for values in batch.columns]
    if all(new is old for new, old in zip(arrays, batch.columns, strict=True)):
        return batch
    return pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)


def _simple_array(values: pa.Array) -> pa.Array:
    kind = values.type
    if any(test(kind) for test in _KEPT_TYPES):
        return values
    if pa.types.is_dictionary(kind):
        return values if pa.types.is_string(kind.value_type) else _simple_array(values.dictionary_decode())
    if pa.types.is_float16(kind):
        return values.cast(pa.float32())
    if isinstance(kind, pa.BaseExtensionType):
        return _simple_array(values.storage)
    try:
        return values.cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return pa.array([_text(value) for value in values], pa.string())


def _text(value: pa.Scalar) -> str | None:
    if not value.is_valid:
        return None
    try:
        content = value.as_py()
        return content.decode() if isinstance(content, bytes) else str(content)
    except (ValueError, OverflowError):
        # Bytes that are no text, nanoseconds, times beyond Python's.
        return str(value)


def _is_text(value: pa.Scalar) -> bool:
    try:
        value.as_py()
    except UnicodeDecodeError:
        return False
    return True


def _flat(batch: pa.RecordBatch) -> pa.RecordBatch:
    while any(pa.types.is_struct(field.type) for field in batch.schema):
        table = pa.Table.from_batches([batch]).flatten().combine_chunks()
        batch = table.to_batches()[0] if table.num_rows else pa.RecordBatch.from_pylist([], schema=table.schema)
    return batch


def _numbered(start: int) -> Callable[[int], int]:
    return lambda row: start + row + 1


def _reason(error: Exception) -> str:
    lines = str(error).splitlines()
    return f"not readable as Parquet ({lines[0] if lines else type(error).__name__})"


def _check_names(names: list[str], file: str) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise InputError(f"{file}: more than one column is named {', '.join(map(repr, twice))}")
