"""A sample of a stream: the rows whose hashes are the smallest."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa

from model_monitor_jobs.profiles.hashes import Hashes

MOST_ROWS: Final = 50_000
MOST_VALUES: Final = 2_000_000
FEWEST_ROWS: Final = 2_000


def sample_rows(columns: int) -> int:
    """How many rows are worth keeping of a table with so many features and scores.

    Fewer of a wide one, so that memory and time stay bounded.
    """
    return int(np.clip(MOST_VALUES // max(1, columns), FEWEST_ROWS, MOST_ROWS))


class Sampler:
    """Keeps the `most` rows with the smallest hashes, in memory that does not grow with the stream.

    Which rows those are does not depend on how the stream is cut into batches or parts. Rows with the same hash count
    in the order in which they come.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.rows = 0
        """Rows seen."""
        self._hashes: Hashes = np.zeros(0, dtype=np.uint64)
        self._batches: list[pa.RecordBatch] = []
        self._limit: np.uint64 | None = None

    def add(self, batch: pa.RecordBatch, hashes: Hashes) -> None:
        """Add rows; `hashes` has one element a row, evenly spread over 64 bits."""
        self.rows += batch.num_rows
        if self._limit is not None:
            below = hashes < self._limit
            batch, hashes = batch.filter(pa.array(below)), hashes[below]
        if not batch.num_rows:
            return
        self._batches.append(batch)
        self._hashes = np.concatenate([self._hashes, hashes])
        if len(self._hashes) >= 2 * self.most:
            self._shrink()

    def merge(self, other: Sampler) -> None:
        """Add the sample of another part of the stream, which comes after this one."""
        rows = self.rows + other.rows
        sample, hashes = other.sample()
        if sample is not None:
            self.add(sample, hashes)
        self.rows = rows

    def sample(self) -> tuple[pa.RecordBatch | None, Hashes]:
        """The rows in the order of their hashes, and these; None when there was no row."""
        self._shrink()
        return (self._batches[0] if self._batches else None), self._hashes

    def _shrink(self) -> None:
        if not self._batches:
            return
        order = np.argsort(self._hashes, kind="stable")[: self.most]
        table = pa.concat_tables(map(_table, self._batches), promote_options="default").combine_chunks()
        self._batches = table.take(pa.array(order)).combine_chunks().to_batches()
        self._hashes = self._hashes[order]
        if len(order) == self.most:
            self._limit = self._hashes[-1]


def _table(batch: pa.RecordBatch) -> pa.Table:
    return pa.Table.from_batches([batch])
