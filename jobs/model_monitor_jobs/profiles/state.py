"""Profiles as bytes, to send them between processes: a header in JSON, then all arrays one after another."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from model_monitor_jobs.profiles.column import COUNTS, ColumnProfile
from model_monitor_jobs.profiles.frequencies import Frequencies, Tally
from model_monitor_jobs.profiles.hashes import text_bytes
from model_monitor_jobs.profiles.moments import Moments
from model_monitor_jobs.profiles.sketch import QuantileSketch

_MAGIC: Final = b"model-monitor profile 1\n"
_LENGTH: Final = 8

Array = NDArray[Any]


def pack(rows: int, order: list[str], columns: Mapping[str, ColumnProfile]) -> bytes:
    """All of a table's profile."""
    writer = _Writer()
    described = [_write_column(column, writer) for column in columns.values()]
    header = {"rows": rows, "order": order, "columns": described, "arrays": writer.kinds}
    encoded = json.dumps(header, separators=(",", ":")).encode()
    return b"".join((_MAGIC, len(encoded).to_bytes(_LENGTH, "little"), encoded, *writer.parts))


def unpack(content: bytes) -> tuple[int, dict[str, ColumnProfile], list[str]]:
    """Rows, columns and order of a packed profile; raises ValueError for anything else."""
    if not content.startswith(_MAGIC):
        raise ValueError("these bytes are no profile of this version")
    start = len(_MAGIC) + _LENGTH
    end = start + int.from_bytes(content[len(_MAGIC) : start], "little")
    header = json.loads(content[start:end])
    reader = _Reader(content, end, header["arrays"])
    columns = [_read_column(described, reader) for described in header["columns"]]
    return header["rows"], {column.name: column for column in columns}, header["order"]


class _Writer:
    """Collects arrays; what is written into the header is their types and lengths, in order."""

    def __init__(self) -> None:
        self.kinds: list[tuple[str, int]] = []
        self.parts: list[bytes] = []

    def array(self, values: Array) -> None:
        self.kinds.append((values.dtype.str, len(values)))
        self.parts.append(values.tobytes())

    def texts(self, texts: pa.Array) -> None:
        offsets, content = text_bytes(texts)
        self.array(offsets)
        self.array(content)


class _Reader:
    """Gives the arrays back in the order in which they were written."""

    def __init__(self, content: bytes, start: int, kinds: Iterable[tuple[str, int]]) -> None:
        self._content, self._place, self._kinds = content, start, iter(kinds)

    def array(self) -> Array:
        kind, length = next(self._kinds)
        values = np.frombuffer(self._content, dtype=kind, count=length, offset=self._place).copy()
        self._place += values.nbytes
        return values

    def texts(self) -> pa.Array:
        offsets, content = self.array(), self.array()
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(content)]
        return pa.Array.from_buffers(pa.large_string(), len(offsets) - 1, buffers)


def _write_column(column: ColumnProfile, writer: _Writer) -> dict[str, Any]:
    moments, sketch, frequencies = column.moments, column.sketch, column.frequencies
    kept = frequencies.kept
    levels = sketch.levels
    for values in (
        np.array([moments.sum, moments.mean, moments.squares, moments.minimum, moments.maximum]),
        np.array([sketch.squared_weights]),
        *levels,
        frequencies.tracked_seen,
        kept.seen,
        kept.missed,
    ):
        writer.array(values)
    writer.texts(kept.texts)
    optional = {
        "cuts": column.cuts,
        "cells": column.cells,
        "hashes": None if frequencies.hashed is None else frequencies.hashed.hashes,
    }
    for array in optional.values():
        if array is not None:
            writer.array(array)
    return {
        "name": column.name,
        "counts": [getattr(column, name) for name in COUNTS],
        "numbers": moments.count,
        "size": sketch.size,
        "seed": sketch.seed,
        "thinnings": sketch.thinnings,
        "tracked": frequencies.tracked,
        "total": frequencies.total,
        "unlisted": frequencies.unlisted,
        "has": [name for name, array in optional.items() if array is not None],
    }


def _read_column(described: Mapping[str, Any], reader: _Reader) -> ColumnProfile:
    moments = Moments(described["numbers"], *(float(value) for value in reader.array()))
    (squared_weights,) = reader.array()
    thinnings = described["thinnings"]
    sketch = QuantileSketch.restored(
        [reader.array() for _ in thinnings], described["size"], described["seed"], thinnings, float(squared_weights)
    )
    tracked_seen, seen, missed = reader.array(), reader.array(), reader.array()
    kept = Tally(reader.texts(), seen, missed)
    optional = {name: reader.array() for name in described["has"]}
    return ColumnProfile(
        described["name"],
        optional.get("cuts"),
        **dict(zip(COUNTS, described["counts"], strict=True)),
        moments=moments,
        sketch=sketch,
        frequencies=Frequencies.restored(
            described["tracked"],
            tracked_seen,
            described["total"],
            described["unlisted"],
            optional.get("hashes"),
            kept,
        ),
        cells=optional.get("cells"),
    )
