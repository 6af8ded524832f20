"""profile.parquet of a bias baseline: its counts as a whole and by window."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from model_monitor_jobs.profiles.array_file import Arrays, PartKey, read_arrays, write_arrays
from model_monitor_jobs.profiles.bias.counts import BiasCounts
from model_monitor_jobs.profiles.bias.flips import Flips
from model_monitor_jobs.profiles.bias.problem import BiasProblem, Facet
from model_monitor_jobs.profiles.bias.profile import BiasProfile
from model_monitor_jobs.profiles.bias.rows import Extents
from model_monitor_jobs.profiles.bias.selection import Selection
from model_monitor_jobs.profiles.by_window import EVERYTHING, WindowCounts
from model_monitor_jobs.profiles.performance.counts import checked
from model_monitor_jobs.profiles.roles import ColumnRole

_KIND: Final = "bias"
_STARTS: Final = "starts"

BiasWindows = WindowCounts[BiasCounts]


@dataclass(frozen=True)
class BaselineBias:
    """The bias in a baseline's dataset; `roles` are the dataset's columns in their order."""

    problem: BiasProblem
    roles: Mapping[str, ColumnRole]
    whole: BiasProfile
    windows: Sequence[BiasWindows] = ()
    time_zone: str = "Etc/UTC"
    flips: Sequence[Flips] = ()
    """By facet; empty where there are no answers."""

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the windows."""
        return ZoneInfo(self.time_zone)

    def to_parquet(self) -> bytes:
        """The file's content, the same for the same baseline."""
        problem = self.problem
        told = {
            "facets": [{"column": facet.column, **_written(facet.selection)} for facet in problem.facets],
            "positive": _written(problem.positive),
            "threshold": problem.threshold,
            "stratifiedBy": problem.stratified_by,
            "roles": list(self.roles.items()),
            "timeZone": self.time_zone,
        }
        return write_arrays(_KIND, told, self._parts())

    def _parts(self) -> Iterator[tuple[PartKey, Arrays]]:
        extents = self.whole.extents
        yield ("counts", EVERYTHING, 0), self.whole.counts.arrays()
        yield ("extents", EVERYTHING, 0), {"maxima": extents.maxima, "fractional": extents.fractional}
        if self.flips:
            yield ("flips", EVERYTHING, 0), {"numbers": np.stack([flips.numbers for flips in self.flips])}
        for windows in self.windows:
            counts = windows.counts[EVERYTHING]
            yield (
                ("windows", EVERYTHING, int(windows.length.total_seconds())),
                counts.arrays() | {_STARTS: windows.starts},
            )


def read_baseline_bias(content: bytes, uri: str) -> BaselineBias:
    """Read profile.parquet of a bias baseline. Raises InputError when it is none of ours."""
    return read_arrays(content, uri, _KIND, "bias", _read)


def _read(told: Mapping[str, Any], found: Mapping[PartKey, dict[str, NDArray[Any]]]) -> BaselineBias:
    ZoneInfo(told["timeZone"])
    problem = BiasProblem(
        tuple(Facet(facet["column"], _selection(facet)) for facet in told["facets"]),
        _selection(told["positive"]),
        float(told["threshold"]),
        told["stratifiedBy"],
    )
    empty = Extents.empty(len(problem.facets))
    extents = checked({"maxima": empty.maxima, "fractional": empty.fractional}, found[("extents", EVERYTHING, 0)])
    counts = BiasCounts.from_arrays(problem, found[("counts", EVERYTHING, 0)])
    windows = []
    for (part, _, length), arrays in found.items():
        if part == "windows":
            starts = arrays.pop(_STARTS)
            own = BiasCounts.from_arrays(problem, arrays)
            if own.groups != len(starts):
                raise ValueError(f"{own.groups} windows and {len(starts)} starts")
            windows.append(WindowCounts(timedelta(seconds=length), starts, {EVERYTHING: own}))
    return BaselineBias(
        problem,
        dict(told["roles"]),
        BiasProfile(counts, Extents(**extents)),
        tuple(windows),
        told["timeZone"],
        _flips(problem, found.get(("flips", EVERYTHING, 0))),
    )


def _flips(problem: BiasProblem, arrays: Mapping[str, NDArray[Any]] | None) -> Sequence[Flips]:
    if arrays is None:
        return ()
    nothing = {"numbers": np.empty((len(problem.facets), len(Flips(0, 0, 0).numbers)))}
    return tuple(map(Flips.of_numbers, checked(nothing, arrays)["numbers"]))


def _written(selection: Selection) -> dict[str, Any]:
    return {"values": list(selection.values), "above": selection.threshold}


def _selection(told: Mapping[str, Any]) -> Selection:
    return Selection(tuple(told["values"]), told["above"])
