"""Blocks of captured events, taken apart by comparing them with the skeleton of one of their lines.

Where all lines of a block have it, their payloads are spans of the block, and no line is parsed on its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from model_monitor_crds.window import Window
from model_monitor_jobs.sources import capture_events
from model_monitor_jobs.sources.capture_batches import Side
from model_monitor_jobs.sources.capture_skeleton import Role, Skeleton, skeleton_of
from model_monitor_jobs.sources.capture_spans import Positions, Span, span_texts, spans_of, windows
from model_monitor_jobs.sources.json_text import NotReadable

BLOCK_BYTES = 1 << 20
_SMALLEST_BYTES = 8 << 10
_MOST_PASSED_OVER = 64
_SHORT_BYTES = 64
_NEWLINE, _COMMA = 10, 44
_TIME_BYTES = 20
_WHOLE_SECONDS = re.compile(rb"(\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):)[0-5]\d:[0-5]\dZ")
_FIXED = [*range(14), 16, 19]
_LEAST = np.frombuffer(b"0000-00-00T00:00:00Z", np.uint8)
_MOST = np.frombuffer(b"9999-99-99T99:59:59Z", np.uint8)


@dataclass(frozen=True)
class PlainText:
    """Records of one shape in the window as lines of CSV: the values of the sides that are read, in their order.

    `shape` is the number of values of an input and of an output; where both sides are read, the rows' may differ in
    the inputs only. `outside` rows are not in the window. `ids` are the rows' ids, where these are asked for.
    """

    text: pa.Buffer
    rows: int
    shape: tuple[int, int]
    outside: int
    ids: pa.Array | None = None


@dataclass(frozen=True)
class Lines:
    """Lines that have to be read one by one, without their ends, and the number of the first."""

    first: int
    lines: list[bytes]


class Scanner:
    """Takes blocks of whole lines apart; remembers the skeleton that fitted last."""

    def __init__(self, window: Window, sides: Callable[[int, int], tuple[Side, ...]], *, ids: bool = False) -> None:
        """`sides` tells which sides are read, for a number of input and of output values, and in which order."""
        self._window = window
        self._sides = sides
        self._ids = ids
        self._skeleton: Skeleton | None = None
        self._passed_over = 0
        self._wait = 1

    def scan(self, block: bytearray, first: int, hour_inside: bool) -> Iterator[PlainText | Lines]:
        """All lines of a block in their order, the block's first line being number `first`.

        The block ends with a newline and is spoilt. Lines without a time count as inside if `hour_inside`.
        """
        if self._passed_over:
            # Traffic of another kind would only be looked at in vain.
            self._passed_over -= 1
            yield _as_lines(block, first)
            return
        found = False
        for part in self._parts(block, first, hour_inside):
            found = found or isinstance(part, PlainText)
            yield part
        self._wait = 1 if found else min(2 * self._wait, _MOST_PASSED_OVER)
        self._passed_over = 0 if found else self._wait - 1

    def _parts(self, block: bytearray, first: int, hour_inside: bool) -> Iterator[PlainText | Lines]:
        text = self._fitting(block, hour_inside)
        if text is not None:
            yield text
            return
        middle = block.find(b"\n", len(block) // 2) + 1
        if len(block) < _SMALLEST_BYTES or middle == len(block):
            yield _as_lines(block, first)
            return
        half = block[:middle]
        lines = half.count(b"\n")
        yield from self._parts(half, first, hour_inside)
        yield from self._parts(block[middle:], first + lines, hour_inside)

    def _fitting(self, block: bytearray, hour_inside: bool) -> PlainText | None:
        text = self._compared(block, self._skeleton, hour_inside)
        if text is None:
            other = skeleton_of(bytes(block[: block.index(b"\n")]))
            if other is not None and other != self._skeleton:
                text = self._compared(block, other, hour_inside)
                self._skeleton = other if text is not None else self._skeleton
        return text

    def _compared(self, block: bytearray, skeleton: Skeleton | None, hour_inside: bool) -> PlainText | None:
        spans = spans_of(block, skeleton) if skeleton is not None else None
        if skeleton is None or spans is None:
            return None
        rows = len(spans[0])
        inside: NDArray[np.bool_] | None = None
        time = skeleton.find("time")
        if time is not None:
            inside = self._inside(block, *spans[2 * time : 2 * time + 2])
            if inside is None:
                return None
        elif not hour_inside:
            inside = np.zeros(rows, np.bool_)
        roles: tuple[Role, ...] = ("input", "output")
        sides = {role: skeleton.find(role) for role in roles}
        found = {role: (spans[2 * index], spans[2 * index + 1]) for role, index in sides.items() if index is not None}
        identity = skeleton.find("id") if self._ids else None
        if identity is not None:
            found["id"] = spans[2 * identity], spans[2 * identity + 1]
        elif self._ids:
            return None
        return self._joined(block, found, inside, rows)

    def _inside(self, block: bytearray, starts: Positions, ends: Positions) -> NDArray[np.bool_] | None:
        hour = _common_hour(block, starts, ends)
        if hour is not None and all(map(self._window.contains, hour)):
            return np.ones(len(starts), np.bool_)
        changed, texts = _runs(block, starts, ends)
        inside = []
        for text in texts:
            try:
                moment = capture_events.inference_time({"eventMetadata": {"inferenceTime": text}})
            except NotReadable:
                return None
            assert moment is not None
            inside.append(self._window.contains(moment))
        chosen: NDArray[np.bool_] = np.array(inside)[changed]
        return chosen

    def _joined(
        self, block: bytearray, found: dict[Role, Span], inside: NDArray[np.bool_] | None, rows: int
    ) -> PlainText | None:
        # An empty id is none: the event may have another.
        if any((starts == ends).any() for starts, ends in found.values()):
            return None
        outside = 0
        if inside is not None and not inside.all():
            outside = rows - int(np.count_nonzero(inside))
            found = {role: (starts[inside], ends[inside]) for role, (starts, ends) in found.items()}
        if outside == rows:
            return PlainText(pa.py_buffer(b""), 0, (0, 0), outside)
        counts: dict[Role, int] = {role: _count_values(block, span) for role, span in found.items() if role != "id"}
        shape = counts.get("input", 0), counts.get("output", 0)
        wanted = self._sides(*shape)
        # Rows of another number of values are found in parsing, unless more outputs made up for fewer inputs.
        counted: list[Role] = ["output"] if len(counts) == 2 and "input" in wanted else []
        if wanted == ("input",) and len(counts) == 2:
            counted.append("input")
        if any(not _all_have_commas(block, found[role], counts[role] - 1) for role in counted):
            return None
        ids = span_texts(block, [found["id"]]) if "id" in found else None
        values = np.frombuffer(block, np.uint8)
        for role in wanted:
            values[found[role][1]] = _NEWLINE if role == wanted[-1] else _COMMA
        text = span_texts(block, [found[role] for role in wanted], longer=1)
        size = int(np.frombuffer(text.buffers()[1], np.int32)[len(text)])
        return PlainText(text.buffers()[2].slice(0, size), rows - outside, shape, outside, ids)


def _common_hour(block: bytearray, starts: Positions, ends: Positions) -> tuple[datetime, datetime] | None:
    """The first and the last second of the hour in which all lines lie, if they tell whole seconds in UTC."""
    if not (ends - starts == _TIME_BYTES).all():
        return None
    first = bytes(block[starts[0] : ends[0]])
    match = _WHOLE_SECONDS.fullmatch(first)
    if match is None:
        return None
    try:
        begin = datetime.fromisoformat(f"{match[1].decode()}00:00+00:00")
    except ValueError:
        return None
    found = windows(np.frombuffer(block, np.uint8), _TIME_BYTES)[starts].view(np.uint8).reshape(-1, _TIME_BYTES)
    least, most = found.min(axis=0), found.max(axis=0)
    if bytes(least[_FIXED]) != bytes(most[_FIXED]) or (least < _LEAST).any() or (most > _MOST).any():
        return None
    return begin, begin + timedelta(minutes=59, seconds=59)


def _runs(block: bytearray, starts: Positions, ends: Positions) -> tuple[NDArray[np.intp], list[str]]:
    """Which text each line has, and these texts; lines in the order of their texts have few of them."""
    size = int(ends[0] - starts[0])
    if size and (ends - starts == size).all():
        found = windows(np.frombuffer(block, np.uint8), size)[starts].view(f"S{size}")
        changed = np.flatnonzero(found[1:] != found[:-1]) + 1
        if 4 * len(changed) < len(found):
            firsts = [0, *changed.tolist()]
            texts = [bytes(block[starts[row] : ends[row]]).decode() for row in firsts]
            return np.repeat(np.arange(len(firsts)), np.diff([*firsts, len(found)])), texts
    texts = span_texts(block, [(starts, ends)]).dictionary_encode()
    return texts.indices.to_numpy(), texts.dictionary.to_pylist()


def _count_values(block: bytearray, span: Span) -> int:
    starts, ends = span
    return block.count(b",", int(starts[0]), int(ends[0])) + 1


def _all_have_commas(block: bytearray, span: Span, commas: int) -> bool:
    starts, ends = span
    lengths = ends - starts
    longest = int(lengths.max())
    if not commas and longest <= _SHORT_BYTES and int(starts[-1]) + longest <= len(block):
        found = windows(np.frombuffer(block, np.uint8), longest)[starts].view(np.uint8).reshape(-1, longest)
        return not ((found == _COMMA) & (np.arange(longest) < lengths[:, None])).any()
    return bool(pc.all(pc.equal(pc.count_substring(span_texts(block, [span]), ","), commas)).as_py())


def _as_lines(block: bytearray, first: int) -> Lines:
    return Lines(first, bytes(block).split(b"\n")[:-1])
