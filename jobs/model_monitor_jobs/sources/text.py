"""Text files as they come from a store: plain or gzip, whole or cut off, in bytes or in lines."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import BinaryIO, Final

MAXIMUM_LINE_BYTES: Final = 16 << 20
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_COMPRESSED_PIECE = 64 << 10
_LINES_PIECE = 1 << 20
_KEPT_OF_OVERLONG = 1 << 10
_GZIP = 31
_MANY_ZEROS = 16
_NOTHING = "nothing but zero bytes"

_SIGNATURES: Final = (
    (b"\xff\xfe\0\0", "UTF-32 text"),
    (b"\0\0\xfe\xff", "UTF-32 text"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
    (b"\x1f\x8b\x08", "compressed with gzip, though its name does not end in .gz"),
    (b"PAR1\x15", "a Parquet file"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x28\xb5\x2f\xfd", "compressed with Zstandard"),
    (b"\xfd7zXZ\0", "compressed with xz"),
    (b"Obj\x01", "an Avro file"),
)


class TextSource:
    """Sequential bytes of a file, decompressed if its name ends in `.gz`.

    `fault` tells, once the end is reached, why the file could not be read any further; everything before that
    place has been handed on by then. Of a file that is something else than UTF-8 text nothing is handed on; a byte
    order mark is passed over. `beginning` is false where the stream begins within a file.
    """

    def __init__(self, stream: BinaryIO, name: str, *, beginning: bool = True) -> None:
        self._stream = stream
        self._inflater = zlib.decompressobj(_GZIP) if name.endswith(".gz") else None
        self._started = False
        self._members = 0
        self._zeros = False
        self._input = b""
        self._looked = not beginning
        self._ended = False
        self.fault: str | None = None

    def read(self, size: int) -> bytes:
        """Up to `size` bytes, fewer only at the end."""
        if self._ended:
            return b""
        data = self._read(size)
        if self._looked:
            return data
        self._looked = True
        other = _other_than_text(data)
        if other:
            self.fault, self._ended = f"the file is {other}, where UTF-8 text is expected", True
            return b""
        if data.startswith(_BYTE_ORDER_MARK):
            data = data[len(_BYTE_ORDER_MARK) :] + self._read(len(_BYTE_ORDER_MARK))
        return data

    def _read(self, size: int) -> bytes:
        pieces: list[bytes] = []
        missing = size
        while missing:
            piece = self._stream.read(missing) if self._inflater is None else self._inflate(missing)
            if not piece:
                break
            pieces.append(piece)
            missing -= len(piece)
        return b"".join(pieces)

    def _inflate(self, size: int) -> bytes:
        while self.fault is None:
            assert self._inflater is not None
            if not self._input:
                self._input = self._stream.read(_COMPRESSED_PIECE)
                if not self._input:
                    if self._started:
                        self.fault = "the compressed file is cut off"
                    elif self._zeros and not self._members:
                        self.fault = f"the file is {_NOTHING}"
                    return b""
            if not self._started and not self._input.strip(b"\0"):
                self._zeros = not self._members
                self._input = b""
                continue
            if not self._members and not self._started and not b"\x1f\x8b".startswith(self._input[:2]):
                self.fault = "the file is not compressed with gzip, though its name ends in .gz"
                return b""
            self._started = True
            before = self._inflater.copy()
            try:
                piece = self._inflater.decompress(self._input, size)
            except zlib.error as error:
                self.fault = f"the compressed file is damaged ({error})"
                return _readable(before, self._input, size)
            self._input = self._inflater.unconsumed_tail
            if self._inflater.eof:
                # A gzip file may hold several members one after the other.
                self._input = self._inflater.unused_data
                self._inflater = zlib.decompressobj(_GZIP)
                self._started = False
                self._members += 1
            if piece:
                return piece
        return b""


def _other_than_text(data: bytes) -> str | None:
    """What a file is, if its beginning shows that it is no UTF-8 text."""
    if len(data) >= _MANY_ZEROS and not data.strip(b"\0"):
        return _NOTHING
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            return kind
    first, second = data[0:4096:2], data[1:4096:2]
    for zeros, others in ((first, second), (second, first)):
        # Latin letters, digits and signs have a zero byte beside them in UTF-16.
        begins = len(zeros) >= 2 and not zeros[:2].strip(b"\0") and b"\0" not in others
        if begins and zeros.count(0) * 3 > len(zeros):
            return "UTF-16 text"
    return None


def _readable(inflater: zlib._Decompress, data: bytes, most: int) -> bytes:
    """What comes out before the damaged byte, no more than `most` bytes."""
    pieces = []
    size = 0
    for index in range(len(data)):
        try:
            piece = inflater.decompress(data[index : index + 1], most - size)
        except zlib.error:
            break
        pieces.append(piece)
        size += len(piece)
        if size >= most:
            break
    return b"".join(pieces)


def lines(source: TextSource, maximum: int = MAXIMUM_LINE_BYTES) -> Iterator[tuple[int, bytes, str | None]]:
    """The physical lines: number from 1, bytes without the line end, and why it is no use (else None).

    A line over `maximum` bytes comes once, only its beginning; what a damaged file breaks off comes as one last
    line, with the source's `fault`.
    """
    number = 0
    pieces: list[bytes] = []
    size = 0
    while data := source.read(_LINES_PIECE):
        first_end = data.find(b"\n")
        if first_end < 0:
            size += len(data)
            pieces = (
                [*pieces, data]
                if size <= maximum
                else [b"".join(pieces[:1])[:_KEPT_OF_OVERLONG] or data[:_KEPT_OF_OVERLONG]]
            )
            continue
        overlong = size + first_end > maximum
        *complete, rest = (b"".join(pieces) + data).split(b"\n")
        for line in complete:
            number += 1
            if overlong or len(line) > maximum:
                yield number, line[:_KEPT_OF_OVERLONG], _overlong(maximum)
            else:
                yield number, line, None
            overlong = False
        pieces, size = [rest], len(rest)
    rest = b"".join(pieces)
    if source.fault:
        yield number + 1, rest[:maximum], source.fault
    elif size > maximum:
        yield number + 1, rest[:_KEPT_OF_OVERLONG], _overlong(maximum)
    elif rest:
        yield number + 1, rest, None


def _overlong(maximum: int) -> str:
    return f"the line is longer than {maximum} bytes"


def not_utf8(error: UnicodeDecodeError) -> str:
    """Why a text is no UTF-8, with the first byte that is none."""
    return f"not UTF-8 (byte 0x{error.object[error.start]:02X}: {error.reason})"
