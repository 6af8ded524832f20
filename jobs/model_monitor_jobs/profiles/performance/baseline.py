"""profile.parquet of a model quality baseline: its performance as a whole, by segment and by window.

One row for each array: what it is of (`part`), the segment, the length of the windows, its name, type and shape.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from model_monitor_jobs.errors import InputError
from model_monitor_jobs.profiles.baseline_profile import SegmentKey
from model_monitor_jobs.profiles.counts import Counts
from model_monitor_jobs.profiles.performance.by_problem import counts_from_arrays, overall_from_arrays
from model_monitor_jobs.profiles.performance.counts import PerformanceCounts
from model_monitor_jobs.profiles.performance.problem import Problem
from model_monitor_jobs.profiles.performance.profile import PerformanceProfile

ColumnRole = Literal["feature", "prediction", "probability", "probabilities", "groundTruth", "timestamp", "excluded"]

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
_TOLD: Final = b"model_monitor.performance"
_STARTS: Final = "starts"


@dataclass(frozen=True)
class PerformanceWindows:
    """The windows of one length: their starts in seconds since 1970, and their counts by segment, a group a window."""

    length: timedelta
    starts: Counts
    counts: Mapping[SegmentKey, PerformanceCounts]


@dataclass(frozen=True)
class BaselinePerformance:
    """How a model did on a baseline's dataset; `roles` are the dataset's columns in their order."""

    problem: Problem
    scored: bool
    roles: Mapping[str, ColumnRole]
    whole: Mapping[SegmentKey, PerformanceProfile]
    windows: Sequence[PerformanceWindows] = ()
    time_zone: str = "Etc/UTC"
    segments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """For each column by whose values rows are judged apart, those values."""

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the windows."""
        return ZoneInfo(self.time_zone)

    @property
    def everything(self) -> PerformanceProfile:
        """The performance on all rows."""
        return self.whole[()]

    def to_parquet(self) -> bytes:
        """The file's content, the same for the same baseline."""
        told = {
            "problemType": self.problem.type,
            "classes": list(self.problem.classes),
            "threshold": self.problem.threshold,
            "scored": self.scored,
            "roles": list(self.roles.items()),
            "timeZone": self.time_zone,
            "segments": {name: list(values) for name, values in self.segments.items()},
        }
        table = pa.Table.from_pylist(list(self._rows()), schema=_SCHEMA.with_metadata({_TOLD: json.dumps(told)}))
        buffer = io.BytesIO()
        pq.write_table(table, buffer, compression="zstd", write_page_checksum=True)
        return buffer.getvalue()

    def _rows(self) -> Iterator[dict[str, Any]]:
        for segment, profile in self.whole.items():
            yield from _written("counts", segment, 0, profile.counts.arrays())
            if profile.overall is not None:
                yield from _written("overall", segment, 0, profile.overall.arrays())
        for windows in self.windows:
            seconds = int(windows.length.total_seconds())
            for segment, counts in windows.counts.items():
                yield from _written("windows", segment, seconds, counts.arrays() | {_STARTS: windows.starts})


def read_baseline_performance(content: bytes, uri: str) -> BaselinePerformance:
    """Read profile.parquet of a model quality baseline. Raises InputError when it is none of ours."""
    try:
        table = pq.read_table(io.BytesIO(content), page_checksum_verification=True)
        if table.schema.names != _SCHEMA.names or _TOLD not in (table.schema.metadata or {}):
            raise ValueError("it is no baseline of model quality")
        return _read(json.loads(table.schema.metadata[_TOLD]), table.to_pylist())
    # Arrow tells damaged pages by OSError; the content is in memory, so nothing else can.
    except (pa.ArrowException, OSError, LookupError, ValueError, ArithmeticError, TypeError, AttributeError) as error:
        raise InputError(f"{uri}: is not a profile of a baseline: {error}", remedy="make the Baseline again") from error


def _written(part: str, segment: SegmentKey, length: int, arrays: Mapping[str, NDArray[Any]]) -> Iterator[Any]:
    for name, array in arrays.items():
        yield {
            "part": part,
            "segment": list(segment),
            "length": length,
            "name": name,
            "type": array.dtype.str,
            "shape": list(array.shape),
            "content": array.tobytes(),
        }


def _read(told: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> BaselinePerformance:
    ZoneInfo(told["timeZone"])
    problem = Problem(told["problemType"], tuple(told["classes"]), float(told["threshold"]))
    found: dict[tuple[str, SegmentKey, int], dict[str, NDArray[Any]]] = {}
    for row in rows:
        array = np.frombuffer(row["content"], dtype=row["type"]).reshape(row["shape"]).copy()
        found.setdefault((row["part"], tuple(row["segment"]), row["length"]), {})[row["name"]] = array
    whole: dict[SegmentKey, PerformanceProfile] = {}
    windows: dict[int, PerformanceWindows] = {}
    for (part, segment, length), arrays in found.items():
        if part == "counts":
            overall = found.get(("overall", segment, 0))
            whole[segment] = PerformanceProfile(
                counts_from_arrays(problem, arrays),
                overall_from_arrays(problem, overall) if overall is not None else None,
            )
        elif part == "windows":
            starts = arrays.pop(_STARTS)
            own = windows.setdefault(length, PerformanceWindows(timedelta(seconds=length), starts, {}))
            counts = counts_from_arrays(problem, arrays)
            if counts.groups != len(starts):
                raise ValueError(f"{counts.groups} windows and {len(starts)} starts")
            windows[length] = PerformanceWindows(own.length, starts, {**own.counts, segment: counts})
    if () not in whole:
        raise ValueError("it has no rows")
    return BaselinePerformance(
        problem,
        bool(told["scored"]),
        dict(told["roles"]),
        whole,
        tuple(windows.values()),
        told["timeZone"],
        {name: tuple(values) for name, values in told["segments"].items()},
    )
