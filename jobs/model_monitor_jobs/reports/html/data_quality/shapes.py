"""The two distributions of a column in few enough parts to be drawn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from model_monitor_jobs.profiles.counts import ColumnCounts
from model_monitor_jobs.profiles.sketch import Doubles
from model_monitor_jobs.reports.html.bins import FAINT, drawable_numbers
from model_monitor_jobs.reports.html.data_quality.model import Rate
from model_monitor_jobs.reports.html.model import Bin, Categories, Numbers
from model_monitor_jobs.reports.html.words import label

MOST_CATEGORIES: Final = 15


@dataclass(frozen=True)
class ColumnComparison:
    """Counts of a column in the window and in the baseline, on the same cut points and tracked values.

    The cells stand on every `step`-th of the cut points.
    """

    window: ColumnCounts
    baseline: ColumnCounts
    cuts: Doubles | None = None
    values: tuple[str, ...] = ()


def distribution_of(comparison: ColumnComparison, *, drifted: bool = True) -> Numbers | Categories | None:
    """The distributions over each other; None where either is unknown or can't be drawn.

    Without drift no gap is told.
    """
    window, baseline = comparison.window, comparison.baseline
    if comparison.cuts is not None and len(comparison.cuts) and window.cells is not None and baseline.cells is not None:
        step = max(window.step, baseline.step)
        now, then = window.coarser(step).cells, baseline.coarser(step).cells
        if now is None or then is None:
            return None
        drawn = drawable_numbers(comparison.cuts[step - 1 :: step], now, then)
        return replace(drawn, gap=None) if drawn is not None and not drifted else drawn
    if comparison.values and window.values is not None and baseline.values is not None and window.rows:
        return categories(comparison)
    return None


def rates_of(comparison: ColumnComparison) -> tuple[Rate, ...]:
    """The share of rows without a value, where there are any."""
    window, baseline = comparison.window, comparison.baseline
    if not window.rows or not baseline.rows:
        return ()
    if not window.missing and not baseline.missing:
        return ()
    return (Rate("Rows without a value", window.missing / window.rows, baseline.missing / baseline.rows),)


def categories(comparison: ColumnComparison) -> Categories:
    """The most frequent values of both, the rest of them together, and missing ones: shares of rows."""
    window, baseline = comparison.window, comparison.baseline
    if window.values is None or baseline.values is None:
        raise ValueError("categories: values were not counted")
    now, then = window.values / max(1, window.rows), baseline.values / max(1, baseline.rows)
    order = sorted(range(len(comparison.values)), key=lambda i: (-max(now[i], then[i]), comparison.values[i]))
    shown = order[:MOST_CATEGORIES]
    bins = [Bin(label(comparison.values[i]), float(now[i]), float(then[i])) for i in shown]
    missing = Bin("no value", window.missing / max(1, window.rows), baseline.missing / max(1, baseline.rows))
    rest = (
        max(0.0, 1 - missing.window - float(now[shown].sum())),
        max(0.0, 1 - missing.baseline - float(then[shown].sum())) if baseline.rows else 0.0,
    )
    if max(rest) > FAINT:
        bins.append(Bin("other values", *rest))
    if max(missing.window, missing.baseline) > 0:
        bins.append(missing)
    return Categories(tuple(bins))
