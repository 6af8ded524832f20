"""Texts that pages of every monitoring type share."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Final, Protocol

from model_monitor_crds.monitoringschedule import Alert
from model_monitor_crds.window import parse_duration
from model_monitor_jobs.decisions import LEARNED_FLOOR, UNLEARNED_FLOOR
from model_monitor_jobs.reports.html.model import Effect, Span

_INVISIBLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_LONGEST_LABEL: Final = 60
FAR_BEYOND: Final = "a change of more than three times its limit, and of 0.1 or more, makes one at once"
"""What makes a violation of a metric an alert without a second one."""


class RuleSettings(Protocol):
    """The settings of the default rule, as every monitoring type that compares with a baseline's windows has them."""

    @property
    def compatibility(self) -> str:
        """`Default` or `SageMaker`."""

    @property
    def threshold(self) -> float | None:
        """The smallest change that counts."""

    @property
    def alpha(self) -> float:
        """The chance of a false violation in a run."""

    @property
    def compare_with(self) -> str:
        """Which windows of the baseline."""


def visible(text: str) -> str:
    """A text of the data without what would not show or would turn the text around it: controls, half characters."""
    return _INVISIBLE.sub("\N{REPLACEMENT CHARACTER}", text)


def cut(text: str, length: int) -> str:
    """A text of at most so many characters, with an ellipsis where some are missing."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def label(value: str) -> str:
    """A value of the data for people: visible where it is empty, cut where it is long."""
    text = cut(visible(value), _LONGEST_LABEL)
    return text if text.strip() else f"“{text}”"


def counted(number: int, noun: str) -> str:
    """A number of things, as in `1 row` or `2,000 rows`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def times(ratio: float) -> str:
    """How many limits a difference amounts to, as it is said."""
    return f"{ratio:,.1f} times its limit" if ratio < 100 else f"{ratio:,.0f} times its limit"


def share(value: float | None) -> str:
    """A share of rows for people; empty where it is unknown."""
    if value is None:
        return ""
    return f"{value * 100:.1f} %" if value == 0 or abs(value) >= 0.001 else f"{value * 100:.2g} %"


def change_text(effect: Effect | None, amount: Callable[[float], str], unit: str = "", of: str = "") -> str:
    """How large a change is against its limit; empty where nothing was measured.

    `amount` writes a size, `unit` stands behind the first of them; `of` says what kind of rows were counted.
    """
    if effect is None:
        return ""
    usual = f", usual {amount(effect.typical)}" if effect.typical is not None else ""
    counts = f", from {effect.count:,} {of}" if of else ""
    return (
        f"Change {amount(effect.difference)}{unit} ({amount(effect.low)} to {amount(effect.high)}), limit "
        f"{amount(effect.limit)}{usual}: {times(effect.ratio)}{counts}"
    )


def span_text(span: Span | None, spanned: Callable[[float, float, float], str]) -> str:
    """A value with its interval, as `spanned` writes value, low and high; empty where there is none."""
    if span is None:
        return ""
    low, high = (math.nan if end is None else end for end in (span.low, span.high))
    return spanned(span.value, low, high)


def duration_text(duration: str) -> str:
    """An ISO 8601 duration for people: PT36H as 1 day 12 hours."""
    left = parse_duration(duration)
    parts = []
    for unit, noun in ((timedelta(days=1), "day"), (timedelta(hours=1), "hour"), (timedelta(minutes=1), "minute")):
        count, left = divmod(left, unit)
        if count:
            parts.append(counted(count, noun))
    return " ".join(parts) or "0 hours"


def smallest_change(settings: RuleSettings, *, learned: bool) -> float:
    """Below what a change never counts; `learned`: the baseline's usual variation was known."""
    return settings.threshold or (LEARNED_FLOOR if learned else UNLEARNED_FLOOR)


def false_violations(alpha: float) -> str:
    """What the limit of metrics is set for."""
    return f"The limit is set so that on average one run in {1 / alpha:,.0f} without any change has a false violation"


def persistence(alert: Alert, at_once: str = "") -> str:
    """How violations become an alert; `at_once` is what makes one without a second violation."""
    if alert.datapoints_to_alert == 1:
        return "Every violation makes an alert."
    needed, periods = _number(alert.datapoints_to_alert), _number(alert.evaluation_periods).lower()
    several = f"{needed} violations of the same check in the last {periods} judged windows make an alert"
    return f"{several}; {at_once}." if at_once else f"{several}."


def _number(count: int) -> str:
    words = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")
    return words[count] if count < len(words) else str(count)
