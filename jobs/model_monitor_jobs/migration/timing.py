"""When a schedule of SageMaker runs and which data it takes, in our words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final

from model_monitor_crds.schedule import Schedule, ScheduleError, translate
from model_monitor_crds.window import format_duration, parse_duration
from model_monitor_jobs.migration.leaves import Path
from model_monitor_jobs.migration.ledger import Ledger

LAG: Final = timedelta(minutes=10)
"""How much later than SageMaker's runs ours are due, with the same windows: captured records are written minutes late,
and SageMaker itself starts a run up to 20 minutes after its time."""
_CONFIG: Final = ("monitoringscheduleconfig", "scheduleconfig")
_EXPRESSION: Final = (*_CONFIG, "scheduleexpression")
_NOW: Final = "NOW"
_SOME_MONDAY: Final = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Timing:
    """When runs start and which data they take; `once`: a single run, now."""

    schedule: str | None = None
    window: tuple[str, str] | None = None
    once: bool = False


@dataclass(frozen=True)
class _Offset:
    """An end of the window relative to the scheduled time, and the field that says it."""

    span: timedelta
    ledger: Ledger
    path: Path


def timing(schedule: Ledger | None, definition: Ledger, traffic: Path, *, captured: bool) -> Timing:
    """The timing of a monitor; without a schedule it runs on demand.

    `traffic` is the path of the definition's endpoint or batch input. Raises ConfigurationError for expressions and
    offsets that can't be read, and for windows that end before they start.
    """
    start, end = _offsets(schedule, definition, traffic)
    cron = None if schedule is None else _cron(schedule)
    interval = None if cron is None else _interval(cron)
    once = schedule is not None and cron is None
    if start is None and end is not None and interval is None:
        end.ledger.fault(end.path, "has no start, and the schedule has no even interval", "set the start as well")
    if start is None and end is None and (interval is None or not captured):
        return Timing(cron, None, once)
    last = end.span if end is not None else timedelta()
    first = start.span if start is not None else -(interval or timedelta())
    stated = start or end
    if first >= last and stated is not None:
        stated.ledger.fault(stated.path, "the window would end before it starts", "start before the end")
    late = LAG if cron is not None and captured and last > -LAG else timedelta()
    if late and schedule is not None and cron is not None:
        cron = f"{int(late.total_seconds()) // 60}{cron[1:]}" if cron.startswith("0 ") else cron
        to = "spec.schedule, 10 minutes later, and spec.input.window, the same hours: records are written late"
        schedule.settle(_EXPRESSION, "carried", to)
    return Timing(cron, (_written(first - late), _written(last - late)), once)


def _cron(ledger: Ledger) -> str | None:
    """The five cron fields; None for a schedule that runs once. One without an expression runs every day."""
    text = ledger.carry(*_EXPRESSION, to="spec.schedule")
    if text is None:
        ledger.remark("spec.schedule", "SageMaker chose an hour of the day by itself: midnight in UTC is written")
        return "0 0 * * *"
    if text.strip().upper() == _NOW:
        ledger.settle(_EXPRESSION, "carried", "no spec.schedule, and a MonitoringExecution that runs the monitor once")
        return None
    try:
        # SageMaker writes steps with two digits, cron does not.
        return translate(re.sub("/0+(?=[1-9])", "/", text.strip()))
    except ScheduleError as error:
        ledger.fault(_EXPRESSION, str(error), "write it so, or without scheduleExpression")


def _interval(cron: str) -> timedelta | None:
    """How far runs are apart; None where not always equally far."""
    ticks = list(Schedule.parse(cron).ticks(_SOME_MONDAY, _SOME_MONDAY + timedelta(days=8)))
    gaps = {later - earlier for earlier, later in pairwise(ticks)}
    return gaps.pop() if len(gaps) == 1 else None


def _offsets(schedule: Ledger | None, definition: Ledger, traffic: Path) -> tuple[_Offset | None, _Offset | None]:
    """Start and end of the window: those of the schedule, else those of the definition's input."""
    own: list[_Offset | None] = [None, None]
    if schedule is not None:
        own = [
            _offset(schedule, (*_CONFIG, f"dataanalysis{end}time"), f"spec.input.window.{end}Offset")
            for end in ("start", "end")
        ]
    inner = [
        _offset(definition, (*traffic, f"{end}timeoffset"), f"spec.input.window.{end}Offset")
        for end in ("start", "end")
    ]
    if any(own):
        for offset in filter(None, inner):
            offset.ledger.settle(
                offset.path, "to do", "was not carried over: the schedule's dataAnalysis times say the window; compare"
            )
        inner = own
    return inner[0], inner[1]


def _offset(ledger: Ledger, path: Path, to: str) -> _Offset | None:
    text = ledger.carry(*path, to=to)
    if text is None:
        return None
    try:
        return _Offset(parse_duration(text.strip()), ledger, path)
    except ValueError as error:
        ledger.fault(path, str(error), "months and years have no fixed length: write days")


def _written(span: timedelta) -> str:
    length = abs(span)
    even = length and not length % timedelta(minutes=1)
    return ("-" if span < timedelta() else "") + (
        format_duration(length) if even else f"PT{int(length.total_seconds())}S"
    )
