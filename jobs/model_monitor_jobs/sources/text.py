"""Text files as they come from a store: plain or gzip, whole or cut off, in bytes or in lines."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import BinaryIO

MAXIMUM_LINE_BYTES = 64 << 20
_COMPRESSED_PIECE = 64 << 10
_LINES_PIECE = 1 << 20
_GZIP = 31


class TextSource:
    """Sequential bytes of a file, decompressed if its name ends in `.gz`.

    `fault` tells, once the end is reached, why a compressed file could not be read any further; everything
    before that place has been handed on by then.
    """

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self._stream = stream
        self._inflater = zlib.decompressobj(_GZIP) if name.endswith(".gz") else None
        self._started = False
        self._input = b""
        self.fault: str | None = None

    def read(self, size: int) -> bytes:
        """Up to `size` bytes, fewer only at the end."""
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
                    return b""
            if not self._started and not self._input.strip(b"\0"):
                self._input = b""
                continue
            self._started = True
            before = self._inflater.copy()
            try:
                piece = self._inflater.decompress(self._input, size)
            except zlib.error as error:
                self.fault = f"the compressed file is damaged ({error})"
                return _readable(before, self._input)
            self._input = self._inflater.unconsumed_tail
            if self._inflater.eof:
                # A gzip file may hold several members one after the other.
                self._input = self._inflater.unused_data
                self._inflater = zlib.decompressobj(_GZIP)
                self._started = False
            if piece:
                return piece
        return b""


def _readable(inflater: zlib._Decompress, data: bytes) -> bytes:
    """What comes out before the damaged byte."""
    pieces = []
    for index in range(len(data)):
        try:
            pieces.append(inflater.decompress(data[index : index + 1]))
        except zlib.error:
            break
    return b"".join(pieces)


def lines(source: TextSource, maximum: int = MAXIMUM_LINE_BYTES) -> Iterator[tuple[int, bytes, str | None]]:
    """The physical lines: number from 1, bytes without the line end, and why it is no use (else None).

    A line over `maximum` bytes comes once, cut; what a damaged file breaks off comes as one last line.
    """
    number = 0
    rest = b""
    overlong = False
    while data := source.read(_LINES_PIECE):
        *complete, rest = (rest + data).split(b"\n") if not overlong or b"\n" in data else [data[:0]]
        for line in complete:
            number += 1
            reason = f"the line is longer than {maximum} bytes" if overlong or len(line) > maximum else None
            overlong = False
            yield number, line[:maximum], reason
        if len(rest) > maximum:
            overlong, rest = True, rest[:1024]
    if source.fault:
        yield number + 1, rest, source.fault
    elif rest or overlong:
        yield number + 1, rest, f"the line is longer than {maximum} bytes" if overlong else None
