"""Two distributions over each other: bars of numbers, or of the most frequent values."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from model_monitor_jobs.reports.html.model import Bin, Categories, Numbers
from model_monitor_jobs.reports.html.paper import (
    BASELINE,
    GRID,
    INK,
    SMALL_TEXT,
    WINDOW,
    Paper,
    Scale,
    tick_text,
    ticks,
)
from model_monitor_jobs.reports.html.words import cut

WIDTH: Final = 560
"""Of a picture, in the units of its viewBox: pixels of CSS where it is shown at its full size."""
_NUMBERS_HEIGHT: Final = 210
_ROW_HEIGHT: Final = 32
_LABEL_WIDTH: Final = 165
_LONGEST_LABEL: Final = 22
_MARGIN: Final = 40
_BASE: Final = 26
"""Height of the labels below the axis."""


def draw_numbers(numbers: Numbers) -> Paper:
    """Bars of numbers, with what lies outside at either side."""
    height = _NUMBERS_HEIGHT
    low, high = numbers.edges[0], numbers.edges[-1]
    width = (high - low) / 26
    left, right = low - 1.8 * width, high + 1.8 * width
    sides = [
        (numbers.below, low - 1.7 * width, low - 0.7 * width, "less"),
        (numbers.above, high + 0.7 * width, high + 1.7 * width, "more"),
    ]
    shown = [*numbers.bins, *(bin_ for bin_, *_ in sides if bin_ is not None)]
    top = 1.05 * max(max(bin_.window, bin_.baseline) for bin_ in shown) or 1.0
    paper = Paper((WIDTH, height), Scale(left, right, _MARGIN, WIDTH - 6), Scale(0, top, _BASE, height - 22))
    for share in ticks(0, top, 3):
        if 0 < share < top:
            paper.line([left, right], [share] * 2, GRID)
            paper.text((left, share), f"{share * 100:.3g} %", "right", "center", (-4, 0))
    _pair(paper, numbers.bins, numbers.edges)
    for bin_, start, end, name in sides:
        if bin_ is not None:
            _pair(paper, (bin_,), (start, end))
            paper.text(((start + end) / 2, 0), name, "center", "top", (0, -8))
    paper.line([left, right], [0, 0], INK)
    shown_ticks = [tick for tick in ticks(low, high, 6) if low + width / 2 <= tick <= high - width / 2]
    step = min((second - first for first, second in pairwise(shown_ticks)), default=1.0)
    for tick in shown_ticks:
        paper.text((tick, 0), tick_text(tick, step), "center", "top", (0, -8))
    if numbers.gap is not None and low <= numbers.gap <= high:
        paper.line([numbers.gap] * 2, [0, top], INK, linestyle=(0, (2, 3)))
        paper.text((numbers.gap, top), "furthest apart", _side(numbers.gap, low, high), "bottom", (0, 4))
    return paper


def draw_categories(categories: Categories) -> Paper:
    """Two bars for each value."""
    height = _ROW_HEIGHT * len(categories.bins) + 8
    bins = categories.bins
    top = max(max(bin_.window, bin_.baseline) for bin_ in bins) or 1.0
    count = len(bins)
    paper = Paper((WIDTH, height), Scale(0, top, _LABEL_WIDTH, WIDTH - 56), Scale(0, count, 4, height - 4))
    for place, bin_ in enumerate(bins):
        y = count - 0.5 - place
        name = cut(bin_.label, _LONGEST_LABEL)
        paper.bar((0, y - 0.38), bin_.baseline, 0.34, facecolor=BASELINE, alpha=0.5, linewidth=0)
        paper.bar((0, y + 0.04), bin_.window, 0.34, fill=False, edgecolor=WINDOW, linewidth=2)
        paper.text((0, y), name, "right", "center", (-8, 0))
        paper.text((bin_.window, y + 0.21), f"{bin_.window * 100:.1f} %", "left", "center", (6, 0), SMALL_TEXT)
        paper.text((bin_.baseline, y - 0.21), f"{bin_.baseline * 100:.1f} %", "left", "center", (6, 0), SMALL_TEXT)
    paper.line([0, 0], [0, count], INK)
    return paper


def _pair(paper: Paper, bins: Sequence[Bin], edges: Sequence[float]) -> None:
    """The baseline as an area, the window as a line over it: they differ in form, too."""
    paper.steps([bin_.baseline for bin_ in bins], edges, fill=True, facecolor=BASELINE, linewidth=0, alpha=0.5)
    paper.steps([bin_.window for bin_ in bins], edges, fill=False, edgecolor=WINDOW, linewidth=2)


def _side(place: float, low: float, high: float) -> str:
    part = (place - low) / (high - low) if high > low else 0.5
    return "left" if part < 0.15 else "right" if part > 0.85 else "center"
