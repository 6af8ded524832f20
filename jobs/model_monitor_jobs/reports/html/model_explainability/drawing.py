"""Drawings of attributions: what drives the model now and then, and how its answers depend on one feature."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from model_monitor_jobs.checks.explainability.words import share_text
from model_monitor_jobs.reports.html.model_explainability.model import Dependence, DependenceLine, FeatureShares
from model_monitor_jobs.reports.html.paper import (
    BASELINE,
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
from model_monitor_jobs.reports.html.words import cut, label

_WIDE: Final = 640
_NAMES: Final = 170
_ROW: Final = 40
_BAR: Final = 13
_LONGEST_NAME: Final = 26
_PLOT: Final = 380
_LEFT: Final = 62
_RIGHT: Final = 12
_HEIGHT: Final = 210
_STRIP: Final = 34
_BASE: Final = 46


def draw_shares(shown: FeatureShares) -> Paper:
    """Two bars a feature: this window in outline with its interval, the baseline filled below it."""
    features = shown.features
    top = max([each.high for each in features] + [each.baseline for each in features] + [0.01])
    height = _ROW * len(features) + 30
    across = Scale(0, top, _NAMES, _WIDE - 90)
    paper = Paper((_WIDE, height), across, Scale(0, 1, 0, 1))
    marks = [tick for tick in ticks(0, top, 5) if 0 <= tick <= top]
    paper.lines([((across.at(tick), 24), (across.at(tick), height)) for tick in marks], GRID)
    for tick in marks:
        paper.text((tick, 0), percent_text(tick), "center", "bottom", (0, 6), SMALL_TEXT)
    for place, each in enumerate(features):
        upper = height - _ROW * place - 6
        middle = upper - _BAR / 2
        paper.text((0, upper - _BAR - 2), cut(label(each.name), _LONGEST_NAME), "right", "center", (-8, 0))
        _bar(paper, each.baseline, upper - _BAR - 4, filled=True)
        _bar(paper, each.share, upper, filled=False)
        ends = [(across.at(max(0.0, each.low)), middle), (across.at(min(top, each.high)), middle)]
        paper.lines([ends], WINDOW, 2)
        paper.text((max(each.share, each.high), middle), share_text(each.share), "left", "center", (8, 0))
    return paper


def percent_text(tick: float) -> str:
    """A share beside an axis: without decimals where it has none."""
    return f"{100 * tick:.10g} %"


def _bar(paper: Paper, length: float, upper: float, *, filled: bool) -> None:
    left, right, lower = paper.across.at(0), paper.across.at(length), upper - _BAR
    corners = [(left, lower), (right, lower), (right, upper), (left, upper)]
    if filled:
        paper.polygons([corners], facecolor=BASELINE, alpha=0.5, linewidth=0)
    else:
        paper.polygons([corners], fill=False, edgecolor=WINDOW, linewidth=2)


def draw_dependence(shown: Dependence) -> Paper:
    """Mean answers upwards, this window over the baseline; below, how many rows are where."""
    lines = [line for line in (shown.window, shown.baseline) if line is not None]
    places = [place for line in lines for place in line.places]
    answers = [answer for line in lines for answer in line.answers]
    left, right = _bounds(places, 0.5 if shown.names else 0.04 * ((max(places) - min(places)) or 1.0))
    low, high = _bounds(answers, 0.08 * ((max(answers) - min(answers)) or abs(max(answers)) * 0.1 or 1.0))
    base = _BASE + _STRIP
    size = (_PLOT, base + _HEIGHT + 10)
    paper = Paper(size, Scale(left, right, _LEFT, _PLOT - _RIGHT), Scale(low, high, base, base + _HEIGHT))
    _axes(paper, shown, (left, right), (low, high))
    if shown.baseline is not None:
        _line(paper, shown.baseline, BASELINE, 6, dotted=bool(shown.names), alpha=0.5)
    _line(paper, shown.window, WINDOW, 2, dotted=bool(shown.names))
    _shares(paper, shown.window)
    return paper


def _bounds(values: Sequence[float], room: float) -> Point:
    return min(values) - room, max(values) + room


def _axes(paper: Paper, shown: Dependence, across: Point, up: Point) -> None:
    marks = [tick for tick in ticks(*up, 5) if up[0] <= tick <= up[1]]
    step = marks[1] - marks[0] if len(marks) > 1 else 1.0
    paper.lines([(paper.pixel(across[0], tick), paper.pixel(across[1], tick)) for tick in marks], GRID)
    for tick in marks:
        paper.text((across[0], tick), tick_text(tick, step), "right", "center", (-6, 0))
    if shown.names:
        room = max(2, 46 // len(shown.names))
        for place, name in enumerate(shown.names):
            paper.text((place, up[0]), cut(label(name), room), "center", "top", (0, -6 - _STRIP), SMALL_TEXT)
    else:
        along = [tick for tick in ticks(*across, 5) if across[0] <= tick <= across[1]]
        width = along[1] - along[0] if len(along) > 1 else 1.0
        for tick in along:
            paper.text((tick, up[0]), tick_text(tick, width), "center", "top", (0, -6 - _STRIP))
    middle = (across[0] + across[1]) / 2
    paper.text((middle, up[0]), cut(label(shown.feature), 40), "center", "top", (0, -26 - _STRIP))


def _line(paper: Paper, line: DependenceLine, colour: str, width: float, *, dotted: bool, alpha: float = 1.0) -> None:
    points = [paper.pixel(*point) for point in zip(line.places, line.answers, strict=True)]
    if dotted:
        paper.dots(points, colour, width + 5, alpha=alpha)
    elif len(points) > 1:
        paper.lines([points], colour, width, alpha=alpha)
    if not dotted and width < 4:
        paper.dots(points, colour, 5)


def _shares(paper: Paper, line: DependenceLine) -> None:
    """A stroke for each place, as high as its share of the rows."""
    top = max(line.shares) or 1.0
    pieces = []
    for place, rows in zip(line.places, line.shares, strict=True):
        x = paper.across.at(place)
        pieces.append([(x, _BASE), (x, _BASE + rows / top * (_STRIP - 8))])
    paper.lines(pieces, WINDOW, 5, alpha=0.45)
    paper.lines([[(_LEFT, _BASE), (_PLOT - _RIGHT, _BASE)]], INK)
