"""Rows that are partly the explained row and partly the background."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from model_monitor_jobs.errors import ConfigurationError


@dataclass(frozen=True)
class Composer:
    """Makes rows of a block to be explained and of the background; both have the same columns.

    `varying` is (rows, features): False where a feature has the same value in the row and in all of the background, so
    that it can't have moved the answer.
    """

    rows: pa.RecordBatch
    background: pa.RecordBatch
    varying: NDArray[np.bool_]

    @classmethod
    def of(cls, rows: pa.RecordBatch, background: pa.RecordBatch) -> Composer:
        """Of rows and a background of one schema, see `aligned`."""
        count = rows.num_rows
        varying = np.zeros((count, rows.num_columns), dtype=bool)
        for place, (own, other) in enumerate(zip(rows.columns, background.columns, strict=True)):
            encoded = pa.concat_arrays([own, other]).dictionary_encode(null_encoding="encode")
            codes = encoded.indices.to_numpy(zero_copy_only=False)
            varying[:, place] = (codes[:count, np.newaxis] != codes[count:]).any(axis=1)
        return cls(rows, background, varying)

    def compose(self, places: NDArray[np.int64], masks: NDArray[np.bool_]) -> pa.RecordBatch:
        """Each row of `places` in each coalition with each row of the background, in this order of loops."""
        pairs = zip(self.rows.columns, self.background.columns, strict=True)
        columns = [_compose(own, other, places, masks[:, feature]) for feature, (own, other) in enumerate(pairs)]
        return pa.RecordBatch.from_arrays(columns, schema=self.rows.schema)


def plain(rows: pa.RecordBatch) -> pa.RecordBatch:
    """The same rows without dictionaries, which differ from batch to batch."""
    columns = [column.dictionary_decode() if pa.types.is_dictionary(column.type) else column for column in rows.columns]
    return pa.RecordBatch.from_arrays(columns, names=rows.schema.names)


def aligned(background: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """The background with the columns of the rows that are explained, in their order and types.

    Raises ConfigurationError that names the column that is missing or has another type.
    """
    columns = []
    for field in schema:
        place = background.schema.get_field_index(field.name)
        if place < 0:
            raise ConfigurationError(
                f"the background has no column {field.name!r}", remedy="it needs every feature of the model"
            )
        try:
            columns.append(background.column(place).cast(field.type))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise ConfigurationError(f"the background's column {field.name!r} is no {field.type}: {error}") from error
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _compose(own: pa.Array, other: pa.Array, places: NDArray[np.int64], mask: NDArray[np.bool_]) -> pa.Array:
    chosen = mask[np.newaxis, :, np.newaxis]
    numeric = pa.types.is_integer(own.type) or pa.types.is_floating(own.type)
    if numeric and not own.null_count and not other.null_count:
        mine, others = own.to_numpy()[places], other.to_numpy()
        return pa.array(np.where(chosen, mine[:, np.newaxis, np.newaxis], others).ravel())
    indices = np.where(chosen, places[:, np.newaxis, np.newaxis], len(own) + np.arange(len(other)))
    return pa.concat_arrays([own, other]).take(pa.array(indices.ravel()))
