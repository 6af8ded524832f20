"""What a record preprocessor makes of lines and of captured events."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final

from model_monitor_jobs.errors import InputError
from model_monitor_jobs.scripts.process import MOST_BYTES, MOST_LINES, Outcome, Row, ScriptProcess
from model_monitor_jobs.sources.blocks import Block
from model_monitor_jobs.sources.capture_naming import Cells
from model_monitor_jobs.sources.json_text import NotReadable
from model_monitor_jobs.sources.records import ReadReport
from model_monitor_jobs.sources.rows import RowBlocks
from model_monitor_jobs.sources.text import TextSource, lines, not_utf8

_SHOWN: Final = 1_000
_LISTED: Final = 4
_SPARK: Final = re.compile(r"_c([0-9]+)")


@dataclass(frozen=True)
class Given:
    """A line that the script is given."""

    text: str
    number: int
    shown: str
    """What a person finds it by, if the script fails on it."""
    file: str = ""
    identity: str | None = None


Answered = tuple[Given, Outcome]


class Conversation:
    """Gives a script lines, some hundred at a time, and the next ones while it is busy with those before."""

    def __init__(self, process: ScriptProcess, *, events: bool) -> None:
        self._process = process
        self._events = events
        self._waiting: list[Given] = []
        self._bytes = 0
        self._out: list[Given] = []

    def add(self, line: Given) -> Iterator[Answered]:
        """Take a line; yields earlier ones with what came of them. Raises InputError as `ScriptProcess.receive`."""
        self._waiting.append(line)
        self._bytes += len(line.text)
        if len(self._waiting) >= MOST_LINES or self._bytes >= MOST_BYTES:
            yield from self._next()

    def flush(self) -> Iterator[Answered]:
        """The rest."""
        while self._waiting or self._out:
            yield from self._next()

    def _next(self) -> Iterator[Answered]:
        earlier, self._out, self._waiting, self._bytes = self._out, self._waiting, [], 0
        if self._out:
            self._process.send([line.text for line in self._out], events=self._events)
        if earlier:
            yield from zip(earlier, self._process.receive(), strict=True)


class ColumnNames:
    """Whether the names that a script gives are columns, or only say their order, as they do for SageMaker.

    They say the order where none of them is a column of the baseline and all are digits, as those of the usual
    `str(i).zfill(20)`, or as many as the baseline has columns. `_c0`, `_c1`, …, Spark's names, are the columns 0, 1, …
    of a baseline without names; of one with names their order is that of their numbers.
    """

    def __init__(self, layouts: Iterable[Sequence[str]], note: Callable[[str], None], also: Iterable[str] = ()) -> None:
        """`layouts` are the orders that the baseline's columns may have, the likeliest first; `also` other columns."""
        self._layouts = [layout for layout in layouts if layout]
        self._columns: frozenset[str] = frozenset().union(*self._layouts)
        self._known = self._columns.union(also)
        # What is chosen by its position comes on top of the columns of a layout.
        self._chosen = sum(map(str.isdecimal, self._known - self._columns))
        self._note = note
        self._meanings: dict[tuple[str, ...], _Meaning] = {}

    def cells(self, row: Row) -> Cells:
        """The values: in the order of columns where the names only say that, else by the names of columns.

        Raises NotReadable where they say an order and are more or fewer than the columns.
        """
        meaning = self._meanings.get(row.names)
        if meaning is None:
            meaning = self._meanings[row.names] = self._meaning(row.names)
        if meaning.fault:
            raise NotReadable(meaning.fault)
        if meaning.names is not None:
            return dict(zip(meaning.names, row.values, strict=True))
        return [row.values[place] for place in meaning.order] if meaning.order else list(row.values)

    def named(self, row: Row) -> dict[str, str | None]:
        """The values by the names of columns; raises as `cells`."""
        cells = self.cells(row)
        if isinstance(cells, dict):
            return cells
        layout = next(each for each in self._layouts if len(each) == len(cells))
        return dict(zip(layout, cells, strict=True))

    def _meaning(self, names: tuple[str, ...]) -> _Meaning:
        if not self._known or not names or not self._known.isdisjoint(names):
            return _Meaning(names)
        numbers = [found[1] for name in names if (found := _SPARK.fullmatch(name))]
        spark = len(numbers) == len(names)
        if spark and not self._columns.isdisjoint(numbers):
            return _Meaning(tuple(numbers))
        fits = not self._layouts or any(len(layout) + self._chosen == len(names) for layout in self._layouts)
        digits = all(map(str.isdecimal, names))
        if not digits and not (fits and self._layouts):
            return _Meaning(names)
        if not fits:
            known = " or ".join(dict.fromkeys(map(_listed, self._layouts)))
            return _Meaning(
                None,
                fault=f"the record preprocessor gives {len(names)} values without names of the baseline's columns, of "
                f"which there are {known}: let it name them, or give as many",
            )
        self._note(
            f"the record preprocessor names no column of the baseline ({names[0]!r}, …): its values are taken for the "
            "baseline's columns in the order of their names"
        )
        order = sorted(range(len(names)), key=lambda place: int(numbers[place])) if spark else ()
        return _Meaning(None, tuple(order))


@dataclass(frozen=True)
class _Meaning:
    """The columns that names are; or None, and the order of their values, empty where it is theirs, or why neither."""

    names: tuple[str, ...] | None
    order: tuple[int, ...] = ()
    fault: str = ""


def _listed(layout: Sequence[str]) -> str:
    shown = ", ".join(layout[:_LISTED]) + (", …" if len(layout) > _LISTED else "")
    return f"{len(layout)} ({shown})"


def check_kept(report: ReadReport, uri: str) -> None:
    """Raise InputError where a script has made no row of what there was."""
    if report.records or not (report.dropped or report.unreadable):
        return
    text = f"{uri}: no row came of the record preprocessor: it left out {report.dropped:,} records"
    if report.unreadable:
        first = report.samples[0]
        text += f", and {report.unreadable:,} failed or can't be read, the first: {first.reason} ({first.text})"
    raise InputError(text, remedy="let it return a dict for each record that is to be judged")


def read(
    stream: BinaryIO, name: str, report: ReadReport, process: ScriptProcess, columns: ColumnNames, *, header: bool
) -> Iterator[Block]:
    """The rows of one file, whose lines the script is given one by one; with `header` all but the first.

    A line that the script fails on is counted as unreadable, one that it drops in the report's `dropped`.
    """
    rows, source, conversation = RowBlocks(), TextSource(stream, name), Conversation(process, events=False)
    for number, line, fault in lines(source):
        if fault:
            report.add_broken(name, number, fault, line[:_SHOWN].decode(errors="replace"))
        elif line.strip() and not (header and number == 1):
            try:
                text = line.decode().rstrip("\r\n")
            except UnicodeDecodeError as error:
                report.add_unreadable(name, number, not_utf8(error), line[:_SHOWN].decode(errors="replace"))
                continue
            yield from _added(rows, conversation.add(Given(text, number, text[:_SHOWN])), name, report, columns)
    yield from _added(rows, conversation.flush(), name, report, columns)
    yield from rows.flush()


def _added(
    rows: RowBlocks, answered: Iterator[Answered], name: str, report: ReadReport, columns: ColumnNames
) -> Iterator[Block]:
    for line, outcome in answered:
        if outcome.error:
            report.add_unreadable(name, line.number, outcome.error, line.shown)
        elif not outcome.rows:
            report.dropped += 1
        for row in outcome.rows:
            try:
                cells = columns.named(row)
            except NotReadable as error:
                report.add_unreadable(name, line.number, str(error), line.shown)
            else:
                yield from rows.add(cells, line.number)
