"""Drawings as SVG, by matplotlib.

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
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure

TEXT: Final = 12
SMALL_TEXT: Final = 11
Point = tuple[float, float]

# Stand-ins that matplotlib takes for colours; the SVG has the variables instead.
INK: Final = "#010101"
GRID: Final = "#020202"
BASELINE: Final = "#030303"
WINDOW: Final = "#040404"
ESTIMATE: Final = "#050505"
BAD: Final = "#060606"
ALLOWED: Final = "#070707"
CARD: Final = "#080808"
_VARIABLES: Final = {
    INK: "var(--muted)",
    GRID: "var(--line)",
    BASELINE: "var(--baseline)",
    WINDOW: "var(--window)",
    ESTIMATE: "var(--estimate)",
    BAD: "var(--bad)",
    ALLOWED: "var(--allowed)",
    CARD: "var(--card)",
}
_COLOUR: Final = re.compile("|".join(_VARIABLES))
_PATH: Final = re.compile(r' d="[^"]*"')
_FINE: Final = re.compile(r"(\.\d)\d+")
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
        (r"([ML]) (-?[\d.]+) (-?[\d.]+) (?=[MLz\"])", r"\1\2 \3"),
    )
)


@cache
def _library() -> Any:
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
    import matplotlib.path
    import matplotlib.text
    import matplotlib.ticker
    import matplotlib.transforms

    logger.setLevel(level)
    return matplotlib


class Scale:
    """Linear from `low`..`high` of the data to `first`..`last` in pixels; `low` and `high` differ."""

    def __init__(self, low: float, high: float, first: float, last: float) -> None:
        self.unit = (last - first) / (high - low)
        self.offset = first - low * self.unit

    def at(self, value: float) -> float:
        """The pixel of a value."""
        return value * self.unit + self.offset


class Paper:
    """A figure with a scale from the data to its pixels, counted from the left and from the bottom.

    Artists go straight onto the figure: axes with their ticks and spines would take most of the time. Marks of one kind
    are one path, so that many cost little.
    """

    def __init__(self, size: Point, across: Scale, up: Scale) -> None:
        """`size` is width and height in pixels."""
        self._library = _library()
        self.size = size
        inches = (size[0] / 72, size[1] / 72)
        self._figure: Figure = self._library.figure.Figure(figsize=inches, dpi=72)
        self._figure.patch.set_visible(False)
        self.across, self.up = across, up
        affine = self._library.transforms.Affine2D
        self._data = affine().scale(across.unit, up.unit).translate(across.offset, up.offset)
        self._pixels = self._library.transforms.IdentityTransform()

    def line(self, x: Sequence[float], y: Sequence[float], colour: str, width: float = 1, **style: Any) -> None:
        """A line between places of the data."""
        self._add(self._library.lines.Line2D(x, y, color=colour, linewidth=width, transform=self._data, **style))

    def lines(self, pieces: Sequence[Sequence[Point]], colour: str, width: float = 1, **style: Any) -> None:
        """Lines in pieces, between pixels."""
        self._path(pieces, closed=False, fill=False, edgecolor=colour, linewidth=width, **style)

    def dots(self, places: Sequence[Point], colour: str, size: float, **style: Any) -> None:
        """Round dots, at pixels: lines without length, with round ends."""
        pieces = [(place, (place[0] + 0.1, place[1])) for place in places]
        self.lines(pieces, colour, size, capstyle="round", **style)

    def shapes(self, places: Sequence[Point], corners: Sequence[Point], **style: Any) -> None:
        """A polygon at each of some pixels; `corners` are relative to them."""
        self.polygons([[(x + dx, y + dy) for dx, dy in corners] for x, y in places], **style)

    def polygons(self, pieces: Sequence[Sequence[Point]], **style: Any) -> None:
        """Closed shapes, by the pixels of their corners."""
        self._path(pieces, closed=True, **style)

    def steps(self, heights: Sequence[float], edges: Sequence[float], **style: Any) -> None:
        """Bars that touch, upwards from 0, as one outline."""
        self._add(self._library.patches.StepPatch(heights, edges, transform=self._data, **style))

    def bar(self, corner: Point, width: float, height: float, **style: Any) -> None:
        """A rectangle from its corner of the least x and y."""
        self._add(self._library.patches.Rectangle(corner, width, height, transform=self._data, **style))

    def text(
        self,
        place: Point,
        text: str,
        across: str,
        up: str,
        shift: Point = (0, 0),
        size: int = TEXT,
        *,
        turned: bool = False,
    ) -> None:
        """A text at a place of the data, `shift` pixels from it; `turned` reads upwards."""
        x, y = self.across.at(place[0]) + shift[0], self.up.at(place[1]) + shift[1]
        style = {"ha": across, "va": up, "fontsize": size, "color": INK, "parse_math": False}
        if turned:
            style |= {"rotation": 90, "rotation_mode": "anchor"}
        self._add(self._library.text.Text(x, y, text, transform=self._pixels, **style))

    def pixel(self, x: float, y: float) -> Point:
        """The pixel of a place of the data."""
        return self.across.at(x), self.up.at(y)

    def svg(self) -> str:
        """The children of an `svg` element whose viewBox is as large as the paper."""
        stream = io.StringIO()
        settings = {"svg.fonttype": "none", "svg.hashsalt": "report", "path.simplify": False}
        with warnings.catch_warnings(), self._library.rc_context(settings):
            # A font without some script's letters only matters for measuring: the browser has its own.
            warnings.simplefilter("ignore", UserWarning)
            canvas = self._library.backends.backend_svg.FigureCanvasSVG(self._figure)
            canvas.print_svg(stream, metadata={"Date": None})
        # What the data says is kept as it is: every second part is the content of a text.
        parts = _CONTENT.split(stream.getvalue())
        parts[::2] = [_shorter(part) for part in parts[::2]]
        return "".join(parts).strip()

    def _path(self, pieces: Sequence[Sequence[Point]], *, closed: bool, **style: Any) -> None:
        if not pieces:
            return
        path = self._library.path.Path
        corners: list[Point] = []
        codes: list[int] = []
        for piece in pieces:
            corners += [*piece, piece[0]] if closed else piece
            codes += [path.MOVETO, *[path.LINETO] * (len(piece) - 1), *([path.CLOSEPOLY] if closed else [])]
        patch = self._library.patches.PathPatch(path(corners, codes), transform=self._pixels, **style)
        self._add(patch)

    def _add(self, artist: Artist) -> None:
        # What comes later lies on top; else lines would lie over all areas.
        artist.set_zorder(1)
        self._figure.add_artist(artist)


def _shorter(markup: str) -> str:
    markup = _COLOUR.sub(lambda found: _VARIABLES[found.group()], markup)
    for pattern, replacement in _SHORTER:
        markup = pattern.sub(replacement, markup)
    # A tenth of a pixel is as fine as anybody can see.
    return _PATH.sub(lambda found: _FINE.sub(r"\1", found.group()), markup)


def ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers from about `low` to about `high`."""
    locator = _library().ticker.MaxNLocator(most, steps=[1, 2, 2.5, 5, 10])
    return [float(tick) for tick in locator.tick_values(low, high)]


def tick_text(value: float, step: float) -> str:
    """A number beside an axis whose numbers are a `step` apart."""
    if abs(value) < step * 1e-6:
        return "0"
    if max(abs(value), step) >= 1e7 or step < 1e-4:
        return f"{value:.3g}"
    magnitude = math.floor(math.log10(step))
    quarter = round(step / 10**magnitude, 6) == 2.5
    return f"{value:,.{max(0, quarter - magnitude)}f}"
