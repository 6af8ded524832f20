"""Local folders: listing that survives files coming and going, and writing that is all or nothing."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from model_monitor_jobs.storage.uris import is_hidden


def modified(status: os.stat_result) -> datetime:
    """When a file was last written, in UTC."""
    return datetime.fromtimestamp(status.st_mtime, UTC)


def walk(folder: Path, *, recursive: bool, hidden: bool = False) -> Iterator[tuple[str, Path, int, datetime]]:
    """Every file below a folder: relative path, path, bytes, time; a missing folder has none.

    Hidden names (leading `.` or `_`) only if asked for. Links to folders are followed, each real folder once.
    Raises OSError when a folder can't be listed.
    """
    seen: set[str] = set()
    pending = [("", folder)]
    while pending:
        prefix, current = pending.pop()
        real = os.path.realpath(current)
        if real in seen:
            continue
        seen.add(real)
        try:
            with os.scandir(current) as found:
                entries = list(found)
        except (FileNotFoundError, NotADirectoryError):
            continue
        for entry in entries:
            if not hidden and is_hidden(entry.name):
                continue
            name = prefix + entry.name
            try:
                if entry.is_dir():
                    if recursive:
                        pending.append((name + "/", Path(entry.path)))
                    continue
                status = entry.stat()
            except FileNotFoundError:
                continue
            yield name, Path(entry.path), status.st_size, modified(status)


def folders(folder: Path) -> list[str]:
    """The names of the visible folders directly below, sorted; none for a missing folder."""
    try:
        with os.scandir(folder) as found:
            return sorted(entry.name for entry in found if not is_hidden(entry.name) and entry.is_dir())
    except (FileNotFoundError, NotADirectoryError):
        return []


def write_folder(folder: Path, files: Mapping[str, bytes], *, last: str) -> None:
    """Replace these files, each whole; `last` disappears first and appears last.

    Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / last).unlink(missing_ok=True)
    _sync(folder)
    for name in [*(name for name in files if name != last), last]:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        try:
            with temporary.open("wb") as stream:
                stream.write(files[name])
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
        _sync(target.parent)


def _sync(folder: Path) -> None:
    """Make a folder's entries durable, so that a crash can't leave `last` without the rest."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
