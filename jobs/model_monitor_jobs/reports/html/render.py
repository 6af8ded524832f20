"""The page itself: one HTML file that loads nothing."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from model_monitor_jobs.checks.model_quality.words import shown as metric_text
from model_monitor_jobs.reports.html.model import Categories, Numbers, Report, State, bins_of
from model_monitor_jobs.reports.html.model_quality.words import span_text
from model_monitor_jobs.reports.html.words import label, share, visible

if TYPE_CHECKING:
    from model_monitor_jobs.reports.html.paper import Paper

_PERCENT: Final = re.compile(r"(?<=\d) %")
_STATES: Final = {
    State.ALERT: "Alert",
    State.VIOLATION: "Violation",
    State.QUIET: "No problem",
    State.UNKNOWN: "Not judged",
}


@dataclass(frozen=True)
class Picture:
    """A drawing, its size in the units of its viewBox."""

    width: float
    height: float
    content: Markup


def render_report(report: Report) -> bytes:
    """The page of a report as UTF-8; the same report gives the same bytes."""
    script = _resource("page.js")
    text = (
        _environment()
        .get_template(report.template)
        .render(
            report=report,
            words={"state": _STATES},
            style=Markup(_resource("page.css")),
            script=Markup(script),
            script_digest=b64encode(sha256(script.encode()).digest()).decode(),
            has_typical=any(effect.typical is not None for effect in report.effects),
            bins=bins_of,
            picture_of=picture_of,
        )
    )
    # What came from the data may hold half of a surrogate pair, which UTF-8 can't write.
    return text.encode("utf-8", "replace")


def picture_of(shown: Any) -> Picture | None:
    """A drawing; None where matplotlib finds no folder to write to. The numbers stand beside it in any case."""
    try:
        paper = _drawers()[type(shown)](shown)
        width, height = paper.size
        return Picture(width, height, Markup(paper.svg()))
    except OSError:
        return None


def ratio(value: float | None) -> str:
    """A number of limits for people; empty where it is unknown."""
    if value is None:
        return ""
    return f"{value:,.1f}×" if value < 100 else f"{value:,.0f}×"


@cache
def _drawers() -> dict[type, Callable[[Any], Paper]]:
    """What draws each kind of picture."""
    from model_monitor_jobs.reports.html import distributions, timeline, timeline_drawing
    from model_monitor_jobs.reports.html.model_bias.drawing import draw_rates
    from model_monitor_jobs.reports.html.model_bias.model import GroupRates
    from model_monitor_jobs.reports.html.model_explainability import drawing as attributions
    from model_monitor_jobs.reports.html.model_explainability.model import Dependence, FeatureShares
    from model_monitor_jobs.reports.html.model_quality import curve_drawing, model

    return {
        GroupRates: draw_rates,
        FeatureShares: attributions.draw_shares,
        Dependence: attributions.draw_dependence,
        Numbers: distributions.draw_numbers,
        Categories: distributions.draw_categories,
        timeline.Timeline: timeline_drawing.draw_timeline,
        model.Trial: curve_drawing.draw_trial,
        model.Curves: curve_drawing.draw_curves,
        model.Calibration: curve_drawing.draw_calibration,
    }


def _finalize(value: object) -> object:
    """What stands on the page: nothing invisible, and no line that ends between a number and its unit."""
    return _PERCENT.sub("\N{NO-BREAK SPACE}%", visible(value)) if type(value) is str else value


@cache
def _environment() -> Environment:
    folder = files(__package__).joinpath("templates")
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".j2"))
    environment = Environment(
        loader=DictLoader({name: _resource(name) for name in names}),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"share": share, "ratio": ratio, "shown": label, "thousands": lambda count: f"{count:,}"}
    environment.filters |= {
        "metric": lambda value, metric: metric_text(metric, value),
        "span": lambda span, metric: span_text(metric, span),
    }
    return environment


@cache
def _resource(name: str) -> str:
    return files(__package__).joinpath("templates", name).read_text(encoding="utf-8")
