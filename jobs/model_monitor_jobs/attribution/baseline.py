"""profile.parquet of an explainability baseline: what its model was asked, and the attributions of its rows."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from model_monitor_jobs.attribution.background import Background
from model_monitor_jobs.attribution.feature_types import FeatureType
from model_monitor_jobs.attribution.kernel_shap import Attributions
from model_monitor_jobs.attribution.partial_dependence import PartialDependence
from model_monitor_jobs.attribution.sums import AttributionSums
from model_monitor_jobs.profiles.array_file import Arrays, PartKey, read_arrays, write_arrays
from model_monitor_jobs.profiles.by_window import EVERYTHING, WindowCounts
from model_monitor_jobs.profiles.roles import ColumnRole
from model_monitor_jobs.profiles.windows import Calendar

_KIND: Final = "attributions"
UNSTAMPED: Final = np.iinfo(np.int64).min
"""The time of a row that has none."""

AttributionWindows = WindowCounts[AttributionSums]


@dataclass(frozen=True)
class BaselineAttributions:
    """The attributions of a sample of a baseline's rows.

    `asked` is how the model was asked, as the API has it; `roles` are the dataset's columns in their order, `times` the
    microseconds since 1970 of each row of the sample, UNSTAMPED where it has none, `lengths` those of the windows that
    schedules judge.
    """

    asked: Mapping[str, Any]
    roles: Mapping[str, ColumnRole]
    types: Mapping[str, FeatureType]
    labels: tuple[str, ...]
    background: Background
    attributions: Attributions
    times: NDArray[np.int64]
    lengths: tuple[timedelta, ...] = ()
    dependence: tuple[PartialDependence, ...] = ()
    time_zone: str = "Etc/UTC"

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the windows."""
        return ZoneInfo(self.time_zone)

    @property
    def rows(self) -> int:
        """Rows that were explained."""
        return int(self.attributions.local.shape[1])

    def whole(self, sizes: NDArray[np.float64]) -> AttributionSums:
        """All rows as one group; `sizes` are those of their attributions, (outputs, rows, features)."""
        sums = AttributionSums.empty(1, sizes.shape[0], sizes.shape[2])
        sums.update(sizes.transpose(1, 0, 2), np.zeros(self.rows, dtype=np.int64))
        return sums

    def windows(self, length: timedelta, sizes: NDArray[np.float64]) -> AttributionWindows | None:
        """The windows of a length that rows of the sample lie in; None where no row has a time."""
        stamped = self.times != UNSTAMPED
        if not stamped.any():
            return None
        starts, codes = np.unique(Calendar(length, self.zone).starts(self.times[stamped]), return_inverse=True)
        sums = AttributionSums.empty(len(starts), sizes.shape[0], sizes.shape[2])
        sums.update(sizes[:, stamped].transpose(1, 0, 2), codes.astype(np.int64))
        return WindowCounts(length, starts, {EVERYTHING: sums})

    def to_parquet(self) -> bytes:
        """The file's content, the same for the same baseline."""
        told = {
            "asked": self.asked,
            "roles": list(self.roles.items()),
            "types": list(self.types.items()),
            "labels": list(self.labels),
            "lengths": [int(length.total_seconds()) for length in self.lengths],
            "dependence": [each.document() for each in self.dependence],
            "timeZone": self.time_zone,
        }
        return write_arrays(_KIND, told, self._parts())

    def _parts(self) -> Iterator[tuple[PartKey, Arrays]]:
        background: Arrays = {"rows": _written(self.background.rows), "weights": self.background.weights}
        yield ("background", EVERYTHING, 0), background
        yield (
            ("attributions", EVERYTHING, 0),
            {"local": self.attributions.local, "expected": self.attributions.expected, "times": self.times},
        )


def read_baseline_attributions(content: bytes, uri: str) -> BaselineAttributions:
    """Read profile.parquet of an explainability baseline. Raises InputError when it is none of ours."""
    return read_arrays(content, uri, _KIND, "attributions", _read)


def _read(told: Mapping[str, Any], found: Mapping[PartKey, dict[str, NDArray[Any]]]) -> BaselineAttributions:
    ZoneInfo(told["timeZone"])
    background = found[("background", EVERYTHING, 0)]
    arrays = found[("attributions", EVERYTHING, 0)]
    types = dict(told["types"])
    rows = _rows(background["rows"])
    local, expected, times = arrays["local"], arrays["expected"], arrays["times"]
    labels = tuple(told["labels"])
    if local.ndim != 3 or local.shape != (len(labels), len(times), len(types)) or expected.shape != (len(labels),):
        raise ValueError(f"attributions of shape {local.shape}")
    if rows.schema.names != [*types] or rows.num_rows != len(background["weights"]):
        raise ValueError("the background is one of other features")
    return BaselineAttributions(
        told["asked"],
        dict(told["roles"]),
        types,
        labels,
        Background(rows, background["weights"]),
        Attributions(tuple(types), local, expected),
        times,
        tuple(timedelta(seconds=length) for length in told["lengths"]),
        tuple(PartialDependence.of_document(each) for each in told["dependence"]),
        told["timeZone"],
    )


def _written(rows: pa.RecordBatch) -> NDArray[np.uint8]:
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_batch(rows)
    return np.frombuffer(sink.getvalue(), dtype=np.uint8)


def _rows(content: NDArray[np.uint8]) -> pa.RecordBatch:
    batches: Sequence[pa.RecordBatch] = pa.ipc.open_stream(content.tobytes()).read_all().combine_chunks().to_batches()
    if len(batches) != 1:
        raise ValueError("the background has no rows")
    return batches[0]
