"""CSV text to rows, a block of whole records at a time, with the physical line of every row.

Arrow's parser is fast and exact on well-formed text, yet silent on the rest: it mends stray quotes, and an
open quote swallows rows. So a block goes to it only after its quotes have been checked; any other block is
read record by record, and a record whose quotes are wrong costs its first line only.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.csv

from model_monitor_jobs.sources.blocks import Block
from model_monitor_jobs.sources.records import CSVDialect
from model_monitor_jobs.sources.text import not_utf8

MAXIMUM_RECORD_BYTES = 16 << 20
MAXIMUM_RECORD_LINES = 10_000
_LINES_ONE_BY_ONE = 5_000
_BYTES_ONE_BY_ONE = 256 << 10
_QUOTE, _NEWLINE, _RETURN = 34, 10, 13

OnUnreadable = Callable[[int, str, bytes, int], None]
"""Called with the first physical line (from 1), the reason, the text and the number of physical lines."""


@dataclass(frozen=True)
class Parsed:
    """Rows of a block, how many of its bytes they take, and the number of line ends in these."""

    block: Block | None
    consumed: int
    lines: int


def parse(
    data: bytes, columns: list[str], dialect: CSVDialect, first_line: int, end: bool, unreadable: OnUnreadable
) -> Parsed:
    """Read whole records at the beginning of `data`, whose first line has the number `first_line`.

    `end` says that no more data follow. What is not consumed may hold more records: nothing is consumed only
    when the first record is not complete yet (or `data` are empty).
    """
    cut = _well_formed(data, dialect.delimiter, end)
    if cut is not None:
        return _parse_well_formed(data[:cut], columns, dialect, first_line, unreadable)
    size = _BYTES_ONE_BY_ONE
    while True:
        whole = size >= len(data)
        parsed = _parse_one_by_one(data[:size], columns, dialect, first_line, end and whole, unreadable)
        if parsed.consumed or whole:
            return parsed
        size *= 4


def first_record(data: bytes, dialect: CSVDialect) -> tuple[list[str], int, int]:
    """The fields of the first record, the bytes up to its end, and the lines up to there; blank lines count.

    No fields when all lines are blank. Raises ValueError with the reason when a header can't be read;
    without a header, lines that can't be read are passed over as long as a good one follows.
    """
    lines = data.splitlines(keepends=True)
    index = 0
    reason = ""
    while index < len(lines):
        fields, used, fault = _one_record(lines, index, len(lines), dialect)
        reason = reason or fault
        if reason and dialect.header:
            break
        index += used if fields is not None else 1
        if fields:
            return fields, sum(map(len, lines[:index])), index
    if reason:
        raise ValueError(reason)
    return [], len(data), len(lines)


def _reader(text: Iterator[str], dialect: CSVDialect) -> Iterator[list[str]]:
    csv.field_size_limit(sys.maxsize)
    return csv.reader(text, delimiter=dialect.delimiter, strict=True)


def _well_formed(data: bytes, delimiter: str, end: bool) -> int | None:
    """The length of the whole records in `data` if all of it is plain RFC 4180 in UTF-8, else None."""
    if data.startswith(b"\xef\xbb\xbf"):
        # Arrow would take it for a byte order mark, which stands at the beginning of a file only.
        return None
    cut = _quoted_length(data, delimiter, end) if b'"' in data else _unquoted_length(data, end)
    return cut if cut and _is_text(data[:cut]) else None


def _unquoted_length(data: bytes, end: bool) -> int | None:
    cut = len(data) if end else data.rfind(b"\n") + 1
    lone_returns = b"\r" in data and data.count(b"\r", 0, cut) != data.count(b"\r\n", 0, cut)
    return None if lone_returns else cut


def _quoted_length(data: bytes, delimiter: str, end: bool) -> int | None:
    values = np.frombuffer(data, np.uint8)
    quotes = np.flatnonzero(values == _QUOTE)
    cut = len(data)
    if not end:
        newlines = np.flatnonzero(values == _NEWLINE)
        outside = newlines[np.searchsorted(quotes, newlines) % 2 == 0]
        cut = int(outside[-1]) + 1 if len(outside) else 0
    quotes = quotes[: np.searchsorted(quotes, cut)]
    if not cut or len(quotes) % 2:
        return None
    # Every quote opens or closes a field, or is one of two within a field, which close and open it again.
    separators = np.array([ord(delimiter), _NEWLINE, _RETURN, _QUOTE], np.uint8)
    opening, closing = quotes[::2], quotes[1::2]
    before = values[opening[opening > 0] - 1]
    after = values[closing[closing < cut - 1] + 1]
    returns = np.flatnonzero(values[:cut] == _RETURN)
    returns = returns[np.searchsorted(quotes, returns) % 2 == 0]
    following = values[np.minimum(returns + 1, cut - 1)]
    proper = np.isin(before, separators).all() and np.isin(after, separators).all()
    return cut if proper and (following == _NEWLINE).all() else None


def _is_text(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _parse_well_formed(
    data: bytes, columns: list[str], dialect: CSVDialect, first_line: int, unreadable: OnUnreadable
) -> Parsed:
    quoted = b'"' in data
    ragged: list[tuple[int, int, str]] = []

    def skip(row: pyarrow.csv.InvalidRow) -> str:
        ragged.append((row.number, row.actual_columns, row.text))
        return "skip"

    names = [str(index) for index in range(len(columns))]
    table = pyarrow.csv.read_csv(
        pa.BufferReader(data),
        pyarrow.csv.ReadOptions(use_threads=False, column_names=names, block_size=len(data) + 1),
        pyarrow.csv.ParseOptions(
            delimiter=dialect.delimiter,
            quote_char='"' if quoted else False,
            double_quote=True,
            newlines_in_values=quoted,
            invalid_row_handler=skip,
        ),
        pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
            check_utf8=False,
        ),
    )
    positions = _Positions(data)
    for number, actual, text in ragged:
        start, length = positions.span(number - 1)
        unreadable(first_line + start, _ragged(len(columns), actual), text.encode(), length)
    dropped = np.array([number - 1 for number, _, _ in ragged], np.int64)

    def line_of(row: int) -> int:
        record = row
        for number in dropped:
            record += number <= record
        return first_line + positions.span(int(record))[0]

    batch = table.combine_chunks().to_batches()
    block = Block(pa.RecordBatch.from_arrays(batch[0].columns, names=columns), line_of) if batch else None
    return Parsed(block, len(data), data.count(b"\n") + (not data.endswith(b"\n")))


class _Positions:
    """Where the records of a well-formed block begin, worked out when first asked."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._starts: list[int] | None = None
        self._lengths: list[int] = []

    def span(self, record: int) -> tuple[int, int]:
        """The physical line of a record, from 0, and how many lines it has; blank lines are no records."""
        if self._starts is None:
            self._find()
        assert self._starts is not None
        return self._starts[record], self._lengths[record]

    def _find(self) -> None:
        values = np.frombuffer(self._data, np.uint8)
        newlines = np.flatnonzero(values == _NEWLINE)
        outside = np.searchsorted(np.flatnonzero(values == _QUOTE), newlines) % 2 == 0
        ends = [*newlines[outside].tolist(), len(values)]
        line_ends = np.searchsorted(newlines, ends).tolist()
        self._starts = []
        start = line = 0
        for end, line_end in zip(ends, line_ends, strict=True):
            if self._data[start:end].strip(b"\r"):
                self._starts.append(line)
                self._lengths.append(line_end - line + 1)
            start, line = end + 1, line_end + 1


def _ragged(expected: int, actual: int) -> str:
    return f"{actual} columns instead of {expected}"


def _parse_one_by_one(
    data: bytes, columns: list[str], dialect: CSVDialect, first_line: int, end: bool, unreadable: OnUnreadable
) -> Parsed:
    lines = data.splitlines(keepends=True)
    # Without a following byte it is unknown whether a final return belongs to a CRLF.
    whole = len(lines) if end or data.endswith(b"\n") else len(lines) - 1
    rows: list[list[str]] = []
    starts: list[int] = []
    index = 0
    # After some lines the rest is tried the fast way again: the trouble may be over.
    while index < min(whole, _LINES_ONE_BY_ONE):
        fields, used, fault = _one_record(lines, index, whole, dialect)
        ran_out = fault == _OPEN and not end and used < MAXIMUM_RECORD_LINES
        if ran_out and sum(map(len, lines[index:])) < MAXIMUM_RECORD_BYTES:
            # More data may close the quotes.
            break
        text = b"".join(lines[index : index + used])
        if fields is None:
            used = 1
            unreadable(first_line + index, fault, lines[index], 1)
        elif fields and len(fields) != len(columns):
            unreadable(first_line + index, _ragged(len(columns), len(fields)), text, used)
        elif fields:
            rows.append(fields)
            starts.append(first_line + index)
        index += used
    block = None
    if rows:
        arrays = [pa.array([cell or None for cell in cells], pa.string()) for cells in zip(*rows, strict=True)]
        block = Block(pa.RecordBatch.from_arrays(arrays, names=columns), starts.__getitem__)
    return Parsed(block, sum(map(len, lines[:index])), index)


_OPEN = "a quote is never closed"


def _one_record(lines: list[bytes], index: int, whole: int, dialect: CSVDialect) -> tuple[list[str] | None, int, str]:
    """The fields of the record that begins at a line, the number of its lines, and the fault if it has none."""
    used = 0

    def text() -> Iterator[str]:
        nonlocal used
        while used < MAXIMUM_RECORD_LINES and index + used < whole:
            used += 1
            yield lines[index + used - 1].decode()

    try:
        return next(_reader(text(), dialect)), used, ""
    except UnicodeDecodeError as error:
        return None, used, not_utf8(error)
    except csv.Error as error:
        if "unexpected end of data" in str(error):
            return None, used, _OPEN
        return None, used, f"a quote is out of place ({error})"
    except StopIteration:
        return [], max(used, 1), ""
