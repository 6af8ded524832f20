"""Generated captured traffic: one request a line as SageMaker writes them, about 470 bytes each."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from benchmarks.profiles.cache import cache_root, check_space
from benchmarks.profiles.tables import GENERATOR, Shape, table

START = datetime(2026, 1, 5, tzinfo=UTC)
BYTES_PER_LINE = 600
"""Never less than what a line takes on disk."""
LINES_AT_ONCE = 250_000


@dataclass(frozen=True)
class Traffic:
    """So many requests, spread evenly over so many hours from START; a file an hour. With or without callers' ids."""

    records: int
    hours: int
    inference_ids: bool = False

    @property
    def end(self) -> datetime:
        return START + timedelta(hours=self.hours)

    def records_of(self, hour: int) -> int:
        return self.records * (hour + 1) // self.hours - self.records * hour // self.hours


def write_traffic(traffic: Traffic) -> Path:
    """The folder with this traffic, generated where it is not there yet."""
    folder = cache_root() / "data" / f"traffic-{traffic.records}-in-{traffic.hours}h-v{GENERATOR}"
    if traffic.inference_ids:
        folder = folder.with_name(f"{folder.name}-ids")
    if folder.exists():
        return folder
    check_space(folder.parent, traffic.records * BYTES_PER_LINE)
    temporary = folder.with_suffix(f".{os.getpid()}")
    try:
        for hour in range(traffic.hours):
            records = traffic.records_of(hour)
            ids = inference_ids(hour, records) if traffic.inference_ids else None
            moment = START + timedelta(hours=hour)
            path = temporary / f"{moment:%Y/%m/%d/%H}" / "00-00-000.jsonl"
            path.parent.mkdir(parents=True)
            with path.open("wb") as sink:
                for number, begin in enumerate(range(0, records, LINES_AT_ONCE)):
                    rows = min(LINES_AT_ONCE, records - begin)
                    part = None if ids is None else ids.slice(begin, rows)
                    sink.write(_lines(rows, moment, 100 * hour + number, part))
        temporary.replace(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder


def inference_ids(hour: int, rows: int) -> pa.Array:
    """The callers' ids of the requests of an hour."""
    return _identifiers(np.random.default_rng([hour, rows, 1]), rows)


def texts_joined(parts: Sequence[str | pa.Array]) -> pa.Buffer:
    """The bytes of lines that are put together of these parts."""
    lines = pc.binary_join_element_wise(*[pa.scalar(p) if isinstance(p, str) else p for p in parts], "")
    offsets = np.frombuffer(lines.buffers()[1], np.int32)
    return lines.buffers()[2].slice(0, int(offsets[len(lines)]))


def _lines(rows: int, hour: datetime, stream: int, ids: pa.Array | None) -> pa.Buffer:
    """Lines of one hour: the first column is the answer, the others are the request."""
    random = np.random.default_rng([stream, rows])
    values = table(Shape(rows), rows, 1_000_000 + stream)
    answers = pc.cast(values.column(0).combine_chunks().fill_null(0.0), pa.string())
    parts = [
        '{"captureData":{"endpointInput":{"observedContentType":"text/csv","mode":"INPUT","data":"',
        _payloads(values.select(range(1, values.num_columns))),
        '","encoding":"CSV"},"endpointOutput":{"observedContentType":"text/csv","mode":"OUTPUT","data":"',
        answers,
        '","encoding":"CSV"}},"eventMetadata":{"eventId":"',
        _identifiers(random, rows),
        *(() if ids is None else ('","inferenceId":"', ids)),
        f'","inferenceTime":"{hour:%Y-%m-%dT%H:}',
        _minutes(random, rows),
        'Z"},"eventVersion":"0"}\n',
    ]
    return texts_joined(parts)


def _payloads(values: pa.Table) -> pa.Array:
    sink = io.BytesIO()
    pyarrow.csv.write_csv(values, sink, pyarrow.csv.WriteOptions(include_header=False, quoting_style="none"))
    return pa.array(sink.getvalue().decode().splitlines())


def _identifiers(random: np.random.Generator, rows: int) -> pa.Array:
    digits = np.frombuffer(random.bytes(16 * rows).hex().encode(), np.uint8).reshape(rows, 32)
    dashes = np.full((rows, 1), ord("-"), np.uint8)
    pieces = [digits[:, :8], digits[:, 8:12], digits[:, 12:16], digits[:, 16:20], digits[:, 20:]]
    joined = [part for piece in pieces for part in (piece, dashes)][:-1]
    return _fixed_texts(np.concatenate(joined, axis=1))


def _minutes(random: np.random.Generator, rows: int) -> pa.Array:
    seconds = np.sort(random.integers(0, 3600, rows))
    texts = np.array([f"{second // 60:02d}:{second % 60:02d}" for second in range(3600)])
    return pa.array(texts[seconds])


def _fixed_texts(characters: np.ndarray[tuple[int, int], np.dtype[np.uint8]]) -> pa.Array:
    rows, width = characters.shape
    offsets = np.arange(0, (rows + 1) * width, width, dtype=np.int32)
    content = np.ascontiguousarray(characters)
    return pa.StringArray.from_buffers(rows, pa.py_buffer(offsets), pa.py_buffer(content))
