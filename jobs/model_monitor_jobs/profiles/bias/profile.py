"""What is known of the bias in some rows: a window, a part of one, or a baseline."""

from __future__ import annotations

from dataclasses import dataclass

from model_monitor_jobs.profiles.bias.counts import BiasCounts
from model_monitor_jobs.profiles.bias.problem import BiasProblem
from model_monitor_jobs.profiles.bias.rows import DecodedBias, Extents
from model_monitor_jobs.profiles.performance.rows import BLOCKS


@dataclass
class BiasProfile:
    """Counts of the rows in their 64 blocks, and the maxima that the names of thresholds end with."""

    counts: BiasCounts
    extents: Extents

    @classmethod
    def empty(cls, problem: BiasProblem) -> BiasProfile:
        """A profile without rows."""
        return cls(BiasCounts.empty(problem, BLOCKS), Extents.empty(len(problem.facets)))

    @property
    def rows(self) -> int:
        """Rows of which a label or an answer is known."""
        return int(self.counts.rows.sum())

    def update(self, decoded: DecodedBias) -> None:
        """Add rows."""
        self.counts.update(decoded.rows, decoded.rows.blocks)
        self.extents = self.extents.joined(decoded.extents)

    def merge(self, other: BiasProfile) -> None:
        """Add the rows of another part."""
        self.counts.merge(other.counts)
        self.extents = self.extents.joined(other.extents)

    def facet_text(self, place: int) -> str:
        """The disadvantaged values of a facet as Clarify writes them."""
        return self._text(place)

    @property
    def label_text(self) -> str:
        """The positive labels as Clarify writes them."""
        return self._text(-1)

    def _text(self, place: int) -> str:
        problem, extents = self.counts.problem, self.extents
        selection = problem.positive if place < 0 else problem.facets[place].selection
        return selection.text(float(extents.maxima[place]), whole=not extents.fractional[place])
