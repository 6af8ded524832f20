"""JSON Lines files: one record a line, plain or gzip."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO

from model_monitor_jobs.sources import json_text
from model_monitor_jobs.sources.blocks import Block
from model_monitor_jobs.sources.records import ReadReport
from model_monitor_jobs.sources.rows import RowBlocks
from model_monitor_jobs.sources.text import TextSource, lines, not_utf8

Record = dict[str, str | None]


def read(
    stream: BinaryIO, name: str, report: ReadReport, record: Callable[[str], Record] | None = None
) -> Iterator[Block]:
    """The records of one file as text; blank lines are no records, bad ones are counted in the report.

    An object's values have names, nested ones with dots; an array's values are named by position, from 0. `record`
    reads a line in another way; it raises NotReadable.
    """
    record = record or flat_record
    rows = RowBlocks()
    source = TextSource(stream, name)
    for number, line, fault in lines(source):
        try:
            if fault:
                raise json_text.NotReadable(fault)
            if not line.strip():
                continue
            row = record(line.decode())
        except (json_text.NotReadable, UnicodeDecodeError) as error:
            reason = not_utf8(error) if isinstance(error, UnicodeDecodeError) else str(error) + _hint(number, line)
            count = report.add_broken if fault and fault == source.fault else report.add_unreadable
            count(name, number, reason, line[:1000].decode(errors="replace"))
        else:
            yield from rows.add(row, number)
    yield from rows.flush()


def _hint(number: int, line: bytes) -> str:
    """What is probably the matter with a line that can't be read."""
    if b"\r" in line.strip():
        return "; its lines seem to end in a lone carriage return, where a line feed is expected"
    if number == 1 and line.strip()[:2] in (b"[", b"{", b"[{"):
        return "; the file seems to be one JSON document, where one record a line is expected"
    return ""


def flat_record(text: str) -> Record:
    """The values of an object or an array by name. Raises NotReadable."""
    value = json_text.read(text)
    if isinstance(value, (dict, list)):
        return named(value)
    raise json_text.NotReadable("a record must be an object or an array")


def named(value: dict[str, json_text.JSONValue] | list[json_text.JSONValue]) -> Record:
    """The cells of an object or an array by name. Raises NotReadable."""
    if isinstance(value, dict):
        return json_text.flatten(value)
    return {str(index): cell for index, cell in enumerate(json_text.positional(value))}
