"""SageMaker data capture as a stream of record batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa

from model_monitor_crds.window import Window
from model_monitor_jobs.errors import InputError
from model_monitor_jobs.sources import capture_events
from model_monitor_jobs.sources.capture_batches import CaptureBatches, plain_csv
from model_monitor_jobs.sources.capture_layout import LAYOUT, capture_hours, files_of_window
from model_monitor_jobs.sources.capture_naming import Naming
from model_monitor_jobs.sources.capture_scan import BLOCK_BYTES, PlainText, Scanner
from model_monitor_jobs.sources.fetch import opened, part_of, part_report
from model_monitor_jobs.sources.json_text import NotReadable
from model_monitor_jobs.sources.line_blocks import LineBlocks
from model_monitor_jobs.sources.partitions import PartitionedStream, Piece, byte_ranges, group
from model_monitor_jobs.sources.ranges import line_cut
from model_monitor_jobs.sources.records import ReadReport, RecordStream
from model_monitor_jobs.sources.text import lines
from model_monitor_jobs.storage import Storage


def read_capture(
    storage: Storage,
    uri: str,
    window: Window,
    *,
    expected: Sequence[str] | None = None,
    alternatives: Sequence[Sequence[str]] = (),
    scratch: Path | None = None,
) -> RecordStream:
    """Read the captured events whose `inferenceTime` lies in a window.

    Events lie below `uri` as `…/yyyy/mm/dd/hh/*.jsonl[.gz]`, endpoint and variant folders may stand between.
    Without an inferenceTime, the hour of the folder decides: it must begin in the window. `expected` are the
    baseline's columns in order, `alternatives` other orders that traffic may have: how values get their names, see
    `Naming`; how an event holds several records, see `capture_events.records`. The report's `outside_window` and
    `unreadable` count events, `records` rows. `scratch` is the folder for objects
    fetched ahead.

    Raises InputError when there is no captured data in the window (while reading: no record of it), saying
    for which hours there is; StorageUnavailable or ConfigurationError when the store can't be read.
    """
    found = files_of_window(storage, uri, window)
    if not found:
        raise _nothing(storage, uri, window)

    layouts = (None if expected is None else tuple(expected), tuple(tuple(layout) for layout in alternatives))
    reader = CaptureReader(storage, window, {file.entry.uri: file.hour for file in found}, *layouts, scratch)

    def finish(report: ReadReport) -> None:
        if not report.records:
            raise _nothing(storage, uri, window, report)

    return PartitionedStream(
        lambda: group([file.entry for file in found], reader, byte_ranges),
        finish,
        remote=storage.local_path(uri) is None,
    )


@dataclass(frozen=True)
class CaptureReader:
    """Reads pieces of files of captured events; `hours` are those of the files' folders by URI."""

    storage: Storage
    window: Window
    hours: Mapping[str, datetime]
    expected: tuple[str, ...] | None
    alternatives: tuple[tuple[str, ...], ...]
    scratch: Path | None

    def read(self, pieces: Sequence[Piece], report: ReadReport) -> Iterator[pa.RecordBatch]:
        """The records of consecutive pieces."""
        batches = CaptureBatches(Naming(self.expected, report.note, self.alternatives))
        with opened(self.storage, pieces, report, self.scratch) as files:
            for piece, stream in files:
                uri = piece.entry.uri
                hour = _hour(uri, self.hours[uri], self.window)
                if piece.whole:
                    yield from _read_file(LineBlocks(stream, uri), hour, self.window, batches, report)
                    continue
                part, start = part_of(self.storage, piece, stream, line_cut)
                counting = part_report(self.storage, piece, start)
                yield from _read_file(LineBlocks(part, uri), hour, self.window, batches, counting)
                report.merge(counting)
        yield from batches.flush()


@dataclass(frozen=True)
class _Hour:
    """A file's name, and what its folder says of events without a readable time."""

    name: str
    inside: bool
    touched: bool


def _hour(name: str, hour: datetime, window: Window) -> _Hour:
    touched = hour < window.end and window.start < hour + timedelta(hours=1)
    return _Hour(name, window.contains(hour), touched)


def _read_file(
    source: LineBlocks, hour: _Hour, window: Window, batches: CaptureBatches, report: ReadReport
) -> Iterator[pa.RecordBatch]:
    scanner = Scanner(window, batches.drops_outputs)
    first = first_missing = 1
    for block in source.blocks(BLOCK_BYTES):
        for part in scanner.scan(block, first, hour.inside):
            if isinstance(part, PlainText):
                report.outside_window += part.outside
                if part.rows:
                    yield from batches.add_text(part.text, part.rows, part.shape)
                first += part.rows + part.outside
            else:
                first += len(part.lines)
                for number, line in enumerate(part.lines, first - len(part.lines)):
                    yield from _read_line(number, line, None, hour, window, batches, report)
    for number, line, fault in lines(source):
        yield from _read_line(first - 1 + number, line, fault, hour, window, batches, report)
        first_missing = first - 1 + number
    if source.fault:
        report.mark_broken(hour.name, first_missing, source.fault)


def _read_line(
    number: int,
    line: bytes,
    fault: str | None,
    hour: _Hour,
    window: Window,
    batches: CaptureBatches,
    report: ReadReport,
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
        if not (hour.inside if moment is None else window.contains(moment)):
            report.outside_window += 1
            return
        belongs = True
        plain = plain_csv(data)
        rows = None if plain else capture_events.records(data)
    except NotReadable as error:
        if belongs:
            report.add_unreadable(hour.name, number, str(error), line[:1000].decode(errors="replace"))
        else:
            report.outside_window += 1
        return
    if plain:
        yield from batches.add_plain(plain)
    for inputs, outputs in rows or ():
        yield from batches.add(inputs, outputs)


def _nothing(storage: Storage, uri: str, window: Window, report: ReadReport | None = None) -> InputError:
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
