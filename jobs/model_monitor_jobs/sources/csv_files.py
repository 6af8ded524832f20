"""CSV files: header or none, plain or gzip."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from model_monitor_jobs.errors import ConfigurationError, InputError
from model_monitor_jobs.sources import csv_blocks, headers
from model_monitor_jobs.sources.blocks import Block
from model_monitor_jobs.sources.records import MAXIMUM_SAMPLE_TEXT, CSVDialect, ReadReport
from model_monitor_jobs.sources.text import MAXIMUM_LINE_BYTES, TextSource

BLOCK_BYTES = 4 << 20
_USUAL_HEADER_BYTES = 64 << 10


def check_dialect(dialect: CSVDialect) -> None:
    """Raises ConfigurationError for a delimiter that can't delimit."""
    if len(dialect.delimiter.encode()) != 1 or dialect.delimiter in '"\r\n':
        raise ConfigurationError(
            f"csv.delimiter: {dialect.delimiter!r} can't delimit columns",
            remedy="give one ASCII character other than a quote or a line end",
        )


def read(stream: BinaryIO, name: str, dialect: CSVDialect, report: ReadReport) -> Iterator[Block]:
    """The rows of one file, empty cells as null; bad lines are counted in the report.

    Without a header (and for columns that it leaves unnamed) a column's name is its position, from 0. A line of
    more than 16 MiB is unreadable. Raises InputError when the header can't be read or names a column twice, when
    the first line is data where a header was promised, or a header where none was.
    """
    source = TextSource(stream, name)
    data, (fields, header_bytes, header_lines) = _beginning(source, name, dialect)
    columns = [str(index) for index in range(len(fields))]
    line = 1
    if dialect.header:
        columns = headers.names(fields, name)
        data, line = data[header_bytes:], line + header_lines
        if remark := headers.doubt(columns, name):
            report.note(remark)
    yield from _rows(source, data, columns, name, dialect, report, line, first_row=not dialect.header)


def columns_of(stream: BinaryIO, name: str, dialect: CSVDialect) -> list[str]:
    """The names of a file's columns, none where all of its lines are blank. Raises InputError as `read` does."""
    fields = _first_fields(TextSource(stream, name).read(_USUAL_HEADER_BYTES), dialect)
    if not fields:
        stream.seek(0)
        _, (fields, _, _) = _beginning(TextSource(stream, name), name, dialect)
    return headers.names(fields, name) if dialect.header else [str(index) for index in range(len(fields))]


def _first_fields(data: bytes, dialect: CSVDialect) -> list[str]:
    """The fields of the first record if it ends within these data and can be read."""
    try:
        fields, size, _ = csv_blocks.first_record(data, dialect)
    except ValueError:
        return []
    return fields if size < len(data) else []


def read_part(
    stream: BinaryIO, columns: list[str], name: str, dialect: CSVDialect, report: ReadReport
) -> Iterator[Block]:
    """The rows of a later part of a file with these columns, which begins with a record; its lines count from 1."""
    source = TextSource(stream, name, beginning=False)
    yield from _rows(source, source.read(BLOCK_BYTES), columns, name, dialect, report, 1, first_row=False)


def _rows(
    source: TextSource,
    data: bytes,
    columns: list[str],
    name: str,
    dialect: CSVDialect,
    report: ReadReport,
    line: int,
    *,
    first_row: bool,
) -> Iterator[Block]:
    unreadable = _counting(report, name)
    end = False
    while columns:
        if end and source.fault:
            data = _drop_partial(data)
        parsed = csv_blocks.parse(data, columns, dialect, line, end, unreadable)
        if parsed.block is not None:
            if first_row:
                headers.check_first_row(parsed.block.batch, name)
                first_row = False
            yield from parsed.block.cut()
        line += parsed.lines
        data = data[parsed.consumed :]
        if end and not data:
            break
        if not end and (not parsed.consumed or len(data) < BLOCK_BYTES):
            following = source.read(max(BLOCK_BYTES, len(data)))
            end = not following
            data += following
        if not parsed.consumed and len(data) > MAXIMUM_LINE_BYTES and _line_end(data) < 0:
            unreadable(line, f"the line is longer than {MAXIMUM_LINE_BYTES} bytes", data[:MAXIMUM_SAMPLE_TEXT], 1)
            data = _after_line(source, data)
            line += 1
    if source.fault:
        report.add_broken(name, line, source.fault)


def _beginning(source: TextSource, name: str, dialect: CSVDialect) -> tuple[bytes, tuple[list[str], int, int]]:
    """The first data, long enough to hold the whole first record, and that record."""
    data = source.read(BLOCK_BYTES)
    while True:
        fault: ValueError | None = None
        try:
            record = csv_blocks.first_record(data, dialect)
        except ValueError as error:
            fault = error
        whole = fault is None and record[1] < len(data)
        more = source.read(max(BLOCK_BYTES, len(data))) if not whole and len(data) < MAXIMUM_LINE_BYTES else b""
        if more:
            data += more
            continue
        if fault is None and (whole or len(data) < MAXIMUM_LINE_BYTES):
            return data, record
        if fault is None:
            what = "header" if dialect.header else "first line"
            message = f"{name}: the {what} is longer than {MAXIMUM_LINE_BYTES} bytes"
            raise InputError(message, remedy="check the line ends and the quotes of the file's beginning")
        what = "the header" if dialect.header else "every line"
        remedy = "check the file's format and the fields under csv"
        if "UTF-8" in str(fault):
            remedy = f"write the file as UTF-8; read as Windows-1252 it begins with {_as_windows(data)!r}"
        raise InputError(f"{name}: {what} can't be read as CSV: {fault}", remedy=remedy)


def _as_windows(data: bytes) -> str:
    return data[:60].decode("cp1252", errors="replace").splitlines()[0]


def _line_end(data: bytes) -> int:
    """Where the first line ends, -1 if it does not."""
    ends = [position for position in (data.find(b"\n"), data.find(b"\r")) if position >= 0]
    return min(ends, default=-1)


def _after_line(source: TextSource, data: bytes) -> bytes:
    """What follows the line that the data begin with."""
    while data and (end := _line_end(data)) < 0:
        data = source.read(BLOCK_BYTES)
    return data[end + 1 + data.startswith(b"\r\n", end) :] if data else data


def _drop_partial(data: bytes) -> bytes:
    """A file that breaks off leaves a piece of a line, which must not pass for a row."""
    return data[: data.rfind(b"\n") + 1]


def _counting(report: ReadReport, name: str) -> csv_blocks.OnUnreadable:
    def count(line: int, reason: str, text: bytes, lines: int) -> None:
        report.add_unreadable(name, line, reason, text.decode(errors="replace").rstrip("\r\n"), count=lines)

    return count
