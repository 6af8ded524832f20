"""Texts that pages of every monitoring type share."""

from __future__ import annotations

import re
from typing import Final

from model_monitor_crds.monitoringschedule import Alert

_INVISIBLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_LONGEST_LABEL: Final = 60


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
