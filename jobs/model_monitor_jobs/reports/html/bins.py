"""Two distributions of numbers in few enough parts to be drawn."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np

from model_monitor_jobs.profiles.cells import cumulative_shares
from model_monitor_jobs.profiles.counts import Counts
from model_monitor_jobs.profiles.sketch import Doubles
from model_monitor_jobs.reports.html.model import Bin, Numbers

MOST_BINS: Final = 36
FAINT: Final = 0.0005
"""Shares of less are left out."""
_TAILS: Final = (0.01, 0.03, 0.06, 0.1)
_WIDEST: Final = 9.0
"""Interquartile ranges that a drawing may span before its tails are cut further in."""
_EXTREME: Final = 1e150
"""Numbers larger than this, or closer together than its inverse, leave the range in which a scale can be computed."""


def drawable_numbers(cuts: Doubles, window: Counts, baseline: Counts) -> Numbers | None:
    """The same as `numbers`; None where there are no values, or numbers too extreme for a scale."""
    if not len(cuts) or not window.sum() or not baseline.sum():
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        drawn = numbers(cuts, window, baseline)
    low, high = drawn.edges[0], drawn.edges[-1]
    return drawn if max(abs(low), abs(high)) <= _EXTREME and high - low >= 1 / _EXTREME else None


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
        below if max(below.window, below.baseline) > FAINT else None,
        above if max(above.window, above.baseline) > FAINT else None,
        float(cuts[int(np.argmax(np.abs(now - then))) // 2]),
    )


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
