"""The rows that a violation is about: a second look at a window, taken only when something is wrong."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from model_monitor_jobs.checks.predicates import (
    Between,
    Equals,
    MissingValue,
    NotAmong,
    NotOfType,
    Predicate,
)
from model_monitor_jobs.profiles.row_types import as_texts, present_rows, row_types

MOST_OFFENDERS: Final = 100
Mask = NDArray[np.bool_]
Segment = tuple[str, ...]
"""Column and value of the rows that count, or empty for all rows."""
Key = TypeVar("Key", bound=Hashable)


class Identified(Protocol):
    """Rows, the identity of each, and the number of the first one in the whole window."""

    @property
    def batch(self) -> pa.RecordBatch:
        """The rows."""

    @property
    def identity(self) -> Callable[[int], str]:
        """The identity of a row."""

    @property
    def first(self) -> int:
        """The number of the first row, from 0."""


@dataclass(frozen=True)
class Offenders:
    """Identities of offending rows, in the order of the rows: all of them, or a sample spread over the window."""

    ids: tuple[str, ...]
    total: int
    """How many rows offend in all."""


def find_offenders(
    batches: Iterable[Identified], wanted: Mapping[Key, tuple[Predicate, Segment]], most: int = MOST_OFFENDERS
) -> dict[Key, Offenders]:
    """Find up to `most` rows for each predicate, within its segment.

    Where there are more, those with the smallest hash of their number: a sample in which every row of the window has
    the same chance, and which is the same each time. Takes one pass over the batches, and memory for the sample only.
    """
    samples = {key: _Sample(most) for key in wanted}
    for identified in batches:
        columns = _Columns(identified.batch)
        for key, (predicate, segment) in wanted.items():
            rows = np.flatnonzero(columns.matching(predicate, segment))
            if len(rows):
                samples[key].add(rows, identified)
    return {key: sample.offenders() for key, sample in samples.items()}


def matching(batch: pa.RecordBatch, predicate: Predicate, segment: Segment = ()) -> Mask:
    """Which rows of a batch a predicate is true of; a column that the batch lacks has no values."""
    return _Columns(batch).matching(predicate, segment)


class _Columns:
    """The columns of a batch, each prepared at most once however many predicates ask for it."""

    def __init__(self, batch: pa.RecordBatch) -> None:
        self._batch = batch
        self._prepared: dict[str, tuple[Mask, pa.Array]] = {}

    def matching(self, predicate: Predicate, segment: Segment) -> Mask:
        found = self._of_column(predicate)
        if segment and found.any():
            column, value = segment
            found &= self._of_column(Equals(column, value))
        return found

    def _of_column(self, predicate: Predicate) -> Mask:
        present, values = self._present(predicate.column)
        if isinstance(predicate, MissingValue):
            return ~present
        found = np.zeros(len(present), dtype=np.bool_)
        if len(values):
            found[present] = _holds(predicate, values)
        return found

    def _present(self, column: str) -> tuple[Mask, pa.Array]:
        if column not in self._prepared:
            index = self._batch.schema.get_field_index(column)
            values = self._batch.column(index) if index >= 0 else pa.nulls(self._batch.num_rows, pa.string())
            self._prepared[column] = present_rows(values)
        return self._prepared[column]


def _holds(predicate: NotOfType | NotAmong | Equals | Between, values: pa.Array) -> Mask:
    """Of values that are all present, which the predicate is true of."""
    if isinstance(predicate, Equals):
        return _mask(pc.equal(as_texts(values), predicate.value))
    if isinstance(predicate, NotAmong):
        return ~_mask(pc.is_in(as_texts(values), value_set=pa.array(list(predicate.values), pa.string())))
    types = row_types(values)
    if isinstance(predicate, NotOfType):
        fractional = types.fractional if predicate.kind == "Fractional" else types.whole
        return ~(types.integral if predicate.strict and predicate.kind == "Integral" else types.integral | fractional)
    with np.errstate(invalid="ignore"):
        found = np.isfinite(types.numbers)
        if predicate.low is not None:
            found &= types.numbers >= predicate.low
        if predicate.high is not None:
            found &= types.numbers <= predicate.high
    return found


def _mask(values: pa.Array) -> Mask:
    return np.array(values.to_numpy(zero_copy_only=False), dtype=np.bool_)


@dataclass
class _Sample:
    """The rows with the smallest hashes so far."""

    most: int
    total: int = 0
    hashes: NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, dtype=np.uint64))
    numbers: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    ids: list[str] = field(default_factory=list)

    def add(self, rows: NDArray[np.int64], identified: Identified) -> None:
        """Take the offending rows of a batch."""
        self.total += len(rows)
        numbers = rows.astype(np.int64) + identified.first
        hashes = _hashed(numbers)
        if len(self.ids) >= self.most:
            near = hashes < self.hashes.max() if self.most else np.zeros(len(rows), dtype=np.bool_)
            rows, numbers, hashes = rows[near], numbers[near], hashes[near]
        nearest = np.argsort(hashes, kind="stable")[: self.most]
        ids = [*self.ids, *(identified.identity(int(rows[place])) for place in nearest)]
        self.hashes = np.concatenate((self.hashes, hashes[nearest]))
        self.numbers = np.concatenate((self.numbers, numbers[nearest]))
        kept = np.argsort(self.hashes, kind="stable")[: self.most]
        self.hashes, self.numbers, self.ids = self.hashes[kept], self.numbers[kept], [ids[place] for place in kept]

    def offenders(self) -> Offenders:
        """The sample in the order of the rows."""
        return Offenders(tuple(self.ids[place] for place in np.argsort(self.numbers)), self.total)


def _hashed(numbers: NDArray[np.int64]) -> NDArray[np.uint64]:
    """splitmix64 (Steele, Lea, Flood 2014), a bijection of 64 bits: no two rows have the same hash."""
    mixed = (numbers.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)), dtype=np.uint64)
