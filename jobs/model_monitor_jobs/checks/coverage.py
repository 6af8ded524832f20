"""How many of a window's records have a label."""

from __future__ import annotations

from dataclasses import dataclass

from model_monitor_jobs.checks.finding import percent


@dataclass(frozen=True)
class LabelCoverage:
    """How many of the window's records have a label, and how many are needed for a verdict."""

    records: int
    labelled: int
    least: float

    @property
    def share(self) -> float:
        """Share of the records, 0 to 1."""
        return self.labelled / self.records if self.records else 0.0

    @property
    def enough(self) -> bool:
        """Whether a metric can pass."""
        return self.share >= self.least

    @property
    def lack(self) -> str:
        """Why a metric can't be judged where they are not enough."""
        return (
            f"{self.labelled:,} of {self.records:,} records have a label ({percent(self.share)}), "
            f"{percent(self.least)} are needed"
        )
