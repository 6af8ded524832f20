"""Brings objects to the local disk a few ahead of their reader, within a bound on the disk's use."""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from model_monitor_jobs.errors import InputError
from model_monitor_jobs.sources.records import ReadReport
from model_monitor_jobs.storage import Entry, Storage

FETCHED_AHEAD = 8
SCRATCH_BYTES = 256 << 20
_PIECE = 4 << 20


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
