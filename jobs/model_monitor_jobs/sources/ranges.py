"""Where a large text file can be cut: at the beginnings of lines or of CSV records, found near any place.

A cut follows from the bytes around it alone, so that whoever reads one part finds the same borders as whoever reads
the next, without anybody reading the file beforehand.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

import numpy as np

from model_monitor_jobs.sources.records import ReadReport

_PIECE: Final = 64 << 10
_COUNTED_AT_ONCE: Final = 1 << 20
_MOST_LOOKED_AT: Final = 1 << 20
_CERTAIN_QUOTES: Final = 16
_QUOTE, _NEWLINE, _RETURN = 34, 10, 13

Cut = Callable[[BinaryIO, int], int | None]
"""The first border at or after a place, None where there is none nearby."""


def line_cut(stream: BinaryIO, place: int) -> int | None:
    """Where the first line at or after a place begins; the end of the file when no line does."""
    position = place - 1
    stream.seek(position)
    while data := stream.read(_PIECE):
        found = data.find(b"\n")
        if found >= 0:
            return position + found + 1
        position += len(data)
    return position


def csv_cut(delimiter: str, reach: int = _MOST_LOOKED_AT) -> Cut:
    """Cuts at the beginnings of CSV records, where newlines within quotes are none.

    Whether a place lies within quotes is told by the quotes that follow within `reach` bytes: taken for the wrong kind,
    opening for closing, they soon stand where such a quote can't. Where they fit neither way, there is no cut.
    """

    def cut(stream: BinaryIO, place: int) -> int | None:
        size = min(_PIECE, reach)
        while True:
            stream.seek(place - 1)
            data = stream.read(size)
            found = None
            if (quoted := _starts_quoted(data, delimiter)) is not None:
                found = _record_after(data, quoted)
            if len(data) < size or size >= reach or (found is not None and b'"' in data[1:]):
                break
            size = min(4 * size, reach)
        if found is None:
            return place - 1 + len(data) if len(data) < size else None
        return place - 1 + found

    return cut


def _starts_quoted(data: bytes, delimiter: str) -> bool | None:
    """Whether the second byte lies within quotes, None if the quotes fit neither way."""
    values = np.frombuffer(data, np.uint8)
    # A quote that is the first byte opens or closes before the place; the last one's neighbour is not known.
    quotes = np.flatnonzero(values[1:-1] == _QUOTE) + 1
    may_adjoin = np.zeros(256, np.bool_)
    may_adjoin[[ord(delimiter), _NEWLINE, _RETURN, _QUOTE]] = True
    can_open, can_close = may_adjoin[values[quotes - 1]], may_adjoin[values[quotes + 1]]
    even = np.arange(len(quotes)) % 2 == 0
    outside = _first_false(np.where(even, can_open, can_close))
    inside = _first_false(np.where(even, can_close, can_open))
    if outside < len(quotes) and inside < len(quotes) and abs(outside - inside) < _CERTAIN_QUOTES:
        return None
    if outside != inside:
        return inside > outside
    # Quotes that fit both ways enclose nothing but separators, so the way that encloses less is the right one.
    lengths = np.diff([0, *quotes, len(values)])
    return bool(lengths[0::2].sum() < lengths[1::2].sum())


def _first_false(values: Any) -> int:
    return int(np.argmin(values)) if len(values) and not values.all() else len(values)


def _record_after(data: bytes, quoted: bool) -> int | None:
    values = np.frombuffer(data, np.uint8)
    newlines = np.flatnonzero(values == _NEWLINE)
    # The newline before the place counts as the state at the place does.
    quotes = np.flatnonzero(values[1:] == _QUOTE) + 1
    outside = newlines[(np.searchsorted(quotes, newlines) + quoted) % 2 == 0]
    return int(outside[0]) + 1 if len(outside) else None


def exact_range(stream: BinaryIO, start: int, step: int, size: int, cut: Cut, *, last: bool) -> tuple[int, int]:
    """The bytes of the part that nominally has `step` bytes from `start` on; one without a border joins the one before.

    `size` is that of the file; the last part has no end. Cuts lie no further than a step away.
    """

    def border(place: int) -> int:
        while 0 < place < size:
            found = cut(stream, place)
            if found is not None:
                return found
            place += step
        return min(place, size)

    return border(start), sys.maxsize if last else border(start + step)


class BoundedReader:
    """The bytes of a file from one place up to another, to be read from the beginning."""

    def __init__(self, stream: BinaryIO, start: int, end: int) -> None:
        self._stream = stream
        self._left = max(0, end - start)
        stream.seek(start)

    def read(self, size: int) -> bytes:
        """Up to `size` bytes, none at the end."""
        data = self._stream.read(min(size, self._left))
        self._left -= len(data)
        return data


@dataclass
class RangeReport(ReadReport):
    """Counts of one part of a file, whose lines are numbered as in the file."""

    lines_before: Callable[[], int] = field(default=lambda: 0)
    """Asked when a line is unreadable, not before: it costs reading all that lies before the part."""

    def add_unreadable(self, file: str, line: int, reason: str, text: str, *, count: int = 1) -> None:
        """Count lines; `line` is numbered from the beginning of the part."""
        super().add_unreadable(file, self.lines_before() + line, reason, text, count=count)

    def mark_broken(self, file: str, line: int, reason: str, *, count: int = 1, unit: str = "line") -> None:
        """Keep a file that ends too early; `line` is numbered from the beginning of the part."""
        super().mark_broken(file, self.lines_before() + line, reason, count=count, unit=unit)


def count_lines(stream: BinaryIO, end: int) -> int:
    """How many lines end before a place."""
    lines = 0
    left = end
    stream.seek(0)
    while left and (data := stream.read(min(_COUNTED_AT_ONCE, left))):
        lines += data.count(b"\n")
        left -= len(data)
    return lines
