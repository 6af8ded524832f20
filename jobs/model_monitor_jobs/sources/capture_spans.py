"""Where the varying strings of lines with one skeleton lie.

They are looked for by their usual lengths first: identities and times have one length in all lines; only the payloads
have not. That saves finding every quote.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from model_monitor_jobs.sources.capture_skeleton import Skeleton

Positions = NDArray[np.intp]
Span = tuple[Positions, Positions]
"""Where a string begins and ends in each line."""

_QUOTE, _NEWLINE, _SPACE = 34, 10, 32
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LONGEST = 40
_MARK_BYTES = 8


def windows(values: NDArray[np.uint8], size: int) -> Any:
    """The bytes from each place on, as one item."""
    return np.ndarray((len(values) - size + 1,), f"V{size}", values, strides=(1,))


def spans_of(block: bytearray, skeleton: Skeleton) -> list[Positions] | None:
    """Beginnings and ends of the varying strings of all lines; None unless every line has the skeleton."""
    values = np.frombuffer(block, np.uint8)
    is_quote = values == _QUOTE
    rows, rest = divmod(int(np.count_nonzero(is_quote)), skeleton.quotes)
    if rest or not rows or np.count_nonzero(values < _SPACE) != rows:
        return None
    if not _is_plain_text(block) or not _has_backslashes(block, rows * skeleton.backslashes):
        return None
    # With all quotes in the constants there is none in the strings, wherever these were looked for.
    return _checked(values, skeleton, _spans_by_length(values, rows, skeleton)) or _checked(
        values, skeleton, _spans_by_quotes(np.flatnonzero(is_quote), skeleton)
    )


def _spans_by_quotes(quotes: Positions, skeleton: Skeleton) -> list[Positions]:
    table = quotes.reshape(-1, skeleton.quotes)
    spans: list[Positions] = []
    for string in skeleton.varying:
        spans += [table[:, string.quote] + 1, table[:, string.quote + 1] - string.escaped]
    return spans


def _checked(values: NDArray[np.uint8], skeleton: Skeleton, spans: list[Positions] | None) -> list[Positions] | None:
    """The spans if just the constants of the skeleton lie between them, in all lines."""
    if spans is None:
        return None
    starts = np.concatenate([[0], spans[-1] + len(skeleton.constants[-1])])
    if starts[-1] != len(values) or any((spans[at + 1] < spans[at]).any() for at in range(0, len(spans), 2)):
        return None
    bounds = [starts[:-1], *spans, starts[1:]]
    for index, constant in enumerate(skeleton.constants):
        begin, end = bounds[2 * index], bounds[2 * index + 1]
        if (end - begin != len(constant)).any() or not _all_equal(values, begin, constant):
            return None
    return spans


def span_texts(block: bytearray, spans: list[Span], longer: int = 0) -> pa.Array:
    """Spans of each line as an Arrow array of their own, a line's in the order given, `longer` bytes beyond their ends.

    The spans stand in the same order in all lines.
    """
    order = sorted(range(len(spans)), key=lambda index: int(spans[index][0][0]))
    rows, width = len(spans[0][0]), len(spans)
    offsets = np.empty((rows, width, 2), np.int32)
    for place, index in enumerate(order):
        offsets[:, place, 0] = spans[index][0]
        np.add(spans[index][1], longer, out=offsets[:, place, 1], casting="unsafe")
    # What lies between two spans is an element of the array as well, of which only every second is taken.
    bounds = np.append(offsets.ravel(), offsets[-1, -1, 1])
    array = pa.StringArray.from_buffers(len(bounds) - 1, pa.py_buffer(bounds), pa.py_buffer(block))
    places = np.arange(0, 2 * rows * width, 2, dtype=np.int32).reshape(rows, width)[:, np.argsort(order)]
    return array.take(pa.array(places.ravel()))


def _spans_by_length(values: NDArray[np.uint8], rows: int, skeleton: Skeleton) -> list[Positions] | None:
    """Beginnings and ends of the varying strings, None where they can't be found so.

    A guess: whoever takes them has to check that the skeleton's constants lie between them.
    """
    ends = np.flatnonzero(values == _NEWLINE)
    payloads = [index for index, string in enumerate(skeleton.varying) if string.role in ("input", "output")]
    if len(ends) != rows or len(payloads) > 2 or payloads[-1] - payloads[0] != len(payloads) - 1:
        return None
    spans: list[Any] = [None] * (2 * len(skeleton.varying))
    place = np.concatenate([[0], ends[:-1] + 1]) + len(skeleton.constants[0])
    for index in range(payloads[0]):
        spans[2 * index : 2 * index + 2] = place, place + skeleton.lengths[index]
        place = spans[2 * index + 1] + len(skeleton.constants[index + 1])
    spans[2 * payloads[0]] = place
    place = ends + 1 - len(skeleton.constants[-1])
    for index in range(len(skeleton.varying) - 1, payloads[-1], -1):
        spans[2 * index : 2 * index + 2] = place - skeleton.lengths[index], place
        place = spans[2 * index] - len(skeleton.constants[index])
    spans[2 * payloads[-1] + 1] = place
    if (place < spans[2 * payloads[0]]).any():
        return None
    if len(payloads) == 2:
        between = skeleton.constants[payloads[1]]
        second = _beginnings(values, place, between, skeleton.lengths[payloads[1]])
        if second is None:
            return None
        spans[2 * payloads[1]] = second
        spans[2 * payloads[0] + 1] = second - len(between)
    return spans


def _beginnings(values: NDArray[np.uint8], ends: Positions, before: bytes, usual: int) -> Positions | None:
    """Where strings with these ends begin, trying lengths from the usual one on until `before` stands there."""
    if len(before) < _MARK_BYTES or ends[0] < _LONGEST + _MARK_BYTES:
        return None
    mark = np.frombuffer(before[-_MARK_BYTES:], np.uint64)[0]
    marks: Any = np.ndarray((len(values) - _MARK_BYTES + 1,), np.uint64, values, strides=(1,))
    places = ends - _MARK_BYTES
    lengths = np.zeros(len(ends), np.intp)
    missing = len(ends)
    for length in sorted(range(1, _LONGEST + 1), key=lambda length: abs(length - usual)):
        found = marks[places - length] == mark
        lengths[found] = length
        missing -= int(np.count_nonzero(found))
        if missing <= 0:
            break
    return ends - lengths if lengths.all() else None


def _all_equal(values: NDArray[np.uint8], starts: Positions, expected: bytes) -> bool:
    size = len(expected)
    found = windows(values, size)[starts].view(np.uint8).reshape(len(starts), size)
    return bool((found == np.frombuffer(expected, np.uint8)).all())


def _has_backslashes(block: bytearray, expected: int) -> bool:
    return block.count(b"\\") == expected if expected else b"\\" not in block


def _is_plain_text(block: bytearray) -> bool:
    if block.isascii():
        return True
    try:
        block.decode()
    except UnicodeDecodeError:
        return False
    return _BYTE_ORDER_MARK not in block
