"""The flip test (Black, Yeom, Fredrikson 2020) as Clarify approximates it: by nearest neighbours."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from model_monitor_jobs.profiles.bias.flip_sample import FlipRows, FlipSample
from model_monitor_jobs.profiles.bias.flips import Doubles, Flips
from model_monitor_jobs.profiles.bias.problem import Facet
from model_monitor_jobs.profiles.performance.rows import Indices
from model_monitor_jobs.profiles.row_types import Mask

NEIGHBOURS: Final = 5
FEWEST_ROWS: Final = 10
"""With fewer rows on the advantaged side, one neighbour decides."""
GROUPS: Final = 16
"""Random groups of rows by which its standard error is found; by the low bits of the hashes, as a sample has the rows
whose high bits are 0."""


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
        return Flips(0, 0, int(disadvantaged.sum()), int(advantaged.sum()), sample.seen, error=error)
    given, differences = rows.predicted[disadvantaged], _differences(features, rows, disadvantaged)
    groups, spread = _spread(features, rows, disadvantaged)
    return Flips(
        int((differences > 0).sum()),
        int((differences < 0).sum()),
        len(given),
        int(advantaged.sum()),
        sample.seen,
        groups,
        spread,
    )


def _differences(features: Doubles, rows: FlipRows, disadvantaged: Mask) -> Indices:
    """The answer of each disadvantaged row less that of the majority of its neighbours."""
    from sklearn.neighbors import KNeighborsClassifier

    advantaged = ~disadvantaged
    model = KNeighborsClassifier(NEIGHBOURS if advantaged.sum() >= FEWEST_ROWS else 1)
    model.fit(features[advantaged], rows.predicted[advantaged])
    return np.asarray(rows.predicted[disadvantaged] - model.predict(features[disadvantaged]), dtype=np.int64)


def _spread(features: Doubles, rows: FlipRows, disadvantaged: Mask) -> tuple[int, float]:
    """The standard error of FT, from the test in groups of the rows: how many there are, and the error.

    A group has another set of neighbours, too, so that their chance is part of it (random groups, Wolter 2007, 2.4).
    Fewer neighbours are further away, which makes it too large rather than too small.
    """
    codes = (rows.hashes % np.uint64(GROUPS)).astype(np.int64)
    means = []
    for code in range(GROUPS):
        own = codes == code
        sides = disadvantaged[own]
        if sides.any() and not sides.all():
            places = np.flatnonzero(own)
            means.append(float(_differences(features[own], rows.at(places), sides).mean()))
    if len(means) < 2:
        return len(means), math.nan
    return len(means), float(np.std(means, ddof=1)) / math.sqrt(len(means))


def _error(disadvantaged: int, advantaged: int, sample: FlipSample, facet: Facet) -> str:
    if not disadvantaged:
        return "Facet set is empty"
    if not advantaged:
        return "Negated Facet set is empty"
    if set(sample.text_columns) - {facet.column}:
        return "FlipTest does not support non-numeric columns"
    return "" if set(sample.columns) - {facet.column} else "there are no columns of features"
