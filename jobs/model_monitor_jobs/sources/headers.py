"""The first line of a CSV file: names of columns, or data?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

import pyarrow as pa

from model_monitor_jobs.errors import InputError

_NUMBER = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*")
_COUNT = re.compile(r"\d+")
_STANDS_FOR_MISSING: Final = frozenset({"", "na", "n/a", "nan", "nil", "none", "null", "?", "-", "unknown", "missing"})
_LOOKED_AT = 1000
_ENOUGH = 3
_ENOUGH_LINES = 10


def names(fields: Sequence[str], file: str) -> list[str]:
    """The columns' names from a header; one without a name gets its position.

    Raises InputError where a name stands twice, or where the header is a row of numbers.
    """
    columns = [field or str(index) for index, field in enumerate(fields)]
    twice = [column for column, count in Counter(columns).items() if count > 1]
    if twice:
        raise InputError(
            f"{file}: more than one column is named {_listed(twice)}",
            remedy="rename them, or set csv.header to false if the first line is data",
        )
    if looks_like_data(fields):
        raise InputError(
            f"{file}: the first line looks like data, not like names of columns: {_listed(fields)}",
            remedy="set csv.header to false",
        )
    return columns


def looks_like_data(fields: Sequence[str]) -> bool:
    """Whether at least half of the fields are numbers, one of them no plain count: years and positions are names."""
    numbers = [field for field in fields if is_number(field)]
    return 2 * len(numbers) >= len(fields) and any(not _COUNT.fullmatch(field.strip()) for field in numbers)


def doubt(columns: Sequence[str], file: str) -> str | None:
    """A remark where all names are whole numbers, and not just the columns' positions: years, or a row of counts."""
    if (
        not columns
        or not all(map(is_number, columns))
        or list(columns) == [str(index) for index in range(len(columns))]
    ):
        return None
    return f"{file}: all columns have numbers as names: {_listed(columns)}; if that is data, set csv.header to false"


def check_first_row(batch: pa.RecordBatch, file: str) -> None:
    """Raise InputError where the first row of a file without a header names its columns, or rows are one cell each.

    It does if all of its cells are different texts and at least two columns have nothing but numbers below. Rows are
    one cell if another delimiter would part every one of them into as many.
    """
    if batch.num_columns == 1 and (sign := _other_delimiter(batch.column(0))):
        raise InputError(
            f"{file}: every line is one cell, the first is {str(batch.column(0)[0])[:80]!r}",
            remedy=f"set csv.delimiter (--delimiter) to {sign!r}",
        )
    first = [column[0].as_py() for column in batch.columns]
    if len(set(first)) < len(first) or any(is_number(cell) or _is_missing(cell) for cell in first):
        return
    numeric = sum(_numbers_only(column.slice(1, _LOOKED_AT)) for column in batch.columns)
    if numeric >= 2:
        raise InputError(
            f"{file}: the first line looks like a header, though csv.header is false: {_listed(first)}",
            remedy="set csv.header to true",
        )


def is_number(text: str | None) -> bool:
    """Whether a cell is a decimal number."""
    return text is not None and _NUMBER.fullmatch(text) is not None


def _other_delimiter(column: pa.Array) -> str | None:
    cells = column.slice(0, _LOOKED_AT).to_pylist()
    for sign in ",;\t|":
        counts = {(cell or "").count(sign) for cell in cells}
        if len(cells) >= _ENOUGH_LINES and len(counts) == 1 and 0 not in counts:
            return sign
    return None


def _is_missing(text: str | None) -> bool:
    return text is None or text.strip().lower() in _STANDS_FOR_MISSING


def _numbers_only(column: pa.Array) -> bool:
    cells = [cell for cell in column.to_pylist() if not _is_missing(cell)]
    return len(cells) >= _ENOUGH and all(is_number(cell) for cell in cells)


def _listed(fields: Sequence[str]) -> str:
    return ", ".join(repr(field[:40]) for field in fields[:5]) + (", …" if len(fields) > 5 else "")
