"""Columns of a dataset as numbers that a tree can split: numbers as they are, categories as codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from model_monitor_jobs.profiles.row_types import as_texts, present_rows, row_types

Doubles = NDArray[np.float64]

MOST_CATEGORIES: Final = 200
"""Categories with a code of their own, the most frequent ones; all others share one. A tree knows at most 255."""
NUMERIC_SHARE: Final = 0.95
"""Share of a column's values that must be numbers for it to be read as numbers."""


@dataclass(frozen=True)
class FeatureColumn:
    """A column and how it is read: `categories` in the order of their codes, None for numbers."""

    name: str
    categories: tuple[str, ...] | None = None

    @classmethod
    def learn(cls, name: str, values: pa.Array) -> FeatureColumn:
        """How to read a column, from its values in the reference."""
        _, present = present_rows(values)
        numeric = np.isfinite(row_types(present).numbers).sum() if len(present) else 0
        if numeric >= NUMERIC_SHARE * len(present):
            return cls(name)
        counted = pc.value_counts(as_texts(present)).to_pylist()
        ordered = sorted((-each["counts"], each["values"]) for each in counted)
        return cls(name, tuple(text for _, text in ordered[:MOST_CATEGORIES]))

    def encode(self, values: pa.Array) -> Doubles:
        """Numbers, or codes of categories of which the last stands for all that are not known; NaN where missing."""
        mask, present = present_rows(values)
        encoded = np.full(len(values), np.nan)
        if not len(present):
            return encoded
        if self.categories is None:
            numbers = row_types(present).numbers
            encoded[mask] = np.where(np.isfinite(numbers), numbers, np.nan)
        else:
            places = pc.index_in(as_texts(present), pa.array(self.categories, pa.string()))
            encoded[mask] = pc.fill_null(places, len(self.categories)).to_numpy(zero_copy_only=False)
        return encoded


@dataclass(frozen=True)
class Features:
    """n rows of d columns: `values` has the shape (n, d), NaN where a value is missing."""

    columns: tuple[FeatureColumn, ...]
    values: Doubles

    @property
    def categorical(self) -> list[bool]:
        """Which columns hold codes."""
        return [column.categories is not None for column in self.columns]


@dataclass(frozen=True)
class Encoder:
    """Reads the columns of a dataset as features."""

    columns: tuple[FeatureColumn, ...]

    @classmethod
    def learn(cls, reference: pa.RecordBatch, names: Sequence[str]) -> Encoder:
        """From rows of the reference. Leave out what tells when a row was made, as ids and times do."""
        return cls(tuple(FeatureColumn.learn(name, reference.column(name)) for name in names))

    def encode(self, batch: pa.RecordBatch) -> Features:
        """Rows of any dataset; a column that it does not have is missing everywhere."""
        known = set(batch.schema.names)
        values = np.full((batch.num_rows, len(self.columns)), np.nan)
        for place, column in enumerate(self.columns):
            if column.name in known:
                values[:, place] = column.encode(batch.column(column.name))
        return Features(self.columns, values)
