"""Brings objects to the local disk a few ahead of their reader, within a bound on the disk's use."""

from __future__ import annotations

import io
import sys
import tempfile
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import BinaryIO, cast

from model_monitor_jobs.errors import InputError
from model_monitor_jobs.sources.partitions import Piece
from model_monitor_jobs.sources.ranges import BoundedReader, Cut, RangeReport, count_lines, exact_range
from model_monitor_jobs.sources.records import ReadReport
from model_monitor_jobs.storage import Entry, Storage

FETCHED_AHEAD = 8
SCRATCH_BYTES = 256 << 20
REQUESTS = 4
_PIECE = 4 << 20
_REQUEST = 8 << 20


@contextmanager
def fetched(
    storage: Storage, entries: Iterable[Entry], report: ReadReport, scratch: Path | None = None
) -> Iterator[Iterator[tuple[Entry, BinaryIO]]]:
    """Open the entries in order, each with its content at hand; leaving closes and removes everything.

    Local files are opened where they are. Up to 8 objects and 256 MiB lie in `scratch` (a temporary folder by
    default); a larger object is read straight from the store. An object that is gone meanwhile is noted in
    the report and left out. Counts files and bytes.
    """
    with (
        tempfile.TemporaryDirectory(dir=scratch, prefix="fetched-") as folder,
        ThreadPoolExecutor(FETCHED_AHEAD, thread_name_prefix="fetch") as pool,
    ):
        reading = _read(storage, iter(entries), report, Path(folder), pool)
        try:
            yield reading
        finally:
            reading.close()
            pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def opened(
    storage: Storage, pieces: Sequence[Piece], report: ReadReport, scratch: Path | None = None
) -> Iterator[Iterator[tuple[Piece, BinaryIO]]]:
    """Open consecutive whole files as `fetched` does, or the file of a single piece where it is.

    Counts files and bytes, a file that comes in pieces with the first.
    """
    if all(piece.whole for piece in pieces):
        with fetched(storage, [piece.entry for piece in pieces], report, scratch) as files:
            yield ((Piece(entry), stream) for entry, stream in files)
        return
    (piece,) = pieces
    uri = piece.entry.uri
    try:
        stream = storage.open(uri)
    except InputError:
        if storage.exists(uri):
            raise
        report.note(f"{uri} was removed while the files were read")
        yield iter(())
        return
    if piece.first:
        report.files += 1
        report.bytes += piece.entry.size
    with stream:
        yield iter([(piece, stream)])


def part_of(storage: Storage, piece: Piece, stream: BinaryIO, cut: Cut) -> tuple[BinaryIO, int]:
    """The bytes of a piece that is a part of a text file, and where they begin.

    From an object store they come by several requests at once.
    """
    assert piece.step is not None
    start, end = exact_range(stream, piece.start, piece.step, piece.entry.size, cut, last=piece.last)
    if storage.local_path(piece.entry.uri) is not None:
        return cast(BinaryIO, BoundedReader(stream, start, end)), start
    bounds = [*range(start, min(end, max(start, piece.entry.size)), _REQUEST), end]
    with ThreadPoolExecutor(REQUESTS, thread_name_prefix="fetch") as pool:
        parts = pool.map(lambda first, after: _bytes(storage, piece.entry.uri, first, after), bounds[:-1], bounds[1:])
        return io.BytesIO(b"".join(parts)), start


def _bytes(storage: Storage, uri: str, start: int, end: int) -> bytes:
    with storage.open(uri) as stream:
        stream.seek(start)
        return stream.read(end - start if end < sys.maxsize else -1)


def part_report(storage: Storage, piece: Piece, start: int) -> RangeReport:
    """A report for a part of a file, whose lines are numbered as in the file."""

    @cache
    def lines_before() -> int:
        with storage.open(piece.entry.uri) as stream:
            return count_lines(stream, start)

    return RangeReport(lines_before=lines_before)


def _read(
    storage: Storage, entries: Iterator[Entry], report: ReadReport, folder: Path, pool: ThreadPoolExecutor
) -> Generator[tuple[Entry, BinaryIO]]:
    pending: deque[tuple[Entry, Future[Path] | None]] = deque()
    held = 0
    number = 0
    waiting = next(entries, None)
    while pending or waiting is not None:
        while waiting is not None and len(pending) < FETCHED_AHEAD:
            remote = storage.local_path(waiting.uri) is None
            if not remote or waiting.size > SCRATCH_BYTES:
                pending.append((waiting, None))
            elif held + waiting.size <= SCRATCH_BYTES:
                number += 1
                held += waiting.size
                pending.append((waiting, pool.submit(_fetch, storage, waiting, folder / str(number))))
            else:
                break
            waiting = next(entries, None)
        entry, future = pending.popleft()
        try:
            path = future.result() if future else None
            stream = path.open("rb") if path else storage.open(entry.uri)
        except InputError:
            if storage.exists(entry.uri):
                raise
            report.note(f"{entry.uri} was removed while the files were read")
            held -= entry.size if future else 0
            continue
        report.files += 1
        report.bytes += entry.size
        try:
            yield entry, stream
        finally:
            stream.close()
            if path:
                path.unlink(missing_ok=True)
                held -= entry.size


def _fetch(storage: Storage, entry: Entry, target: Path) -> Path:
    with storage.open(entry.uri) as source, target.open("wb") as copy:
        while piece := source.read(_PIECE):
            copy.write(piece)
    return target
