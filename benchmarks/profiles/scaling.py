"""What several workers would take, from what one takes for each part and what the merge costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WORKERS = (1, 2, 4, 8)


@dataclass(frozen=True)
class Costs:
    """Processor seconds: to list the parts, for each part in order, to merge all their states."""

    listing: float
    parts: Sequence[float]
    merge: float
    state_bytes: int

    @classmethod
    def of(cls, details: Mapping[str, Any]) -> Costs:
        """From what the program `partition_costs` tells."""
        return cls(
            details["listing_seconds"], details["part_seconds"], details["merge_seconds"], details["state_bytes"]
        )

    def seconds(self, workers: int) -> float:
        """Each part goes, in order, to the worker that is free first; one process lists and merges."""
        return self.listing + longest_share(self.parts, workers) + self.merge


def longest_share(parts: Sequence[float], workers: int) -> float:
    """When the last worker is done."""
    busy = [0.0] * workers
    for part in parts:
        first = busy.index(min(busy))
        busy[first] += part
    return max(busy)
