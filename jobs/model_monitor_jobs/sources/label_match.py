"""The labels of one bucket, and the records that they belong to."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from model_monitor_jobs.profiles.hashes import Hashes
from model_monitor_jobs.sources.label_buckets import pages
from model_monitor_jobs.sources.selection import (
    LABEL,
    LABEL_KNOWN,
    RECORD_COUNT,
    RECORD_HASH,
    RECORD_ID,
    RECORD_INDEX,
)

Places = NDArray[np.int64]


@dataclass
class Coverage:
    """How records and labels came together.

    records = matched + unmatched. Among them are `repeated` ones whose id and place in the event an earlier record had,
    too; among the unmatched `without_id` ones, and `empty` ones whose label is empty.

    Labels are counted by event, however many records it has: labels = used + mismatched + relabelled + orphaned.
    `used` labels were given to a record at least; `mismatched` to none, because the label has another number of records
    than the events with its id; `relabelled` were replaced by a later label of an id that the window has; `orphaned`
    name an id that no record of the window has.
    """

    records: int = 0
    matched: int = 0
    without_id: int = 0
    repeated: int = 0
    empty: int = 0
    labels: int = 0
    used: int = 0
    mismatched: int = 0
    relabelled: int = 0
    orphaned: int = 0

    @property
    def unmatched(self) -> int:
        """Records without a label."""
        return self.records - self.matched


@dataclass
class _Keys:
    """Ids and their hashes."""

    ids: pa.Array
    hashes: Hashes

    @classmethod
    def of(cls, batch: pa.RecordBatch) -> _Keys:
        return cls(batch.column(RECORD_ID), batch.column(RECORD_HASH).to_numpy())

    def take(self, places: Places) -> _Keys:
        return _Keys(self.ids.take(pa.array(places)), self.hashes[places])


_NONE = _Keys(pa.nulls(0, pa.string()), np.empty(0, np.uint64))


class Matcher:
    """Takes all labels of a bucket, then its records; counts into a Coverage."""

    def __init__(self, counts: Coverage) -> None:
        self._counts = counts
        self._keys = _NONE
        self._values = pa.array([], pa.string())
        self._first = self._size = self._known = self._replaced = np.empty(0, np.int64)
        self._present = self._paired = np.empty(0, np.bool_)
        self._seen, self._seen_at = _NONE, np.empty(0, np.int64)

    def take_labels(self, batches: Sequence[pa.RecordBatch]) -> None:
        """Take labels that were written after those taken before; of each id the one known last is kept."""
        for batch in pages(batches, sys.maxsize):
            self._take(batch)

    def _take(self, batch: pa.RecordBatch) -> None:
        starts = np.flatnonzero(_integers(batch, RECORD_INDEX, 0) == 0)
        keys = _joined(self._keys, _Keys.of(batch).take(starts))
        first = np.concatenate([self._first, starts + len(self._values)])
        size = np.concatenate([self._size, _integers(batch, RECORD_COUNT, 1)[starts]])
        known = np.concatenate([self._known, _integers(batch, LABEL_KNOWN, 0)[starts]])
        replaced = np.concatenate([self._replaced, np.zeros(len(starts), np.int64)])
        values = pa.concat_arrays([self._values, batch.column(LABEL)])
        codes, ids = codes_of(keys)
        order = np.argsort(known, kind="stable")
        last = np.empty(ids, np.int64)
        # Of several values for one place numpy keeps the last.
        last[codes[order]] = order
        kept = np.sort(last)
        per_id = np.bincount(codes, replaced + 1, ids).astype(np.int64)
        self._keys, self._known, self._size = keys.take(kept), known[kept], size[kept]
        self._replaced = per_id[codes[kept]] - 1
        ends = np.cumsum(self._size)
        self._first = ends - self._size
        rows = np.arange(ends[-1] if len(ends) else 0) + np.repeat(first[kept] - self._first, self._size)
        self._values = values.take(pa.array(rows))

    def join(self, chunks: Iterator[Sequence[pa.RecordBatch]]) -> Iterator[pa.RecordBatch]:
        """The records with their labels, in the order in which they come."""
        self._present = np.zeros(len(self._size), np.bool_)
        self._paired = np.zeros(len(self._size), np.bool_)
        chunk = next(chunks, None)
        while chunk is not None:
            following = next(chunks, None)
            if chunk:
                yield from self._chunk(chunk, more=following is not None)
            chunk = following
        counts = self._counts
        counts.used += int(np.count_nonzero(self._paired))
        counts.mismatched += int(np.count_nonzero(self._present & ~self._paired))
        counts.relabelled += int(self._replaced[self._present].sum())
        counts.orphaned += int((self._replaced[~self._present] + 1).sum())

    def _chunk(self, batches: Sequence[pa.RecordBatch], *, more: bool) -> Iterator[pa.RecordBatch]:
        labels, seen = len(self._keys.ids), len(self._seen.ids)
        records = _joined(*map(_Keys.of, batches))
        codes, ids = codes_of(_joined(self._keys, self._seen, records))
        label_of = np.full(ids + 1, -1)
        label_of[codes[:labels]] = np.arange(labels)
        label = label_of[codes[labels + seen :]]
        place = np.concatenate([_integers(batch, RECORD_INDEX, 0) for batch in batches])
        size = np.concatenate([_integers(batch, RECORD_COUNT, 1) for batch in batches])
        self._count(codes[labels:], np.concatenate([self._seen_at, place]), records, more=more)

        found = np.flatnonzero(label >= 0)
        chosen = label[found]
        fits = (self._size[chosen] == 1) | (self._size[chosen] == size[found])
        self._present[chosen] = True
        found, chosen = found[fits], chosen[fits]
        self._paired[chosen] = True
        row = np.zeros(len(label), np.int64)
        row[found] = self._first[chosen] + np.where(self._size[chosen] == 1, 0, place[found])
        without = np.ones(len(label), np.bool_)
        without[found] = False
        given = self._values.take(pa.array(row, mask=without))
        empty = given.null_count - int(np.count_nonzero(without))
        self._counts.matched += len(found) - empty
        self._counts.empty += empty
        start = 0
        for batch in batches:
            yield batch.append_column(LABEL, given.slice(start, batch.num_rows))
            start += batch.num_rows

    def _count(self, codes: Places, places: Places, records: _Keys, *, more: bool) -> None:
        """Count repeated records: `codes` are those of the ones seen in earlier chunks, then of these."""
        before = len(self._seen.ids)
        keys = codes
        if places.any():
            keys = np.unique(np.stack([codes, places], axis=1), axis=0, return_inverse=True)[1].reshape(-1)
        known = np.flatnonzero(codes >= 0)
        first = np.full(int(keys.max(initial=-1)) + 1, -1)
        first[keys[known[::-1]]] = known[::-1]
        is_new = first[keys[known]] == known
        self._counts.without_id += len(codes) - len(known)
        self._counts.repeated += int(np.count_nonzero(~is_new))
        if more:
            fresh = known[is_new & (known >= before)]
            self._seen = _joined(self._seen, records.take(fresh - before))
            self._seen_at = np.concatenate([self._seen_at, places[fresh]])


def codes_of(keys: _Keys) -> tuple[Places, int]:
    """A number for each id, from 0, alike for equal ids and for these alone, -1 for none; and how many numbers there
    are. Hashes are compared first, then the texts.
    """
    encoded = pa.array(keys.hashes).dictionary_encode()
    codes: Places = encoded.indices.to_numpy().astype(np.int64)
    count = len(encoded.dictionary)
    missing = keys.ids.null_count
    if missing:
        absent = keys.ids.is_null().to_numpy(zero_copy_only=False)
        codes[absent] = -1
    example = np.zeros(count, np.int64)
    known = np.flatnonzero(codes >= 0) if missing else np.arange(len(codes))
    example[codes[known]] = known
    texts = keys.ids.take(pa.array(known)) if missing else keys.ids
    if not texts.equals(keys.ids.take(pa.array(example[codes[known]]))):
        # Two ids have one hash.
        by_text = keys.ids.dictionary_encode()
        return by_text.indices.fill_null(-1).to_numpy().astype(np.int64), len(by_text.dictionary)
    return codes, count


def _joined(*keys: _Keys) -> _Keys:
    return _Keys(pa.concat_arrays([one.ids for one in keys]), np.concatenate([one.hashes for one in keys]))


def _integers(batch: pa.RecordBatch, name: str, default: int) -> Places:
    index = batch.schema.get_field_index(name)
    if index < 0:
        return np.full(batch.num_rows, default, np.int64)
    values: Places = batch.column(index).fill_null(default).to_numpy().astype(np.int64)
    return values
