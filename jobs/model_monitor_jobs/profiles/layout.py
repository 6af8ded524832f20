"""profile.parquet: what the default rule needs of a baseline beyond SageMaker's files.

Today that is the order of the dataset's columns and what they are for, by which captures without names are read. Counts
of each of the baseline's windows on the cut points have their place here, as further columns.
"""

from __future__ import annotations

import io
from collections.abc import Collection
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from model_monitor_jobs.errors import InputError

_SCHEMA = pa.schema([("column", pa.string()), ("judged", pa.bool_())])


@dataclass(frozen=True)
class Layout:
    """Columns of a baseline's dataset in their order, and those among them that are judged."""

    order: tuple[str, ...]
    judged: tuple[str, ...]

    def to_parquet(self) -> bytes:
        """The file's content, the same for the same layout."""
        flags = [name in set(self.judged) for name in self.order]
        buffer = io.BytesIO()
        pq.write_table(pa.table([list(self.order), flags], schema=_SCHEMA), buffer)
        return buffer.getvalue()


def layout_of(order: Collection[str], judged: Collection[str]) -> Layout:
    """The layout of a dataset."""
    return Layout(tuple(order), tuple(name for name in order if name in judged))


def read_layout(content: bytes, uri: str) -> Layout:
    """Read profile.parquet; raises InputError when it is none of ours."""
    try:
        table = pq.read_table(io.BytesIO(content), columns=_SCHEMA.names)
    except (pa.ArrowException, KeyError) as error:
        raise InputError(f"{uri}: is not a profile of a baseline: {error}", remedy="make the Baseline again") from error
    rows = list(zip(table["column"].to_pylist(), table["judged"].to_pylist(), strict=True))
    return Layout(tuple(name for name, _ in rows), tuple(name for name, judged in rows if judged))
