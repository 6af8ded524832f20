"""Which part of the baseline a window's metrics are compared with, and what the baseline's own windows do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any, Final

import numpy as np

from model_monitor_crds.data_quality import CompareWith
from model_monitor_crds.window import Window
from model_monitor_jobs.checks.alike import AlikeWindows
from model_monitor_jobs.checks.model_quality.metrics import UNBOUNDED
from model_monitor_jobs.decisions import Noise, Variation, WindowHistory, learn, settled_incidents
from model_monitor_jobs.profiles.baseline_profile import SegmentKey
from model_monitor_jobs.profiles.performance.baseline import BaselinePerformance, PerformanceWindows
from model_monitor_jobs.profiles.performance.counts import PerformanceCounts
from model_monitor_jobs.profiles.windows import window_name

Places = tuple[int, ...]
Values = Mapping[str, Any]
Evaluate = Callable[[PerformanceCounts], Values]
"""Every metric of each group of some counts."""

RELATIVE: Final = (UNBOUNDED - {"r2"}) | {"brier_score"}
"""Metrics without a common scale: their change is taken as a share of the baseline's value."""


@dataclass(frozen=True)
class Usual:
    """What a metric is compared with: its value there, the rows, and what the baseline's windows do."""

    value: float
    rows: int
    variation: Variation | None = None
    left_out: tuple[str, ...] = ()


def difference(metric: str, values: Any, reference: Any) -> Any:
    """How far a metric is from its value in the baseline: in its own unit, or as a share of that value."""
    change = np.abs(np.asarray(values) - np.asarray(reference))
    return change / scale(metric, reference)


def scale(metric: str, reference: Any) -> Any:
    """What a change of a metric is divided by."""
    if metric not in RELATIVE:
        return np.ones_like(np.asarray(reference, dtype=np.float64))
    size = np.abs(np.asarray(reference, dtype=np.float64))
    return np.where(size > 0, size, 1.0)


class Comparison:
    """Finds what a window is compared with, for each segment; windows that are alike are found once."""

    def __init__(self, baseline: BaselinePerformance, window: Window | None, evaluate: Evaluate) -> None:
        self._baseline = baseline
        self._window = window
        self._evaluate = evaluate

    def resolved(self, compare_with: CompareWith) -> CompareWith:
        """What `Auto` stands for, and All where the baseline has too few windows like the judged one."""
        return self._alike.resolved(compare_with) if self._alike is not None else "All"

    def usual(
        self,
        metric: str,
        segment: SegmentKey,
        compare_with: CompareWith,
        noise: Callable[[float], Noise],
        alpha: float,
        floor: float,
    ) -> Usual:
        """What a metric is compared with; incidents among the baseline's windows are no part of it.

        `noise` makes the metric's noise from what its change is divided by.
        """
        whole = self._baseline.whole[segment].counts
        windows = self._windows.counts.get(segment) if self._windows is not None else None
        if windows is None or self._alike is None:
            return Usual(float(self._evaluate(whole.total())[metric][0]), int(whole.rows.sum()))
        alike, groups = self._alike, self._alike.groups(self.resolved(compare_with))
        counted: PerformanceCounts = windows

        @cache
        def compare(left_out: Places) -> tuple[WindowHistory, Noise]:
            kept = _without(counted, left_out)
            rest = kept.summed(groups.of).at(groups.of).less(kept)
            own, others = self._evaluate(counted)[metric], self._evaluate(rest)[metric]
            known = np.isfinite(own) & np.isfinite(others)
            differences = np.where(known, difference(metric, own, others), 0.0)
            history = WindowHistory(differences, counted.rows * known, rest.rows * groups.alike * known, alike.days)
            return history, noise(float(np.median(scale(metric, others[known]))) if known.any() else 1.0)

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
        return tuple(window_name(int(windows.starts[place]), windows.length, self._baseline.zone) for place in places)

    @property
    def _windows(self) -> PerformanceWindows | None:
        return self._baseline.windows[0] if self._baseline.windows else None

    @cached_property
    def _alike(self) -> AlikeWindows | None:
        windows = self._windows
        if windows is None or self._window is None:
            return None
        return AlikeWindows(windows.starts, windows.length, self._baseline.zone, self._window)


def _without(counts: PerformanceCounts, places: Places) -> PerformanceCounts:
    """The same windows, of which some have no rows any more."""
    if not places:
        return counts

    def emptied(part: Any) -> Any:
        left = part.copy()
        left[list(places)] = 0
        return left

    return replace(counts, **{name: emptied(part) for name, part in counts.parts().items()})
