"""Lines of files as a record preprocessor makes rows of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import BinaryIO, Final

from model_monitor_jobs.scripts.process import MOST_LINES, ScriptProcess
from model_monitor_jobs.sources.blocks import Block
from model_monitor_jobs.sources.records import ReadReport
from model_monitor_jobs.sources.rows import RowBlocks
from model_monitor_jobs.sources.text import TextSource, lines, not_utf8

_SHOWN: Final = 1_000


def read(stream: BinaryIO, name: str, report: ReadReport, process: ScriptProcess, *, header: bool) -> Iterator[Block]:
    """The rows of one file, whose lines the script is given one by one; with `header` all but the first.

    A line that the script fails on is counted as unreadable, one that it drops in the report's `dropped`.
    """
    rows, source = RowBlocks(), TextSource(stream, name)
    waiting: list[tuple[int, str]] = []
    for number, line, fault in lines(source):
        if fault:
            report.add_broken(name, number, fault, line[:_SHOWN].decode(errors="replace"))
        elif line.strip() and not (header and number == 1):
            try:
                waiting.append((number, line.decode().rstrip("\r\n")))
            except UnicodeDecodeError as error:
                report.add_unreadable(name, number, not_utf8(error), line[:_SHOWN].decode(errors="replace"))
        if len(waiting) == MOST_LINES:
            yield from _added(rows, waiting, name, report, process)
            waiting = []
    yield from _added(rows, waiting, name, report, process)
    yield from rows.flush()


def _added(
    rows: RowBlocks, waiting: Sequence[tuple[int, str]], name: str, report: ReadReport, process: ScriptProcess
) -> Iterator[Block]:
    if not waiting:
        return
    outcomes = process.preprocess([text for _, text in waiting], events=False)
    for (number, text), outcome in zip(waiting, outcomes, strict=True):
        if outcome.error:
            report.add_unreadable(name, number, outcome.error, text)
        elif not outcome.rows:
            report.dropped += 1
        for row in outcome.rows:
            yield from rows.add(dict(row), number)
