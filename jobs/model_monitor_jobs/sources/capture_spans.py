"""Where the varying strings of lines with one skeleton lie, told by their usual lengths.

Identities and times have one length in all lines; only the payloads have not. That saves finding every quote.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_monitor_jobs.sources.capture_skeleton import Skeleton

Positions = NDArray[np.intp]

_NEWLINE = 10
_LONGEST = 40
_MARK_BYTES = 8


def windows(values: NDArray[np.uint8], size: int) -> Any:
    """The bytes from each place on, as one item."""
    return np.ndarray((len(values) - size + 1,), f"V{size}", values, strides=(1,))


def spans_by_length(values: NDArray[np.uint8], rows: int, skeleton: Skeleton) -> list[Positions] | None:
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
