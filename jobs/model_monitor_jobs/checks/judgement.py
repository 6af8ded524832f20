"""What a run's checks came to, whatever they checked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from model_monitor_crds.data_quality import CompareWith
from model_monitor_jobs.checks.finding import Finding


@dataclass
class Judgement:
    """The findings of a run, and what the limits rest on."""

    findings: list[Finding]
    learned: int = 0
    """Checks whose limit knows the baseline's usual variation."""
    compare_with: CompareWith = "All"
    """What `Auto` came to."""
    left_out: dict[str, int] = field(default_factory=dict)
    """The baseline's windows that were held to be faults, each with the number of checks that left it out."""

    def leave_out(self, windows: Iterable[str]) -> None:
        """Count windows that one check has left out."""
        for name in windows:
            self.left_out[name] = self.left_out.get(name, 0) + 1
