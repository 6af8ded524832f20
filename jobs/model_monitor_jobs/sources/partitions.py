"""The parts of a dataset that are read and profiled on their own: by its files and their sizes, nothing else.

They never follow from the number of workers: the same data come in the same parts wherever they are read, and so give
the same result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Protocol

import pyarrow as pa

from model_monitor_jobs.sources.records import Partition, ReadReport
from model_monitor_jobs.storage import Entry, Storage

PARTITION_BYTES: Final = 32 << 20
# What compressed text takes when it is read, against its size in the store.
_INFLATED: Final = 4


@dataclass(frozen=True)
class Piece:
    """A file, or the part of it that nominally has `step` bytes from `start` on, or some row groups of a Parquet file.

    The last part of a file goes to its end, wherever that is by now.
    """

    entry: Entry
    start: int = 0
    step: int | None = None
    last: bool = False
    groups: tuple[int, ...] | None = None

    @property
    def whole(self) -> bool:
        """Whether it is all of the file."""
        return self.step is None and self.groups is None

    @property
    def first(self) -> bool:
        """Whether the file begins with it."""
        return self.start == 0 and (self.groups is None or self.groups[:1] == (0,))


class PieceReader(Protocol):
    """Reads pieces; what it was made with can be pickled."""

    @property
    def storage(self) -> Storage:
        """Where the pieces lie."""
        ...

    def read(self, pieces: Sequence[Piece], report: ReadReport) -> Iterator[pa.RecordBatch]:
        """The rows of consecutive pieces, `records` not yet counted."""
        ...


@dataclass(frozen=True)
class PieceGroup:
    """A Partition: consecutive pieces and how to read them."""

    ordinal: int
    pieces: tuple[Piece, ...]
    reader: PieceReader

    def read(self, report: ReadReport) -> Iterator[pa.RecordBatch]:
        """Read its rows in order, counting into a report of its own."""
        for batch in self.reader.read(self.pieces, report):
            if batch.num_rows:
                report.records += batch.num_rows
                yield batch


class PartitionedStream:
    """A RecordStream of partitions."""

    def __init__(
        self,
        plan: Callable[[], Sequence[Partition]],
        finish: Callable[[ReadReport], None] | None = None,
        *,
        remote: bool = False,
    ) -> None:
        """`plan` finds the partitions when they are first asked for; `finish` judges the report of the whole."""
        self._plan = plan
        self._finish = finish
        self.remote = remote
        self.report = ReadReport()

    @cached_property
    def partitions(self) -> Sequence[Partition]:
        """The parts in their order."""
        return self._plan()

    def finish(self, report: ReadReport) -> None:
        """Keep the report of a whole reading. Raises InputError when nothing that counts was read."""
        self.report = report
        if self._finish is not None:
            self._finish(report)

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """Read all partitions in order, counting into a new report."""
        self.report = report = ReadReport()
        for partition in self.partitions:
            yield from partition.read(report)
        self.finish(report)


Split = Callable[[Entry], Iterable[Piece] | None]
"""Cuts a large file, None if it can only be read as one."""


def group(entries: Iterable[Entry], reader: PieceReader, split: Split, most: int = PARTITION_BYTES) -> list[PieceGroup]:
    """Partitions of about `most` bytes: small files together, those over twice as large in pieces if they can be."""
    groups: list[list[Piece]] = []
    held = most
    for entry in entries:
        pieces = split(entry) if entry.size > 2 * most else None
        if pieces is not None:
            groups += [[piece] for piece in pieces]
            held = most
            continue
        if held >= most:
            groups.append([])
            held = 0
        groups[-1].append(Piece(entry))
        held += entry.size * (_INFLATED if entry.uri.endswith(".gz") else 1)
    return [PieceGroup(ordinal, tuple(pieces), reader) for ordinal, pieces in enumerate(groups)]


def byte_ranges(entry: Entry, step: int = PARTITION_BYTES) -> list[Piece] | None:
    """The nominal ranges of a plain text file; what is less than half a step long belongs to the range before."""
    if entry.uri.endswith(".gz"):
        return None
    count = max(1, (entry.size + step // 2) // step)
    return [Piece(entry, index * step, step, last=index == count - 1) for index in range(count)]
