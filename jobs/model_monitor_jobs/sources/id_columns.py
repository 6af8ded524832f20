"""Columns of tables that hold ids, and texts as they are compared."""

from __future__ import annotations

import re
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

INFERENCE_ID: Final = "SageMakerInferenceId"
"""What SageMaker's batch transform names the id; where there are no names, it is the last column but one."""

_WHOLE: Final = 2.0**53
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")


def texts(values: pa.Array) -> pa.Array:
    """Values as text, an empty one as null."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    found = values.cast(pa.string())
    return pc.if_else(pc.equal(found, ""), pa.scalar(None, pa.string()), found)


def id_texts(values: pa.Array) -> pa.Array:
    """Ids as text, an empty one as null; whole numbers are written as such, even in a column of fractional ones."""
    if pa.types.is_floating(values.type):
        numbers = values.drop_null().to_numpy()
        if (np.abs(numbers) < _WHOLE).all() and (numbers == np.trunc(numbers)).all():
            values = values.cast(pa.int64())
    return texts(values)


def usual_id_column(batch: pa.RecordBatch, *, names: bool) -> str | None:
    """The column in which SageMaker's batch transform puts ids, None where there is none.

    Without `names` that is the last but one, if the first row has an id and a time in the last two.
    """
    columns = batch.schema.names
    if INFERENCE_ID in columns:
        return INFERENCE_ID
    if names or len(columns) < 2 or not batch.num_rows:
        return None
    identity, time = (str(batch.column(len(columns) - back)[0]) for back in (2, 1))
    return columns[-2] if _UUID.match(identity) and _TIME.match(time) else None
