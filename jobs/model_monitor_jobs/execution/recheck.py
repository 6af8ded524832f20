"""Judging earlier windows again, as labels may have come since."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import orjson
from pydantic import ValidationError

from model_monitor_crds.monitoringexecution import MonitoringExecution, MonitoringExecutionStatus
from model_monitor_crds.run import recheck_name, rechecks
from model_monitor_crds.window import format_time
from model_monitor_jobs.checks.finding import percent
from model_monitor_jobs.errors import InputError
from model_monitor_jobs.execution.perform import Clock, MonitorRun, Performed, publish, started_status
from model_monitor_jobs.execution.script_output import ScriptOutput, script_output
from model_monitor_jobs.runs.history import EXECUTION, EarlierResult, read_result
from model_monitor_jobs.runs.labels_as_of import LabelsAsOf
from model_monitor_jobs.runs.monitor import run_monitor
from model_monitor_jobs.runs.outcome import judged_window
from model_monitor_jobs.storage import Storage

if TYPE_CHECKING:
    from model_monitor_jobs.runs.labelled_result import LabelledResult

MORE_COVERAGE: Final = 0.1
"""By so much the share of records with a label must have grown for a result to be published for that alone."""
MOVED: Final = 0.5
"""And by so much of its interval a metric must have moved."""

logger = logging.getLogger("model_monitor")


@dataclass(frozen=True)
class Rechecked:
    """A window that was judged again and published, and why.

    `performed` is None where an earlier try of the same run has published it.
    """

    run: MonitorRun
    status: MonitoringExecutionStatus
    reason: str
    performed: Performed | None = None


def perform_rechecks(run: MonitorRun, job: str | None, storage: Storage, clock: Clock) -> Iterator[Rechecked]:
    """Judge again the windows that a scheduled run looks back at, and publish what has changed.

    What an earlier try of the run has published is told again, as it may not have come to record it. A window that was
    never judged is left alone, as is one whose data can't be read any more. Raises ConfigurationError and
    StorageUnavailable.
    """
    tick = run.occasion.scheduled_time
    if tick is None or run.monitor.ground_truth is None:
        return
    for earlier in rechecks(run.monitor, tick):
        assert earlier.scheduled_time is not None
        own = replace(run, occasion=earlier, execution=recheck_name(run.schedule, earlier.scheduled_time, tick))
        try:
            found = _recheck(own, job, storage, clock)
        except InputError as error:
            logger.warning("window %s can't be judged again: %s", earlier.window, error)
            continue
        if found is not None:
            yield found


def _recheck(run: MonitorRun, job: str | None, storage: Storage, clock: Clock) -> Rechecked | None:
    # Imported by the runs that need it, as it takes a while.
    from model_monitor_jobs.sources.labels import labels_digest

    earlier, truth = run.occasion, run.monitor.ground_truth
    assert earlier.scheduled_time is not None
    assert earlier.as_of is not None
    assert truth is not None
    before = read_result(storage, run.folder, earlier.scheduled_time)
    if before is None:
        return None
    if before.as_of is not None and before.as_of >= earlier.as_of:
        return _published(run, storage)
    digest = labels_digest(storage, truth, earlier.window, earlier.as_of)
    if digest == before.labels_digest:
        return None
    with script_output(run.monitor, run.script_output, storage) as output:
        return _judged_again(run, before, started_status(clock(), job, earlier), storage, clock, output)


def _judged_again(
    run: MonitorRun,
    before: EarlierResult,
    started: MonitoringExecutionStatus,
    storage: Storage,
    clock: Clock,
    output: ScriptOutput,
) -> Rechecked | None:
    from model_monitor_jobs.runs.labelled_result import LabelledResult

    earlier = run.occasion
    assert earlier.as_of is not None
    # What is estimated without labels is the same as before, so it is only worked out for what is published.
    labels = LabelsAsOf(earlier.as_of, estimate=False)
    found = run_monitor(run.monitor, run.files, earlier.window, storage, labels)
    assert isinstance(found, LabelledResult)
    reason = worth_publishing(before, found)
    if reason is None:
        return None
    output.clear()
    history = run.history(storage)
    labels = LabelsAsOf(earlier.as_of, history=history)
    result = run_monitor(run.monitor, run.files, earlier.window, storage, labels)
    assert isinstance(result, LabelledResult)
    again = replace(result, revisions=(*before.revisions, revision_of(before)))
    performed = publish(run, again, history, started, storage, clock, output)
    return Rechecked(run, performed.status, reason, performed)


def _published(run: MonitorRun, storage: Storage) -> Rechecked | None:
    """What the results folder holds if an earlier try of this run has written it; None where another run has."""
    document = orjson.loads(storage.read_bytes(f"{run.folder}/{EXECUTION}"))
    try:
        found = MonitoringExecution.model_validate(
            {part: document.get(part) for part in ("metadata", "spec", "status")}
        )
    except ValidationError:
        return None
    if found.metadata.name != run.execution or found.status is None:
        return None
    return Rechecked(run, found.status, "an earlier try of this run has published it")


def worth_publishing(before: EarlierResult, now: LabelledResult) -> str | None:
    """Why a window's new result is published, in words; None where it says nothing new.

    A verdict changed, a metric moved by more than half of its interval, or coverage grew by 10 points.
    """
    unjudged = judged_window(now.findings).not_judged
    for finding in now.findings:
        earlier, judged = before.checks.get(finding.key), finding.key not in unjudged
        was = (earlier.judged, earlier.violated) if earlier is not None else (False, False)
        if was != (judged, finding.violated):
            place = f"{finding.column}: " if finding.column else ""
            return f"{place}{finding.check} is {finding.verdict.value} now"
    for name, metric in now.told_metrics.items():
        known = before.metrics.get(name)
        if known is None or known.value is None or known.low is None or known.high is None:
            continue
        if abs(metric.value - known.value) > MOVED * (known.high - known.low):
            return f"{name} moved from {known.value:.4g} to {metric.value:.4g}"
    grown = now.needed.share - (before.coverage or 0.0)
    if round(grown, 6) >= MORE_COVERAGE:
        return f"labels cover {percent(now.needed.share)} now"
    return None


def revision_of(before: EarlierResult) -> Mapping[str, Any]:
    """What was published of a window, in few words for its next result."""
    judged = {key.type for key, found in before.checks.items() if not key.segment}
    return {
        "labelsAsOf": format_time(before.as_of) if before.as_of is not None else None,
        "coverage": before.coverage,
        "metrics": [
            {"metric": name, "value": metric.value, "low": metric.low, "high": metric.high}
            for name, metric in before.metrics.items()
            if f"{name.partition(' ')[0].lower()}_check" in judged
        ],
        "violated": sorted(
            f"{key.column} {key.type}".strip() for key, found in before.checks.items() if found.violated
        ),
    }
