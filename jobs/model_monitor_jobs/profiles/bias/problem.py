"""Whose answers are compared with whose, and what a good answer is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from model_monitor_jobs.profiles.bias.selection import Selection

ADVANTAGED: Final = 0
DISADVANTAGED: Final = 1
"""Places of both groups of a facet on every axis that has them: a, the complement, and d, the selected values."""
NEGATIVE: Final = 0
POSITIVE: Final = 1
UNKNOWN: Final = 2
"""Places of an outcome, a label or a prediction."""


@dataclass(frozen=True)
class Facet:
    """A column and the values of it that the disadvantaged group has; all other rows are the advantaged group.

    As in Clarify that includes rows without a value; `BiasCounts.missing` tells how many there are.
    """

    column: str
    selection: Selection


@dataclass(frozen=True)
class BiasProblem:
    """The facets, one or more; the positive labels; and the column that conditional disparity is conditioned on."""

    facets: tuple[Facet, ...]
    positive: Selection
    threshold: float = 0.5
    """An answer that is only a probability is positive where it is greater (strictly, as in SageMaker)."""
    stratified_by: str | None = None
    """Clarify's group variable."""
    every_label: bool = False
    """Whether the distances between both groups' labels are those of the distributions over all label values. Clarify's
    documentation defines them so, but what Clarify writes are the distances over positive and negative."""

    def __post_init__(self) -> None:
        if not self.facets:
            raise ValueError("a problem has at least one facet")
