"""The flip test (Black, Yeom, Fredrikson 2020) as Clarify approximates it: by nearest neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from model_monitor_jobs.profiles.bias.flip_sample import FlipSample
from model_monitor_jobs.profiles.bias.problem import Facet

NEIGHBOURS: Final = 5
FEWEST_ROWS: Final = 10
"""With fewer rows on the advantaged side, one neighbour decides."""


@dataclass(frozen=True)
class Flips:
    """How many of `rows` disadvantaged rows get another answer than rows like them on the advantaged side."""

    favoured: int
    """A positive answer, where the neighbours have a negative one."""
    disfavoured: int
    rows: int
    neighbours: int = 0
    """Advantaged rows that they were compared with."""
    seen: int = 0
    """Rows of the window with an answer, of which those above are a sample."""
    error: str = ""
    """Why there is no value, in Clarify's words where it has some."""

    @property
    def value(self) -> float:
        """FT: (favoured - disfavoured)/rows; NaN where there is none."""
        return float("nan") if self.error else (self.favoured - self.disfavoured) / self.rows


def flip_test(sample: FlipSample, facet: Facet, place: int) -> Flips:
    """Compare each disadvantaged row of a sample with the majority of its 5 nearest advantaged rows.

    Nearest by Euclid's distance over all columns but the facet's own, in their own units: a column of large numbers
    outweighs all others, as in Clarify. `place` is that of the facet in the sample.
    """
    rows, disadvantaged = sample.rows, sample.rows.disadvantaged[place]
    kept = np.array([name != facet.column for name in sample.columns], dtype=np.bool_)
    features = rows.features[:, kept]
    advantaged = ~disadvantaged
    error = _error(int(disadvantaged.sum()), int(advantaged.sum()), sample, facet)
    if not error and np.isnan(features).any():
        error = "Input X contains NaN."
    if error:
        return Flips(0, 0, int(disadvantaged.sum()), int(advantaged.sum()), sample.seen, error)
    from sklearn.neighbors import KNeighborsClassifier

    count = int(advantaged.sum())
    model = KNeighborsClassifier(NEIGHBOURS if count >= FEWEST_ROWS else 1)
    model.fit(features[advantaged], rows.predicted[advantaged])
    expected, given = model.predict(features[disadvantaged]), rows.predicted[disadvantaged]
    return Flips(int((given > expected).sum()), int((given < expected).sum()), len(given), count, sample.seen)


def _error(disadvantaged: int, advantaged: int, sample: FlipSample, facet: Facet) -> str:
    if not disadvantaged:
        return "Facet set is empty"
    if not advantaged:
        return "Negated Facet set is empty"
    if set(sample.text_columns) - {facet.column}:
        return "FlipTest does not support non-numeric columns"
    return "" if set(sample.columns) - {facet.column} else "there are no columns of features"
