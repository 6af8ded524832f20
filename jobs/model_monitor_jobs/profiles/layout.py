"""profile.parquet: what the default rule needs of a baseline beyond SageMaker's files.

Today that is the order of the dataset's columns and what they are for, by which captures without names are read. Counts
of each of the baseline's windows on the cut points have their place here, as further columns.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq

from model_monitor_jobs.errors import InputError

_SCHEMA = pa.schema([("column", pa.string()), ("role", pa.string())])

Role = Literal["judged", "excluded", "timestamp"]


@dataclass(frozen=True)
class Layout:
    """Columns of a baseline's dataset in their order, each with what it is for."""

    roles: Mapping[str, Role]

    @classmethod
    def of(cls, order: Collection[str], judged: Collection[str], timestamp: str | None) -> Layout:
        """The layout of a dataset that was read."""
        return cls({name: _role(name, judged, timestamp) for name in order})

    @property
    def order(self) -> tuple[str, ...]:
        """All columns."""
        return tuple(self.roles)

    @property
    def judged(self) -> tuple[str, ...]:
        """The columns that are judged."""
        return tuple(name for name, role in self.roles.items() if role == "judged")

    @property
    def without_timestamp(self) -> tuple[str, ...]:
        """All but the time of a row, which traffic carries elsewhere."""
        return tuple(name for name, role in self.roles.items() if role != "timestamp")

    def to_parquet(self) -> bytes:
        """The file's content, the same for the same layout."""
        buffer = io.BytesIO()
        pq.write_table(pa.table([list(self.roles), list(self.roles.values())], schema=_SCHEMA), buffer)
        return buffer.getvalue()


def read_layout(content: bytes, uri: str) -> Layout:
    """Read profile.parquet; raises InputError when it is none of ours."""
    try:
        table = pq.read_table(io.BytesIO(content), columns=_SCHEMA.names)
        return Layout(dict(zip(table["column"].to_pylist(), table["role"].to_pylist(), strict=True)))
    except (pa.ArrowException, KeyError) as error:
        raise InputError(f"{uri}: is not a profile of a baseline: {error}", remedy="make the Baseline again") from error


def _role(name: str, judged: Collection[str], timestamp: str | None) -> Role:
    if name in judged:
        return "judged"
    return "timestamp" if name == timestamp else "excluded"
