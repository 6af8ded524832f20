"""What a check is. Each stands in a file of its own in `rules/` and is found there by its name `CHECK`."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np

from model_monitor_crds.base import CheckType
from model_monitor_jobs.checks.data_quality.reference import ReferenceColumn
from model_monitor_jobs.checks.finding import percent
from model_monitor_jobs.checks.predicates import Predicate
from model_monitor_jobs.decisions import Noise, RateNoise, rate_interval
from model_monitor_jobs.profiles.column import ColumnProfile
from model_monitor_jobs.profiles.counts import ColumnCounts, Number


@dataclass(frozen=True)
class Words:
    """What a person compares, and a sentence."""

    observed: str
    expected: str
    text: str


class Check(ABC):
    """A question that is asked of a column: how far is a window from the baseline, as a share of rows?

    Every method takes counts of one window, or of many at once as arrays (`ColumnCounts`), and then gives arrays.
    """

    type: CheckType
    """Its name in findings, files and overrides."""

    @abstractmethod
    def applies(self, column: ReferenceColumn) -> bool:
        """Whether the question makes sense for this column of the baseline."""

    @abstractmethod
    def size(self, counts: ColumnCounts) -> Number:
        """How many rows the answer rests on."""

    @abstractmethod
    def difference(self, window: ColumnCounts, reference: ColumnCounts, column: ReferenceColumn) -> Any:
        """The difference D from the reference, a share of rows (0 to 1); 0 where there is nothing to compare."""

    def usual_difference(self, windows: ColumnCounts, rest: ColumnCounts, column: ReferenceColumn) -> Any:
        """The same for the baseline's own windows, each against the rest of the baseline."""
        return self.difference(windows, rest, column)

    @abstractmethod
    def noise(self, reference: ColumnCounts, column: ReferenceColumn) -> Noise:
        """What sampling alone does to the difference."""

    @abstractmethod
    def interval(
        self, difference: float, window: ColumnCounts, reference: ColumnCounts, column: ReferenceColumn
    ) -> tuple[float, float]:
        """The interval that holds the true difference with a confidence of 95 %."""

    @abstractmethod
    def words(self, window: ColumnCounts, reference: ColumnCounts, column: ReferenceColumn) -> Words:
        """The answer for people; the window has rows to compare."""

    def detail(self, profile: ColumnProfile, column: ReferenceColumn) -> str:
        """What the window's whole profile adds to the sentence of a violation."""
        return ""

    def offending(self, window: ColumnCounts, reference: ColumnCounts, column: ReferenceColumn) -> Predicate | None:
        """Which rows to show when the check is violated; None where no single row is to blame."""
        return None


class RateCheck(Check):
    """A check of the share of rows for which something holds, in the window and in the baseline."""

    @abstractmethod
    def hits(self, counts: ColumnCounts, column: ReferenceColumn) -> Number:
        """The rows for which it holds, of those that `size` counts."""

    def difference(self, window: ColumnCounts, reference: ColumnCounts, column: ReferenceColumn) -> Any:
        """The change of the share."""
        return np.abs(
            share(self.hits(window, column), self.size(window))
            - share(self.hits(reference, column), self.size(reference))
        )

    def noise(self, reference: ColumnCounts, column: ReferenceColumn) -> Noise:
        """That of a rate."""
        return RateNoise.of(int(self.hits(reference, column)), int(self.size(reference)))

    def interval(
        self, difference: float, window: ColumnCounts, reference: ColumnCounts, column: ReferenceColumn
    ) -> tuple[float, float]:
        """Wilson's intervals of both rates, put together."""
        then = int(self.hits(reference, column)), int(self.size(reference))
        return rate_interval(int(self.hits(window, column)), int(self.size(window)), *then)

    def percentages(self, window: ColumnCounts, reference: ColumnCounts, column: ReferenceColumn) -> tuple[str, str]:
        """The share in the window and in the baseline, for people."""
        now = share(self.hits(window, column), self.size(window))
        return percent(float(now)), percent(float(share(self.hits(reference, column), self.size(reference))))


class PromisedRateCheck(RateCheck):
    """A check of a share that the baseline promises to be 0, whatever its own data have: constraints may be edited."""

    def difference(self, window: ColumnCounts, reference: ColumnCounts, column: ReferenceColumn) -> Any:
        """The share itself."""
        return share(self.hits(window, column), self.size(window))

    def usual_difference(self, windows: ColumnCounts, rest: ColumnCounts, column: ReferenceColumn) -> Any:
        """The change of the share."""
        return super().difference(windows, rest, column)

    def noise(self, reference: ColumnCounts, column: ReferenceColumn) -> Noise:
        """That of a rate that was 0."""
        return RateNoise.of(0, int(self.size(reference)))

    def interval(
        self, difference: float, window: ColumnCounts, reference: ColumnCounts, column: ReferenceColumn
    ) -> tuple[float, float]:
        """See `Check`."""
        return rate_interval(int(self.hits(window, column)), int(self.size(window)), 0, int(self.size(reference)))


def share(part: Number, whole: Number) -> Any:
    """A share, 0 of nothing."""
    return np.true_divide(part, np.maximum(whole, 1))


def rounded(number: float) -> str:
    """A value of a column for people."""
    return f"{number:.6g}" if math.isfinite(number) else str(number)
