"""The metrics of one window, each with what is known about how sure it is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from model_monitor_crds.model_quality import Costs
from model_monitor_jobs.checks.model_quality import intervals
from model_monitor_jobs.checks.model_quality.metrics import (
    best_constant_values,
    bounds,
    rates,
    support,
    undefined,
    values,
)
from model_monitor_jobs.checks.model_quality.regression import QUANTILES
from model_monitor_jobs.profiles.performance.binary import BinaryCounts
from model_monitor_jobs.profiles.performance.counts import Doubles, PerformanceCounts
from model_monitor_jobs.profiles.performance.overall import Overall
from model_monitor_jobs.profiles.performance.regression import ErrorSketches, RegressionCounts
from model_monitor_jobs.profiles.performance.rows import BLOCKS
from model_monitor_jobs.profiles.performance.scores import ScoreTable, auc, auc_variance, lift

SAMPLES: Final = 5
"""SageMaker's standard deviation is that of so many samples of 80 % of the rows."""
ENOUGH_FOR_DEVIATION: Final = 200

Method = Literal["", "wilson", "delong", "newcombe", "order_statistics", "jackknife"]
"""How an interval was made; empty where there is none."""


@dataclass(frozen=True)
class MeasuredMetric:
    """A metric of a window; NaN stands for what is undefined or unknown."""

    name: str
    value: float
    low: float
    high: float
    """The 95 % interval, which holds the value."""
    standard_error: float
    standard_deviation: float
    """SageMaker's: of the metric in five samples of 80 % of the rows, each without a fifth of the blocks; NaN below 200
    rows. It says how such samples differ, not how sure the value is."""
    count: int
    """The rows that it rests on, such as the positive ones of a recall."""
    method: Method
    comparable: float = math.nan
    """The value as `values` has it for groups of rows, to compare with theirs: of the AUC, the lift and quantiles, that
    of cells."""
    degrees: int | None = None
    """Degrees of freedom of the standard error; None where it does not come from the jackknife."""
    reason: str = ""
    """Why there is no value or no interval, in words."""

    @property
    def defined(self) -> bool:
        """Whether there is a value."""
        return not math.isnan(self.value)


@dataclass(frozen=True)
class ConstantMetric:
    """A metric of the best constant classifier."""

    value: float
    standard_deviation: float


def measure(
    counts: PerformanceCounts, overall: Overall | None = None, costs: Costs | None = None
) -> dict[str, MeasuredMetric]:
    """Every metric of a window from its 64 blocks and, where there is one, its overall part.

    Intervals: Wilson's for shares of rows, DeLong's for the AUC, order statistics for quantiles of errors, and for all
    others the delete-a-group jackknife over the blocks that have rows. Without a table of scores, the AUC and the
    lift are those of scores on 256 cells. Raises ValueError for counts that are no 64 blocks, and for a regression
    without sketches.
    """
    window = _Window(counts, costs or Costs())
    total = window.total
    found = {name: _jackknifed(name, float(value[0]), window) for name, value in window.values.items()}
    for name, (hits, of) in rates(total).items():
        found[name] = _rate(name, int(hits[0]), int(of[0]), window)
    if isinstance(total, BinaryCounts) and total.cells is not None:
        table = overall.counts if isinstance(overall, ScoreTable) else total.cells[0]
        found["lift"] = _jackknifed("lift", float(lift(table)), window)
        variance, (negatives, positives) = auc_variance(table), table.sum(axis=0).tolist()
        found["auc"] = _auc(float(auc(table)), variance, negatives, positives, window)
    if isinstance(total, RegressionCounts):
        if not isinstance(overall, ErrorSketches):
            raise ValueError("a regression is measured with sketches of its errors")
        for name, share in QUANTILES.items():
            found[name] = _quantile(name, overall, share, window)
    return dict(sorted(found.items()))


def measure_best_constant(counts: PerformanceCounts) -> dict[str, ConstantMetric]:
    """SageMaker's metrics of the classifier that always answers the most frequent label, from the 64 blocks."""
    total = counts.total()
    samples = best_constant_values(_samples(counts, total))
    deviations = {name: _deviation(values, int(total.rows[0])) for name, values in samples.items()}
    return {
        name: ConstantMetric(float(value[0]), deviations[name]) for name, value in best_constant_values(total).items()
    }


class _Window:
    """What all metrics of a window are measured from."""

    def __init__(self, counts: PerformanceCounts, costs: Costs) -> None:
        if counts.groups != BLOCKS:
            raise ValueError(f"{counts.groups} groups; expected {BLOCKS} blocks")
        self.total = counts.total()
        self.rows = int(self.total.rows[0])
        self.values = values(self.total, costs)
        self.support = support(self.total)
        self.samples = values(_samples(counts, self.total), costs)
        filled = np.flatnonzero(counts.rows)
        self.left_out: Mapping[str, Doubles] = {}
        if len(filled) > 1:
            self.left_out = values(self.total.less(counts.at(filled)), costs)

    def made(
        self,
        name: str,
        value: float,
        interval: tuple[float, float],
        standard_error: float,
        method: Method,
        degrees: int | None = None,
    ) -> MeasuredMetric:
        """A metric that is defined."""
        return MeasuredMetric(
            name,
            value,
            min(interval[0], value),
            max(interval[1], value),
            standard_error,
            _deviation(self.samples[name], self.rows),
            self.support[name],
            method,
            comparable=float(self.values[name][0]),
            degrees=degrees,
        )

    def unsure(self, name: str, value: float, reason: str) -> MeasuredMetric:
        """A metric that is undefined, or of which nothing but its value is known."""
        blank = math.nan
        deviation = _deviation(self.samples[name], self.rows)
        return MeasuredMetric(
            name, value, blank, blank, blank, deviation, self.support[name], "", comparable=value, reason=reason
        )

    def undefined(self, name: str) -> MeasuredMetric:
        """A metric that is undefined."""
        return self.unsure(name, math.nan, undefined(self.total, name))


def _rate(name: str, hits: int, count: int, window: _Window) -> MeasuredMetric:
    if not count:
        return window.undefined(name)
    rate = hits / count
    return window.made(name, rate, intervals.wilson(hits, count), math.sqrt(rate * (1 - rate) / count), "wilson")


def _auc(area: float, variance: float, negatives: int, positives: int, window: _Window) -> MeasuredMetric:
    if math.isnan(area):
        return window.undefined("auc")
    interval = intervals.auc_interval(area, variance, negatives, positives)
    if variance > 0 and 0 < area < 1:
        return window.made("auc", area, interval, math.sqrt(variance), "delong")
    return window.made("auc", area, interval, (interval[1] - interval[0]) / (2 * intervals.Z95), "newcombe")


def _quantile(name: str, sketches: ErrorSketches, share: float, window: _Window) -> MeasuredMetric:
    if not window.rows:
        return window.undefined(name)
    sketch = sketches.absolute
    low, high = intervals.quantile_interval(sketch, share)
    error = (high - low) / (2 * intervals.Z95)
    return window.made(name, intervals.quantile(sketch, share), (low, high), error, "order_statistics")


def _jackknifed(name: str, value: float, window: _Window) -> MeasuredMetric:
    if math.isnan(value):
        return window.undefined(name)
    left_out = window.left_out.get(name)
    # Without some blocks a metric of few rows may be undefined.
    left_out = np.empty(0) if left_out is None else left_out[np.isfinite(left_out)]
    if len(left_out) < 2:
        return window.unsure(name, value, "too few rows to tell how sure it is")
    error = intervals.jackknife(left_out)
    least, greatest = bounds(name)
    if not error and greatest == 1 and value in (least, greatest):
        # At the end of its range a share of rows has no spread within the window, and yet is not certain.
        count = window.support[name]
        return window.made(name, value, intervals.wilson(value * count, count), 0.0, "wilson")
    degrees = len(left_out) - 1
    spread = intervals.student_spread(error, degrees)
    interval = max(least, value - spread), min(greatest, value + spread)
    return window.made(name, value, interval, error, "jackknife", degrees)


def _samples(counts: PerformanceCounts, total: PerformanceCounts) -> PerformanceCounts:
    """The window without each fifth of its blocks in turn."""
    return total.less(counts.summed(np.arange(counts.groups) % SAMPLES))


def _deviation(samples: Doubles, rows: int) -> float:
    return float(np.std(samples, ddof=1)) if rows >= ENOUGH_FOR_DEVIATION else math.nan
