"""What the performance of a binary classifier is computed from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from model_monitor_jobs.profiles.grouped_arrays import Counts, Part
from model_monitor_jobs.profiles.performance.counts import BINS, LEAST_PROBABILITY, Doubles, Grouping, PerformanceCounts
from model_monitor_jobs.profiles.performance.problem import Problem
from model_monitor_jobs.profiles.performance.rows import LabelledRows

CELLS: Final = 256
_FINEST: Final = 1e-6


def _grid() -> Doubles:
    """The 255 inner edges of the cells: k/128, and 128 in equal steps of the logit from 1e-6 to 1-1e-6."""
    furthest = np.log(_FINEST / (1 - _FINEST))
    logits = np.linspace(furthest, -furthest, CELLS // 2)
    return np.sort(np.concatenate((np.arange(1, CELLS // 2) / (CELLS // 2), 1 / (1 + np.exp(-logits)))))


EDGES: Final = _grid()
"""A cell holds the scores from its lower edge up to, but without, its upper edge; the last one holds 1."""


@dataclass
class BinaryCounts(PerformanceCounts):
    """Sums over rows of a binary problem; all but `confusion` are None where answers have no scores."""

    confusion: Counts
    """(G, 2, 2): actual, predicted."""
    cells: Counts | None = None
    """(G, 256, 2): scores on the cells of `EDGES`, actual."""
    losses: Doubles | None = None
    """(G, 2): log loss in nats, Brier score."""
    calibration: Doubles | None = None
    """(G, 10, 3): rows, positives, sum of scores; of bins of equal width."""

    @classmethod
    def empty(cls, problem: Problem, groups: int, *, scored: bool = False) -> BinaryCounts:
        """Counts without rows."""
        confusion = np.zeros((groups, 2, 2), dtype=np.int64)
        if not scored:
            return cls(problem, confusion)
        cells = np.zeros((groups, CELLS, 2), dtype=np.int64)
        return cls(problem, confusion, cells, np.zeros((groups, 2)), np.zeros((groups, BINS, 3)))

    @property
    def rows(self) -> Counts:
        """Rows of each group."""
        return np.asarray(self.confusion.sum(axis=(1, 2)), dtype=np.int64)

    @property
    def scored(self) -> bool:
        """Whether answers have scores."""
        return self.cells is not None

    def _add(self, rows: LabelledRows, into: Grouping) -> None:
        score = rows.score
        if self.cells is None or self.losses is None or self.calibration is None or score is None:
            if self.scored or score is not None:
                raise ValueError("rows with scores, and counts without; or the other way round")
            self.confusion[into.span] += into.counts(rows.actual * 2 + rows.predicted, 2, 2)
            return
        self.confusion[into.span] += into.counts(rows.actual * 2 + rows.predicted, 2, 2)
        cells = np.searchsorted(EDGES, score, side="right")
        self.cells[into.span] += into.counts(cells * 2 + rows.actual, CELLS, 2)
        of_actual = np.where(rows.actual == 1, score, 1 - score)
        log_loss = -np.log(np.clip(of_actual, LEAST_PROBABILITY, 1 - LEAST_PROBABILITY))
        self.losses[into.span, 0] += into.sums(log_loss)
        self.losses[into.span, 1] += into.sums((1 - of_actual) ** 2)
        self.calibration[into.span] += into.calibration(score, rows.actual)

    @classmethod
    def _like(cls, problem: Problem, groups: int, arrays: Mapping[str, Part]) -> BinaryCounts:
        return cls.empty(problem, groups, scored="cells" in arrays)
