"""What the metrics of a window are compared with, whatever they are computed from."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any, Generic, Protocol, TypeVar
from zoneinfo import ZoneInfo

import numpy as np

from model_monitor_crds.data_quality import CompareWith
from model_monitor_crds.window import Window
from model_monitor_jobs.checks.alike import AlikeWindows
from model_monitor_jobs.decisions import Noise, Variation, WindowHistory, learn, settled_incidents
from model_monitor_jobs.profiles.baseline_profile import SegmentKey
from model_monitor_jobs.profiles.by_window import Counted, WindowCounts
from model_monitor_jobs.profiles.windows import window_name

Places = tuple[int, ...]
Metric = TypeVar("Metric", bound=Hashable)
Asked_contra = TypeVar("Asked_contra", contravariant=True)


class Evaluated(Protocol[Asked_contra]):
    """The metrics of some counts, such as a mapping."""

    def __getitem__(self, metric: Asked_contra, /) -> Any:
        """A metric of each group."""


@dataclass(frozen=True)
class Usual:
    """What a metric is compared with: its value there, the rows, and what the baseline's windows do."""

    value: float
    rows: int
    variation: Variation | None = None
    left_out: tuple[str, ...] = ()


class Comparison(Generic[Counted, Metric]):
    """Finds what a window is compared with, for each segment; windows that are alike are found once."""

    def __init__(
        self,
        whole: Mapping[SegmentKey, Counted],
        windows: WindowCounts[Counted] | None,
        zone: ZoneInfo,
        window: Window | None,
        evaluate: Callable[[Counted], Evaluated[Metric]],
        scale: Callable[[Metric, Any], Any] | None = None,
    ) -> None:
        """`whole` and `windows` are the baseline's, by segment, its windows as long as `window`.

        `evaluate` gives every metric of each group of some counts, `scale` what a change from some values is divided
        by; without it a change counts as it is.
        """
        self._whole = whole
        self._windows = windows
        self._zone = zone
        self._window = window
        self._evaluate = evaluate
        self._scale = scale or (lambda _, reference: np.ones_like(np.asarray(reference, dtype=np.float64)))

    def resolved(self, compare_with: CompareWith) -> CompareWith:
        """What `Auto` stands for, and All where the baseline has too few windows like the judged one."""
        return self._alike.resolved(compare_with) if self._alike is not None else "All"

    def usual(
        self,
        metric: Metric,
        segment: SegmentKey,
        compare_with: CompareWith,
        noise: Callable[[float], Noise],
        alpha: float,
        floor: float,
    ) -> Usual:
        """What a metric is compared with; incidents among the baseline's windows are no part of it.

        `noise` makes the metric's noise from what its change is divided by.
        """
        whole = self._whole[segment]
        windows = self._windows.counts.get(segment) if self._windows is not None else None
        if windows is None or self._alike is None:
            return Usual(float(self._evaluate(whole.total())[metric][0]), int(whole.rows.sum()))
        alike, groups = self._alike, self._alike.groups(self.resolved(compare_with))
        counted: Counted = windows

        @cache
        def compare(left_out: Places) -> tuple[WindowHistory, Noise]:
            kept = _without(counted, left_out)
            rest = kept.summed(groups.of).at(groups.of).less(kept)
            own, others = self._evaluate(counted)[metric], self._evaluate(rest)[metric]
            known = np.isfinite(own) & np.isfinite(others)
            with np.errstate(invalid="ignore"):
                differences = np.where(known, np.abs(own - others) / self._scale(metric, others), 0.0)
            history = WindowHistory(differences, counted.rows * known, rest.rows * groups.alike * known, alike.days)
            return history, noise(float(np.median(self._scale(metric, others[known]))) if known.any() else 1.0)

        left_out = settled_incidents(compare, alpha, floor)
        history, own_noise = compare(left_out)
        pools = _without(counted, left_out).summed(groups.of)
        reference = pools.at(groups.place)
        if self.resolved(compare_with) == "All":
            reference = whole.total().less(counted.at(list(left_out)).total())
        value = float(self._evaluate(reference)[metric][0])
        variation = learn(history, own_noise, alpha, floor, left_out=left_out)
        return Usual(value, int(reference.rows.sum()), variation, self._names(left_out))

    def _names(self, places: Places) -> tuple[str, ...]:
        windows = self._windows
        if windows is None:
            return ()
        return tuple(window_name(int(windows.starts[place]), windows.length, self._zone) for place in places)

    @cached_property
    def _alike(self) -> AlikeWindows | None:
        windows = self._windows
        if windows is None or self._window is None:
            return None
        return AlikeWindows(windows.starts, windows.length, self._zone, self._window)


def _without(counts: Counted, places: Places) -> Counted:
    """The same windows, of which some have no rows any more."""
    if not places:
        return counts

    def emptied(part: Any) -> Any:
        left = part.copy()
        left[list(places)] = 0
        return left

    parts = {name: emptied(part) for name, part in counts.parts().items()}
    return replace(counts, **parts)  # type: ignore[type-var]
