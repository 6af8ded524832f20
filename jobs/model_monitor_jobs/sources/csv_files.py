"""CSV files: header or none, plain or gzip."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO

from model_monitor_jobs.errors import ConfigurationError, InputError
from model_monitor_jobs.sources import csv_blocks
from model_monitor_jobs.sources.blocks import Block
from model_monitor_jobs.sources.records import CSVDialect, ReadReport
from model_monitor_jobs.sources.text import TextSource

BLOCK_BYTES = 4 << 20
_MAXIMUM_HEADER_BYTES = 16 << 20
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def check_dialect(dialect: CSVDialect) -> None:
    """Raises ConfigurationError for a delimiter that can't delimit."""
    if len(dialect.delimiter.encode()) != 1 or dialect.delimiter in '"\r\n':
        raise ConfigurationError(
            f"csv.delimiter: {dialect.delimiter!r} can't delimit columns",
            remedy="give one ASCII character other than a quote or a line end",
        )


def read(stream: BinaryIO, name: str, dialect: CSVDialect, report: ReadReport) -> Iterator[Block]:
    """The rows of one file, empty cells as null; bad lines are counted in the report.

    Without a header (and for columns that it leaves unnamed) a column's name is its position, from 0.
    Raises InputError when the header can't be read or names a column twice.
    """
    source = TextSource(stream, name)
    data, (fields, header_bytes, header_lines) = _beginning(source, name, dialect)
    columns = [str(index) for index in range(len(fields))]
    line = 1
    if dialect.header:
        columns = _names(fields, name)
        data, line = data[header_bytes:], line + header_lines
    end = False
    while columns:
        if end and source.fault:
            data = _drop_partial(data)
        parsed = csv_blocks.parse(data, columns, dialect, line, end, _counting(report, name))
        if parsed.block is not None:
            yield from parsed.block.cut()
        line += parsed.lines
        data = data[parsed.consumed :]
        if end and not data:
            break
        if not end and (not parsed.consumed or len(data) < BLOCK_BYTES):
            following = source.read(max(BLOCK_BYTES, len(data)))
            end = not following
            data += following
    if source.fault:
        report.add_unreadable(name, line, source.fault, "")


def _beginning(source: TextSource, name: str, dialect: CSVDialect) -> tuple[bytes, tuple[list[str], int, int]]:
    """The first data, long enough to hold the whole first record, and that record."""
    data = source.read(BLOCK_BYTES).removeprefix(_BYTE_ORDER_MARK)
    while True:
        fault: ValueError | None = None
        try:
            record = csv_blocks.first_record(data, dialect)
        except ValueError as error:
            fault = error
        whole = fault is None and record[1] < len(data)
        more = source.read(max(BLOCK_BYTES, len(data))) if not whole and len(data) < _MAXIMUM_HEADER_BYTES else b""
        if more:
            data += more
            continue
        if fault is None:
            return data, record
        what = "the header" if dialect.header else "every line"
        message = f"{name}: {what} can't be read as CSV: {fault}"
        raise InputError(message, remedy="check the file's format and the fields under csv")


def _drop_partial(data: bytes) -> bytes:
    """A file that breaks off leaves a piece of a line, which must not pass for a row."""
    return data[: data.rfind(b"\n") + 1]


def _counting(report: ReadReport, name: str) -> csv_blocks.OnUnreadable:
    def count(line: int, reason: str, text: bytes, lines: int) -> None:
        report.add_unreadable(name, line, reason, text.decode(errors="replace").rstrip("\r\n"), count=lines)

    return count


def _names(fields: list[str], name: str) -> list[str]:
    columns = [field or str(index) for index, field in enumerate(fields)]
    twice = [column for column, count in Counter(columns).items() if count > 1]
    if twice:
        raise InputError(
            f"{name}: more than one column is named {', '.join(map(repr, twice))}",
            remedy="rename them, or set csv.header to false if the first line is data",
        )
    return columns
