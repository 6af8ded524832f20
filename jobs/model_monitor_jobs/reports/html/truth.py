"""How records and labels came together, and what was said of this window before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Final

from model_monitor_crds.window import parse_time
from model_monitor_jobs.reports.html.context import ReportContext, written
from model_monitor_jobs.reports.html.model import Fact, Revision, Span, Truth
from model_monitor_jobs.reports.html.run import unreadable_of
from model_monitor_jobs.reports.html.words import counted, duration_text, share
from model_monitor_jobs.runs.labelled_result import LabelledResult

MOST_REVISIONS: Final = 20


@dataclass(frozen=True)
class FollowedMetric:
    """The metric that tells what results on one window said as labels came."""

    key: str
    """By which earlier results know it."""
    name: str
    check: str
    """As revisions list it where it was violated."""
    text: Callable[[Span | None], str]
    verdict: str
    """This result's."""


def truth_of(result: LabelledResult, context: ReportContext, metric: FollowedMetric) -> Truth:
    """The labels of a run."""
    return Truth(
        facts=tuple(fact for fact in _facts(result, context) if fact.value),
        sentences=tuple(f"{note[0].upper()}{note[1:]}." for note in result.on_labels),
        unreadable=unreadable_of(result.label_report),
        metric=metric.name,
        revisions=tuple(_revisions(metric, result, context.zone)) if result.revisions else (),
    )


def _facts(result: LabelledResult, context: ReportContext) -> Iterator[Fact]:
    coverage, needed, truth = result.coverage, result.needed, context.ground_truth
    yield Fact("Records of the window", f"{coverage.records:,}")
    yield Fact("With a label", f"{coverage.matched:,}")
    yield Fact("Without a label", f"{coverage.unmatched:,}")
    yield Fact("With a label and an answer that count", f"{needed.labelled:,} ({share(needed.share)})")
    yield Fact("Share needed for a verdict", share(needed.least) if result.compatibility == "Default" else "")
    yield Fact("Labels known before", written(result.as_of, context.zone))
    if result.label_report is not None:
        yield Fact("Labels read", f"{coverage.labels:,} from {counted(result.label_report.files, 'file')}")
        yield Fact("Labels used", f"{coverage.used:,}")
        yield Fact("Labels of no record of this window", f"{coverage.orphaned:,}")
    yield Fact("Labels that are empty", f"{coverage.empty:,}" if coverage.empty else "")
    if truth is not None:
        yield Fact("Labels from", truth.uri)
        yield Fact("Labels due", f"{duration_text(truth.delay)} after the window")
        yield Fact("Looked at again for", duration_text(truth.recheck) if truth.recheck is not None else "")


def _revisions(metric: FollowedMetric, result: LabelledResult, zone: tzinfo) -> Iterator[Revision]:
    for told in result.revisions[-MOST_REVISIONS:]:
        span = _told(metric.key, told)
        verdict = "Violation" if metric.check in told.get("violated", ()) else "" if span is None else "No violation"
        yield Revision(_as_of(told, zone), share(told.get("coverage")), metric.text(span), verdict)
    measured = result.told_metrics[metric.key]
    yield Revision(
        f"{written(result.as_of, zone)} (this result)",
        share(result.needed.share),
        metric.text(Span(measured.value, measured.low, measured.high)),
        metric.verdict,
    )


def _told(metric: str, told: Mapping[str, Any]) -> Span | None:
    """A metric as an earlier result has it."""
    for each in told.get("metrics", ()):
        if isinstance(each, dict) and each.get("metric") == metric and isinstance(each.get("value"), int | float):
            return Span(each["value"], each.get("low"), each.get("high"))
    return None


def _as_of(told: Mapping[str, Any], zone: tzinfo) -> str:
    moment = told.get("labelsAsOf")
    return written(parse_time(moment), zone) if isinstance(moment, str) else "unknown"
