"""The two distributions of a column in few enough parts to be drawn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np

from model_monitor_jobs.profiles.cells import cumulative_shares
from model_monitor_jobs.profiles.counts import ColumnCounts, Counts
from model_monitor_jobs.profiles.sketch import Doubles
from model_monitor_jobs.reports.html.model import Bin, Categories, Numbers, Rate
from model_monitor_jobs.reports.html.words import cut, visible

MOST_BINS: Final = 36
MOST_CATEGORIES: Final = 15
_LONGEST_LABEL: Final = 60
_TAILS: Final = (0.01, 0.03, 0.06, 0.1)
_WIDEST: Final = 9.0
"""Interquartile ranges that a drawing may span before its tails are cut further in."""
_FAINT: Final = 0.0005
_EXTREME: Final = 1e150
"""Numbers larger than this, or closer together than its inverse, leave the range in which a scale can be computed."""


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
        if now is not None and then is not None and now.sum() and then.sum():
            with np.errstate(over="ignore", invalid="ignore"):
                drawn = numbers(comparison.cuts[step - 1 :: step], now, then)
            if not _drawable(drawn.edges):
                return None
            return drawn if drifted else replace(drawn, gap=None)
        return None
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


def numbers(cuts: Doubles, window: Counts, baseline: Counts) -> Numbers:
    """Equal bins over the middle of both distributions; what lies outside is counted at either side.

    `window` and `baseline` are counts on the 2·len(cuts)+1 cells, neither of them empty. Within a cell values are taken
    as spread evenly.
    """
    now, then = cumulative_shares(window), cumulative_shares(baseline)
    edges = _edges(cuts, (now + then) / 2)
    shares = [_up_to(edges, cuts, each) for each in (now, then)]
    window_bins, baseline_bins = (np.diff(each) for each in shares)
    labels = [f"{_plain(a)} to {_plain(b)}" for a, b in pairwise(edges)]
    if _whole(cuts):
        labels = [_whole_label(a, b) for a, b in pairwise(edges)]
    bins = tuple(Bin(label, float(a), float(b)) for label, a, b in zip(labels, window_bins, baseline_bins, strict=True))
    below = Bin(f"below {_plain(edges[0])}", float(shares[0][0]), float(shares[1][0]))
    above = Bin(f"above {_plain(edges[-1])}", float(1 - shares[0][-1]), float(1 - shares[1][-1]))
    return Numbers(
        tuple(float(edge) for edge in edges),
        bins,
        below if max(below.window, below.baseline) > _FAINT else None,
        above if max(above.window, above.baseline) > _FAINT else None,
        float(cuts[int(np.argmax(np.abs(now - then))) // 2]),
    )


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
    if max(rest) > _FAINT:
        bins.append(Bin("other values", *rest))
    if max(missing.window, missing.baseline) > 0:
        bins.append(missing)
    return Categories(tuple(bins))


def label(value: str) -> str:
    """A value of the data for people: visible where it is empty, cut where it is long."""
    text = cut(visible(value), _LONGEST_LABEL)
    return text if text.strip() else f"“{text}”"


def _edges(cuts: Doubles, shares: Doubles) -> Doubles:
    quartiles = _at(cuts, shares, 0.75) - _at(cuts, shares, 0.25)
    low, high = float(cuts[0]), float(cuts[-1])
    for tail in _TAILS:
        low, high = _at(cuts, shares, tail), _at(cuts, shares, 1 - tail)
        if high - low <= _WIDEST * quartiles:
            break
    if _whole(cuts):
        step = max(1.0, float(np.ceil((high - low + 1) / MOST_BINS)))
        count = int(np.ceil((high - low + 1) / step))
        return np.asarray(low - 0.5 + step * np.arange(count + 1), dtype=np.float64)
    if not high > low:
        width = abs(low) * 1e-3 or 1.0
        return np.linspace(low - width, low + width, 4)
    edges = np.linspace(low, high, MOST_BINS + 1)
    return edges if np.all(np.diff(edges) > 0) else np.array([low, high])


def _drawable(edges: tuple[float, ...]) -> bool:
    low, high = edges[0], edges[-1]
    return max(abs(low), abs(high)) <= _EXTREME and high - low >= 1 / _EXTREME


def _at(cuts: Doubles, shares: Doubles, rank: float) -> float:
    """The lowest cut point with at least this share of the values up to it."""
    return float(cuts[min(int(np.searchsorted(shares[1::2], rank)), len(cuts) - 1)])


def _up_to(edges: Doubles, cuts: Doubles, shares: Doubles) -> Doubles:
    """Share of the values up to each edge, an edge on a cut point included."""
    places = np.searchsorted(cuts, edges, side="right")
    inner = np.clip(places, 1, len(cuts) - 1)
    left, right = inner - 1, np.minimum(inner, len(cuts) - 1)
    span = np.where(cuts[right] > cuts[left], cuts[right] - cuts[left], 1.0)
    part = np.clip((edges - cuts[left]) / span, 0.0, 1.0)
    between = shares[1::2][left] + part * (shares[0::2][right] - shares[1::2][left])
    between = np.where(places == 0, 0.0, between)
    # Beyond the outermost cut points nothing is known of where values lie: they count as outside.
    below = np.where(edges < cuts[0], shares[0], between)
    return np.asarray(np.where(places >= len(cuts), shares[-1], below), dtype=np.float64)


def _whole(cuts: Doubles) -> bool:
    return bool(np.all(cuts == np.floor(cuts)) and np.max(np.abs(cuts)) < 1e12)


def _whole_label(low: float, high: float) -> str:
    first, last = round(low + 0.5), round(high - 0.5)
    return f"{first:,}" if first == last else f"{first:,} to {last:,}"


def _plain(number: float) -> str:
    return f"{number:.4g}" if abs(number) < 1e4 else f"{number:,.0f}" if abs(number) < 1e9 else f"{number:.3g}"
