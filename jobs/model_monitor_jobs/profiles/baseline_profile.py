"""profile.parquet: what the default rule needs of a baseline beyond SageMaker's files.

One row for each column, segment and window length: counts of each of the baseline's windows on the cut points and for
the known values, and, under length 0, those of the whole dataset. The columns that are not judged have a row of their
own, so that captures without names can be read.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from model_monitor_jobs.errors import InputError
from model_monitor_jobs.profiles.counts import ColumnCounts, Counts
from model_monitor_jobs.profiles.table import Tracking

Role = Literal["judged", "excluded", "timestamp"]
SegmentKey = tuple[str, ...]
"""Column and value of the rows that are meant; empty for all rows."""
CountsByColumn = Mapping[SegmentKey, Mapping[str, ColumnCounts]]

_WHOLE: Final = 0
_SCALARS: Final = ("rows", "present", "integral", "fractional", "whole", "boolean", "text")
_INTEGERS: Final = pa.list_(pa.int64())
_SCHEMA: Final = pa.schema(
    [
        ("column", pa.string()),
        ("role", pa.string()),
        ("segment", pa.list_(pa.string())),
        ("length", pa.int64()),
        ("starts", _INTEGERS),
        ("cuts", pa.list_(pa.float64())),
        ("values", pa.list_(pa.string())),
        *((name, _INTEGERS) for name in _SCALARS),
        ("cells", _INTEGERS),
        ("step", pa.int64()),
        ("value_counts", _INTEGERS),
    ]
)
_TIME_ZONE: Final = b"model_monitor.time_zone"
_FROM_SKETCHES: Final = b"model_monitor.from_sketches"


@dataclass(frozen=True)
class BaselineWindows:
    """The windows of one length: their starts in seconds since 1970, and their counts, each an array over the windows.

    Where there are very many columns, their cells stand on every so many cut points only (`ColumnCounts.step`).
    """

    length: timedelta
    starts: Counts
    counts: CountsByColumn


@dataclass(frozen=True)
class BaselineProfile:
    """Columns of a baseline's dataset in their order with what they are for, and what was counted of them."""

    roles: Mapping[str, Role]
    time_zone: str = "Etc/UTC"
    tracking: Mapping[str, Tracking] = field(default_factory=dict)
    whole: CountsByColumn = field(default_factory=dict)
    windows: Sequence[BaselineWindows] = ()
    from_sketches: bool = False
    """Whether the cells of numbers were taken from sketches, in one pass, and have their error."""

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the windows."""
        return ZoneInfo(self.time_zone)

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

    @property
    def segments(self) -> tuple[SegmentKey, ...]:
        """The parts of the rows that were counted apart."""
        return tuple(key for key in self.whole if key)

    def to_parquet(self) -> bytes:
        """The file's content, the same for the same profile; a row group for each length of windows."""
        buffer = io.BytesIO()
        schema = _SCHEMA.with_metadata(
            {_TIME_ZONE: self.time_zone.encode(), _FROM_SKETCHES: b"true" if self.from_sketches else b"false"}
        )
        with pq.ParquetWriter(buffer, schema, compression="zstd", write_page_checksum=True) as writer:
            writer.write_table(pa.Table.from_pylist(list(self._whole_rows()), schema=schema))
            for windows in self.windows:
                writer.write_table(_windows_table(windows).cast(schema))
        return buffer.getvalue()

    def _whole_rows(self) -> Iterator[dict[str, Any]]:
        for name, role in self.roles.items():
            if role != "judged":
                yield {"column": name, "role": role, "segment": [], "length": _WHOLE}
        for segment, columns in self.whole.items():
            for name, counts in columns.items():
                tracking = self.tracking[name]
                yield {
                    "column": name,
                    "role": "judged",
                    "segment": list(segment),
                    "length": _WHOLE,
                    "cuts": None if tracking.cuts is None else tracking.cuts.tolist(),
                    "values": list(tracking.values),
                    **{field: [int(getattr(counts, field))] for field in _SCALARS},
                    "cells": None if counts.cells is None else counts.cells.tolist(),
                    "value_counts": None if counts.values is None else counts.values.tolist(),
                }


def roles_of(order: Collection[str], judged: Collection[str], timestamp: str | None) -> dict[str, Role]:
    """What each column of a dataset is for."""
    return {name: "judged" if name in judged else "timestamp" if name == timestamp else "excluded" for name in order}


def read_baseline_profile(content: bytes, uri: str, length: timedelta | None = None) -> BaselineProfile:
    """Read profile.parquet, of its windows only those of one length, if any.

    Raises InputError when it is none of ours.
    """
    with _opened(content, uri) as file:
        told = file.schema_arrow.metadata or {}
        zone, from_sketches = told.get(_TIME_ZONE, b"Etc/UTC").decode(), told.get(_FROM_SKETCHES) == b"true"
        ZoneInfo(zone)
        lengths = [_length_of(file, index) for index in range(1, file.num_row_groups)]
        seconds = int(length.total_seconds()) if length is not None else None
        found = [_windows(file, index) for index, each in enumerate(lengths, start=1) if each == seconds]
        profile = _profile(file.read_row_group(0, use_threads=False), found, zone, from_sketches)
        _check_shapes(profile)
        return profile


def lengths_of(content: bytes, uri: str) -> tuple[timedelta, ...]:
    """The lengths of windows that a profile.parquet holds. Raises InputError when it is none of ours."""
    with _opened(content, uri) as file:
        return tuple(timedelta(seconds=_length_of(file, index)) for index in range(1, file.num_row_groups))


@contextmanager
def _opened(content: bytes, uri: str) -> Iterator[pq.ParquetFile]:
    try:
        file = pq.ParquetFile(io.BytesIO(content), page_checksum_verification=True)
        if file.schema_arrow.names != _SCHEMA.names:
            raise ValueError("it has other columns")
        yield file
    # Arrow tells damaged pages by OSError; the content is in memory, so nothing else can.
    except (pa.ArrowException, OSError, LookupError, ValueError, ArithmeticError, TypeError, AttributeError) as error:
        raise InputError(f"{uri}: is not a profile of a baseline: {error}", remedy="make the Baseline again") from error


def _length_of(file: pq.ParquetFile, group: int) -> int:
    return int(file.metadata.row_group(group).column(_SCHEMA.get_field_index("length")).statistics.min)


def _windows_table(windows: BaselineWindows) -> pa.Table:
    rows = [(segment, name, counts) for segment, columns in windows.counts.items() for name, counts in columns.items()]
    length = int(windows.length.total_seconds())
    columns: dict[str, pa.Array] = {
        "column": pa.array([name for _, name, _ in rows], pa.string()),
        "role": pa.array(["judged"] * len(rows), pa.string()),
        "segment": pa.array([list(segment) for segment, _, _ in rows], pa.list_(pa.string())),
        "length": pa.array([length] * len(rows), pa.int64()),
        "starts": pa.array([windows.starts] + [None] * (len(rows) - 1), _INTEGERS),
        "cuts": pa.nulls(len(rows), pa.list_(pa.float64())),
        "values": pa.nulls(len(rows), pa.list_(pa.string())),
    }
    for scalar in _SCALARS:
        columns[scalar] = pa.array([getattr(counts, scalar) for _, _, counts in rows], _INTEGERS)
    columns["step"] = pa.array([counts.step for _, _, counts in rows], pa.int64())
    columns["cells"] = pa.array([_flat(counts.cells) for _, _, counts in rows], _INTEGERS)
    columns["value_counts"] = pa.array([_flat(counts.values) for _, _, counts in rows], _INTEGERS)
    return pa.table([columns[name] for name in _SCHEMA.names], names=_SCHEMA.names)


def _flat(counts: Counts | None) -> Counts | None:
    return None if counts is None else counts.reshape(-1)


def _profile(whole: pa.Table, windows: Sequence[BaselineWindows], zone: str, from_sketches: bool) -> BaselineProfile:
    roles: dict[str, Role] = {}
    tracking: dict[str, Tracking] = {}
    counted: dict[SegmentKey, dict[str, ColumnCounts]] = {}
    for row in whole.to_pylist():
        name = row["column"]
        roles.setdefault(name, row["role"])
        if row["role"] == "judged":
            cuts = None if row["cuts"] is None else np.array(row["cuts"], dtype=np.float64)
            tracking[name] = Tracking(cuts, tuple(row["values"]))
            counted.setdefault(tuple(row["segment"]), {})[name] = ColumnCounts(
                **{scalar: row[scalar][0] for scalar in _SCALARS},
                cells=None if row["cells"] is None else np.array(row["cells"], dtype=np.int64),
                values=None if row["value_counts"] is None else np.array(row["value_counts"], dtype=np.int64),
            )
    return BaselineProfile(roles, zone, tracking, counted, windows, from_sketches)


def _check_shapes(profile: BaselineProfile) -> None:
    """Raise ValueError where counts do not fit what they were counted on."""
    for counted in (profile.whole, *(windows.counts for windows in profile.windows)):
        for name, counts in ((name, counts) for columns in counted.values() for name, counts in columns.items()):
            tracking = profile.tracking[name]
            cells = None if tracking.cuts is None else 2 * (len(tracking.cuts) // counts.step) + 1
            widths = [None if each is None else each.shape[-1] for each in (counts.cells, counts.values)]
            if widths != [cells, len(tracking.values) or None]:
                raise ValueError(f"the counts of {name!r} do not fit its cut points and values")


def _windows(file: pq.ParquetFile, group: int) -> BaselineWindows:
    """One column of the file after the other: together, as they lie in it, wide tables would fill the memory."""
    counted = {name: _Lists.of(_read(file, group, name)) for name in (*_SCALARS, "cells", "value_counts")}
    starts = _Lists.of(_read(file, group, "starts")).at(0).astype(np.int64)
    steps = _read(file, group, "step").to_pylist()
    names, segments = (_read(file, group, name).to_pylist() for name in ("column", "segment"))
    counts: dict[SegmentKey, dict[str, ColumnCounts]] = {}
    for index, (name, segment) in enumerate(zip(names, segments, strict=True)):
        counts.setdefault(tuple(segment), {})[name] = ColumnCounts(
            **{scalar: counted[scalar].at(index) for scalar in _SCALARS},
            cells=counted["cells"].matrix(index, len(starts)),
            values=counted["value_counts"].matrix(index, len(starts)),
            step=steps[index],
        )
    return BaselineWindows(timedelta(seconds=_length_of(file, group)), starts, counts)


def _read(file: pq.ParquetFile, group: int, column: str) -> pa.Array:
    return file.read_row_group(group, columns=[column], use_threads=False)[column].combine_chunks()


@dataclass(frozen=True)
class _Lists:
    """Lists of counts, in 4 bytes each where that is enough; sums of them are taken in 8."""

    values: NDArray[Any]
    offsets: NDArray[Any]
    valid: NDArray[np.bool_]

    @classmethod
    def of(cls, lists: pa.Array) -> _Lists:
        values = lists.values.to_numpy()
        narrow = np.int32 if not len(values) or values.max() <= np.iinfo(np.int32).max else np.int64
        return cls(values.astype(narrow), lists.offsets.to_numpy(), lists.is_valid().to_numpy(zero_copy_only=False))

    def at(self, index: int) -> Counts:
        return self.values[self.offsets[index] : self.offsets[index + 1]]

    def matrix(self, index: int, height: int) -> Counts | None:
        return self.at(index).reshape(height, -1) if self.valid[index] else None
