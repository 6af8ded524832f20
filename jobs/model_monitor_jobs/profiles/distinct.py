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
        self._smallest = np.empty(0, dtype=np.uint64) if hashes is None else hashes
        self._pending: list[Hashes] = []
        self._pending_hashes = 0

    @property
    def hashes(self) -> Hashes:
        """The smallest hashes, in ascending order."""
        if self._pending:
            joined = np.sort(np.concatenate((self._smallest, *self._pending)))
            first = np.empty(len(joined), dtype=np.bool_)
            first[0] = True
            np.not_equal(joined[1:], joined[:-1], out=first[1:])
            self._smallest = joined[first][:MOST_HASHES].copy()
            self._pending, self._pending_hashes = [], 0
        return self._smallest

    def update(self, hashes: Hashes) -> None:
        """Add the hashes of some values, in any order; the array is kept, so it must not be changed afterwards."""
        if len(self._smallest) == MOST_HASHES:
            hashes = hashes[hashes < self._smallest[-1]]
        if len(hashes):
            self._wait(hashes)

    def merge(self, other: DistinctValues) -> None:
        """Add the values of another part of the data."""
        for hashes in (other._smallest, *other._pending):
            self.update(hashes)

    @property
    def estimate(self) -> int:
        """How many distinct values there are."""
        hashes = self.hashes
        if len(hashes) < MOST_HASHES:
            return len(hashes)
        return round((MOST_HASHES - 1) / (float(hashes[-1]) / 2.0**64))

    def _wait(self, hashes: Hashes) -> None:
        # Few at a time are not worth sorting all again.
        self._pending.append(hashes)
        self._pending_hashes += len(hashes)
        if self._pending_hashes > MOST_HASHES:
            _ = self.hashes
