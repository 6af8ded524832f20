"""A sample of rows with their features, for the flip test, which no counts can tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from model_monitor_jobs.profiles.bias.problem import UNKNOWN
from model_monitor_jobs.profiles.bias.rows import DecodedBias
from model_monitor_jobs.profiles.bias.selection import codes_of
from model_monitor_jobs.profiles.hashes import Hashes
from model_monitor_jobs.profiles.performance.problem import Problem
from model_monitor_jobs.profiles.performance.rows import Doubles, Indices, decode_answers
from model_monitor_jobs.profiles.row_types import Mask

MOST_ROWS: Final = 10_000
MOST_CELLS: Final = 2_000_000
_NUMBERS: Final = Problem("Regression")
_BOOLEANS: Final = ("false", "true")


@dataclass(frozen=True)
class FlipRows:
    """n rows with an answer, in the order in which they came.

    `features`: (n, columns), NaN where there is no number; `disadvantaged`: (facets, n); `predicted`: 0 or 1.
    `hashes` are those of the rows.
    """

    features: Doubles
    disadvantaged: Mask
    predicted: Indices
    hashes: Hashes

    def at(self, places: Indices) -> FlipRows:
        """Some of the rows."""
        return FlipRows(
            self.features[places], self.disadvantaged[:, places], self.predicted[places], self.hashes[places]
        )


class FlipSample:
    """The rows with the smallest hashes, so the same rows in whatever parts they came: 10,000, or less of many columns.

    Of rows with equal hashes the first stay.
    """

    def __init__(self, columns: Sequence[str], facets: int, most_rows: int | None = None) -> None:
        """`columns` are all but those of label, prediction and probability; facets' own are left out by the test."""
        self.columns = tuple(columns)
        self.most_rows = min(MOST_ROWS, MOST_CELLS // max(1, len(columns))) if most_rows is None else most_rows
        self.seen = 0
        """Rows with an answer, in the sample or not."""
        self._text = np.zeros(len(self.columns), dtype=np.bool_)
        nobody = np.empty(0, dtype=np.int64)
        self._rows = FlipRows(
            np.empty((0, len(self.columns))), np.empty((facets, 0), dtype=np.bool_), nobody, nobody.astype(np.uint64)
        )

    @property
    def rows(self) -> FlipRows:
        """The rows of the sample."""
        return self._rows

    @property
    def text_columns(self) -> tuple[str, ...]:
        """Columns that are neither numbers nor booleans, as far as the sample shows."""
        return tuple(name for name, text in zip(self.columns, self._text, strict=True) if text)

    def update(self, columns: Mapping[str, pa.Array], decoded: DecodedBias, hashes: Hashes) -> None:
        """Add rows: the columns and the hashes that `decode_bias` had, and what it gave."""
        answered = decoded.rows.predicted != UNKNOWN
        self.seen += int(answered.sum())
        places = np.flatnonzero(decoded.kept)[answered]
        least = self._least(hashes[places])
        places, kept = places[least], np.flatnonzero(answered)[least]
        features = np.full((len(places), len(self.columns)), np.nan)
        for place, name in enumerate(self.columns):
            if name in columns:
                features[:, place], text = _feature(columns[name].take(pa.array(places)))
                self._text[place] |= text
        rows = decoded.rows
        self._add(FlipRows(features, rows.disadvantaged[:, kept], rows.predicted[kept], hashes[places]))

    def merge(self, other: FlipSample) -> None:
        """Add the rows of another part, which come behind; raises ValueError for other columns or another size."""
        if self.columns != other.columns or self.most_rows != other.most_rows:
            raise ValueError("samples of other columns, or of another size")
        self.seen += other.seen
        self._text = self._text | other._text
        self._add(other._rows)

    def _least(self, hashes: Hashes) -> Indices:
        """Places of the hashes that can be in the sample, in their order."""
        smallest = np.argsort(hashes, kind="stable")[: self.most_rows]
        if len(self._rows.hashes) == self.most_rows and self.most_rows:
            smallest = smallest[hashes[smallest] < self._rows.hashes.max()]
        return np.sort(smallest)

    def _add(self, rows: FlipRows) -> None:
        own = self._rows
        joined = FlipRows(
            np.concatenate((own.features, rows.features)),
            np.concatenate((own.disadvantaged, rows.disadvantaged), axis=1),
            np.concatenate((own.predicted, rows.predicted)),
            np.concatenate((own.hashes, rows.hashes)),
        )
        if len(joined.hashes) > self.most_rows:
            joined = joined.at(np.sort(np.argsort(joined.hashes, kind="stable")[: self.most_rows]))
        self._rows = joined


def _feature(column: pa.Array) -> tuple[Doubles, bool]:
    """A column's numbers, booleans as 0 and 1, NaN where there is none; and whether it has anything else."""
    codes, names = codes_of(column) if pa.types.is_boolean(column.type) else (np.empty(0, dtype=np.int64), ())
    if not names:
        answers = decode_answers(_NUMBERS, column, None, None)
        if not answers.invalid.rows:
            return np.where(answers.valid, answers.predicted, np.nan), False
        codes, names = codes_of(column)
    if not set(names) <= set(_BOOLEANS):
        return np.full(len(column), np.nan), True
    numbers = np.array([float(_BOOLEANS.index(name)) for name in names] + [np.nan])
    return numbers[codes], False
