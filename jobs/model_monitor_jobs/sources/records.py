"""What every source hands on: record batches, and an account of all that was read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Protocol

import pyarrow as pa

MAXIMUM_ROWS = 65_536
MAXIMUM_CELLS = 4_000_000
MAXIMUM_SAMPLES = 20
MAXIMUM_SAMPLE_TEXT = 200
MAXIMUM_COLUMNS = 1000


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
    captured events; `outside_window` rows left out because of their time; `dropped` records that a preprocessor left
    out; `bytes` are as stored (compressed). `broken` are the files of which an unknown part is missing, each with what
    is known of it. `columns` are names of columns that records had, those that were not handed on among them, where
    outputs are selected; at most 1,000.
    """

    files: int = 0
    records: int = 0
    unreadable: int = 0
    bytes: int = 0
    outside_window: int = 0
    dropped: int = 0
    broken: dict[str, str] = field(default_factory=dict)
    columns: dict[str, None] = field(default_factory=dict)
    _notes: dict[str, None] = field(default_factory=dict)
    _faults: dict[str, _Fault] = field(default_factory=dict)

    @property
    def notes(self) -> list[str]:
        """Remarks for a person, those on broken files first."""
        broken = [f"{file} could not be read whole: {reason}" for file, reason in self.broken.items()]
        dropped = [f"{self.dropped:,} records were left out by the record preprocessor"] if self.dropped else []
        return [
            *dropped,
            *_few(broken, "further files could not be read whole"),
            *_few([*self._notes], "further remarks"),
        ]

    @property
    def samples(self) -> list[Unreadable]:
        """At most 20 places that could not be read: the first of every reason, then the second of every reason, …"""
        rounds = zip_longest(*(fault.samples for fault in self._faults.values()))
        return [sample for samples in rounds for sample in samples if sample is not None][:MAXIMUM_SAMPLES]

    @property
    def reasons(self) -> dict[str, int]:
        """How many lines were unreadable for which reason; what differs from line to line stands as `…`."""
        return {kind: fault.count for kind, fault in self._faults.items()}

    def add_unreadable(self, file: str, line: int, reason: str, text: str, *, count: int = 1) -> None:
        """Count `count` unreadable lines and keep a sample while there is room."""
        fault = self._fault(_VARYING.sub("…", reason))
        fault.count += count
        self.unreadable += count
        if len(fault.samples) < MAXIMUM_SAMPLES:
            fault.samples.append(Unreadable(file, line, reason, text[:MAXIMUM_SAMPLE_TEXT]))

    def add_broken(
        self, file: str, line: int, reason: str, text: str = "", *, count: int = 1, unit: str = "line"
    ) -> None:
        """Count a file that can't be read from `line` on, where nobody knows how much is missing.

        Where it is known, that is `count` lines, and they are counted and noted, but the file is not broken.
        `unit` says what `line` counts.
        """
        self.add_unreadable(file, line, reason, text, count=count)
        self.mark_broken(file, line, reason, count=count, unit=unit)

    def mark_broken(self, file: str, line: int, reason: str, *, count: int = 1, unit: str = "line") -> None:
        """The same where the line itself has been counted already."""
        if count > 1:
            self.note(f"{file}: {count} {unit}s from {unit} {line} on are missing: {reason}")
        else:
            self.broken.setdefault(file, f"it ends before {unit} {line}: {reason}")

    def note(self, text: str) -> None:
        """Keep a remark, each only once."""
        self._notes.setdefault(text)

    def add_columns(self, names: Iterable[str]) -> None:
        """Keep names of columns."""
        for name in names:
            if len(self.columns) < MAXIMUM_COLUMNS:
                self.columns.setdefault(name)

    def merge(self, other: ReadReport) -> None:
        """Add what was read next: the same report as if one reader had read both parts."""
        for name in ("files", "records", "unreadable", "bytes", "outside_window", "dropped"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self._notes |= other._notes
        self.add_columns(other.columns)
        for file, reason in other.broken.items():
            self.broken.setdefault(file, reason)
        for kind, fault in other._faults.items():
            mine = self._fault(kind)
            mine.count += fault.count
            mine.samples.extend(fault.samples[: MAXIMUM_SAMPLES - len(mine.samples)])

    def _fault(self, kind: str) -> _Fault:
        if kind not in self._faults and len(self._faults) >= MAXIMUM_SAMPLES:
            kind = "other reasons"
        return self._faults.setdefault(kind, _Fault())


@dataclass
class _Fault:
    count: int = 0
    samples: list[Unreadable] = field(default_factory=list)


def _few(texts: list[str], further: str) -> list[str]:
    rest = len(texts) - MAXIMUM_SAMPLES
    return [*texts[:MAXIMUM_SAMPLES], f"{rest} {further}"] if rest > 0 else texts


_VARYING = re.compile(r"(?<![\w-])\d+|'[^']*'|\"[^\"]*\"|(?<=\().*(?=\))", re.DOTALL)
"""Numbers (that of UTF-8 is none), quoted values, and details in parentheses."""


@dataclass(frozen=True)
class CSVDialect:
    """How a CSV file is written: RFC 4180 quoting, UTF-8; only these two things vary."""

    header: bool = True
    delimiter: str = ","


class Partition(Protocol):
    """A part of a stream; it can be sent to another process that reaches the same storage."""

    @property
    def ordinal(self) -> int:
        """Its place in the stream, from 0."""
        ...

    def read(self, report: ReadReport) -> Iterator[pa.RecordBatch]:
        """Read its rows in order, counting into a report of its own."""
        ...


class RecordStream(Protocol):
    """Record batches in a fixed order; `report` fills up while they are read.

    A batch has at most 65,536 rows and 4 million cells. Its columns are Arrow strings (CSV, JSON: the text as
    written, null where missing) or the file's own types (Parquet). Batches may differ in their columns; a
    column that a batch lacks is missing in all of its rows. Every iteration reads anew, with a new report.

    The same rows come in `partitions`, which follow from the data alone: one after the other they are the stream.
    """

    report: ReadReport

    @property
    def remote(self) -> bool:
        """Whether reading has to wait for an object store."""
        ...

    @property
    def partitions(self) -> Sequence[Partition]:
        """The parts in their order."""
        ...

    def finish(self, report: ReadReport) -> None:
        """Keep the merged report of all partitions as the stream's.

        Raises InputError when nothing that counts was read.
        """
        ...

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """Read from the beginning."""
        ...


def block_rows(columns: int) -> int:
    """The most rows a batch of so many columns may have."""
    return max(1, min(MAXIMUM_ROWS, MAXIMUM_CELLS // max(1, columns)))
