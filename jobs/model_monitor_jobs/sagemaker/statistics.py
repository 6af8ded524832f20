"""statistics.json: reading it, and writing it from a profile."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

import numpy as np
from pydantic import Field, PlainSerializer, PlainValidator

from model_monitor_jobs.errors import InputError
from model_monitor_jobs.profiles.column import NUMERIC, ColumnProfile
from model_monitor_jobs.profiles.sketch import DEFAULT_SIZE, SHRINKING_FACTOR, Doubles, QuantileSketch
from model_monitor_jobs.profiles.table import TableProfile
from model_monitor_jobs.sagemaker.documents import Part, parse, read_json
from model_monitor_jobs.sagemaker.explanations import not_expected
from model_monitor_jobs.sagemaker.kinds import STATISTICS, refuse_other_kind

BUCKETS: Final = 10
MOST_CATEGORIES: Final = 120
"""Deequ writes the distribution of text columns with fewer distinct values than this."""
_MOST_LEVELS: Final = 60
"""More levels stand for more values than whole numbers can count."""


def _levels(value: object) -> list[Doubles]:
    """The levels of a sketch as arrays, each converted at once."""
    if not isinstance(value, list) or len(value) > _MOST_LEVELS:
        raise not_expected(f"a list of at most {_MOST_LEVELS} levels in [ ]", value)
    return [_level(index, level) for index, level in enumerate(value)]


def _level(index: int, items: object) -> Doubles:
    if not isinstance(items, list):
        raise not_expected("a list of numbers in [ ]", items, (index,))
    try:
        found = np.array(items)
        numbers = found.astype(np.float64, copy=False)
        if found.dtype.kind != "U" and numbers.ndim == 1 and np.isfinite(numbers).all():
            return numbers
    except (TypeError, ValueError, OverflowError):
        pass
    wrong = ((place, item) for place, item in enumerate(items) if not _is_number(item))
    place, item = next(wrong, (0, items))
    raise not_expected("a number that is neither NaN nor infinite", item, (index, place))


def _is_number(item: object) -> bool:
    try:
        return isinstance(item, int | float) and math.isfinite(float(item))
    except (ValueError, OverflowError):
        return False


def _lists(levels: list[Doubles]) -> list[list[float]]:
    return [level.tolist() for level in levels]


Levels = Annotated[list[Doubles], PlainValidator(_levels), PlainSerializer(_lists)]
Size = Annotated[float, Field(ge=1, allow_inf_nan=False)]


class Common(Part):
    """Counts that every column has."""

    num_present: Annotated[int, Field(ge=0)]
    num_missing: Annotated[int, Field(ge=0)]


class SketchParameters(Part):
    """Parameters of a KLL sketch."""

    c: float = SHRINKING_FACTOR
    k: Size = float(DEFAULT_SIZE)


class Sketch(Part):
    """A KLL sketch: level i of `data` holds values of weight 2^i."""

    parameters: SketchParameters = Field(default_factory=SketchParameters)
    data: Levels = Field(default_factory=list)


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
    count: Annotated[float, Field(ge=0, allow_inf_nan=False)]


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
        if sketch is None or not any(len(level) for level in sketch.data):
            return None
        return QuantileSketch(sketch.data, int(sketch.parameters.k))

    @property
    def span(self) -> tuple[float, float] | None:
        """Minimum and maximum of a numeric column; the sketch's outermost values where the file does not say them."""
        numbers = self.numerical_statistics
        if numbers is None:
            return None
        if numbers.min is not None and numbers.max is not None and math.isfinite(numbers.max - numbers.min):
            return numbers.min, numbers.max
        sketch = self.sketch
        if sketch is None:
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
    """Read statistics.json of any container's version.

    Raises InputError with line and column where it is no JSON, else with the path in the file, the value, and what was
    expected.
    """
    document = read_json(content, uri)
    refuse_other_kind(document, STATISTICS, uri)
    statistics = parse(Statistics, document, uri)
    if twice := repeated_name([feature.name for feature in statistics.features]):
        raise InputError(f"{uri}: {twice}", remedy="keep one of them")
    return statistics


def repeated_name(names: Sequence[str]) -> str | None:
    """Where a feature's name stands the second time, in words; None where each stands once."""
    first: dict[str, int] = {}
    for index, name in enumerate(names):
        if name in first:
            return f'features[{index}].name: "{name}" stands there again, after features[{first[name]}]'
        first[name] = index
    return None


def sketch_document(sketch: QuantileSketch) -> dict[str, Any]:
    """A sketch as it stands in statistics.json."""
    return {
        "parameters": {"c": SHRINKING_FACTOR, "k": float(sketch.size)},
        "data": [level.tolist() for level in sketch.levels],
    }


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
        statistics["distribution"] = {"kll": {"buckets": _buckets(column), "sketch": sketch_document(column.sketch)}}
    return statistics


def _buckets(column: ColumnProfile) -> list[dict[str, float]]:
    """Ten buckets of equal width between minimum and maximum, counted from the sketch; the last one is closed."""
    low, high = column.moments.minimum, column.moments.maximum
    if not math.isfinite((high - low) * BUCKETS):
        return []
    edges = [low + (high - low) * step / BUCKETS for step in range(BUCKETS)] + [high]
    below = column.sketch.ranks(np.array(edges[:-1]), inclusive=False) * column.sketch.count
    totals = np.diff(np.append(below, column.sketch.count))
    return [
        {"lower_bound": edges[index], "upper_bound": edges[index + 1], "count": float(round(total))}
        for index, total in enumerate(totals)
    ]
