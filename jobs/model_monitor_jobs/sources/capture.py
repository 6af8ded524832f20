"""SageMaker data capture as a stream of record batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa

from model_monitor_crds.window import Window
from model_monitor_jobs.errors import InputError
from model_monitor_jobs.sources import capture_events
from model_monitor_jobs.sources.capture_batches import CaptureBatches, plain_csv
from model_monitor_jobs.sources.capture_layout import LAYOUT, capture_hours, files_of_window
from model_monitor_jobs.sources.capture_naming import Naming
from model_monitor_jobs.sources.fetch import fetched
from model_monitor_jobs.sources.json_text import NotReadable
from model_monitor_jobs.sources.records import ReadReport, ReadStream, RecordStream
from model_monitor_jobs.sources.text import TextSource, lines
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

    def read(report: ReadReport) -> Iterator[pa.RecordBatch]:
        batches = CaptureBatches(Naming(expected, report.note, alternatives))
        hours = {file.entry.uri: file.hour for file in found}
        with fetched(storage, [file.entry for file in found], report, scratch) as files:
            for entry, stream in files:
                source = TextSource(stream, entry.uri)
                yield from _read_file(source, entry.uri, hours[entry.uri], window, batches, report)
        yield from batches.flush()
        if not report.records:
            raise _nothing(storage, uri, window, report)

    return ReadStream(read)


def _read_file(
    source: TextSource, name: str, hour: datetime, window: Window, batches: CaptureBatches, report: ReadReport
) -> Iterator[pa.RecordBatch]:
    start, end = window.start, window.end
    hour_inside = window.contains(hour)
    hour_touched = hour < end and start < hour + timedelta(hours=1)
    for number, line, fault in lines(source):
        # A line whose time can't be read belongs to the hour of its folder, and to that hour's windows alone.
        belongs = hour_touched
        try:
            if fault:
                raise NotReadable(fault)
            if not line or line.isspace():
                continue
            event = capture_events.read_event(line)
            data = capture_events.captured(event)
            moment = capture_events.inference_time(event)
            if not (hour_inside if moment is None else start <= moment < end):
                report.outside_window += 1
                continue
            belongs = True
            plain = plain_csv(data)
            rows = None if plain else capture_events.records(data)
        except NotReadable as error:
            if not belongs:
                report.outside_window += 1
                continue
            report.add_unreadable(name, number, str(error), line[:1000].decode(errors="replace"))
            continue
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
