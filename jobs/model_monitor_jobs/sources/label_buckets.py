"""Two sides of a join by the hashes of their ids: in memory as long as they fit, then in files of one bucket each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from model_monitor_jobs.profiles.hashes import Hashes
from model_monitor_jobs.sources.records import MAXIMUM_ROWS
from model_monitor_jobs.sources.selection import RECORD_HASH

BUCKETS: Final = 64
_BITS: Final = 6
_DEEPEST: Final = 4
"""How often a bucket is divided: what is still too large then holds few ids, each of them often."""
_PAGES: Final = 4

RECORDS, LABELS = 0, 1
Chunks = Iterator[Sequence[pa.RecordBatch]]
"""Batches in the order in which they were added, each sequence of a bounded size."""


class Buckets:
    """Takes batches that have RECORD_HASH; equal hashes come to the same bucket."""

    def __init__(self, folder: Path, memory_bytes: int, depth: int = 0) -> None:
        """Files are made in `folder`, and removed once they are read."""
        self._folder = folder
        self._memory_bytes = memory_bytes
        self._depth = depth
        self._held: tuple[list[pa.RecordBatch], list[pa.RecordBatch]] = ([], [])
        self._bytes = 0
        self._spilled: tuple[_Files, _Files] | None = None

    def add(self, side: int, batch: pa.RecordBatch) -> None:
        """Take a batch of RECORDS or LABELS."""
        self._held[side].append(batch)
        self._bytes += batch.nbytes
        if self._bytes > (self._memory_bytes if self._spilled is None else self._memory_bytes // _PAGES):
            self._spill()

    def read(self) -> Iterator[tuple[Chunks, Chunks]]:
        """The records and the labels of each bucket; the labels have to be read first."""
        if self._spilled is None:
            yield iter([self._held[RECORDS]]), iter([self._held[LABELS]])
            return
        self._spill()
        records, labels = self._spilled
        records.close()
        labels.close()
        for bucket in range(BUCKETS):
            size = records.size(bucket) + labels.size(bucket)
            if size <= self._memory_bytes or self._depth + 1 >= _DEEPEST:
                yield records.chunks(bucket, self._memory_bytes), labels.chunks(bucket, self._memory_bytes)
            else:
                yield from self._divided(bucket, records, labels)

    def _divided(self, bucket: int, records: _Files, labels: _Files) -> Iterator[tuple[Chunks, Chunks]]:
        inner = Buckets(self._folder, self._memory_bytes, self._depth + 1)
        for side, files in ((RECORDS, records), (LABELS, labels)):
            for chunk in files.chunks(bucket, self._memory_bytes // _PAGES):
                for batch in chunk:
                    inner.add(side, batch)
        yield from inner.read()

    def _spill(self) -> None:
        if self._spilled is None:
            records, labels = (_Files(self._folder, self._depth, name) for name in ("records", "labels"))
            self._spilled = records, labels
        for held, files in zip(self._held, self._spilled, strict=True):
            for page in pages(held, self._memory_bytes // _PAGES):
                files.write(page)
            held.clear()
        self._bytes = 0


class _Files:
    """A file a bucket, made when it is first written to."""

    def __init__(self, folder: Path, depth: int, name: str) -> None:
        self._folder = folder
        self._shift = np.uint64(depth * _BITS)
        self._name = f"{depth}-{name}"
        self._sinks: dict[int, Any] = {}

    def write(self, page: pa.RecordBatch) -> None:
        """Scatter rows over the buckets; each bucket keeps their order."""
        hashes: Hashes = page.column(page.schema.get_field_index(RECORD_HASH)).to_numpy()
        buckets = ((hashes >> self._shift) & np.uint64(BUCKETS - 1)).astype(np.uint8)
        sorted_rows = page.take(pa.array(np.argsort(buckets, kind="stable")))
        bounds = np.concatenate([[0], np.cumsum(np.bincount(buckets, minlength=BUCKETS))]).tolist()
        for bucket, (start, end) in enumerate(pairwise(bounds)):
            if end > start:
                if bucket not in self._sinks:
                    self._sinks[bucket] = pa.OSFile(str(self._path(bucket)), "wb")
                # Pages may have other columns, so each is a stream of its own.
                with pa.ipc.new_stream(self._sinks[bucket], page.schema) as stream:
                    stream.write_batch(sorted_rows.slice(start, end - start))

    def close(self) -> None:
        """End writing."""
        for sink in self._sinks.values():
            sink.close()

    def size(self, bucket: int) -> int:
        """The bytes of a bucket."""
        return self._path(bucket).stat().st_size if bucket in self._sinks else 0

    def chunks(self, bucket: int, size: int) -> Chunks:
        """The rows of a bucket in chunks of about so many bytes; its file is removed in the end."""
        if bucket not in self._sinks:
            return
        with pa.OSFile(str(self._path(bucket)), "rb") as source:
            for page in pages(_batches(source), size):
                yield [page.slice(start, MAXIMUM_ROWS) for start in range(0, page.num_rows, MAXIMUM_ROWS)]
        self._path(bucket).unlink()

    def _path(self, bucket: int) -> Path:
        return self._folder / f"{self._name}-{bucket}"


def _batches(source: Any) -> Iterator[pa.RecordBatch]:
    size = source.size()
    while source.tell() < size:
        with pa.ipc.open_stream(source) as stream:
            yield from stream


def pages(batches: Iterator[pa.RecordBatch] | Sequence[pa.RecordBatch], size: int) -> Iterator[pa.RecordBatch]:
    """The same rows in batches of about so many bytes; one that lacks a column of another has null in it.

    Batches in which a column has another type come apart.
    """
    held: list[pa.RecordBatch] = []
    types: dict[str, pa.DataType] = {}
    held_bytes = 0
    for batch in batches:
        if not batch.num_rows:
            continue
        other = any(types.get(field.name, field.type) != field.type for field in batch.schema)
        if held and (other or held_bytes >= size):
            yield _one(held)
            held, types, held_bytes = [], {}, 0
        held.append(batch)
        types.update((field.name, field.type) for field in batch.schema)
        held_bytes += batch.nbytes
    if held:
        yield _one(held)


def _one(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    tables = [pa.Table.from_batches([batch]) for batch in batches]
    return pa.concat_tables(tables, promote_options="default").combine_chunks().to_batches()[0]
