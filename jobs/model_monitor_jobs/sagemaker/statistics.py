"""statistics.json: reading it, and writing it from a profile."""

from __future__ import annotations

import math
from typing import Annotated, Any, Final, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from model_monitor_jobs.profiles.column import NUMERIC, ColumnProfile
from model_monitor_jobs.profiles.sketch import SHRINKING_FACTOR, QuantileSketch
from model_monitor_jobs.profiles.table import TableProfile
from model_monitor_jobs.sagemaker.documents import parse

BUCKETS: Final = 10
MOST_CATEGORIES: Final = 120
"""Deequ writes the distribution of text columns with fewer distinct values than this."""


class Part(BaseModel):
    """Part of a file that SageMaker writes: fields that we do not know are let through."""

    model_config = ConfigDict(extra="allow")


class Common(Part):
    """Counts that every column has."""

    num_present: Annotated[int, Field(ge=0)]
    num_missing: Annotated[int, Field(ge=0)]


class SketchParameters(Part):
    """Parameters of a KLL sketch."""

    c: float = SHRINKING_FACTOR
    k: Annotated[float, Field(ge=1)]


class Sketch(Part):
    """A KLL sketch: level i of `data` holds values of weight 2^i."""

    parameters: SketchParameters
    data: list[list[float]]


class Bucket(Part):
    """A bucket of a histogram; the upper bound belongs to the last one only."""

    lower_bound: float
    upper_bound: float
    count: float


class KLL(Part):
    """Histogram and sketch of a numeric column."""

    buckets: list[Bucket] = []
    sketch: Sketch | None = None


class NumericalDistribution(Part):
    """How a numeric column is distributed."""

    kll: KLL | None = None


class NumericalStatistics(Part):
    """Statistics of a numeric column; std_dev is the population's."""

    common: Common
    mean: float | None = None
    sum: float | None = None
    std_dev: float | None = None
    min: float | None = None
    max: float | None = None
    distribution: NumericalDistribution | None = None


class CategoryCount(Part):
    """How often a value occurs."""

    value: str
    count: float


class Categories(Part):
    """Counts of all values."""

    buckets: list[CategoryCount] = []


class StringDistribution(Part):
    """How a text column is distributed."""

    categorical: Categories | None = None


class StringStatistics(Part):
    """Statistics of a text column."""

    common: Common
    distinct_count: float | None = None
    distribution: StringDistribution | None = None


class FeatureStatistics(Part):
    """Statistics of one column."""

    name: str
    inferred_type: Literal["Integral", "Fractional", "String", "Unknown"]
    numerical_statistics: NumericalStatistics | None = None
    string_statistics: StringStatistics | None = None

    @property
    def common(self) -> Common:
        """Counts of present and missing values."""
        statistics = self.numerical_statistics or self.string_statistics
        return statistics.common if statistics else Common(num_present=0, num_missing=0)

    @property
    def sketch(self) -> QuantileSketch | None:
        """The quantile sketch of a numeric column, where the file has one."""
        distribution = self.numerical_statistics.distribution if self.numerical_statistics else None
        sketch = distribution.kll.sketch if distribution and distribution.kll else None
        return QuantileSketch(sketch.data, int(sketch.parameters.k)) if sketch else None

    @property
    def span(self) -> tuple[float, float] | None:
        """Minimum and maximum of a numeric column; the sketch's outermost values where the file does not say them."""
        numbers, sketch = self.numerical_statistics, self.sketch
        if numbers is not None and numbers.min is not None and numbers.max is not None:
            return numbers.min, numbers.max
        if sketch is None or not sketch.count:
            return None
        values, _ = sketch.weighted()
        return float(values[0]), float(values[-1])

    @property
    def categories(self) -> dict[str, int] | None:
        """Counts of a text column's values, where the file has them."""
        distribution = self.string_statistics.distribution if self.string_statistics else None
        if distribution is None or distribution.categorical is None:
            return None
        counts = {bucket.value: round(bucket.count) for bucket in distribution.categorical.buckets}
        return {value: count for value, count in counts.items() if count > 0}


class DatasetStatistics(Part):
    """The table as a whole."""

    item_count: Annotated[int, Field(ge=0)]


class Statistics(Part):
    """The whole file."""

    version: float = 0.0
    dataset: DatasetStatistics
    features: list[FeatureStatistics]


def read_statistics(content: bytes, uri: str) -> Statistics:
    """Read statistics.json; raises InputError with the path in the file, the value, and what was expected."""
    return parse(Statistics, content, uri)


def statistics_document(table: TableProfile) -> dict[str, Any]:
    """The profile of a table as statistics.json, as newer SageMaker containers write it."""
    return {
        "version": 0.0,
        "dataset": {"item_count": table.rows},
        "features": [_feature(column, table.rows) for column in table.columns.values()],
    }


def _feature(column: ColumnProfile, rows: int) -> dict[str, Any]:
    feature: dict[str, Any] = {"name": column.name, "inferred_type": column.inferred_type}
    common = {"num_present": column.present, "num_missing": rows - column.present}
    completeness = column.present / rows if rows else 0.0
    if column.inferred_type in NUMERIC:
        feature["numerical_statistics"] = _numerical(column, common, completeness)
        return feature
    statistics: dict[str, Any] = {
        "common": common,
        "distinct_count": float(column.frequencies.distinct),
        "completeness": completeness,
    }
    if column.frequencies.exact and 0 < column.frequencies.distinct < MOST_CATEGORIES:
        buckets = [{"value": value, "count": count} for value, count in column.frequencies.counts.items()]
        statistics["distribution"] = {"categorical": {"buckets": buckets}}
    feature["string_statistics"] = statistics
    return feature


def _numerical(column: ColumnProfile, common: dict[str, int], completeness: float) -> dict[str, Any]:
    """Statistics of numbers, without those that are beyond the range of doubles: JSON has no infinity."""
    moments = column.moments
    numbers = {
        "mean": moments.mean,
        "sum": moments.sum,
        "std_dev": moments.standard_deviation,
        "min": moments.minimum,
        "max": moments.maximum,
    }
    known = {name: number for name, number in numbers.items() if moments.count and math.isfinite(number)}
    statistics: dict[str, Any] = {
        "common": common,
        **known,
        "approximate_num_distinct_values": column.frequencies.distinct,
        "completeness": completeness,
    }
    if moments.count:
        sketch = {
            "parameters": {"c": SHRINKING_FACTOR, "k": float(column.sketch.size)},
            "data": [level.tolist() for level in column.sketch.levels],
        }
        statistics["distribution"] = {"kll": {"buckets": _buckets(column), "sketch": sketch}}
    return statistics


def _buckets(column: ColumnProfile) -> list[dict[str, float]]:
    """Ten buckets of equal width between minimum and maximum, counted from the sketch; the last one is closed."""
    low, high = column.moments.minimum, column.moments.maximum
    if not math.isfinite(high - low):
        return []
    edges = [low + (high - low) * step / BUCKETS for step in range(BUCKETS)] + [high]
    below = column.sketch.ranks(np.array(edges[:-1]), inclusive=False) * column.sketch.count
    totals = np.diff(np.append(below, column.sketch.count))
    return [
        {"lower_bound": edges[index], "upper_bound": edges[index + 1], "count": float(round(total))}
        for index, total in enumerate(totals)
    ]
