"""What stands in for a feature that is left out of a coalition: a few weighted rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from model_monitor_jobs.attribution.coalitions import SEED
from model_monitor_jobs.attribution.composed import plain
from model_monitor_jobs.errors import ConfigurationError, InputError

Doubles = NDArray[np.float64]

MOST_CLUSTERS: Final = 12
_MISMATCH: Final = 0.5
"""Of a category, in units of squared standard deviations of a number (Huang 1998)."""
_ITERATIONS: Final = 100
_STARTS: Final = 10


@dataclass(frozen=True)
class Background:
    """Rows with all features, one or more, and the weight of each, (rows,) with the sum 1."""

    rows: pa.RecordBatch
    weights: Doubles

    @classmethod
    def of(cls, rows: pa.RecordBatch) -> Background:
        """All rows alike. Raises ConfigurationError when there is none."""
        if not rows.num_rows:
            raise ConfigurationError("the background has no rows", remedy="give at least one row of usual values")
        return cls(rows, np.full(rows.num_rows, 1 / rows.num_rows))


def cluster(rows: pa.RecordBatch, clusters: int = MOST_CLUSTERS, seed: int = SEED) -> Background:
    """The centres of so many clusters of a dataset, weighted by their rows; fewer where there are fewer distinct rows.

    k-means (Lloyd 1982) on numbers in units of their standard deviations; with texts or booleans k-prototypes (Huang
    1998), which starts from k-means on indicators. A centre has the dataset's value nearest to the cluster's mean, so
    that whole numbers stay whole, or its most frequent category. Missing numbers are left out of means, missing
    categories are one of their own. Raises InputError when there is no row.
    """
    if not rows.num_rows:
        raise InputError("the baseline dataset has no rows to cluster")
    rows = plain(rows)
    numeric = [_is_number(field.type) for field in rows.schema]
    numbers = _standardised([_doubles(column) for column, number in zip(rows.columns, numeric, strict=True) if number])
    codes = [_codes(column) for column, number in zip(rows.columns, numeric, strict=True) if not number]
    labels = _labels(numbers.reshape(rows.num_rows, -1), codes, clusters, seed)
    found, counts = np.unique(labels, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    places = [np.flatnonzero(labels == found[each]) for each in order]
    columns = [
        column.take(pa.array([_nearest(column, place) if number else _usual(column, place) for place in places]))
        for column, number in zip(rows.columns, numeric, strict=True)
    ]
    return Background(pa.RecordBatch.from_arrays(columns, schema=rows.schema), counts[order] / rows.num_rows)


def _labels(numbers: Doubles, codes: list[NDArray[np.int64]], clusters: int, seed: int) -> NDArray[np.int64]:
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    # A mismatch is a distance between two indicators, each off by one.
    indicators = [np.eye(int(each.max()) + 1)[each] * np.sqrt(_MISMATCH / 2) for each in codes]
    encoded = np.column_stack([numbers, *indicators])
    clusters = min(clusters, len(np.unique(encoded, axis=0)))
    with threadpool_limits(1):
        labels = KMeans(clusters, n_init=_STARTS, random_state=seed).fit(encoded).labels_.astype(np.int64)
    return _prototypes(numbers, codes, labels) if codes else labels


def _prototypes(numbers: Doubles, codes: list[NDArray[np.int64]], labels: NDArray[np.int64]) -> NDArray[np.int64]:
    for _ in range(_ITERATIONS):
        distances = []
        for each in np.unique(labels):
            own = labels == each
            distance = np.square(numbers - numbers[own].mean(axis=0)).sum(axis=1)
            for code in codes:
                distance += _MISMATCH * (code != np.bincount(code[own]).argmax())
            distances.append(distance)
        moved = np.argmin(distances, axis=0)
        if np.array_equal(moved, labels):
            break
        labels = moved
    return labels


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _doubles(column: pa.Array) -> Doubles:
    return np.asarray(column.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)


def _standardised(columns: list[Doubles]) -> Doubles:
    """(rows, columns); what is missing is at the mean, and constant columns are 0."""
    made = []
    for values in columns:
        known = values[np.isfinite(values)]
        mean, spread = (known.mean(), known.std()) if len(known) else (0.0, 0.0)
        made.append(np.where(np.isfinite(values), (values - mean) / (spread or 1.0), 0.0))
    return np.column_stack(made) if made else np.zeros((0, 0))


def _codes(column: pa.Array) -> NDArray[np.int64]:
    encoded = column.dictionary_encode(null_encoding="encode")
    return np.asarray(encoded.indices.to_numpy(zero_copy_only=False), dtype=np.int64)


def _nearest(column: pa.Array, places: NDArray[np.int64]) -> int:
    """The row of a cluster whose number is nearest to the cluster's mean."""
    values = _doubles(column)[places]
    known = np.isfinite(values)
    if not known.any():
        return int(places[0])
    distance = np.where(known, np.abs(values - values[known].mean()), np.inf)
    return int(places[distance.argmin()])


def _usual(column: pa.Array, places: NDArray[np.int64]) -> int:
    """A row of a cluster that has its most frequent category."""
    codes = _codes(column)[places]
    return int(places[np.argmax(codes == np.bincount(codes).argmax())])
