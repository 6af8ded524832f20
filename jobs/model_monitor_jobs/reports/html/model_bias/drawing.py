"""Rates of both groups as a drawing: this window over the baseline, with their intervals."""

from __future__ import annotations

from typing import Final

from model_monitor_jobs.reports.html.model import Span
from model_monitor_jobs.reports.html.model_bias.model import GroupRates
from model_monitor_jobs.reports.html.paper import BASELINE, GRID, INK, SMALL_TEXT, WINDOW, Paper, Scale
from model_monitor_jobs.reports.html.words import cut, label, share

_WIDE: Final = 640
_NAMES: Final = 232
_RIGHT: Final = 70
_ROW: Final = 28
_HEAD: Final = 26
_GAP: Final = 8
_BOTTOM: Final = 30
_APART: Final = 5
"""How far this window lies above the middle of its row, and the baseline below."""
_LONGEST_NAME: Final = 30


def draw_rates(shown: GroupRates) -> Paper:
    """A row for each side of a rate: a dot with its interval, and the baseline's in grey below."""
    names = list(dict.fromkeys(each.name for each in shown.sides))
    height = _BOTTOM + _ROW * len(shown.sides) + (_HEAD + _GAP) * len(names)
    across = Scale(0, 1, _NAMES, _WIDE - _RIGHT)
    paper = Paper((_WIDE, height), across, Scale(0, 1, 0, 1))
    marks = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    paper.lines([((across.at(mark), _BOTTOM), (across.at(mark), height)) for mark in marks], GRID)
    for mark in marks:
        paper.text((mark, 0), f"{mark * 100:.0f} %", "center", "bottom", (0, 8), SMALL_TEXT)
    upper: float = height
    for name in names:
        paper.text((0, upper - _HEAD / 2), name, "right", "center", (-10, 0))
        upper -= _HEAD
        for each in (side for side in shown.sides if side.name == name):
            middle = upper - _ROW / 2
            paper.text((0, middle), cut(label(each.of), _LONGEST_NAME), "right", "center", (-10, 0), SMALL_TEXT)
            _interval(paper, each.before, middle - _APART, BASELINE, 6)
            _interval(paper, each.now, middle + _APART, WINDOW, 8)
            if each.now is not None:
                end = each.now.value if each.now.high is None else each.now.high
                paper.text((end, middle + _APART), share(each.now.value), "left", "center", (8, 0))
            upper -= _ROW
        upper -= _GAP
    paper.lines([((across.at(0), _BOTTOM), (across.at(1), _BOTTOM))], INK)
    return paper


def _interval(paper: Paper, span: Span | None, height: float, colour: str, dot: float) -> None:
    if span is None:
        return
    at = paper.across.at
    if span.low is not None and span.high is not None:
        paper.lines([((at(span.low), height), (at(span.high), height))], colour, 2)
    paper.dots([(at(span.value), height)], colour, dot)
