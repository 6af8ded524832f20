"""Rows that an estimate is made from: the reference's with labels, a window's without."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from model_monitor_jobs.errors import InputError
from model_monitor_jobs.estimation.features import Doubles, FeatureColumn, Features

_METADATA: Final = b"model_monitor.estimation_sample"
_FEATURE: Final = "feature "
_SCORE: Final = "score "
_TIME: Final = "time"

UNSTAMPED: Final = int(np.iinfo(np.int64).min)


@dataclass(frozen=True)
class WindowSample:
    """n rows of a window, in random order.

    `predicted` and `score` as in `profiles.performance.rows`, by the reference's classes; `window_rows` is how many
    rows the window has that would count if they had labels.
    """

    features: Features
    predicted: NDArray[Any]
    score: Doubles | None
    window_rows: int

    def __len__(self) -> int:
        return len(self.predicted)


@dataclass(frozen=True)
class ReferenceSample:
    """n rows of a baseline's dataset in the order of their hashes, so that every fifth row is a random fold.

    `actual`, `predicted`, `score` and `classes` as in `profiles.performance.rows`. `times` are microseconds since 1970,
    UNSTAMPED where a row has none; None where the dataset has no times.
    """

    features: Features
    actual: NDArray[Any]
    predicted: NDArray[Any]
    score: Doubles | None
    classes: tuple[str, ...] = ()
    times: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.actual)

    def to_parquet(self) -> bytes:
        """The file's content, the same for the same sample."""
        columns: dict[str, NDArray[Any]] = {"actual": self.actual, "predicted": self.predicted}
        if self.score is not None:
            scores = self.score.reshape(len(self), -1).T
            columns |= {f"{_SCORE}{place}": values for place, values in enumerate(scores)}
        if self.times is not None:
            columns[_TIME] = self.times
        arrays = {name: pa.array(values) for name, values in columns.items()}
        arrays |= {f"{_FEATURE}{place}": values for place, values in enumerate(_stored(self.features))}
        told = {
            "classes": self.classes,
            "score": None if self.score is None else self.score.ndim,
            "features": [[column.name, column.categories] for column in self.features.columns],
        }
        table = pa.table(arrays).replace_schema_metadata({_METADATA: json.dumps(told).encode()})
        buffer = io.BytesIO()
        pq.write_table(table, buffer, compression="zstd", write_page_checksum=True)
        return buffer.getvalue()

    @classmethod
    def read(cls, content: bytes, uri: str) -> ReferenceSample:
        """The sample that `to_parquet` wrote; raises InputError for anything else."""
        try:
            file = pq.ParquetFile(io.BytesIO(content), page_checksum_verification=True)
            told = json.loads((file.schema_arrow.metadata or {})[_METADATA])
            sample = _restored(file.read(use_threads=False), told)
        # Arrow tells damaged pages by OSError; the content is in memory, so nothing else can.
        except (pa.ArrowException, OSError, LookupError, ValueError, TypeError, AttributeError) as error:
            raise InputError(
                f"{uri}: is not a sample of a baseline's rows: {error}", remedy="make the Baseline again"
            ) from error
        return sample


def _stored(features: Features) -> Iterator[pa.Array]:
    for column, values in zip(features.columns, features.values.T, strict=True):
        stored = pa.array(values, mask=np.isnan(values))
        yield stored if column.categories is None else stored.cast(pa.int16())


def _restored(table: pa.Table, told: dict[str, Any]) -> ReferenceSample:
    columns = tuple(
        FeatureColumn(name, None if categories is None else tuple(categories)) for name, categories in told["features"]
    )
    values = np.empty((table.num_rows, len(columns)))
    for place, column in enumerate(columns):
        values[:, place] = _numbers(table, f"{_FEATURE}{place}", missing=True)
        if column.categories is not None and not _within(values[:, place], len(column.categories)):
            raise ValueError(f"{column.name!r} has a code without a category")
    classes, dimensions = tuple(told["classes"]), told["score"]
    width = 0 if dimensions is None else 1 if dimensions == 1 else len(classes)
    names = ["actual", "predicted", *(f"{_SCORE}{place}" for place in range(width))]
    if set(table.column_names) - {_TIME} != {*names, *(f"{_FEATURE}{place}" for place in range(len(columns)))}:
        raise ValueError("it has other columns")
    actual, predicted, *scores = (_numbers(table, name, missing=False) for name in names)
    if classes:
        if not (_within(actual, len(classes) - 1) and _within(predicted, len(classes) - 1)):
            raise ValueError("a row has a label without a class")
        actual, predicted = actual.astype(np.int64), predicted.astype(np.int64)
    score = None if dimensions is None else scores[0] if dimensions == 1 else np.column_stack(scores)
    times = _times(table[_TIME].combine_chunks()) if _TIME in table.column_names else None
    return ReferenceSample(Features(columns, values), actual, predicted, score, classes, times)


def _numbers(table: pa.Table, name: str, *, missing: bool) -> Doubles:
    column = table[name].combine_chunks()
    if column.null_count and not missing:
        raise ValueError(f"{name} lacks values")
    return np.array(pc.cast(column, pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)


def _times(column: pa.Array) -> NDArray[np.int64]:
    if column.type != pa.int64() or column.null_count:
        raise ValueError("a row has no time")
    return np.array(column.to_numpy(), dtype=np.int64)


def _within(codes: Doubles, most: int) -> bool:
    present = codes[~np.isnan(codes)]
    return bool(((present >= 0) & (present <= most) & (present == np.floor(present))).all())
