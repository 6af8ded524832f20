"""How many distinct values there are, estimated from the smallest of their hashes."""

from __future__ import annotations

from typing import Final

import numpy as np

from model_monitor_jobs.profiles.hashes import Hashes

MOST_HASHES: Final = 4_096


class DistinctValues:
    """The k = 4,096 smallest hashes of all values seen; merges exactly, in any order.

    Exact below k distinct values (but for equal hashes of unequal values), else with a relative standard error of
    1/sqrt(k-2) = 1.6 % (Bar-Yossef et al. 2002; Beyer et al. 2007).
    """

    def __init__(self, hashes: Hashes | None = None) -> None:
        self.hashes = np.empty(0, dtype=np.uint64) if hashes is None else hashes

    def update(self, hashes: Hashes) -> None:
        """Add the hashes of some values, in any order."""
        if len(self.hashes) == MOST_HASHES:
            hashes = hashes[hashes < self.hashes[-1]]
        if not len(hashes):
            return
        joined = np.sort(np.concatenate((self.hashes, hashes)))
        first = np.empty(len(joined), dtype=np.bool_)
        first[0] = True
        np.not_equal(joined[1:], joined[:-1], out=first[1:])
        self.hashes = joined[first][:MOST_HASHES].copy()

    def merge(self, other: DistinctValues) -> None:
        """Add the values of another part of the data."""
        self.update(other.hashes)

    @property
    def estimate(self) -> int:
        """How many distinct values there are."""
        if len(self.hashes) < MOST_HASHES:
            return len(self.hashes)
        return round((MOST_HASHES - 1) / (float(self.hashes[-1]) / 2.0**64))
