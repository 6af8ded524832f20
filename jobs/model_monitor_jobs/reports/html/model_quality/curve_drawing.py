"""Drawings with both axes from 0 to 1, and the estimate against what was realised."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from model_monitor_jobs.reports.html.model_quality.model import Calibration, CalibrationBin, Curves, Trial
from model_monitor_jobs.reports.html.paper import (
    BASELINE,
    CARD,
    ESTIMATE,
    GRID,
    INK,
    WINDOW,
    Paper,
    Point,
    Scale,
    tick_text,
    ticks,
)
from model_monitor_jobs.reports.html.timeline_drawing import DIAMOND, draw_intervals

WIDTH: Final = 380
_LEFT: Final = 58
_RIGHT: Final = 10
_SIDE: Final = WIDTH - _LEFT - _RIGHT
_BASE: Final = 44
_TOP: Final = 8
_STRIP: Final = 46
"""Height of the bars below a calibration."""
_UNIT: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
_DASHES: Final = (0, (3, 3))


def draw_curves(curves: Curves) -> Paper:
    """The window as a line over the baseline as a broad, pale one."""
    paper = _square(curves.across, curves.up)
    _through(paper, curves.chance, INK, width=1, linestyle=_DASHES)
    _through(paper, curves.baseline, BASELINE, width=6, alpha=0.5)
    _through(paper, curves.window, WINDOW, width=2)
    return paper


def draw_calibration(calibration: Calibration) -> Paper:
    """How often probabilities came true, with 95 % intervals, and below how many rows have them."""
    paper = _square(calibration.across, calibration.up, _STRIP)
    _through(paper, ((0.0, 0.0), (1.0, 1.0)), INK, linestyle=_DASHES)
    if calibration.baseline is not None:
        points = _observed(calibration.baseline)
        _through(paper, points, BASELINE, width=6, alpha=0.5)
    points = _observed(calibration.window)
    spans = [
        (each.probability, each.observed)
        for each in calibration.window
        if each.probability is not None and each.observed is not None
    ]
    draw_intervals(paper, spans, WINDOW, paper.pixel, width=1.5)
    _through(paper, points, WINDOW, width=1.5)
    paper.dots([paper.pixel(*point) for point in points], WINDOW, 7)
    _sizes(paper, calibration)
    return paper


def draw_trial(trial: Trial) -> Paper:
    """Estimates with their intervals across, what labels then showed upwards: right ones meet the dashed line."""
    pairs = [(point.estimated, point.measured) for point in trial.pairs]
    known = [(estimated, measured) for estimated, measured in pairs if estimated is not None and measured is not None]
    values = [value for estimated, measured in known for value in (estimated.value, measured.value)]
    low, high = min(values), max(values)
    room = (high - low) or abs(high) * 0.1 or 1.0
    low = min([low, *(max(each.low, low - room) for each, _ in known if each.low is not None)]) - 0.06 * room
    high = max([high, *(min(each.high, high + room) for each, _ in known if each.high is not None)]) + 0.06 * room
    shown = [tick for tick in ticks(low, high, 5) if low <= tick <= high]
    step = shown[1] - shown[0] if len(shown) > 1 else 1.0
    paper = _square(
        "Estimated without labels", "Measured with labels", 0, (low, high), shown, lambda tick: tick_text(tick, step)
    )
    _through(paper, ((low, low), (high, high)), INK, linestyle=_DASHES)

    def at(value: float, height: float) -> Point:
        return paper.pixel(min(max(value, low), high), height)

    pieces = [
        (at(estimated.low, measured.value), at(estimated.high, measured.value))
        for estimated, measured in known
        if estimated.low is not None and estimated.high is not None
    ]
    paper.lines(pieces, ESTIMATE, 1.5, linestyle=(0, (2, 2)))
    places = [at(estimated.value, measured.value) for estimated, measured in known]
    paper.shapes(places, DIAMOND, facecolor=CARD, edgecolor=ESTIMATE, linewidth=1.6)
    return paper


def _square(
    across: str,
    up: str,
    strip: float = 0,
    bounds: Point = (0.0, 1.0),
    shown: Sequence[float] = _UNIT,
    name: Callable[[float], str] = "{:g}".format,
) -> Paper:
    """An empty square with named axes, with room for a strip between it and the names below."""
    base = _BASE + strip
    size = (WIDTH, base + _SIDE + _TOP)
    paper = Paper(size, Scale(*bounds, _LEFT, WIDTH - _RIGHT), Scale(*bounds, base, base + _SIDE))
    low, high = bounds
    lines = [(paper.pixel(low, tick), paper.pixel(high, tick)) for tick in shown]
    lines += [(paper.pixel(tick, low), paper.pixel(tick, high)) for tick in shown]
    paper.lines(lines, GRID)
    for tick in shown:
        paper.text((low, tick), name(tick), "right", "center", (-6, 0))
        paper.text((tick, low), name(tick), "center", "top", (0, -6 - strip))
    middle = (low + high) / 2
    paper.text((middle, low), across, "center", "top", (0, -24 - strip))
    paper.text((low, middle), up, "center", "center", (-_LEFT + 8, 0), turned=True)
    return paper


def _through(paper: Paper, points: Sequence[Point], colour: str, **style: Any) -> None:
    """A line through points of the data."""
    paper.lines([[paper.pixel(*point) for point in points]] if points else [], colour, **style)


def _observed(bins: Sequence[CalibrationBin]) -> list[Point]:
    found: list[Point] = []
    for each in bins:
        if each.probability is not None and each.observed is not None:
            found.append((each.probability, each.observed.value))
    return found


def _sizes(paper: Paper, calibration: Calibration) -> None:
    """Bars for how many rows lie in each bin."""
    groups: list[tuple[Sequence[CalibrationBin], dict[str, Any]]] = []
    if calibration.baseline is not None:
        groups.append((calibration.baseline, {"facecolor": BASELINE, "alpha": 0.5, "linewidth": 0}))
    groups.append((calibration.window, {"fill": False, "edgecolor": WINDOW, "linewidth": 1.5}))
    top = max(each.share for bins, _ in groups for each in bins) or 1.0
    base, unit = _BASE, (_STRIP - 10) / top
    for bins, style in groups:
        outline: list[Point] = [(paper.across.at(0), base)]
        for place, each in enumerate(bins):
            height = base + each.share * unit
            outline += [
                (paper.across.at(place / len(bins)), height),
                (paper.across.at((place + 1) / len(bins)), height),
            ]
        outline.append((paper.across.at(1), base))
        paper.polygons([outline], **style)
    paper.lines([((paper.across.at(0), base), (paper.across.at(1), base))], INK)
