"""SageMaker data capture as a stream of record batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from model_monitor_crds.window import Window
from model_monitor_jobs.errors import InputError
from model_monitor_jobs.scripts.process import Script, ScriptProcess
from model_monitor_jobs.sources import capture_events
from model_monitor_jobs.sources.capture_batches import CaptureBatches, Source, plain_csv
from model_monitor_jobs.sources.capture_layout import LAYOUT, capture_hours, files_of_window
from model_monitor_jobs.sources.capture_naming import Cells, Naming
from model_monitor_jobs.sources.capture_scan import BLOCK_BYTES, PlainText, Scanner
from model_monitor_jobs.sources.fetch import opened, part_of, part_report
from model_monitor_jobs.sources.json_text import NotReadable
from model_monitor_jobs.sources.line_blocks import LineBlocks
from model_monitor_jobs.sources.partitions import PartitionedStream, Piece, byte_ranges, group
from model_monitor_jobs.sources.preprocessed import Answered, ColumnNames, Conversation, Given, check_kept
from model_monitor_jobs.sources.ranges import line_cut
from model_monitor_jobs.sources.records import ReadReport, RecordStream
from model_monitor_jobs.sources.selection import EVERYTHING, Selection
from model_monitor_jobs.sources.selectors import Found, Selectors
from model_monitor_jobs.sources.text import lines
from model_monitor_jobs.storage import Storage

_FOR_PEOPLE: Final = tuple(reversed(capture_events.RECORD_IDS))


def read_capture(
    storage: Storage,
    uri: str,
    window: Window,
    *,
    expected: Sequence[str] | None = None,
    alternatives: Sequence[Sequence[str]] = (),
    scratch: Path | None = None,
    selection: Selection = EVERYTHING,
    script: Script | None = None,
) -> RecordStream:
    """Read the captured events whose `inferenceTime` lies in a window.

    Events lie below `uri` as `…/yyyy/mm/dd/hh/*.jsonl[.gz]`, endpoint and variant folders may stand between.
    Without an inferenceTime, the hour of the folder decides: it must begin in the window. `expected` are the
    baseline's columns in order, `alternatives` other orders that traffic may have: how values get their names, see
    `Naming`; how an event holds several records, see `capture_events.records`. The report's `outside_window` and
    `unreadable` count events, `records` rows. `scratch` is the folder for objects
    fetched ahead. With a `selection` the stream has ids, outputs by their selectors, and just the columns that it
    names; an output that no record has is no column, and the report's `columns` tell what there is. A record's id is
    its event's `inferenceId`, else its `eventId`. With a `script` records are what its preprocess_handler makes of an
    event, by the names that it gives them or in their order, see `ColumnNames`.

    Raises InputError when there is no captured data in the window (while reading: no record of it), saying
    for which hours there is; StorageUnavailable or ConfigurationError when the store can't be read.
    """
    found = files_of_window(storage, uri, window)
    if not found:
        raise nothing_captured(storage, uri, window)

    layouts = (None if expected is None else tuple(expected), tuple(tuple(layout) for layout in alternatives))
    hours = {file.entry.uri: file.hour for file in found}
    reader = CaptureReader(storage, window, hours, *layouts, scratch, selection, script)

    def finish(report: ReadReport) -> None:
        if not report.records:
            if script is not None:
                check_kept(report, uri)
            raise nothing_captured(storage, uri, window, report)

    return PartitionedStream(
        lambda: group([file.entry for file in found], reader, byte_ranges),
        finish,
        remote=storage.local_path(uri) is None,
    )


@dataclass(frozen=True)
class CaptureReader:
    """Reads pieces of files of captured events; `hours` are those of the files' folders by URI.

    With `for_people` an id is an event's `eventId`, else its `inferenceId`, else its file and line.
    """

    storage: Storage
    window: Window
    hours: Mapping[str, datetime]
    expected: tuple[str, ...] | None
    alternatives: tuple[tuple[str, ...], ...]
    scratch: Path | None
    selection: Selection = EVERYTHING
    script: Script | None = None
    for_people: bool = False

    def read(self, pieces: Sequence[Piece], report: ReadReport) -> Iterator[pa.RecordBatch]:
        """The records of consecutive pieces."""
        if self.script is None:
            yield from self._read(pieces, report, _Events(self, report))
            return
        with self.script.running("preprocess_handler") as process:
            yield from self._read(pieces, report, _Events(self, report, process))

    def _read(self, pieces: Sequence[Piece], report: ReadReport, events: _Events) -> Iterator[pa.RecordBatch]:
        with opened(self.storage, pieces, report, self.scratch) as files:
            for piece, stream in files:
                uri = piece.entry.uri
                hour = _hour(uri, self.hours[uri], self.window)
                if piece.whole:
                    yield from events.read(LineBlocks(stream, uri), hour, report)
                    continue
                part, start = part_of(self.storage, piece, stream, line_cut)
                counting = part_report(self.storage, piece, start)
                yield from events.read(LineBlocks(part, uri), hour, counting)
                report.merge(counting)
        yield from events.batches.flush()


@dataclass(frozen=True)
class _Hour:
    """A file's name, and what its folder says of events without a readable time."""

    name: str
    inside: bool
    touched: bool


def _hour(name: str, hour: datetime, window: Window) -> _Hour:
    touched = hour < window.end and window.start < hour + timedelta(hours=1)
    return _Hour(name, window.contains(hour), touched)


class _Events:
    """Takes files of captured events apart."""

    def __init__(self, reader: CaptureReader, report: ReadReport, process: ScriptProcess | None = None) -> None:
        selection = reader.selection
        seen = report.add_columns if selection.outputs else None
        naming = Naming(reader.expected, report.note, reader.alternatives, selection, seen)
        self.batches = CaptureBatches(naming, selection)
        self._window = reader.window
        self._ids = selection.ids
        self._for_people = reader.for_people
        self._selectors = Selectors(selection.outputs) if selection.outputs else None
        # Values without names have no paths, but what the baseline names may be called by its name.
        names = self._selectors.names if self._selectors else ()
        self._script = None if process is None else Conversation(process, events=True)
        orders = (reader.expected or (), *reader.alternatives)
        self._columns = ColumnNames(orders, report.note, selection.outputs.values())
        self._takes_plain = process is None and all(map(naming.expects, names))

    def read(self, source: LineBlocks, hour: _Hour, report: ReadReport) -> Iterator[pa.RecordBatch]:
        """The batches that are full by the end of a file."""
        scanner = Scanner(self._window, self.batches.sides, ids=self._ids)
        first = first_missing = 1
        for block in source.blocks(BLOCK_BYTES) if self._takes_plain else ():
            for part in scanner.scan(block, first, hour.inside):
                if isinstance(part, PlainText):
                    report.outside_window += part.outside
                    if part.rows:
                        yield from self.batches.add_text(part.text, part.rows, part.shape, part.ids)
                    first += part.rows + part.outside
                else:
                    first += len(part.lines)
                    for number, line in enumerate(part.lines, first - len(part.lines)):
                        yield from self._read_line(number, line, None, hour, report)
        for number, line, fault in lines(source):
            yield from self._read_line(first - 1 + number, line, fault, hour, report)
            first_missing = first - 1 + number
        if self._script is not None:
            yield from self._preprocessed(self._script.flush(), report)
        if source.fault:
            report.mark_broken(hour.name, first_missing, source.fault)

    def _read_line(
        self, number: int, line: bytes, fault: str | None, hour: _Hour, report: ReadReport
    ) -> Iterator[pa.RecordBatch]:
        # A line whose time can't be read belongs to the hour of its folder, and to that hour's windows alone.
        belongs = hour.touched
        try:
            if fault:
                raise NotReadable(fault)
            if not line or line.isspace():
                return
            event = capture_events.read_event(line)
            data = capture_events.captured(event)
            moment = capture_events.inference_time(event)
            if not (hour.inside if moment is None else self._window.contains(moment)):
                report.outside_window += 1
                return
            belongs = True
            if self._script is not None:
                yield from self._preprocessed(self._script.add(self._given(number, line, event, hour.name)), report)
                return
            plain = plain_csv(data) if self._takes_plain else None
            rows = [] if plain else capture_events.records(data, answers=self._selectors is not None)
            found = self._found(data, rows)
        except NotReadable as error:
            if belongs:
                report.add_unreadable(hour.name, number, str(error), line[:1000].decode(errors="replace"))
            else:
                report.outside_window += 1
            return
        identity = self._identity(event)
        if plain:
            yield from self.batches.add_plain(plain, Source(identity))
        for index, (inputs, outputs) in enumerate(rows):
            yield from self.batches.add(inputs, outputs, Source(identity, index, len(rows)), found[index])

    def _identity(self, event: dict[str, Any]) -> str | None:
        if not self._ids:
            return None
        return capture_events.identity(event.get("eventMetadata"), capture_events.RECORD_IDS)

    def _given(self, number: int, line: bytes, event: dict[str, Any], file: str) -> Given:
        text = line.decode()
        shown = capture_events.identity(event.get("eventMetadata"), _FOR_PEOPLE)
        identity = (shown or f"{file}:{number}") if self._for_people else self._identity(event)
        return Given(text, number, text[:1000] if shown is None else f"event {shown}", file, identity)

    def _preprocessed(self, answered: Iterator[Answered], report: ReadReport) -> Iterator[pa.RecordBatch]:
        """The records that the script has made of events."""
        for line, outcome in answered:
            if outcome.error:
                report.add_unreadable(line.file, line.number, outcome.error, line.shown)
            elif not outcome.rows:
                report.dropped += 1
            for index, row in enumerate(outcome.rows):
                try:
                    cells = self._columns.cells(row)
                except NotReadable as error:
                    report.add_unreadable(line.file, line.number, str(error), line.shown)
                else:
                    yield from self.batches.add(None, cells, Source(line.identity, index, len(outcome.rows)))

    def _found(self, data: dict[str, Any], rows: Sequence[tuple[Cells | None, Cells | None]]) -> Sequence[Found]:
        """What the paths of selectors find in records that have no output of the selector's name."""
        found: list[Found] = [{} for _ in rows]
        if self._selectors is None:
            return found
        candidates: list[list[Any]] | None = None
        for index, (_, outputs) in enumerate(rows):
            names = outputs if isinstance(outputs, dict) else ()
            missing = [name for name in self._selectors.names if name not in names]
            if missing:
                candidates = candidates or capture_events.outputs(data, len(rows))
                found[index] = self._selectors.find(missing, candidates[index], index, len(rows))
        return found


def nothing_captured(storage: Storage, uri: str, window: Window, report: ReadReport | None = None) -> InputError:
    """That a window has no captured data, and for which hours there is."""
    hours = capture_hours(storage, uri)
    if hours.first is None:
        return InputError(f"no captured data at all in {uri}", remedy=f"expected there: {LAYOUT}")
    text = (
        f"no captured data between {window.start:%Y-%m-%dT%H:%MZ} and {window.end:%Y-%m-%dT%H:%MZ} in {uri}; "
        f"data exists for {hours}"
    )
    if report and report.unreadable:
        text += f"; {report.unreadable} events can't be read"
        if report.samples:
            sample = report.samples[0]
            text += f", the first in {sample.file} line {sample.line}: {sample.reason}"
    return InputError(text)
