"""profile.parquet of a model quality baseline: its performance as a whole, by segment and by window."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from numpy.typing import NDArray

from model_monitor_jobs.profiles.array_file import Arrays, PartKey, read_arrays, write_arrays
from model_monitor_jobs.profiles.baseline_profile import SegmentKey
from model_monitor_jobs.profiles.by_window import EVERYTHING, WindowCounts
from model_monitor_jobs.profiles.performance.by_problem import counts_from_arrays, overall_from_arrays
from model_monitor_jobs.profiles.performance.counts import PerformanceCounts
from model_monitor_jobs.profiles.performance.problem import Problem
from model_monitor_jobs.profiles.performance.profile import PerformanceProfile
from model_monitor_jobs.profiles.roles import ColumnRole

_KIND: Final = "performance"
_STARTS: Final = "starts"


PerformanceWindows = WindowCounts[PerformanceCounts]


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
        return self.whole[EVERYTHING]

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
        return write_arrays(_KIND, told, self._parts())

    def _parts(self) -> Iterator[tuple[PartKey, Arrays]]:
        for segment, profile in self.whole.items():
            yield ("counts", segment, 0), profile.counts.arrays()
            if profile.overall is not None:
                yield ("overall", segment, 0), profile.overall.arrays()
        for windows in self.windows:
            seconds = int(windows.length.total_seconds())
            for segment, counts in windows.counts.items():
                yield ("windows", segment, seconds), counts.arrays() | {_STARTS: windows.starts}


def read_baseline_performance(content: bytes, uri: str) -> BaselinePerformance:
    """Read profile.parquet of a model quality baseline. Raises InputError when it is none of ours."""
    return read_arrays(content, uri, _KIND, "model quality", _read)


def _read(told: Mapping[str, Any], found: Mapping[PartKey, dict[str, NDArray[Any]]]) -> BaselinePerformance:
    ZoneInfo(told["timeZone"])
    problem = Problem(told["problemType"], tuple(told["classes"]), float(told["threshold"]))
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
    if EVERYTHING not in whole:
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
