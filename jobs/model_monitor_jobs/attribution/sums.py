"""Attributions of rows added up by group, so that windows of a baseline can be compared."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from model_monitor_jobs.profiles.grouped_arrays import Counts, GroupedArrays

Doubles = NDArray[np.float64]


@dataclass
class AttributionSums(GroupedArrays):
    """Of G groups of rows the sums of the sizes of attributions, (G, outputs, features), and of their rows, (G,)."""

    sizes: Doubles
    counted: Counts

    @classmethod
    def empty(cls, groups: int, outputs: int, features: int) -> AttributionSums:
        """Sums without rows."""
        return cls(np.zeros((groups, outputs, features)), np.zeros(groups, dtype=np.int64))

    @property
    def groups(self) -> int:
        """How many groups there are."""
        return len(self.counted)

    @property
    def rows(self) -> Counts:
        """Rows of each group."""
        return self.counted

    def update(self, rows: Doubles, codes: Counts) -> None:
        """Add sizes (rows, outputs, features) to groups; `codes` number them, -1 for rows that are left out."""
        within = codes >= 0
        np.add.at(self.sizes, codes[within], rows[within])
        np.add.at(self.counted, codes[within], 1)

    def less(self, other: Self) -> Self:
        """The sums of the rows that are not among the other's; one group is taken from each."""
        sizes = np.maximum(self.sizes - other.sizes, 0.0)
        return replace(self, sizes=sizes, counted=self.counted - other.counted)

    def shares(self) -> Doubles:
        """Each feature's share of all attribution, (G, outputs, features); NaN where nothing is attributed."""
        totals = self.sizes.sum(axis=-1, keepdims=True)
        return np.asarray(np.divide(self.sizes, totals, out=np.full_like(self.sizes, np.nan), where=totals > 0))


class Shares:
    """The share of a feature in each group; it is asked for by the place of an output and that of a feature."""

    def __init__(self, sums: AttributionSums) -> None:
        self._shares = sums.shares()

    def __getitem__(self, place: tuple[int, int], /) -> Any:
        output, feature = place
        return self._shares[:, output, feature]
