"""What a person should know of a run besides its findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from pydantic.alias_generators import to_camel

from model_monitor_crds.base import Model
from model_monitor_crds.data_quality import CompareWith, DataQuality
from model_monitor_crds.window import format_duration
from model_monitor_jobs.checks.data_quality import asked
from model_monitor_jobs.checks.data_quality.default import least_share
from model_monitor_jobs.checks.data_quality.reference import Reference
from model_monitor_jobs.checks.data_quality.rules import checks
from model_monitor_jobs.checks.data_quality.structure import EXTRA, MISSING, extra_columns
from model_monitor_jobs.checks.finding import Finding
from model_monitor_jobs.checks.judgement import Judgement
from model_monitor_jobs.decisions import Verdict
from model_monitor_jobs.profiles.by_window import WindowCounts
from model_monitor_jobs.profiles.counts import Counts
from model_monitor_jobs.profiles.table import TableProfile
from model_monitor_jobs.profiles.windows import window_name
from model_monitor_jobs.runs.loading import LoadedBaseline

_SPANS = {
    "All": "",
    "HourOfDay": ", each compared with those of the same hour of day",
    "DayOfWeek": ", each compared with those of the same day of the week",
    "HourOfWeek": ", each compared with those of the same hour of the week",
}
_MOST_NAMED = 10


def unlike_baseline(findings: Iterable[Finding], reference: Reference) -> Iterator[str]:
    """One sentence where most columns are in violation: then it is the baseline that is wrong."""
    violated = {finding.column for finding in findings if finding.violated and finding.column}
    if len(reference.columns) > 1 and len(violated) > len(reference.columns) / 2:
        yield (
            f"traffic is unlike this baseline: {len(violated)} of {len(reference.columns)} columns are in violation; "
            "is it the baseline of this model?"
        )


def remarks(
    judgement: Judgement, baseline: LoadedBaseline, table: TableProfile, settings: DataQuality
) -> Iterator[str]:
    """What the limits rest on, and what was passed over."""
    reference = baseline.reference
    yield from _unknown_overrides(settings, baseline.known | frozenset(table.order))
    stray = set(extra_columns(reference, table)) - set(
        extra_columns(reference, table, least_share(reference, settings))
    )
    if stray:
        yield f"in a few rows there are further columns, which are not judged: {', '.join(sorted(stray)[:_MOST_NAMED])}"
    if wide := {finding.key.place: None for finding in judgement.findings if finding.verdict is Verdict.TOO_VARIABLE}:
        yield (
            f"too variable to be judged, as even half of the rows could change unseen: {_first(list(wide))}; "
            "judge longer windows, or give the baseline more days"
        )
    if not judgement.findings:
        yield "constraints.json or overrides switch every check off"
        return
    windows = reference.windows
    known = KnownWindows(windows.starts, windows.length, reference.zone) if windows is not None else None
    yield from what_limits_know(judgement, known, settings.compare_with, baseline.unlearned, settings.threshold)


@dataclass(frozen=True)
class KnownWindows:
    """The baseline's windows that limits may rest on: their starts in seconds since 1970."""

    starts: Counts
    length: timedelta
    zone: ZoneInfo


class CountedByWindow(Protocol):
    """A baseline whose windows were counted."""

    @property
    def windows(self) -> Sequence[WindowCounts[Any]]:
        """Those that fit the judged window, of one length; empty where none do."""

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the windows."""


def known_windows(baseline: CountedByWindow | None) -> KnownWindows | None:
    """The windows of a baseline; None where it has none, or was adopted."""
    if baseline is None or not baseline.windows:
        return None
    return KnownWindows(baseline.windows[0].starts, baseline.windows[0].length, baseline.zone)


def what_limits_know(
    judgement: Judgement,
    windows: KnownWindows | None,
    compare_with: CompareWith,
    unlearned: str,
    threshold: float | None,
) -> Iterator[str]:
    """Whether limits know the usual variation of the baseline's own windows, or why not.

    `threshold` is the smallest change that counts, where a user has set it.
    """
    if windows is None or not judgement.learned:
        reason = unlearned or "it has too few windows of this length"
        large = "large changes" if threshold is None else f"changes larger than {threshold:g} and sampling noise"
        yield f"usual variation of this baseline is unknown: only {large} are reported ({reason})"
        return
    first, last = (
        window_name(int(windows.starts[place]), windows.length, windows.zone) for place in (0, len(windows.starts) - 1)
    )
    yield (
        f"limits know the usual variation of the baseline's {len(windows.starts)} windows of "
        f"{format_duration(windows.length)} from {first} to {last}{_SPANS[judgement.compare_with]}"
    )
    if compare_with not in ("Auto", judgement.compare_with):
        yield f"the baseline has too few windows for compareWith: {compare_with}; compared with all of them"
    if judgement.left_out:
        yield (
            "held to be faults of the baseline and left out of its usual variation, each by some checks: "
            f"{_first(sorted(judgement.left_out))}"
        )


def what_limits_of_metrics_know(
    judgement: Judgement,
    known: KnownWindows | None,
    compare_with: CompareWith,
    unlearned: str,
    threshold: float | None,
) -> Iterator[str]:
    """The same of metrics, if any was compared."""
    if any(finding.evidence is not None for finding in judgement.findings):
        yield from what_limits_know(judgement, known, compare_with, unlearned, threshold)


def without_effect(
    settings: Model, path: str, fields: Sequence[str], held: str, also: Sequence[str] = ()
) -> Iterator[str]:
    """Settings of the default rule that SageMaker's rule passes over: `fields` that are not at their defaults.

    `held` says what that rule goes by, `also` are others that are set.
    """
    default = type(settings)()
    named = [f"{path}.{to_camel(name)}" for name in fields if getattr(settings, name) != getattr(default, name)]
    if named := [*named, *also]:
        yield f"{', '.join(named)}: no effect with compatibility: SageMaker; {held}"


def _unknown_overrides(settings: DataQuality, known: frozenset[str]) -> Iterator[str]:
    """Names in overrides that exist nowhere: what was meant goes on being judged as it is."""
    types = (*(check.type for check in checks()), *asked.CHECKS, MISSING, EXTRA)
    columns = [name for override in settings.overrides for name in override.columns if name not in known]
    others = [name for override in settings.overrides for name in override.checks if name not in types]
    if columns:
        named = _first([repr(name) for name in dict.fromkeys(columns)])
        yield f"dataQuality.overrides: no column {named} in the data or the baseline; check the spelling"
    if others:
        named = _first([repr(name) for name in dict.fromkeys(others)])
        yield f"dataQuality.overrides: no check {named}; there are {', '.join(types)}"


def _first(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"{', '.join(names[:_MOST_NAMED])}{more}"
