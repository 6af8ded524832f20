"""Named arrays of numbers in a Parquet file: one row for each, with what it is of, its name, type and shape."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from model_monitor_jobs.errors import InputError
from model_monitor_jobs.profiles.baseline_profile import SegmentKey

_SCHEMA: Final = pa.schema(
    [
        ("part", pa.string()),
        ("segment", pa.list_(pa.string())),
        ("length", pa.int64()),
        ("name", pa.string()),
        ("type", pa.string()),
        ("shape", pa.list_(pa.int64())),
        ("content", pa.large_binary()),
    ]
)

PartKey = tuple[str, SegmentKey, int]
"""What arrays are of: the part, the segment, and the length of the windows in seconds, 0 for none."""
Arrays = Mapping[str, NDArray[Any]]
Read = TypeVar("Read")


def write_arrays(kind: str, told: Mapping[str, Any], parts: Iterable[tuple[PartKey, Arrays]]) -> bytes:
    """The file's content, the same for the same arrays; `told` stands in its head as JSON, under the file's kind."""
    rows = [
        {
            "part": part,
            "segment": list(segment),
            "length": length,
            "name": name,
            "type": array.dtype.str,
            "shape": list(array.shape),
            "content": array.tobytes(),
        }
        for (part, segment, length), arrays in parts
        for name, array in arrays.items()
    ]
    table = pa.Table.from_pylist(rows, schema=_SCHEMA.with_metadata({_key(kind): json.dumps(told)}))
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd", write_page_checksum=True)
    return buffer.getvalue()


def read_arrays(
    content: bytes,
    uri: str,
    kind: str,
    what: str,
    make: Callable[[Mapping[str, Any], dict[PartKey, dict[str, NDArray[Any]]]], Read],
) -> Read:
    """What `make` makes of a file's head and arrays. Raises InputError where the file is none of this kind.

    `what` names the file's subject; `make` may raise ValueError, LookupError, TypeError and AttributeError.
    """
    try:
        table = pq.read_table(io.BytesIO(content), page_checksum_verification=True)
        if table.schema.names != _SCHEMA.names or _key(kind) not in (table.schema.metadata or {}):
            raise ValueError(f"it is no baseline of {what}")
        found: dict[PartKey, dict[str, NDArray[Any]]] = {}
        for row in table.to_pylist():
            array = np.frombuffer(row["content"], dtype=row["type"]).reshape(row["shape"]).copy()
            found.setdefault((row["part"], tuple(row["segment"]), row["length"]), {})[row["name"]] = array
        return make(json.loads(table.schema.metadata[_key(kind)]), found)
    # Arrow tells damaged pages by OSError; the content is in memory, so nothing else can.
    except (pa.ArrowException, OSError, LookupError, ValueError, ArithmeticError, TypeError, AttributeError) as error:
        raise InputError(f"{uri}: is not a profile of a baseline: {error}", remedy="make the Baseline again") from error


def _key(kind: str) -> bytes:
    return f"model_monitor.{kind}".encode()
