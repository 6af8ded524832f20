"""Gives the records of a window their labels, in bounded memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from model_monitor_jobs.profiles.hashes import Hashes, hash_numbers, hash_texts
from model_monitor_jobs.sources.label_buckets import LABELS, RECORDS, Buckets, pages
from model_monitor_jobs.sources.label_match import Coverage, Matcher
from model_monitor_jobs.sources.selection import RECORD_HASH, RECORD_ID, RECORD_INDEX

MEMORY_BYTES: Final = 64 << 20
_FILTER_BITS: Final = 27
_PAGE_BYTES: Final = 4 << 20
_PAGES: Final = 16
"""So many at least before the memory is full."""


def join_labels(
    records: Iterable[pa.RecordBatch],
    labels: Iterable[pa.RecordBatch],
    *,
    scratch: Path | None = None,
    memory_bytes: int = MEMORY_BYTES,
) -> Joined:
    """Join records that have RECORD_ID with the labels of `read_labels`.

    A label of one record is given to all records of the event with its id, as often as the id occurs; one of as many
    records as the event has to each its own. Both sides lie in memory up to `memory_bytes`, beyond that in files of a
    temporary folder below `scratch`.
    """
    return Joined(records, labels, scratch, memory_bytes)


class Joined:
    """The records' batches with two columns more: LABEL, null where there is none, and RECORD_HASH.

    `counts` fills up while they are read; every iteration reads anew. The same input and memory give the same batches
    in the same order; other memory gives the same rows and counts.
    """

    def __init__(
        self, records: Iterable[pa.RecordBatch], labels: Iterable[pa.RecordBatch], scratch: Path | None, memory: int
    ) -> None:
        self._records = records
        self._labels = labels
        self._scratch = scratch
        self._memory = memory
        self.counts = Coverage()

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """Read all records, then all labels, and join them."""
        self.counts = counts = Coverage()
        with tempfile.TemporaryDirectory(dir=self._scratch, prefix="joined-") as folder:
            buckets = Buckets(Path(folder), self._memory)
            known = _Filter()
            for batch in self._records:
                hashed = _with_hashes(batch, counts.records)
                counts.records += batch.num_rows
                known.add(hashed.column(RECORD_HASH).to_numpy())
                buckets.add(RECORDS, hashed)
            # Readers of labels hand on small batches.
            for batch in pages(iter(self._labels), min(_PAGE_BYTES, self._memory // _PAGES)):
                hashed = _with_hashes(batch, 0)
                events = _events(batch)
                counts.labels += events
                near = hashed.filter(known.may_hold(hashed))
                counts.orphaned += events - _events(near)
                if near.num_rows:
                    buckets.add(LABELS, near)
            for records, labels in buckets.read():
                matcher = Matcher(counts)
                for chunk in labels:
                    matcher.take_labels(chunk)
                yield from matcher.join(records)


class _Filter:
    """Tells of most hashes that were not added that they were not."""

    def __init__(self) -> None:
        self._bits = np.zeros(1 << (_FILTER_BITS - 3), np.uint8)

    def add(self, hashes: Hashes) -> None:
        """Take hashes of records."""
        np.bitwise_or.at(self._bits, *_places(hashes))

    def may_hold(self, labels: pa.RecordBatch) -> pa.Array:
        """Whether a record may have the id of each label."""
        bytes_, bits = _places(labels.column(RECORD_HASH).to_numpy())
        return pc.and_(pa.array((self._bits[bytes_] & bits) != 0), labels.column(RECORD_ID).is_valid())


def _places(hashes: Hashes) -> tuple[NDArray[np.intp], NDArray[np.uint8]]:
    """The bytes of the filter and the bits in them that stand for hashes."""
    places = hashes >> np.uint64(64 - _FILTER_BITS)
    bits: NDArray[np.uint8] = np.uint8(1) << (places & np.uint64(7)).astype(np.uint8)
    return (places >> np.uint64(3)).astype(np.intp), bits


def _with_hashes(batch: pa.RecordBatch, first: int) -> pa.RecordBatch:
    ids = batch.column(RECORD_ID)
    if not ids.null_count:
        return batch.append_column(RECORD_HASH, pa.array(hash_texts(ids)))
    hashes = hash_texts(pc.fill_null(ids, ""))
    missing = np.flatnonzero(ids.is_null().to_numpy(zero_copy_only=False))
    hashes[missing] = hash_numbers((first + missing).astype(np.float64))
    return batch.append_column(RECORD_HASH, pa.array(hashes))


def _events(labels: pa.RecordBatch) -> int:
    """How many events labels are of."""
    index = labels.schema.get_field_index(RECORD_INDEX)
    if index < 0:
        return int(labels.num_rows)
    return int(np.count_nonzero(labels.column(index).fill_null(0).to_numpy() == 0))
