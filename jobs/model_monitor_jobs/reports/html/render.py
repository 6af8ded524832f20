"""The page itself: one HTML file that loads nothing."""

from __future__ import annotations

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Final

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from model_monitor_jobs.reports.html.model import Bin, Categories, Effect, FindingView, Numbers, Report, State
from model_monitor_jobs.reports.html.shapes import label
from model_monitor_jobs.reports.html.words import times, visible

_TEMPLATES: Final = ("page.html.j2", "marks.html.j2", "trouble.html.j2", "effects.html.j2")
_PERCENT: Final = re.compile(r"(?<=\d) %")
_STATES: Final = {
    State.ALERT: "Alert",
    State.VIOLATION: "Violation",
    State.QUIET: "No problem",
    State.UNKNOWN: "Not judged",
}


def render_report(report: Report) -> bytes:
    """The page of a report as UTF-8; the same report gives the same bytes."""
    from model_monitor_jobs.reports.html import drawing

    script = _resource("page.js")
    text = (
        _environment()
        .get_template("page.html.j2")
        .render(
            report=report,
            words={"state": _STATES},
            style=Markup(_resource("page.css")),
            script=Markup(script),
            script_digest=b64encode(sha256(script.encode()).digest()).decode(),
            has_typical=any(effect.typical is not None for effect in _effects(report)),
            sentence=sentence,
            bins=_bins,
            draw=_draw,
            view_height=drawing.view_height,
            drawing_width=drawing.WIDTH,
        )
    )
    # What came from the data may hold half of a surrogate pair, which UTF-8 can't write.
    return text.encode("utf-8", "replace")


def sentence(finding: FindingView) -> str:
    """How large a change is, in one sentence; empty where nothing was measured."""
    effect = finding.effect
    if effect is None:
        return ""
    usual = f", usual {share(effect.typical)}" if effect.typical is not None else ""
    return (
        f"Change {share(effect.difference)} of rows ({share(effect.low)} to {share(effect.high)}), limit "
        f"{share(effect.limit)}{usual}: {times(effect.ratio)}, from {effect.count:,} rows"
    )


def share(value: float | None) -> str:
    """A share of rows for people; empty where it is unknown."""
    if value is None:
        return ""
    return f"{value * 100:.1f} %" if value == 0 or abs(value) >= 0.001 else f"{value * 100:.2g} %"


def ratio(value: float | None) -> str:
    """A number of limits for people; empty where it is unknown."""
    if value is None:
        return ""
    return f"{value:,.1f}×" if value < 100 else f"{value:,.0f}×"


def _draw(distribution: Numbers | Categories) -> Markup:
    """A drawing; empty where matplotlib finds no folder to write to. The numbers stand beside it in any case."""
    from model_monitor_jobs.reports.html import drawing

    try:
        return Markup(drawing.draw(distribution))
    except OSError:
        return Markup()


def _bins(distribution: Numbers | Categories) -> tuple[Bin, ...]:
    if isinstance(distribution, Categories):
        return distribution.bins
    sides = (distribution.below, *distribution.bins, distribution.above)
    return tuple(bin_ for bin_ in sides if bin_ is not None)


def _effects(report: Report) -> list[Effect]:
    findings = (finding for column in report.trouble for finding in column.violations)
    return [finding.effect for finding in findings if finding.effect is not None]


def _finalize(value: object) -> object:
    """What stands on the page: nothing invisible, and no line that ends between a number and its unit."""
    return _PERCENT.sub("\N{NO-BREAK SPACE}%", visible(value)) if type(value) is str else value


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=DictLoader({name: _resource(name) for name in _TEMPLATES}),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"share": share, "ratio": ratio, "shown": label, "thousands": lambda count: f"{count:,}"}
    return environment


@cache
def _resource(name: str) -> str:
    return files(__package__).joinpath("templates", name).read_text(encoding="utf-8")
