"""The bias metrics of one window, each with what is known about how sure it is."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

import numpy as np

from model_monitor_jobs.checks.bias import intervals, metrics
from model_monitor_jobs.checks.bias.errors import error as error_of
from model_monitor_jobs.checks.bias.intervals import Interval, Sides
from model_monitor_jobs.checks.bias.parity import lower_over_higher, positive_answers
from model_monitor_jobs.checks.bias.pre_training import conditional_disparity, distances
from model_monitor_jobs.checks.bias.rates import Rates, rates
from model_monitor_jobs.checks.bias.tables import Outcomes, Strata, label_distribution
from model_monitor_jobs.checks.finding import percent
from model_monitor_jobs.decisions.student import student_quantile
from model_monitor_jobs.profiles.bias.counts import BiasCounts
from model_monitor_jobs.profiles.bias.flips import Flips
from model_monitor_jobs.profiles.bias.problem import NEGATIVE, POSITIVE
from model_monitor_jobs.profiles.grouped_arrays import Counts
from model_monitor_jobs.profiles.performance.counts import Doubles

Method = Literal["", "bootstrap", "newcombe", "random_groups", "wilson"]
"""How an interval was made; empty where there is none."""

_OF_NO_CHANGE: Final = {"KS": 1.0, "LP": math.sqrt(2), "TVD": 1.0}
"""These distances over two outcomes, in units of |DPL|."""
_BLANK: Final = math.nan


@dataclass(frozen=True)
class MeasuredBias:
    """A metric of one facet; NaN stands for what is undefined or unknown."""

    name: str
    value: float
    """By Clarify's conventions; infinite where something is divided by 0."""
    low: float
    high: float
    """The 95 % interval, which holds the value."""
    standard_error: float
    """On the scale on which it is judged (`metrics.on_scale`): of the logarithm of DI and EOR, of the root of JS and
    KL, else of the metric itself."""
    count: int
    """The rows of the smaller side that it rests on."""
    method: Method = ""
    error: str = ""
    """Why there is no value, in Clarify's words."""
    reason: str = ""
    """Why there is no interval or no standard error, or what to know about them."""
    degrees: int | None = None
    """Degrees of freedom of the standard error; None where it is as good as exact."""

    @property
    def defined(self) -> bool:
        """Whether there is a value."""
        return not math.isnan(self.value)


def measure(counts: BiasCounts) -> list[dict[str, MeasuredBias]]:
    """Every metric but FT of each facet, from all groups of rows together, in the order of their names.

    Intervals: Newcombe's for differences of rates, and from them those of ratios (Donner and Zou 2012) and sizes of
    rates; Wilson's for CI; percentiles of bootstrap resamples of the table for all others. Standard errors: closed
    forms for rates, else the delete-one jackknife, which has none where a metric hangs on one row.
    """
    total = counts.total()
    found, support = metrics.values(total), metrics.support(total)
    measured = []
    for place in range(len(total.problem.facets)):
        window = _Window(total, place, {name: float(values[0, place]) for name, values in found.items()})
        measured.append({name: window.measured(name, support[place][name]) for name in found})
    return measured


def measure_flips(flips: Flips) -> MeasuredBias:
    """FT with its interval, by how much it differs between random groups of the rows."""
    count = min(flips.rows, flips.neighbours)
    if flips.error:
        return MeasuredBias("FT", _BLANK, _BLANK, _BLANK, _BLANK, count, error=flips.error, reason=flips.error)
    value, degrees = flips.value, flips.groups - 1
    if math.isnan(flips.spread):
        reason = "both sides are in fewer than two of the groups that its interval is found by"
        return MeasuredBias("FT", value, _BLANK, _BLANK, _BLANK, count, reason=reason)
    # Groups that happen to be all alike don't make it exact.
    error = max(flips.spread, intervals.flips_error(flips.favoured, flips.disfavoured, flips.rows))
    reach = student_quantile(degrees, intervals.ALPHA) * error
    sampled = flips.rows + flips.neighbours
    reason = f"of a sample of {sampled:,} of {flips.seen:,} rows" if sampled < flips.seen else ""
    low, high = max(-1.0, value - reach), min(1.0, value + reach)
    return MeasuredBias("FT", value, low, high, error, count, "random_groups", reason=reason, degrees=degrees)


def unmeasured_flips(reason: str) -> MeasuredBias:
    """FT where no rows can be compared."""
    return MeasuredBias("FT", _BLANK, _BLANK, _BLANK, _BLANK, 0, error=reason, reason=reason)


class _Window:
    """One facet of a window; all its metrics are measured from the same tables and resamples."""

    def __init__(self, counts: BiasCounts, place: int, values: Mapping[str, float]) -> None:
        self._counts, self._place = counts, place
        self._values = values
        self._table: Counts = counts.table[0, place]
        self._outcomes = Outcomes.of(self._table)
        self._rates = rates(self._outcomes)

    def measured(self, name: str, count: int) -> MeasuredBias:
        """One metric."""
        value = self._values[name]
        if math.isnan(value):
            text = error_of(self._counts, name, self._place)
            return MeasuredBias(name, value, _BLANK, _BLANK, _BLANK, count, error=text, reason=text)
        if name in self._rates:
            return self._difference(name, self._rates[name], count)
        if name in _OF_NO_CHANGE and not self._counts.problem.every_label:
            return self._size(name, count)
        if name in ("CI", "DI", "EOD", "EOR"):
            made = {"CI": self._imbalance, "DI": self._impact, "EOD": self._odds, "EOR": self._odds_ratio}[name]
            interval, error = made()
            return self._made(name, interval, error, count, "wilson" if name == "CI" else "newcombe")
        return self._bootstrapped(name, count)

    def _made(
        self, name: str, interval: Interval, error: float, count: int, method: Method, reason: str = ""
    ) -> MeasuredBias:
        value = self._values[name]
        low, high = min(interval[0], value), max(interval[1], value)
        if name in metrics.RATIOS and not 0 < value < math.inf:
            error, reason = _BLANK, f"it is {'infinite' if value else '0'}, and its logarithm with it"
        return MeasuredBias(name, value, low, high, error, count, method, reason=reason)

    def _difference(self, name: str, rate: Rates, count: int) -> MeasuredBias:
        hits, of = _sides(rate.hits), _sides(rate.of)
        low, high = intervals.difference_interval(hits, of)
        interval = (-high, -low) if rate.reversed else (low, high)
        return self._made(name, interval, intervals.difference_error(hits, of), count, "newcombe")

    def _size(self, name: str, count: int) -> MeasuredBias:
        """A distance over two outcomes: the size of DPL, times what it is of that."""
        rate = self._rates["DPL"]
        hits, of = _sides(rate.hits), _sides(rate.of)
        change = abs(self._values["DPL"])
        unit = self._values[name] / change if change else _OF_NO_CHANGE[name]
        low, high = intervals.folded(intervals.difference_interval(hits, of))
        error = unit * intervals.difference_error(hits, of)
        return self._made(name, (unit * low, unit * high), error, count, "newcombe")

    def _imbalance(self) -> tuple[Interval, float]:
        advantaged, disadvantaged = _sides(self._outcomes.sides)
        rows = advantaged + disadvantaged
        low, _, high = intervals.score_interval(disadvantaged, rows)
        return (1 - 2 * high, 1 - 2 * low), 2 * intervals.rate_error(disadvantaged, rows)

    def _impact(self) -> tuple[Interval, float]:
        hits, of = _sides(self._rates["DPPL"].hits), _sides(self._rates["DPPL"].of)
        return intervals.ratio_interval(hits, of), intervals.ratio_error(hits, of)

    def _odds(self) -> tuple[Interval, float]:
        parts = [(_sides(rate.hits), _sides(rate.of), abs(float(rate.difference))) for rate in self._positive]
        ends = [intervals.folded(intervals.difference_interval(hits, of, of_two=True)) for hits, of, _ in parts]
        larger = max(parts, key=lambda part: part[2])
        interval = max(low for low, _ in ends), max(high for _, high in ends)
        return interval, intervals.difference_error(*larger[:2])

    def _odds_ratio(self) -> tuple[Interval, float]:
        parts = [(_sides(rate.hits), _sides(rate.of), float(lower_over_higher(rate.both))) for rate in self._positive]
        ends = [_lower(intervals.ratio_interval(hits, of, of_two=True)) for hits, of, _ in parts]
        smaller = min(parts, key=lambda part: part[2])
        interval = min(low for low, _ in ends), min(high for _, high in ends)
        return interval, intervals.ratio_error(*smaller[:2])

    @property
    def _positive(self) -> tuple[Rates, Rates]:
        return positive_answers(self._outcomes, POSITIVE), positive_answers(self._outcomes, NEGATIVE)

    def _bootstrapped(self, name: str, count: int) -> MeasuredBias:
        cells, evaluate = self._evaluation(name)
        value = self._values[name]
        root = name in metrics.DIVERGENCES and not self._counts.problem.every_label and value >= 0
        draws = self._draws(name)
        found = intervals.percentiles(_signed_roots(draws, self._draws("DPL")) if root else draws)
        left, weights = intervals.without_one(cells)
        values = evaluate(left)
        scaled = metrics.on_scale(name, values[name])
        if root:
            # Signed, a root goes through 0 without a bend.
            scaled = _signed_roots(values[name], values["DPL"])
        error = intervals.jackknife(scaled, weights)
        low, high = found.low, found.high
        if root:
            low, high = (end**2 for end in intervals.folded((low, high)))
        reason = _remark(found, error, value)
        if math.isnan(low):
            return MeasuredBias(name, value, _BLANK, _BLANK, error, count, reason=reason)
        return self._made(name, (low, high), error, count, "bootstrap", reason)

    def _evaluation(self, name: str) -> tuple[Counts, Callable[[Counts], dict[str, Doubles]]]:
        """The table that a metric depends on, and how to compute it of many such tables."""
        strata = Strata.of(self._counts)
        for metric, side in (("CDDL", strata.labels), ("CDDPL", strata.predictions)):
            if name == metric and side is not None:
                return side[0, self._place], lambda tables, metric=metric: {metric: conditional_disparity(tables)}
        distribution = label_distribution(self._counts)
        if name in metrics.DISTANCES and distribution is not None and self._counts.problem.every_label:
            return distribution[0, self._place], distances
        return self._table, _of_tables

    def _draws(self, name: str) -> Doubles:
        if name in metrics.NEED_STRATA or (name in metrics.DISTANCES and self._counts.problem.every_label):
            cells, evaluate = self._evaluation(name)
            return evaluate(intervals.resampled(cells))[name]
        return self._resamples[name]

    @cached_property
    def _resamples(self) -> dict[str, Doubles]:
        return _of_tables(intervals.resampled(self._table))


def _of_tables(tables: Counts) -> dict[str, Doubles]:
    """Every metric of tables (..., 2, 3, 3) that needs neither strata nor label values."""
    outcomes = Outcomes.of(tables)
    return metrics.of_outcomes(outcomes) | distances(outcomes.labels)


def _signed_roots(divergences: Doubles, changes: Doubles) -> Doubles:
    with np.errstate(invalid="ignore"):
        return np.copysign(np.sqrt(np.maximum(divergences, 0.0)), changes)


def _lower(interval: Interval) -> Interval:
    """Interval of the lower of a ratio and its reciprocal."""
    low, high = interval
    turned = (1 / high if high > 0 else math.inf), (1 / low if low > 0 else math.inf)
    if low <= 1 <= high:
        return min(low, turned[0]), 1.0
    return interval if high < 1 else turned


def _sides(counts: Counts) -> Sides:
    advantaged, disadvantaged = counts.tolist()
    return advantaged, disadvantaged


def _remark(found: intervals.Percentiles, error: float, value: float) -> str:
    """What to know about an interval from resamples and a standard error; empty where there is nothing."""
    if math.isinf(value):
        return "it is infinite: something is divided by 0"
    if math.isnan(found.low):
        return f"{percent(found.undefined)} of its resamples have no value"
    if math.isnan(error):
        return "without one of the rows it would be infinite or undefined"
    return f"{percent(found.infinite)} of its resamples are infinite" if found.infinite else ""
