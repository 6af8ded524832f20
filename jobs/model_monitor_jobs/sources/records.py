"""What every source hands on: record batches, and an account of all that was read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

import pyarrow as pa

MAXIMUM_ROWS = 65_536
MAXIMUM_CELLS = 4_000_000
MAXIMUM_SAMPLES = 20
MAXIMUM_SAMPLE_TEXT = 200


@dataclass(frozen=True)
class Unreadable:
    """One place that could not be read.

    `line` is the physical line in the file, counted from 1 (Parquet: the row).
    `text` is cut at 200 characters.
    """

    file: str
    line: int
    reason: str
    text: str


@dataclass
class ReadReport:
    """Counts of everything that a stream has seen so far.

    `records` counts the rows handed on; `unreadable` physical lines (CSV, JSON Lines), rows (Parquet) or
    captured events; `outside_window` rows left out because of their time; `bytes` are as stored (compressed).
    """

    files: int = 0
    records: int = 0
    unreadable: int = 0
    samples: list[Unreadable] = field(default_factory=list)
    bytes: int = 0
    outside_window: int = 0
    notes: list[str] = field(default_factory=list)

    def add_unreadable(self, file: str, line: int, reason: str, text: str, *, count: int = 1) -> None:
        """Count `count` unreadable lines and keep a sample while there is room."""
        self.unreadable += count
        if len(self.samples) < MAXIMUM_SAMPLES:
            self.samples.append(Unreadable(file, line, reason, text[:MAXIMUM_SAMPLE_TEXT]))

    def note(self, text: str) -> None:
        """Keep a remark, each only once."""
        if text not in self.notes:
            self.notes.append(text)


@dataclass(frozen=True)
class CSVDialect:
    """How a CSV file is written: RFC 4180 quoting, UTF-8; only these two things vary."""

    header: bool = True
    delimiter: str = ","


class RecordStream(Protocol):
    """Record batches in a fixed order; `report` fills up while they are read.

    A batch has at most 65,536 rows and 4 million cells. Its columns are Arrow strings (CSV, JSON: the text as
    written, null where missing) or the file's own types (Parquet). Batches may differ in their columns; a
    column that a batch lacks is missing in all of its rows. Every iteration reads anew, with a new report.
    """

    report: ReadReport

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """Read from the beginning."""
        ...


class ReadStream:
    """A RecordStream around a function that reads everything once."""

    def __init__(self, read: Callable[[ReadReport], Iterator[pa.RecordBatch]]) -> None:
        self._read = read
        self.report = ReadReport()

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """Read from the beginning, counting into a new report."""
        self.report = report = ReadReport()
        for batch in self._read(report):
            if batch.num_rows:
                report.records += batch.num_rows
                yield batch


def block_rows(columns: int) -> int:
    """The most rows a batch of so many columns may have."""
    return max(1, min(MAXIMUM_ROWS, MAXIMUM_CELLS // max(1, columns)))
