"""Distributions as SVG, drawn by matplotlib.

Colours are the page's CSS variables, so one picture serves light, dark and print; texts stay texts in the page's font.
"""

from __future__ import annotations

import io
import logging
import math
import re
import warnings
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from model_monitor_jobs.reports.html.model import Bin, Categories, Numbers
from model_monitor_jobs.reports.html.words import cut

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure

WIDTH: Final = 560
"""Of a picture, in the units of its viewBox: pixels of CSS where it is shown at its full size."""
_NUMBERS_HEIGHT: Final = 210
_ROW_HEIGHT: Final = 32
_TEXT: Final = 12
_SMALL_TEXT: Final = 11
_LABEL_WIDTH: Final = 165
_LONGEST_LABEL: Final = 22
_MARGIN: Final = 40
_BASE: Final = 26
"""Height of the labels below the axis."""

# Stand-ins that matplotlib takes for colours; the SVG has the variables instead.
_INK, _GRID, _BASELINE, _WINDOW = "#010101", "#020202", "#030303", "#040404"
_VARIABLES: Final = {
    _INK: "var(--muted)",
    _GRID: "var(--line)",
    _BASELINE: "var(--baseline)",
    _WINDOW: "var(--window)",
}
_COLOUR: Final = re.compile("|".join(_VARIABLES))
_CONTENT: Final = re.compile(r"(?<=>)([^<>]*)(?=</text>)")
_SHORTER: Final = tuple(
    (re.compile(pattern, re.DOTALL), replacement)
    for pattern, replacement in (
        (r"^.*?<svg[^>]*>|<metadata>.*?</metadata>|<!--.*?-->|<defs>\s*<style.*?</defs>|</svg>\s*$", ""),
        (r' id="[^"]*"', ""),
        (r"font-family: [^;\"]*; ?", ""),
        (r' transform="rotate\(-?0 [^)]*\)"', ""),
        (r"\s*\n", " "),
        (r">\s+<", "><"),
        (r"(\d\.\d\d)\d+", r"\1"),
    )
)


def draw(distribution: Numbers | Categories) -> str:
    """The children of an `svg` element whose viewBox is `0 0 WIDTH view_height(distribution)`."""
    height = view_height(distribution)
    with warnings.catch_warnings():
        # A font without some script's letters only matters for measuring: the browser has its own.
        warnings.simplefilter("ignore", UserWarning)
        if isinstance(distribution, Numbers):
            return _svg(_numbers(distribution, height))
        return _svg(_categories(distribution, height))


def view_height(distribution: Numbers | Categories) -> int:
    """Height of a drawing in the units of `WIDTH`."""
    return _NUMBERS_HEIGHT if isinstance(distribution, Numbers) else _ROW_HEIGHT * len(distribution.bins) + 8


@cache
def _matplotlib() -> Any:
    """The library: it takes half a second to import, so only a run with something to draw pays."""
    logger = logging.getLogger("matplotlib")
    level = logger.level
    # It warns of a home folder that can't be written to, which in a container is as it should be.
    logger.setLevel(logging.ERROR)
    import matplotlib
    import matplotlib.backends.backend_svg
    import matplotlib.figure
    import matplotlib.lines
    import matplotlib.patches
    import matplotlib.text
    import matplotlib.ticker
    import matplotlib.transforms

    logger.setLevel(level)
    return matplotlib


def _svg(figure: Figure) -> str:
    matplotlib = _matplotlib()
    stream = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "report", "path.simplify": False}):
        matplotlib.backends.backend_svg.FigureCanvasSVG(figure).print_svg(stream, metadata={"Date": None})
    # What the data says is kept as it is: every second part is the content of a text.
    parts = _CONTENT.split(stream.getvalue())
    parts[::2] = [_shorter(part) for part in parts[::2]]
    return "".join(parts).strip()


def _shorter(markup: str) -> str:
    markup = _COLOUR.sub(lambda found: _VARIABLES[found.group()], markup)
    for pattern, replacement in _SHORTER:
        markup = pattern.sub(replacement, markup)
    return markup


class _Scale:
    """Linear from `low`..`high` of the data to `first`..`last` in pixels."""

    def __init__(self, low: float, high: float, first: float, last: float) -> None:
        self.unit = (last - first) / (high - low)
        self.offset = first - low * self.unit

    def at(self, value: float) -> float:
        """The pixel of a value."""
        return value * self.unit + self.offset


class _Paper:
    """A figure with a scale from the data to its pixels, counted from the left and from the bottom.

    Artists go straight onto the figure: axes with their ticks and spines would take most of the time.
    """

    def __init__(self, height: float, across: _Scale, up: _Scale) -> None:
        self._library = _matplotlib()
        self.figure: Figure = self._library.figure.Figure(figsize=(WIDTH / 72, height / 72), dpi=72)
        self.figure.patch.set_visible(False)
        self._across, self._up = across, up
        affine = self._library.transforms.Affine2D
        self._data = affine().scale(across.unit, up.unit).translate(across.offset, up.offset)
        self._pixels = self._library.transforms.IdentityTransform()

    def line(self, x: Sequence[float], y: Sequence[float], colour: str, **style: Any) -> None:
        """A line between places of the data."""
        self._add(self._library.lines.Line2D(x, y, color=colour, linewidth=1, transform=self._data, **style))

    def pair(self, bins: Sequence[Bin], edges: Sequence[float]) -> None:
        """The baseline as an area, the window as a line over it: they differ in form, too."""
        step = self._library.patches.StepPatch
        then, now = [bin_.baseline for bin_ in bins], [bin_.window for bin_ in bins]
        area = {"fill": True, "facecolor": _BASELINE, "linewidth": 0, "alpha": 0.5}
        self._add(step(then, edges, transform=self._data, **area))
        outline = {"fill": False, "edgecolor": _WINDOW, "linewidth": 2}
        self._add(step(now, edges, transform=self._data, **outline))

    def bar(self, length: float, y: float, height: float, **style: Any) -> None:
        """A bar from 0 to the right."""
        self._add(self._library.patches.Rectangle((0, y), length, height, transform=self._data, **style))

    def text(
        self,
        place: tuple[float, float],
        text: str,
        across: str,
        up: str,
        shift: tuple[float, float] = (0, 0),
        size: int = _TEXT,
    ) -> None:
        """A text at a place of the data, `shift` pixels from it."""
        x, y = self._across.at(place[0]) + shift[0], self._up.at(place[1]) + shift[1]
        style = {"ha": across, "va": up, "fontsize": size, "color": _INK, "parse_math": False}
        self._add(self._library.text.Text(x, y, text, transform=self._pixels, **style))

    def _add(self, artist: Artist) -> None:
        self.figure.add_artist(artist)


def _numbers(numbers: Numbers, height: float) -> Figure:
    low, high = numbers.edges[0], numbers.edges[-1]
    width = (high - low) / 26
    left, right = low - 1.8 * width, high + 1.8 * width
    sides = [
        (numbers.below, low - 1.7 * width, low - 0.7 * width, "less"),
        (numbers.above, high + 0.7 * width, high + 1.7 * width, "more"),
    ]
    shown = [*numbers.bins, *(bin_ for bin_, *_ in sides if bin_ is not None)]
    top = 1.05 * max(max(bin_.window, bin_.baseline) for bin_ in shown) or 1.0
    paper = _Paper(height, _Scale(left, right, _MARGIN, WIDTH - 6), _Scale(0, top, _BASE, height - 22))
    for share in _ticks(0, top, 3):
        if 0 < share < top:
            paper.line([left, right], [share] * 2, _GRID)
            paper.text((left, share), f"{share * 100:.3g} %", "right", "center", (-4, 0))
    paper.pair(numbers.bins, numbers.edges)
    for bin_, start, end, name in sides:
        if bin_ is not None:
            paper.pair((bin_,), (start, end))
            paper.text(((start + end) / 2, 0), name, "center", "top", (0, -8))
    paper.line([left, right], [0, 0], _INK)
    ticks = [tick for tick in _ticks(low, high, 6) if low + width / 2 <= tick <= high - width / 2]
    step = min((second - first for first, second in pairwise(ticks)), default=1.0)
    for tick in ticks:
        paper.text((tick, 0), _tick(tick, step), "center", "top", (0, -8))
    if numbers.gap is not None and low <= numbers.gap <= high:
        paper.line([numbers.gap] * 2, [0, top], _INK, linestyle=(0, (2, 3)))
        paper.text((numbers.gap, top), "furthest apart", _side(numbers.gap, low, high), "bottom", (0, 4))
    return paper.figure


def _categories(categories: Categories, height: float) -> Figure:
    bins = categories.bins
    top = max(max(bin_.window, bin_.baseline) for bin_ in bins) or 1.0
    count = len(bins)
    paper = _Paper(height, _Scale(0, top, _LABEL_WIDTH, WIDTH - 56), _Scale(0, count, 4, height - 4))
    for place, bin_ in enumerate(bins):
        y = count - 0.5 - place
        name = cut(bin_.label, _LONGEST_LABEL)
        paper.bar(bin_.baseline, y - 0.38, 0.34, facecolor=_BASELINE, alpha=0.5, linewidth=0)
        paper.bar(bin_.window, y + 0.04, 0.34, fill=False, edgecolor=_WINDOW, linewidth=2)
        paper.text((0, y), name, "right", "center", (-8, 0))
        paper.text((bin_.window, y + 0.21), f"{bin_.window * 100:.1f} %", "left", "center", (6, 0), _SMALL_TEXT)
        paper.text((bin_.baseline, y - 0.21), f"{bin_.baseline * 100:.1f} %", "left", "center", (6, 0), _SMALL_TEXT)
    paper.line([0, 0], [0, count], _INK)
    return paper.figure


def _ticks(low: float, high: float, most: int) -> list[float]:
    locator = _matplotlib().ticker.MaxNLocator(most, steps=[1, 2, 2.5, 5, 10])
    return [float(tick) for tick in locator.tick_values(low, high)]


def _side(place: float, low: float, high: float) -> str:
    part = (place - low) / (high - low) if high > low else 0.5
    return "left" if part < 0.15 else "right" if part > 0.85 else "center"


def _tick(value: float, step: float) -> str:
    if abs(value) < step * 1e-6:
        return "0"
    if max(abs(value), step) >= 1e7 or step < 1e-4:
        return f"{value:.3g}"
    magnitude = math.floor(math.log10(step))
    quarter = round(step / 10**magnitude, 6) == 2.5
    return f"{value:,.{max(0, quarter - magnitude)}f}"
