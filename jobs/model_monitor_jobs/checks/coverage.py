"""How many of a window's records have a label."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Coverage:
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
