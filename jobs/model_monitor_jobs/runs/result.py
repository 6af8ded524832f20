"""What one run of a monitor found, whatever it monitors."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from model_monitor_crds.alert import Check
from model_monitor_crds.baseline import BaselineFiles
from model_monitor_crds.window import Window
from model_monitor_jobs.checks.finding import Finding
from model_monitor_jobs.decisions import Verdict
from model_monitor_jobs.runs.offenders import Offenders
from model_monitor_jobs.sources import ReadReport

STATISTICS: Final = "statistics.json"
CONSTRAINTS: Final = "constraints.json"
VIOLATIONS: Final = "constraint_violations.json"
ANALYSIS: Final = "analysis.json"
"""Of bias and attributions: statistics and constraints in one."""


@dataclass(frozen=True)
class Result(ABC):
    """What one run found: findings in the order in which they are shown, notes for a person."""

    window: Window | None
    report: ReadReport
    findings: tuple[Finding, ...]
    reference_files: BaselineFiles
    notes: tuple[str, ...] = ()
    offenders: Mapping[Check, Offenders] = field(default_factory=dict)
    """Rows that violations are about, as samples."""

    @property
    @abstractmethod
    def rows(self) -> int:
        """Rows of the window."""

    @property
    @abstractmethod
    def summary(self) -> str:
        """The outcome in one sentence, without a full stop."""

    @abstractmethod
    def documents(self) -> dict[str, dict[str, Any]]:
        """statistics.json, constraints.json and constraint_violations.json in SageMaker's schema; of bias and
        attributions analysis.json in the place of the first two."""

    def files(self) -> dict[str, bytes]:
        """Other files of the results folder, by their names."""
        return {}

    @property
    def passing(self) -> tuple[str, ...]:
        """Names of files there that are of no use once the results are written."""
        return ()

    @abstractmethod
    def published(self, timestamp: datetime, dimensions: Mapping[str, str]) -> bytes:
        """The lines of metrics.jsonl: what SageMaker's container publishes of a window; empty where it is nothing."""

    @property
    def foreseen(self) -> str:
        """What the latest window, which is judged later, is expected to show, in words; empty where nothing is."""
        return ""

    @property
    def alarming(self) -> bool:
        """Whether what is foreseen lies beyond a limit."""
        return False

    def status_fields(self) -> dict[str, Any]:
        """Fields of the execution's status that other monitoring types don't have."""
        return {}

    def details(self) -> dict[str, Any]:
        """What execution.json tells beyond status and findings."""
        return {}

    @property
    def judged(self) -> bool:
        """Whether any check came to a pass or a violation."""
        return any(finding.verdict in (Verdict.PASS, Verdict.VIOLATION) for finding in self.findings)

    @property
    def violations(self) -> list[Finding]:
        """Checks that do not hold: of the whole table, of all rows, of segments; of each the worst first."""

        def weight(finding: Finding) -> tuple[bool, bool, float]:
            structural, ratio = finding.severity
            return structural, not finding.segment, ratio

        return sorted((finding for finding in self.findings if finding.violated), key=weight, reverse=True)


def nothing_judged(result: Result) -> str:
    """That nothing could be judged, and why."""
    reasons = [finding.description for finding in result.findings if not finding.segment]
    return "Nothing could be judged" + (f": {reasons[0]}" if reasons else "")


def counted_violations(violations: Sequence[object]) -> str:
    """A number of violations, as it is said."""
    return "1 violation" if len(violations) == 1 else f"{len(violations)} violations"


def counted_rows(rows: int) -> str:
    """A number of rows, as it is said."""
    return "1 row" if rows == 1 else f"{rows:,} rows"
