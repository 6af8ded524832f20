"""Types of single values as text, with the rules of Deequ, the engine of SageMaker's data quality monitor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from model_monitor_jobs.profiles.hashes import text_bytes

INTEGRAL: Final = r"^(-|\+)? ?\d+$"
FRACTIONAL: Final = r"^(-|\+)? ?\d+((\.\d+)|((\.\d+)?[Ee][-+]?\d+))$"
BOOLEAN: Final = r"^(true|false)$"
PLAIN: Final = r"^-?\d+(\.\d+)?([Ee][-+]?\d+)?$"
"""The numeric texts that Arrow reads as they are: all but those with a plus or a space in front."""
_MINUS, _POINT, _SLASH, _NINE = b"-./9"


@dataclass(frozen=True)
class TextKinds:
    """What each text of an array is; at most one of the three is true, and none for other texts."""

    integral: NDArray[np.bool_]
    fractional: NDArray[np.bool_]
    boolean: NDArray[np.bool_]
    numbers: NDArray[np.float64]
    """Value of each numeric text, infinite where it is beyond doubles; NaN for the others."""


@dataclass(frozen=True)
class PlainNumbers:
    """Values that are numbers or null, as they are and as doubles, in the order of the rows."""

    values: pa.Array
    fractional: int
    """How many have a fraction or an exponent."""
    numbers: NDArray[np.float64]
    """NaN where there is none."""


def classify(texts: pa.Array) -> TextKinds:
    """What each text of an Arrow string array without nulls is."""
    integral, fractional, boolean = (np.zeros(len(texts), dtype=np.bool_) for _ in range(3))
    numbers = np.full(len(texts), np.nan)
    like_numbers, like_booleans = _suspects(texts)
    if len(like_booleans):
        chosen = texts.take(pa.array(like_booleans))
        boolean[like_booleans] = _mask(pc.or_(pc.equal(chosen, "true"), pc.equal(chosen, "false")))
    if len(like_numbers):
        chosen = texts if len(like_numbers) == len(texts) else texts.take(pa.array(like_numbers))
        integral[like_numbers] = whole = _mask(pc.match_substring_regex(chosen, INTEGRAL))
        if not whole.all():
            fractional[like_numbers] = _mask(pc.match_substring_regex(chosen, FRACTIONAL))
        numeric = integral | fractional
        if numeric.any():
            numbers[numeric] = _numbers(texts if numeric.all() else texts.filter(pa.array(numeric)))
    return TextKinds(integral, fractional, boolean, numbers)


def read_plain(texts: pa.Array) -> PlainNumbers | None:
    """Read an array of numbers and nulls quickly; None when any text is no number of the common form -1.5.

    Where Arrow reads all texts as numbers and they have no other bytes than digits, points and minus signs, each
    has at most one point and a minus sign in front only. All that is left to rule out are `.5`, `-.5` and `5.`.
    """
    offsets, content = text_bytes(texts)
    if not len(content) or content.min() < _MINUS or content.max() > _NINE or (content == _SLASH).any():
        return None
    if texts.null_count and np.count_nonzero(offsets[1:] == offsets[:-1]) != texts.null_count:
        return None
    is_point = content == _POINT
    points = int(np.count_nonzero(is_point))
    if points:
        # An empty slot, which is null, stands for one of its neighbours here.
        if is_point.take(offsets[:-1], mode="clip").any() or is_point.take(offsets[1:] - 1, mode="wrap").any():
            return None
        if (is_point[1:] & (content[:-1] == _MINUS)).any():
            return None
    try:
        return PlainNumbers(texts, points, as_doubles(texts))
    except pa.ArrowInvalid:
        return None


def split_plain(texts: pa.Array) -> tuple[PlainNumbers, pa.Array]:
    """The numbers among texts without nulls in a form that Arrow reads as it is, and all other texts."""
    plain = pc.match_substring_regex(texts, PLAIN)
    numeric = texts.filter(plain)
    fractional = pc.sum(pc.match_substring_regex(numeric, "[.Ee]")).as_py() or 0
    return PlainNumbers(numeric, int(fractional), as_doubles(numeric)), texts.filter(pc.invert(plain))


def count_plain(texts: pa.Array) -> int:
    """How many texts are numbers that Arrow reads as they are."""
    return int(pc.sum(pc.match_substring_regex(texts, PLAIN)).as_py() or 0)


def as_doubles(values: pa.Array) -> NDArray[np.float64]:
    """Numbers, or texts that Arrow reads as numbers, as doubles, null as NaN; raises ArrowInvalid for other texts."""
    return np.asarray(pc.cast(values, pa.float64(), safe=False).to_numpy(zero_copy_only=False), dtype=np.float64)


def _suspects(texts: pa.Array) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Which texts begin as a number does and end with a digit, and which begin and end as a Boolean does."""
    offsets, content = text_bytes(texts)
    filled = np.flatnonzero(offsets[1:] > offsets[:-1])
    first, last = content[offsets[:-1][filled]], content[offsets[1:][filled] - 1]
    like_numbers = _NUMBER_STARTS[first] & _NUMBER_ENDS[last]
    like_booleans = _BOOLEAN_STARTS[first] & _BOOLEAN_ENDS[last]
    return filled[like_numbers], filled[like_booleans]


def _numbers(values: pa.Array) -> NDArray[np.float64]:
    """Read numeric texts; a sign may be followed by a space, which Arrow does not read."""
    try:
        return as_doubles(values)
    except pa.ArrowInvalid:
        plain = pc.replace_substring_regex(values, r"^\+? ?", "")
        return as_doubles(pc.replace_substring_regex(plain, r"^- ", "-"))


def _mask(values: pa.Array) -> NDArray[np.bool_]:
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.bool_)


def _table(characters: bytes) -> NDArray[np.bool_]:
    table = np.zeros(256, dtype=np.bool_)
    table[np.frombuffer(characters, dtype=np.uint8)] = True
    return table


_NUMBER_STARTS: Final = _table(b"0123456789+- ")
_NUMBER_ENDS: Final = _table(b"0123456789")
_BOOLEAN_STARTS: Final = _table(b"tf")
_BOOLEAN_ENDS: Final = _table(b"e")
