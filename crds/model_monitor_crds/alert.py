"""When violations become an alert: M of the latest N judged windows, of the same column and check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Check:
    """One check of one column; `column` is empty for the table as a whole.

    `segment` is the column and value of the rows that are meant, empty for all rows.
    """

    column: str
    type: str
    segment: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """The column, with its segment in brackets."""
        return f"{self.column} [{' = '.join(self.segment)}]".strip() if self.segment else self.column

    @property
    def name(self) -> str:
        """The place and what is checked there, as in `amount (completeness_check)`; of no column the check alone."""
        return f"{self.place} ({self.type})" if self.place else self.type


@dataclass(frozen=True)
class JudgedWindow:
    """What one run that could judge found.

    `partial`: more was found than is told here, so a check that is not named may be violated or not.
    """

    violated: frozenset[Check] = frozenset()
    immediate: frozenset[Check] = frozenset()
    not_judged: frozenset[Check] = frozenset()
    partial: bool = False

    def judged(self, check: Check) -> bool:
        """Whether this window says of a check that it holds or not."""
        return check in self.violated or not (self.partial or check in self.not_judged)


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
        judged = [window for window in history if window.judged(check)][-evaluation_periods:]
        violations = sum(check in window.violated for window in judged)
        immediate = bool(history) and check in history[-1].immediate
        if violations >= datapoints_to_alert or immediate:
            raised.append(RaisedAlert(check, violations, immediate))
    return raised
