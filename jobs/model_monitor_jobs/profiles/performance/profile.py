"""The performance of some rows: a window, a part of one, or a baseline."""

from __future__ import annotations

from dataclasses import dataclass

from model_monitor_jobs.profiles.performance.by_problem import empty_counts, empty_overall
from model_monitor_jobs.profiles.performance.counts import PerformanceCounts
from model_monitor_jobs.profiles.performance.overall import Overall
from model_monitor_jobs.profiles.performance.problem import Problem
from model_monitor_jobs.profiles.performance.rows import BLOCKS, LabelledRows


@dataclass
class PerformanceProfile:
    """Counts of the rows in their 64 blocks, and what is known of all together only."""

    counts: PerformanceCounts
    overall: Overall | None

    @classmethod
    def empty(cls, problem: Problem, *, scored: bool, shift: float = 0.0) -> PerformanceProfile:
        """A profile without rows; `scored` and `shift` as in `empty_counts`."""
        counts = empty_counts(problem, BLOCKS, scored=scored, shift=shift)
        return cls(counts, empty_overall(problem, scored=scored))

    @property
    def rows(self) -> int:
        """Rows with a label and an answer."""
        return int(self.counts.rows.sum())

    def update(self, rows: LabelledRows) -> None:
        """Add rows."""
        self.counts.update(rows, rows.blocks)
        if self.overall is not None:
            self.overall.update(rows)
