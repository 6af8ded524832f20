"""When violations become an alert: M of the latest N judged windows, of the same column and check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, order=True)
class Check:
    """One check of one column; `column` is empty for the table as a whole."""

    column: str
    type: str


@dataclass(frozen=True)
class JudgedWindow:
    """What one run that could judge found."""

    violated: frozenset[Check] = frozenset()
    immediate: frozenset[Check] = frozenset()
    not_judged: frozenset[Check] = field(default=frozenset())


@dataclass(frozen=True)
class RaisedAlert:
    """A check in alert, with its violations among the windows that count."""

    check: Check
    violations: int
    immediate: bool


def raised_alerts(
    history: Sequence[JudgedWindow], datapoints_to_alert: int, evaluation_periods: int
) -> list[RaisedAlert]:
    """The checks in alert after the last window of `history` (oldest first).

    A check is in alert when it is violated in `datapoints_to_alert` of the latest `evaluation_periods` windows that
    judged it, or when the latest window's violation is immediate. Windows that could not judge a check do not count for
    it. Sorted by column and check.
    """
    checks = {check for window in history for check in window.violated}
    raised = []
    for check in sorted(checks):
        judged = [window for window in history if check not in window.not_judged][-evaluation_periods:]
        violations = sum(check in window.violated for window in judged)
        immediate = bool(history) and check in history[-1].immediate
        if violations >= datapoints_to_alert or immediate:
            raised.append(RaisedAlert(check, violations, immediate))
    return raised
