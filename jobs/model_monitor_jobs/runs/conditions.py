"""The conditions of a MonitoringExecution that its container writes: Complete, Failed, ViolationsDetected."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from model_monitor_crds.base import Condition

_LONGEST_MESSAGE = 1024

Truth = Literal["True", "False", "Unknown"]


def running(now: datetime) -> list[Condition]:
    """While the container is at work."""
    return [
        _condition("Complete", "False", "Running", "", now, ()),
        _condition("Failed", "False", "Running", "", now, ()),
    ]


def completed(summary: str, violations: int | None, now: datetime, previous: Sequence[Condition]) -> list[Condition]:
    """After a run that judged; `violations` is None for a baseline's run."""
    conditions = [
        _condition("Complete", "True", "Completed", summary, now, previous),
        _condition("Failed", "False", "Completed", "", now, previous),
    ]
    if violations is None:
        return conditions
    found = _condition(
        "ViolationsDetected",
        "True" if violations else "False",
        "ViolationsFound" if violations else "NoViolations",
        summary if violations else "",
        now,
        previous,
    )
    return [*conditions, found]


def failed(reason: str, message: str, now: datetime, previous: Sequence[Condition]) -> list[Condition]:
    """After a fault that another try can't mend."""
    return [
        _condition("Complete", "False", "Failed", "", now, previous),
        _condition("Failed", "True", reason, message, now, previous),
    ]


def _condition(
    kind: str, status: Truth, reason: str, message: str, now: datetime, previous: Sequence[Condition]
) -> Condition:
    """The time of the last transition stays where the status does."""
    before = next((condition for condition in previous if condition.type == kind), None)
    since = before.last_transition_time if before is not None and before.status == status else now
    return Condition(
        type=kind, status=status, reason=reason, message=message[:_LONGEST_MESSAGE], last_transition_time=since
    )
