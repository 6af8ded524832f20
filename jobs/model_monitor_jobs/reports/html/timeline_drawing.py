"""The course of a metric as a drawing: measured values as dots, estimates as hollow diamonds, coverage below."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any, Final

from model_monitor_jobs.checks.model_quality.words import shown
from model_monitor_jobs.reports.html.model import Span
from model_monitor_jobs.reports.html.paper import (
    ALLOWED,
    BAD,
    BASELINE,
    CARD,
    ESTIMATE,
    GRID,
    INK,
    SMALL_TEXT,
    WINDOW,
    Paper,
    Point,
    Scale,
    tick_text,
    ticks,
)
from model_monitor_jobs.reports.html.timeline import Timeline, When, WindowPoint

WIDTH: Final = 860
_HEIGHT: Final = 320
_LEFT: Final = 58
_RIGHT: Final = 118
"""Room for the names of the lines."""
_STRIP: Final = (26, 66)
"""From where to where the bars of coverage go, in pixels from the bottom."""
_PLOT: Final = (88, 306)
_FEWEST_SLOTS: Final = 8
_MOST_NAMES: Final = 7
_BESIDE: Final = 8
"""How far to the right of a measured value its estimate stands."""
_BETWEEN: Final = 14
"""Least distance of the names of two lines."""
DIAMOND: Final = ((0.0, 5.5), (5.5, 0.0), (0.0, -5.5), (-5.5, 0.0))
TRIANGLE: Final = ((0.0, 6.5), (6.0, -4.5), (-6.0, -4.5))
RING: Final = tuple((4 * math.cos(step * math.pi / 6), 4 * math.sin(step * math.pi / 6)) for step in range(12))


def draw_timeline(timeline: Timeline) -> Paper:
    """The whole drawing."""
    points = timeline.points
    # Few windows stand at the right end, which is what a narrow page shows first.
    ends = (min(0, len(points) - _FEWEST_SLOTS), len(points))
    low, high = _range(timeline)
    paper = Paper((WIDTH, _HEIGHT), Scale(*ends, _LEFT, WIDTH - _RIGHT), Scale(low, high, *_PLOT))
    _this_window(paper, points)
    _allowed(paper, timeline, ends, (low, high))
    heights = [tick for tick in ticks(low, high, 5) if low <= tick <= high]
    step = heights[1] - heights[0] if len(heights) > 1 else 1.0
    paper.lines([(paper.pixel(ends[0], tick), paper.pixel(ends[1], tick)) for tick in heights], GRID)
    for tick in heights:
        paper.text((ends[0], tick), tick_text(tick, step), "right", "center", (-7, 0))
    _lines(paper, timeline, ends)
    _course(paper, points)
    _measured(paper, points)
    _estimated(paper, points)
    _coverage(paper, timeline, ends)
    _names(paper, points)
    return paper


def draw_intervals(
    paper: Paper,
    places: Sequence[tuple[float, Span]],
    colour: str,
    at: Callable[[float, float], Point],
    **style: Any,
) -> None:
    """Upright intervals, at pixels that `at` finds for a place and a value."""
    pieces = [
        (at(place, span.low), at(place, span.high))
        for place, span in places
        if span.low is not None and span.high is not None
    ]
    paper.lines(pieces, colour, **style)


def _range(timeline: Timeline) -> tuple[float, float]:
    """What the drawing shows: all values and how far they may go, and intervals as far as they don't dwarf these."""
    spans = [span for point in timeline.points for span in (point.measured, point.estimated) if span is not None]
    values = [span.value for span in spans]
    values += [value for value in (timeline.baseline, timeline.low, timeline.high) if value is not None]
    low, high = min(values), max(values)
    widths = [span.high - span.low for span in spans if span.low is not None and span.high is not None]
    # Of a few rows an interval says little, and shall not flatten all others.
    room = max(high - low, median(widths) if widths else 0.0) or abs(high) * 0.1 or 1.0
    low = min([low, *(max(span.low, low - room) for span in spans if span.low is not None)])
    high = max([high, *(min(span.high, high + room) for span in spans if span.high is not None)])
    margin = 0.06 * ((high - low) or room)
    return low - margin, high + margin


def _this_window(paper: Paper, points: Sequence[WindowPoint]) -> None:
    place = next(i for i, point in enumerate(points) if point.when is When.NOW)
    left, right = paper.across.at(place), paper.across.at(place + 1)
    bottom, top = _STRIP[0], _PLOT[1]
    paper.polygons(
        [((left, bottom), (left, top), (right, top), (right, bottom))], facecolor=GRID, alpha=0.5, linewidth=0
    )


def _allowed(paper: Paper, timeline: Timeline, ends: Point, bounds: Point) -> None:
    """The band within which the metric passes."""
    if timeline.low is None and timeline.high is None:
        return
    low = bounds[0] if timeline.low is None else timeline.low
    high = bounds[1] if timeline.high is None else timeline.high
    paper.bar((ends[0], low), ends[1] - ends[0], high - low, facecolor=ALLOWED, linewidth=0)


def _lines(paper: Paper, timeline: Timeline, ends: Point) -> None:
    """The baseline and the limits, named at their right ends as far as there is room."""
    taken: list[float] = []
    dashed: dict[str, Any] = {"linestyle": (0, (3, 2))}
    lines: list[tuple[float | None, str, str, dict[str, Any]]] = [
        (timeline.baseline, "baseline", BASELINE, {"width": 2})
    ]
    lines += [(value, "limit", INK, dashed) for value in (timeline.low, timeline.high)]
    for value, name, colour, style in lines:
        if value is None:
            continue
        paper.line(ends, [value] * 2, colour, **style)
        height = paper.up.at(value)
        if all(abs(height - other) >= _BETWEEN for other in taken):
            taken.append(height)
            text = f"{name} {shown(timeline.metric, value)}"
            paper.text((ends[1], value), text, "left", "center", (8, 0), SMALL_TEXT)


def _course(paper: Paper, points: Sequence[WindowPoint]) -> None:
    """A faint line from one measured window to the next."""
    runs: list[list[Point]] = [[]]
    for place, point in enumerate(points):
        if point.measured is None:
            runs.append([])
        else:
            runs[-1].append(paper.pixel(place + 0.5, point.measured.value))
    paper.lines([run for run in runs if len(run) > 1], WINDOW, 1.2, alpha=0.45)


def _measured(paper: Paper, points: Sequence[WindowPoint]) -> None:
    """Dots with their intervals: full ones where the metric was judged, triangles where it was in violation."""

    def at(place: float, value: float) -> Point:
        return paper.across.at(place + 0.5), min(max(paper.up.at(value), _PLOT[0]), _PLOT[1])

    found = [(place, point, point.measured) for place, point in enumerate(points) if point.measured is not None]
    passed = [(place, span) for place, point, span in found if point.judged and not point.violated]
    violated = [(place, span) for place, point, span in found if point.violated]
    open_ = [(place, span) for place, point, span in found if not point.judged]
    for group, colour in ((passed, WINDOW), (open_, WINDOW), (violated, BAD)):
        draw_intervals(paper, group, colour, at, width=2)
    paper.dots([at(place, span.value) for place, span in passed], WINDOW, 8)
    places = [at(place, span.value) for place, span in open_]
    paper.shapes(places, RING, facecolor=CARD, edgecolor=WINDOW, linewidth=1.8)
    paper.shapes([at(place, span.value) for place, span in violated], TRIANGLE, facecolor=BAD, linewidth=0)


def _estimated(paper: Paper, points: Sequence[WindowPoint]) -> None:
    """Hollow diamonds with dotted intervals, beside what was measured."""

    def at(place: float, value: float) -> Point:
        beside = _BESIDE if points[int(place)].measured is not None else 0
        return paper.across.at(place + 0.5) + beside, min(max(paper.up.at(value), _PLOT[0]), _PLOT[1])

    found = [(place, point.estimated) for place, point in enumerate(points) if point.estimated is not None]
    draw_intervals(paper, found, ESTIMATE, at, width=1.5, linestyle=(0, (2, 2)))
    places = [at(place, span.value) for place, span in found]
    paper.shapes(places, DIAMOND, facecolor=CARD, edgecolor=ESTIMATE, linewidth=1.6)


def _coverage(paper: Paper, timeline: Timeline, ends: Point) -> None:
    """A bar for each window's share of records with a label, hollow where there are too few for a verdict."""
    if not timeline.labelled:
        return
    bottom, top = _STRIP
    size = top - bottom
    left, right = paper.across.at(ends[0]), paper.across.at(ends[1])
    width = paper.across.unit * 0.56
    full: list[list[Point]] = []
    hollow: list[list[Point]] = []
    again: list[Point] = []
    for place, point in enumerate(timeline.points):
        if point.coverage is None:
            continue
        middle, height = paper.across.at(place + 0.5), max(point.coverage * size, 1.0)
        begin, end, above = middle - width / 2, middle + width / 2, bottom + height
        bars = full if point.coverage >= (timeline.least_coverage or 0.0) else hollow
        bars.append([(begin, bottom), (begin, above), (end, above), (end, bottom)])
        if point.rechecked:
            again.append((middle, top + 6))
    paper.polygons(full, facecolor=BASELINE, alpha=0.55, linewidth=0)
    paper.polygons(hollow, fill=False, edgecolor=BASELINE, linewidth=1.2)
    paper.lines([((left, bottom), (right, bottom))], INK)
    paper.dots(again, INK, 4)
    lowest = (bottom - paper.up.offset) / paper.up.unit
    paper.text((ends[0], lowest), "labels", "right", "center", (-7, size / 2))
    if timeline.least_coverage is not None:
        least = timeline.least_coverage * size
        paper.lines([((left, bottom + least), (right, bottom + least))], INK, linestyle=(0, (3, 2)))
        text = f"{timeline.least_coverage * 100:g} % needed"
        paper.text((ends[1], lowest), text, "left", "center", (8, least), SMALL_TEXT)


def _names(paper: Paper, points: Sequence[WindowPoint]) -> None:
    """Names of some windows, this one among them."""
    now = next(i for i, point in enumerate(points) if point.when is When.NOW)
    every = math.ceil(len(points) / _MOST_NAMES)
    below = (_STRIP[0] - paper.up.offset) / paper.up.unit
    for place, point in enumerate(points):
        if place == now or (abs(place - now) % every == 0 and abs(place - now) >= every):
            text = "this window" if place == now else point.tick
            paper.text((place + 0.5, below), text, "center", "top", (0, -8), SMALL_TEXT)
