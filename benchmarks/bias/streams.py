"""Simulated decisions: two groups in four strata, labels and answers, all shares known exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model_monitor_jobs.checks.bias import metrics
from model_monitor_jobs.profiles.bias import BiasCounts, BiasProblem, Facet, Selection

Doubles = NDArray[np.float64]

PROBLEM = BiasProblem((Facet("sex", Selection(("F",))),), Selection(("1",)), stratified_by="region")
STRATA = ("east", "north", "south", "west")
_GROUP_SHARE = 0.2
_PLACES = ((0.3, 0.3, 0.2, 0.2), (0.1, 0.2, 0.3, 0.4))
"""Shares of the strata, by side."""
_DESERVING = ((0.7, 0.6, 0.5, 0.4), (0.6, 0.5, 0.4, 0.3))
"""Shares of good labels in them."""
_ANSWERS = ((0.25, 0.8), (0.2, 0.7))
"""Shares of good answers among bad and good labels, by side."""
_EXACT = 10**12


@dataclass(frozen=True)
class Population:
    """Where rows come from. `harsher`: how much the group's chance of a good answer, whatever its label, is lower."""

    harsher: float = 0.0

    def chances(self, strays: Doubles | None = None) -> Doubles:
        """Chances of a row to be in each cell: side, stratum, label, answer.

        `strays` (2) are added to the answers' log odds by side, for windows that are not all alike.
        """
        chances = np.empty((2, len(STRATA), 2, 2))
        for side, share in enumerate((1 - _GROUP_SHARE, _GROUP_SHARE)):
            good = np.array(_ANSWERS[side]) - side * self.harsher
            if strays is not None:
                good = 1 / (1 + np.exp(-np.log(good / (1 - good)) - strays[side]))
            labels = np.array([[1 - each, each] for each in _DESERVING[side]])
            answers = np.stack([1 - good, good], axis=-1)
            chances[side] = share * np.array(_PLACES[side])[:, None, None] * labels[:, :, None] * answers
        return chances

    def draw(self, random: np.random.RandomState, rows: int, strays: Doubles | None = None) -> Doubles:
        """Rows by cell."""
        chances = self.chances(strays)
        return np.asarray(random.multinomial(rows, chances.reshape(-1)).reshape(chances.shape))

    def truth(self) -> dict[str, float]:
        """The metrics of infinitely many rows."""
        cells = np.rint(self.chances() * _EXACT)
        return {name: float(value[0, 0]) for name, value in metrics.values(counted([cells])).items()}


def counted(windows: list[Doubles]) -> BiasCounts:
    """Counts of windows, each given by cell."""
    cells = np.stack(windows).astype(np.int64)
    table = np.zeros((len(windows), 1, 2, 3, 3), dtype=np.int64)
    table[:, 0, :, :2, :2] = cells.sum(axis=2)
    strata = np.stack([cells.sum(axis=4), cells.sum(axis=3)], axis=1)
    # (windows, which outcome, side, stratum, outcome) becomes (windows, 1, stratum, which outcome, side, outcome).
    by_stratum = strata.transpose(0, 3, 1, 2, 4)[:, np.newaxis]
    missing = np.zeros((len(windows), 1), dtype=np.int64)
    return BiasCounts(PROBLEM, table, missing, np.ascontiguousarray(by_stratum), strata=STRATA)
