"""What performance is computed from: sums over rows, in groups, that add up and can be taken away again."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from model_monitor_jobs.profiles.grouped_arrays import Counts, GroupedArrays, Part
from model_monitor_jobs.profiles.performance.problem import Problem
from model_monitor_jobs.profiles.performance.rows import LabelledRows

Doubles = NDArray[np.float64]
Own = TypeVar("Own", bound="PerformanceCounts")

BINS: Final = 10
"""Bins of equal width for calibration."""
LEAST_PROBABILITY: Final = 1e-15
"""The log loss takes no probability for less, nor for more than 1 minus this."""


@dataclass
class PerformanceCounts(GroupedArrays):
    """Sums over rows in G groups: the blocks of a window, or the windows of a baseline, or both.

    Each array has the groups first. `merge`, `less`, `at`, `total` and `summed` are exact for whole numbers, and up to
    rounding for the others.
    """

    problem: Problem

    @classmethod
    @abstractmethod
    def empty(cls: type[Own], problem: Problem, groups: int) -> Own:
        """Counts without rows."""

    @property
    @abstractmethod
    def rows(self) -> Counts:
        """Rows of each group."""

    @abstractmethod
    def _add(self, rows: LabelledRows, into: Grouping) -> None:
        """Add rows that all have a group."""

    @property
    def groups(self) -> int:
        """How many groups there are."""
        return len(self.rows)

    def update(self, rows: LabelledRows, codes: Counts) -> None:
        """Add rows; `codes` are their groups from 0, or -1 for rows that are left out.

        Raises ValueError for a group that there is not, and where rows have scores and the counts have not, or the
        other way round.
        """
        within = codes >= 0
        if not within.all():
            rows, codes = rows.at(within), codes[within]
        if not len(codes):
            return
        if codes.max() >= self.groups:
            raise ValueError(f"group {codes.max()} of {self.groups}")
        self._add(rows, Grouping(codes))

    def merge(self, other: PerformanceCounts) -> None:
        """Add the rows of another part, group by group; raises ValueError where groups or parts differ."""
        own, theirs = self._alike(other)
        self.problem = own.problem
        for name, part in own.parts().items():
            setattr(self, name, part + theirs.parts()[name])

    def less(self: Own, other: PerformanceCounts) -> Own:
        """The counts of the rows that are not among the other's; one group is taken from each."""
        own, theirs = self._alike(other, spread=True)
        return own._with({name: part - theirs.parts()[name] for name, part in own.parts().items()})

    def arrays(self) -> dict[str, Part]:
        """All that `from_arrays` needs besides the problem."""
        return self.parts()

    @classmethod
    def from_arrays(cls: type[Own], problem: Problem, arrays: Mapping[str, Part]) -> Own:
        """What `arrays` gave; raises ValueError for arrays of other names, types or shapes."""
        groups = len(next(iter(arrays.values()), np.empty(0)))
        made = cls._like(problem, groups, arrays)
        return made._with(checked(made.parts(), arrays))

    @classmethod
    @abstractmethod
    def _like(cls: type[Own], problem: Problem, groups: int, arrays: Mapping[str, Part]) -> Own:
        """Empty counts with the parts that the arrays should have."""

    def _alike(self: Own, other: PerformanceCounts, *, spread: bool = False) -> tuple[Own, Own]:
        """Both with the same parts; `spread` lets either have one group only."""
        if not isinstance(other, type(self)) or self.parts().keys() != other.parts().keys():
            raise ValueError("counts of another problem, or with scores and without")
        if self.groups != other.groups and not (spread and 1 in (self.groups, other.groups)):
            raise ValueError(f"{self.groups} groups and {other.groups}")
        return self, other


class Grouping:
    """Adds up rows by group; only the groups from the first to the last that occur, `span`, are touched."""

    def __init__(self, codes: Counts) -> None:
        first, last = int(codes.min()), int(codes.max())
        self.span = slice(first, last + 1)
        self._count = last + 1 - first
        self._codes = codes - first

    def counts(self, places: Counts, *shape: int) -> Counts:
        """How many rows of each group are at each place, counted through a shape; (groups, *shape)."""
        width = int(np.prod(shape))
        found = np.bincount(self._codes * width + places, minlength=self._count * width)
        return found.astype(np.int64, copy=False).reshape(self._count, *shape)

    def sums(self, values: Doubles) -> Doubles:
        """Sum of the values of each group, shape (groups,)."""
        return np.asarray(np.bincount(self._codes, weights=values, minlength=self._count), dtype=np.float64)

    def sums_at(self, values: Doubles, places: Counts, width: int) -> Doubles:
        """Sum of the values of each group at each of `width` places; (groups, width)."""
        found = np.bincount(self._codes * width + places, weights=values, minlength=self._count * width)
        return np.asarray(found, dtype=np.float64).reshape(self._count, width)

    def calibration(self, confidence: Doubles, correct: Counts) -> Doubles:
        """Rows, correct rows, and the sum of the confidence of each group and bin; (groups, 10, 3)."""
        bins = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
        counted = self.counts(bins * 2 + correct, BINS, 2)
        return np.stack((counted.sum(axis=-1), counted[..., 1], self.sums_at(confidence, bins, BINS)), axis=-1)


def checked(expected: Mapping[str, Part], found: Mapping[str, Part]) -> dict[str, Part]:
    """Copies of the arrays found; raises ValueError where names, types or shapes are not those of the expected ones."""
    if expected.keys() != found.keys():
        raise ValueError(f"arrays {', '.join(sorted(found))}; expected {', '.join(sorted(expected))}")
    for name, array in expected.items():
        if found[name].dtype != array.dtype or found[name].shape != array.shape:
            raise ValueError(
                f"{name} is {found[name].dtype} of shape {found[name].shape}; expected {array.dtype} of {array.shape}"
            )
    return {name: np.array(found[name]) for name in expected}
