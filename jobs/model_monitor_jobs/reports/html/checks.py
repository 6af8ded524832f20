"""The checks of a run as every page shows them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypedDict

from model_monitor_crds.alert import Check
from model_monitor_jobs.checks.finding import Finding
from model_monitor_jobs.reports.html.answer import effect_of, since_of
from model_monitor_jobs.reports.html.context import VERDICT_ORDER, VERDICTS, ReportContext
from model_monitor_jobs.reports.html.model import Effect, NamedCheck, Since
from model_monitor_jobs.reports.html.words import change_text, cut
from model_monitor_jobs.runs.result import Result

LONGEST: Final = 160
"""Characters of what was observed or expected."""


class CheckParts(TypedDict):
    """What every `JudgedCheck` tells, except for the size of the change in words."""

    observed: str
    expected: str
    verdict: str
    violated: bool
    in_alert: bool
    effect: Effect | None
    since: Since | None


def check_parts(
    finding: Finding, result: Result, context: ReportContext, alerts: frozenset[Check], longest: int = LONGEST
) -> CheckParts:
    """A finding in words and numbers, with since when it is in violation."""
    return {
        "observed": cut(finding.observed, longest),
        "expected": cut(finding.expected, longest),
        "verdict": VERDICTS[finding.verdict],
        "violated": finding.violated,
        "in_alert": finding.key in alerts,
        "effect": effect_of(finding.evidence),
        "since": since_of(finding, result, context) if finding.violated else None,
    }


def named_checks(
    result: Result, context: ReportContext, alerts: frozenset[Check], name_of: Callable[[Finding], tuple[str, str]]
) -> tuple[NamedCheck, ...]:
    """Every check, the worst first; `name_of` gives what it judges and which of its sides, in words."""

    def named(finding: Finding) -> NamedCheck:
        (name, of), parts = name_of(finding), check_parts(finding, result, context, alerts)
        sentence = change_text(parts["effect"], "{:.3f}".format) or finding.description
        return NamedCheck(**parts, name=name, of=of, sentence=sentence)

    return tuple(map(named, worst_verdict_first(result.findings)))


def worst_verdict_first(findings: Iterable[Finding]) -> list[Finding]:
    """Violations first, then what could not be judged, then what passed; within each the largest change first."""
    return sorted(findings, key=lambda finding: (VERDICT_ORDER.index(finding.verdict), -finding.severity[1]))


def any_learned(findings: Sequence[Finding]) -> bool:
    """Whether the limit of any check knows how much the baseline's own windows vary."""
    return any(finding.evidence.learned for finding in findings if finding.evidence)
