"""One way to list, read and write, whatever the scheme."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias, cast

import pyarrow as pa
import pyarrow.fs

from model_monitor_jobs.errors import ConfigurationError, InputError
from model_monitor_jobs.storage import clients, local, uris
from model_monitor_jobs.storage.faults import translate
from model_monitor_jobs.storage.mounts import Mounts
from model_monitor_jobs.storage.uris import Location

_BUFFER_BYTES = 1 << 20


@dataclass(frozen=True)
class Entry:
    """A file: its URI, its path below what was listed, its size in bytes, when it was last written."""

    uri: str
    path: str
    size: int
    modified: datetime | None


# `Storage.list` hides the built-in's name inside the class.
Entries: TypeAlias = list[Entry]
Names: TypeAlias = list[str]
Infos: TypeAlias = list[Any]


class Storage:
    """file://, pvc://, s3://, gs://, az://; a bare path counts as file://.

    `mounts` maps URI prefixes to folders, such as `pvc://claim`. With `confined`, as in a cluster, file:// and
    pvc:// reach nothing outside of them. `environment` holds the object stores' settings (os.environ by
    default). All methods raise ConfigurationError (URI, mount, credentials), InputError (something is not
    there) or StorageUnavailable (no answer). Safe for use by several threads.
    """

    def __init__(
        self,
        mounts: Mapping[str, Path] | None = None,
        *,
        confined: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._mounts = Mounts(mounts, confined=confined)
        self._environment = os.environ if environment is None else environment
        self._clients: dict[str, pyarrow.fs.FileSystem] = {}
        self._lock = threading.Lock()

    def __getstate__(self) -> dict[str, Any]:
        """What another process needs to reach the same files; it uses its own environment unless one was given."""
        environment = None if self._environment is os.environ else dict(self._environment)
        return {"mounts": self._mounts, "environment": environment}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._mounts = state["mounts"]
        self._environment = os.environ if state["environment"] is None else state["environment"]
        self._clients = {}
        self._lock = threading.Lock()

    def join(self, uri: str, *parts: str) -> str:
        """Append path segments with single slashes."""
        return uris.join(uri, *parts)

    def local_path(self, uri: str) -> Path | None:
        """Where a file:// or pvc:// URI lies on this machine, confinement checked; None for object stores."""
        location = uris.parse(uri)
        return self._mounts.resolve(location) if _is_local(location) else None

    def list(self, uri: str, *, recursive: bool = True) -> Entries:
        """The files at a URI, sorted by path: one file, a folder's, or those that a glob matches.

        `Entry.path` is relative to the folder, for a glob to the part before the first wildcard. Names that
        start with `.` or `_` are left out of folders. A missing path has no files; a missing bucket is an
        InputError. Objects that come or go meanwhile may or may not be listed.
        """
        if uris.has_magic(uri):
            exact = self._list_plain(uri, recursive=recursive)
            if exact:
                return exact
            root, pattern = uris.split_glob(uri)
            expression = uris.glob_expression(pattern)
            deep = "/" in pattern or "**" in pattern
            names_hidden = any(segment[:1] in ("_", ".") for segment in pattern.split("/"))
            entries = self._list_plain(root, recursive=deep, hidden=names_hidden)
            return [entry for entry in entries if expression.match(entry.path)]
        return self._list_plain(uri, recursive=recursive)

    def folders(self, uri: str) -> Names:
        """The names of the folders directly below, sorted, hidden ones left out; none for a missing path."""
        location = uris.parse(uri)
        if _is_local(location):
            with _faults(location, "listing"):
                return local.folders(self._mounts.resolve(location))
        found = self._select(location, recursive=False)
        names = [info.base_name for info in found if info.type == pyarrow.fs.FileType.Directory]
        return sorted(name for name in names if not uris.is_hidden(name))

    def exists(self, uri: str) -> bool:
        """Whether a file or a folder is there; never true for a glob."""
        location = uris.parse(uri)
        if _is_local(location):
            return self._mounts.resolve(location).exists()
        return bool(self._type(location) != pyarrow.fs.FileType.NotFound)

    def open(self, uri: str) -> BinaryIO:
        """Open a file for reading; it can be sought. Faults while reading are translated, too."""
        location = uris.parse(uri)
        with _faults(location, "reading"):
            if _is_local(location):
                return self._mounts.resolve(location).open("rb")
            raw = _ObjectReader(self._client(location).open_input_file(location.path), location)
            return cast(BinaryIO, io.BufferedReader(raw, _BUFFER_BYTES))

    def read_bytes(self, uri: str) -> bytes:
        """The whole content of a file."""
        with self.open(uri) as stream:
            return stream.read()

    def write_folder(self, uri: str, files: Mapping[str, bytes], *, last: str) -> None:
        """Replace these files of a folder, each whole; other files stay.

        `last` names the file that tells readers the rest is complete: an old one is removed before anything
        else, the new one is written after everything else.
        """
        if last not in files:
            raise ValueError(f"{last} is not among the files to write")
        location = uris.parse(uri)
        with _faults(location, "writing"):
            if _is_local(location):
                local.write_folder(self._mounts.resolve(location), files, last=last)
                return
            client = self._client(location)
            target = f"{location.path}/{last}"
            if client.get_file_info(target).type == pyarrow.fs.FileType.File:
                client.delete_file(target)
            for name in [*(name for name in files if name != last), last]:
                with client.open_output_stream(f"{location.path}/{name}", compression=None) as stream:
                    stream.write(files[name])

    def remove(self, uri: str) -> None:
        """Remove a file; one that is not there is no fault."""
        location = uris.parse(uri)
        with _faults(location, "removing"):
            if _is_local(location):
                self._mounts.resolve(location).unlink(missing_ok=True)
                return
            client = self._client(location)
            if client.get_file_info(location.path).type == pyarrow.fs.FileType.File:
                client.delete_file(location.path)

    def _list_plain(self, uri: str, *, recursive: bool, hidden: bool = False) -> Entries:
        location = uris.parse(uri)
        if _is_local(location):
            return self._list_local(location, recursive=recursive, hidden=hidden)
        with _faults(location, "listing"):
            info = self._client(location).get_file_info(location.path)
        if info.type == pyarrow.fs.FileType.File:
            return [Entry(uri, info.base_name, info.size, info.mtime)]
        if info.type == pyarrow.fs.FileType.NotFound:
            self._check_bucket(location)
            return []
        entries = []
        for info in self._select(location, recursive=recursive):
            path = info.path[len(location.path) + 1 :]
            if info.type == pyarrow.fs.FileType.File and (hidden or not uris.is_hidden(path)):
                entries.append(Entry(uris.join(uri, path), path, info.size, info.mtime))
        return sorted(entries, key=lambda entry: entry.path)

    def _list_local(self, location: Location, *, recursive: bool, hidden: bool) -> Entries:
        root = self._mounts.resolve(location)
        with _faults(location, "listing"):
            if root.is_file():
                status = root.stat()
                return [Entry(location.uri, root.name, status.st_size, local.modified(status))]
            entries = []
            for path, real, size, modified in local.walk(root, recursive=recursive, hidden=hidden):
                self._mounts.check_inside(location, real)
                entries.append(Entry(uris.join(location.uri, path), path, size, modified))
        return sorted(entries, key=lambda entry: entry.path)

    def _select(self, location: Location, *, recursive: bool) -> Infos:
        selector = pyarrow.fs.FileSelector(location.path, allow_not_found=True, recursive=recursive)
        with _faults(location, "listing"):
            return cast(Infos, self._client(location).get_file_info(selector))

    def _type(self, location: Location) -> Any:
        with _faults(location, "reading"):
            return self._client(location).get_file_info(location.path).type

    def _check_bucket(self, location: Location) -> None:
        bucket = Location(f"{location.scheme}://{location.bucket}", location.scheme, location.bucket)
        try:
            found = self._type(bucket)
        except ConfigurationError:
            # Rights limited to a prefix may not ask for the bucket; the prefix was read, so it exists.
            return
        if found == pyarrow.fs.FileType.NotFound:
            raise InputError(
                f"{location.uri}: the bucket {location.bucket} does not exist",
                remedy="check its name, the region and the endpoint",
            )

    def _client(self, location: Location) -> pyarrow.fs.FileSystem:
        with self._lock:
            if location.scheme not in self._clients:
                try:
                    self._clients[location.scheme] = clients.build(location, self._environment)
                except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
                    raise ConfigurationError(f"{location.uri}: {error}") from error
            return self._clients[location.scheme]


class _ObjectReader(io.RawIOBase):
    """An object as a raw stream, its faults translated."""

    def __init__(self, stream: pa.NativeFile, location: Location) -> None:
        super().__init__()
        self._stream = stream
        self._location = location

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with _faults(self._location, "reading"):
            return int(self._stream.readinto(buffer))

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return int(self._stream.seek(offset, whence))

    def tell(self) -> int:
        return int(self._stream.tell())

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
            super().close()


def _is_local(location: Location) -> bool:
    return location.scheme in ("file", "pvc")


@contextmanager
def _faults(location: Location, doing: str) -> Iterator[None]:
    """Turn a client's faults into errors for a person."""
    try:
        yield
    except OSError as error:
        raise translate(error, location, doing) from error
