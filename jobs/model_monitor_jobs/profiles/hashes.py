"""Hashes of 64 bits that never change: of integers, numbers and texts, for whole arrays at once."""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]

_MASK: Final = (1 << 64) - 1
_STEP, _FIRST, _SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_TEXT: Final = np.uint64(0xD6E8FEB86659FD93)
_LONG: Final = 64
"""Longer texts are hashed one by one: a step over all texts for the sake of a few would cost more."""


def splitmix64(value: int) -> int:
    """Steele, Lea, Flood 2014: the finalizer of SplittableRandom."""
    value = (value + _STEP) & _MASK
    value = ((value ^ (value >> 30)) * _FIRST) & _MASK
    value = ((value ^ (value >> 27)) * _SECOND) & _MASK
    return value ^ (value >> 31)


def hash_name(name: str) -> int:
    """Hash of one text, without collisions that anybody could make."""
    return int.from_bytes(blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def hash_numbers(numbers: NDArray[np.float64]) -> Hashes:
    """Hash numbers that are not NaN by their value: both zeros alike."""
    return _mix((numbers + 0.0).view(np.uint64))


def hash_texts(texts: pa.Array) -> Hashes:
    """Hash the UTF-8 bytes of an Arrow string or large string array without nulls."""
    offsets, content = text_bytes(texts)
    lengths = np.diff(offsets)
    hashed = lengths.astype(np.uint64) * _TEXT
    padded = np.concatenate((content, np.zeros(8, dtype=np.uint8)))
    words = np.lib.stride_tricks.as_strided(padded[:8].view(np.uint64), (len(content) + 1,), (1,))
    rows = np.flatnonzero(lengths <= _LONG)
    left, starts = lengths[rows], offsets[:-1][rows]
    while len(rows):
        unused = np.maximum(0, 8 - left).astype(np.uint64) * np.uint64(8)
        # Two shifts: one by 64 bits, for a text that is empty, has no defined result.
        word = words[starts] << (unused >> np.uint64(1)) << (unused - (unused >> np.uint64(1)))
        hashed[rows] = _mix(hashed[rows] ^ word)
        more = left > 8
        rows, left, starts = rows[more], left[more] - 8, starts[more] + 8
    for row in np.flatnonzero(lengths > _LONG):
        digest = blake2b(content[offsets[row] : offsets[row + 1]].tobytes(), digest_size=8).digest()
        hashed[row] = int.from_bytes(digest, "little")
    return hashed


def text_bytes(texts: pa.Array) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Where each text of a string or large string array begins and the last one ends, and the bytes of them all."""
    kind = np.int64 if pa.types.is_large_string(texts.type) else np.int32
    _, places, content = texts.buffers()
    if not len(texts) or places is None:
        return np.zeros(len(texts) + 1, dtype=np.int64), np.empty(0, dtype=np.uint8)
    offsets = np.frombuffer(places, dtype=kind, count=len(texts) + 1, offset=texts.offset * np.dtype(kind).itemsize)
    first, last = int(offsets[0]), int(offsets[-1])
    if content is None or first == last:
        return np.zeros(len(texts) + 1, dtype=np.int64), np.empty(0, dtype=np.uint8)
    return offsets.astype(np.int64) - first, np.frombuffer(content, dtype=np.uint8)[first:last]


def _mix(values: Hashes) -> Hashes:
    """`splitmix64` of each value."""
    mixed = values + np.uint64(_STEP)
    shifted = mixed >> np.uint64(30)
    for factor, shift in ((_FIRST, 27), (_SECOND, 31)):
        np.bitwise_xor(mixed, shifted, out=mixed)
        np.multiply(mixed, np.uint64(factor), out=mixed)
        np.right_shift(mixed, np.uint64(shift), out=shifted)
    np.bitwise_xor(mixed, shifted, out=mixed)
    return mixed
