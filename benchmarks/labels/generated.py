"""Generated labels of generated traffic, as SageMaker's ground truth records: about 130 bytes each."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.profiles.cache import cache_root, check_space
from benchmarks.profiles.captures import START, Traffic, inference_ids, texts_joined
from benchmarks.profiles.tables import GENERATOR

BYTES_PER_LINE = 140
"""Never less than what a line takes on disk."""
_STRANGERS = 1_000
"""Streams of random numbers from here on are of ids that the traffic does not have."""


@dataclass(frozen=True)
class Labels:
    """One label for each request, collected over so many hours from START in no order, and `strangers` times as many
    of other requests.
    """

    traffic: Traffic
    hours: int
    strangers: int = 0

    @property
    def as_of(self) -> datetime:
        return START + timedelta(hours=self.hours)

    @property
    def count(self) -> int:
        return self.traffic.records * (1 + self.strangers)


def write_labels(labels: Labels) -> Path:
    """The folder with these labels, generated where it is not there yet."""
    traffic = labels.traffic
    name = f"labels-{traffic.records}-in-{traffic.hours}h-{labels.strangers}-over-{labels.hours}h-v{GENERATOR}"
    folder = cache_root() / "data" / name
    if folder.exists():
        return folder
    check_space(folder.parent, labels.count * BYTES_PER_LINE)
    temporary = folder.with_suffix(f".{os.getpid()}")
    try:
        ids = [inference_ids(hour, traffic.records_of(hour)) for hour in range(traffic.hours)]
        shuffled = pa.concat_arrays(ids).take(pa.array(np.random.default_rng(1).permutation(traffic.records)))
        for hour in range(labels.hours):
            first, end = (traffic.records * step // labels.hours for step in (hour, hour + 1))
            others = inference_ids(_STRANGERS + hour, labels.strangers * (end - first))
            path = temporary / f"{START + timedelta(hours=hour):%Y/%m/%d/%H}" / "labels.jsonl"
            path.parent.mkdir(parents=True)
            with path.open("wb") as sink:
                for part in (shuffled.slice(first, end - first), others):
                    if len(part):
                        sink.write(_lines(part, hour))
        temporary.replace(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder


def _lines(ids: pa.Array, hour: int) -> pa.Buffer:
    values = np.random.default_rng([2, hour]).integers(0, 2, len(ids))
    return texts_joined(
        [
            '{"groundTruthData":{"data":"',
            pa.array(np.array(["0", "1"])[values]),
            '","encoding":"CSV"},"eventMetadata":{"eventId":"',
            ids,
            '"},"eventVersion":"0"}\n',
        ]
    )
