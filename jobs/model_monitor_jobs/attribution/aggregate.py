"""From the Shapley values of rows to one number a feature."""

from __future__ import annotations

from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from model_monitor_jobs.attribution.coalitions import SEED
from model_monitor_jobs.errors import InputError

Doubles = NDArray[np.float64]
Aggregation = Literal["mean_abs", "median", "mean_sq"]

AGGREGATIONS: Final[tuple[Aggregation, ...]] = get_args(Aggregation)
DRAWS: Final = 1_000


def aggregate(local: Doubles, method: Aggregation) -> Doubles:
    """Global values (features,) of local ones (rows, features), as Clarify's agg_method: mean |φ|, median φ or mean φ².

    Raises InputError when there is no row.
    """
    if not len(local):
        raise InputError("no row has been explained")
    if method == "median":
        return np.asarray(np.median(local, axis=0))
    return np.asarray(sizes(local, method).mean(axis=0))


def resample(local: Doubles, method: Aggregation, draws: int = DRAWS, seed: int = SEED) -> Doubles:
    """Global values (draws, features) of as many bootstrap samples of the rows (Efron 1979)."""
    from threadpoolctl import threadpool_limits

    random = np.random.RandomState(seed)
    rows = len(local)
    if method == "median":
        return np.array([np.median(local[random.randint(0, rows, rows)], axis=0) for _ in range(draws)])
    counts = np.array([np.bincount(random.randint(0, rows, rows), minlength=rows) for _ in range(draws)])
    with threadpool_limits(1):
        return np.asarray(counts @ sizes(local, method) / rows)


def sizes(local: Doubles, method: Aggregation) -> Doubles:
    """The sizes that are averaged, |φ| or φ², of values of any shape; of `median` they are not used."""
    return np.asarray(np.abs(local) if method == "mean_abs" else np.square(local))
