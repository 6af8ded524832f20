"""Partial dependence (Friedman 2001): the mean answer where one feature has a value and the others are as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from model_monitor_jobs.attribution.kernel_shap import Model

Doubles = NDArray[np.float64]

MOST_CATEGORIES: Final = 20
MOST_ASKED: Final = 65_536
"""Rows that the model is given at once."""


@dataclass(frozen=True)
class PartialDependence:
    """Mean answers at some values of a feature, (outputs, values), and each value's share of the rows.

    `values` of numbers are the middles of equally wide parts of their range, of others the most frequent ones.
    """

    feature: str
    numeric: bool
    values: tuple[Any, ...]
    shares: tuple[float, ...]
    answers: Doubles

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "feature": self.feature,
            "numeric": self.numeric,
            "values": list(self.values),
            "shares": list(self.shares),
            "answers": self.answers.tolist(),
        }

    @classmethod
    def of_document(cls, document: Mapping[str, Any]) -> PartialDependence:
        """What `document` made. Raises KeyError, TypeError and ValueError for anything else."""
        answers = np.array(document["answers"], dtype=np.float64)
        values, shares = tuple(document["values"]), tuple(document["shares"])
        if answers.ndim != 2 or answers.shape[1] != len(values) or len(shares) != len(values):
            raise ValueError(f"partial dependence of {document['feature']}: {answers.shape} answers")
        return cls(str(document["feature"]), bool(document["numeric"]), values, shares, answers)


def partial_dependence(rows: pa.RecordBatch, feature: str, model: Model, resolution: int) -> PartialDependence | None:
    """Over rows, of a feature that they have; None where it has no value in any."""
    place = rows.schema.get_field_index(feature)
    column = rows.column(place)
    numeric = pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
    values, shares = _grid(column, resolution) if numeric else _frequent(column)
    if not len(values):
        return None
    at_once = max(1, MOST_ASKED // rows.num_rows)
    means = [_means(rows, place, values.slice(start, at_once), model) for start in range(0, len(values), at_once)]
    return PartialDependence(feature, numeric, tuple(values.to_pylist()), shares, np.concatenate(means).T)


def _means(rows: pa.RecordBatch, place: int, values: pa.Array, model: Model) -> Doubles:
    """(values, outputs)"""
    count = rows.num_rows
    repeated = rows.take(pa.array(np.tile(np.arange(count), len(values))))
    set_to = values.take(pa.array(np.repeat(np.arange(len(values)), count)))
    answers = model(repeated.set_column(place, rows.schema.field(place).with_type(values.type), set_to))
    return np.asarray(answers.reshape(len(values), count, -1).mean(axis=1))


def _grid(column: pa.Array, resolution: int) -> tuple[pa.Array, tuple[float, ...]]:
    known = column.drop_null().cast(pa.float64()).to_numpy(zero_copy_only=False)
    if not len(known):
        return column.slice(0, 0), ()
    distinct = np.unique(known)
    if len(distinct) <= resolution:
        counts = np.array([(known == each).sum() for each in distinct])
        return pc.cast(pa.array(distinct), column.type, safe=False), _shares(counts, len(column))
    counts, edges = np.histogram(known, bins=resolution)
    return pa.array((edges[:-1] + edges[1:]) / 2), _shares(counts, len(column))


def _frequent(column: pa.Array) -> tuple[pa.Array, tuple[float, ...]]:
    counted = pc.value_counts(column.drop_null()).to_pylist()
    counted.sort(key=lambda each: (-each["counts"], str(each["values"])))
    chosen = counted[:MOST_CATEGORIES]
    counts = np.array([each["counts"] for each in chosen], dtype=np.float64)
    return pa.array([each["values"] for each in chosen], column.type), _shares(counts, len(column))


def _shares(counts: NDArray[Any], rows: int) -> tuple[float, ...]:
    return tuple((counts / rows).tolist())


def chosen_features(named: Sequence[str], top: int, sizes: Mapping[str, float]) -> list[str]:
    """The features whose dependence is shown: those named, else those with the largest attributions."""
    return list(named) or sorted(sizes, key=lambda name: -abs(sizes[name]))[:top]
