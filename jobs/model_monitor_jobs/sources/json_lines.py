"""JSON Lines files: one record a line, plain or gzip."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from model_monitor_jobs.sources import json_text
from model_monitor_jobs.sources.blocks import Block
from model_monitor_jobs.sources.records import ReadReport
from model_monitor_jobs.sources.rows import RowBlocks
from model_monitor_jobs.sources.text import TextSource, lines


def read(stream: BinaryIO, name: str, report: ReadReport) -> Iterator[Block]:
    """The records of one file as text; blank lines are no records, bad ones are counted in the report.

    An object's values have names, nested ones with dots; an array's values are named by position, from 0.
    """
    rows = RowBlocks()
    for number, line, fault in lines(TextSource(stream, name)):
        try:
            if fault:
                raise json_text.NotReadable(fault)
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")  # noqa: PLW2901
            if not line.strip():
                continue
            row = _record(line.decode())
        except json_text.NotReadable as error:
            report.add_unreadable(name, number, str(error), line[:1000].decode(errors="replace"))
        except UnicodeDecodeError as error:
            reason = f"not UTF-8 ({error.reason})"
            report.add_unreadable(name, number, reason, line[:1000].decode(errors="replace"))
        else:
            yield from rows.add(row, number)
    yield from rows.flush()


def _record(text: str) -> dict[str, str | None]:
    value = json_text.read(text)
    if isinstance(value, dict):
        return json_text.flatten(value)
    if isinstance(value, list):
        return {str(index): cell for index, cell in enumerate(json_text.positional(value))}
    raise json_text.NotReadable("a record must be an object or an array")
