"""Blocks of SageMaker's ground truth records, taken apart by the skeleton of their lines or else read by Arrow.

What these would read otherwise than line by line is left to that: the rows and what is counted are the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json
from numpy.typing import NDArray

from model_monitor_jobs.sources import capture_events
from model_monitor_jobs.sources.capture_skeleton import Role, Skeleton, metadata_roles, skeleton_by
from model_monitor_jobs.sources.capture_spans import Positions, span_texts, spans_of
from model_monitor_jobs.sources.json_text import NotReadable
from model_monitor_jobs.sources.label_events import LabelReader
from model_monitor_jobs.sources.selection import LABEL, RECORD_COUNT, RECORD_ID, RECORD_INDEX

_NEWLINE, _RETURN, _OPENING, _CLOSING = b"\n\r{}"
_FIELDS = ("data", "encoding", "observedContentType")
_SCHEMA = pa.schema(
    [
        ("groundTruthData", pa.struct([(name, pa.string()) for name in _FIELDS])),
        ("eventMetadata", pa.struct([("eventId", pa.string())])),
    ]
)
# Arrow takes numbers that are no JSON. Looking for one byte, which most blocks lack, is the faster by far.
_READ_OTHERWISE = ((b"\0", b"\0"), (b"\\", b"\\u"), (b"N", b"NaN"), (b"I", b"Inf"))
_TAKEN_APART = b'",\r\n'


class BlockReader:
    """Reads blocks of whole lines; remembers the skeleton that fitted last."""

    def __init__(self, reader: LabelReader) -> None:
        self._reader = reader
        self._skeleton: Skeleton | None = None

    def read(self, block: bytearray) -> pa.RecordBatch | None:
        """The labels of a block, None where its lines have to be read one by one."""
        spans = spans_of(block, self._skeleton) if self._skeleton is not None else None
        if spans is None:
            self._skeleton = skeleton_of(bytes(block[: block.index(b"\n")]))
            spans = spans_of(block, self._skeleton) if self._skeleton is not None else None
        if spans is not None and self._skeleton is not None:
            batch = _by_spans(block, self._skeleton, spans)
            if batch is not None:
                return batch
        return _read_by_arrow(block, self._reader)


def skeleton_of(line: bytes) -> Skeleton | None:
    """The skeleton of a line with a plain label as CSV, None for any other line."""
    try:
        event = capture_events.read_event(line)
    except NotReadable:
        return None
    truth, metadata = event.get("groundTruthData"), event.get("eventMetadata")
    if not isinstance(truth, dict) or not isinstance(metadata, dict) or truth.get("encoding") != "CSV":
        return None
    if not isinstance(truth.get("data"), str) or not isinstance(metadata.get("eventId"), str):
        return None
    return skeleton_by(line, _roles)


def _roles(event: dict[str, Any]) -> dict[int, Role]:
    # Of the varying strings only a payload may have any length, and a label is one.
    own: dict[int, Role] = {
        int(event["groundTruthData"]["data"]): "output",
        int(event["eventMetadata"]["eventId"]): "id",
    }
    return metadata_roles(event) | own


def _by_spans(block: bytearray, skeleton: Skeleton, spans: list[Positions]) -> pa.RecordBatch | None:
    label, identity = skeleton.find("output"), skeleton.find("id")
    assert label is not None
    assert identity is not None
    starts, ends = spans[2 * identity : 2 * identity + 2]
    labels = span_texts(block, [(spans[2 * label], spans[2 * label + 1])])
    content = labels.buffers()[2]
    if (starts == ends).any() or (content is not None and b"," in content.to_pybytes()):
        return None
    return label_batch(span_texts(block, [(starts, ends)]), _filled(labels))


def _filled(labels: pa.Array) -> pa.Array:
    """Labels with null for an empty one."""
    return pc.if_else(pc.equal(labels, ""), pa.scalar(None, pa.string()), labels)


def _read_by_arrow(block: bytearray, reader: LabelReader) -> pa.RecordBatch | None:
    lines = _usual_lines(block)
    table = _parsed(block) if lines else None
    if table is None or table.num_rows != lines:
        return None
    ids = pc.struct_field(table.column(1), "eventId").combine_chunks()
    fields = [pc.struct_field(table.column(0), name).combine_chunks() for name in _FIELDS]
    data, encodings, _ = fields
    if ids.null_count or data.null_count or encodings.null_count or pc.any(pc.equal(ids, "")).as_py():
        return None
    special = np.zeros(lines, np.bool_)
    content = data.buffers()[2]
    held = content.to_pybytes() if content is not None else b""
    if any(bytes([sign]) in held for sign in _TAKEN_APART):
        special |= pc.match_substring_regex(data, '[",\r\n]').to_numpy(zero_copy_only=False)
    special |= pc.not_equal(encodings, "CSV").to_numpy(zero_copy_only=False)
    labels = _filled(data)
    if not special.any():
        return label_batch(ids, labels)
    return _taken_apart(ids, labels, fields, np.flatnonzero(special), reader)


def label_batch(ids: pa.Array, labels: pa.Array, counts: Sequence[int] = ()) -> pa.RecordBatch:
    """Labels by id; `counts` tells for each event in turn how many of the rows are its own, where not all have one."""
    columns = {RECORD_ID: ids, LABEL: labels}
    if any(count > 1 for count in counts):
        repeats = np.asarray(counts, np.int32)
        starts = np.cumsum(repeats) - repeats
        columns[RECORD_INDEX] = pa.array(np.arange(len(ids), dtype=np.int32) - np.repeat(starts, repeats), pa.int32())
        columns[RECORD_COUNT] = pa.array(np.repeat(repeats, repeats), pa.int32())
    return pa.RecordBatch.from_pydict(columns)


def _usual_lines(block: bytearray) -> int:
    """The number of lines, 0 unless each begins and ends as an object does: then none of them can hold two halves."""
    try:
        block.decode()
    except UnicodeDecodeError:
        return 0
    if any(sign in block and text in block for sign, text in _READ_OTHERWISE):
        return 0
    values = np.frombuffer(block, np.uint8)
    ends = np.flatnonzero(values == _NEWLINE)
    starts = np.concatenate([[0], ends[:-1] + 1])
    if (ends - starts < 2).any():
        return 0
    last = values[ends - 1]
    last = np.where(last == _RETURN, values[ends - 2], last)
    return len(ends) if (values[starts] == _OPENING).all() and (last == _CLOSING).all() else 0


def _parsed(block: bytearray) -> pa.Table | None:
    try:
        return pyarrow.json.read_json(
            pa.BufferReader(pa.py_buffer(block)),
            pyarrow.json.ReadOptions(use_threads=False, block_size=len(block) + 1),
            pyarrow.json.ParseOptions(explicit_schema=_SCHEMA, unexpected_field_behavior="ignore"),
        )
    except pa.ArrowInvalid:
        return None


def _taken_apart(
    ids: pa.Array, labels: pa.Array, fields: Sequence[pa.Array], rows: NDArray[np.intp], reader: LabelReader
) -> pa.RecordBatch | None:
    """The labels where some of the data are more than a plain text, each different text looked at once."""
    places = pa.array(rows)
    known: dict[tuple[str | None, ...], list[str | None]] = {}
    found: list[list[str | None]] = []
    for values in zip(*(field.take(places).to_pylist() for field in fields), strict=True):
        if values not in known:
            try:
                known[values] = reader.labels(dict(zip(_FIELDS, values, strict=True)))
            except NotReadable:
                return None
        found.append(known[values])
    if all(len(one) == 1 for one in found):
        mask = np.zeros(len(ids), np.bool_)
        mask[rows] = True
        return label_batch(ids, pc.replace_with_mask(labels, mask, pa.array([one[0] for one in found], pa.string())))
    counts = np.ones(len(ids), np.int64)
    counts[rows] = [len(one) for one in found]
    every = [[label] for label in labels.to_pylist()]
    for row, one in zip(rows.tolist(), found, strict=True):
        every[row] = one
    flat = pa.array([label for one in every for label in one], pa.string())
    return label_batch(ids.take(pa.array(np.repeat(np.arange(len(ids)), counts))), flat, counts.tolist())


class LabelRows:
    """Gathers labels that were read one by one."""

    def __init__(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self._ids: list[str] = []
        self._labels: list[str | None] = []
        self._counts: list[int] = []

    def __len__(self) -> int:
        """How many rows wait."""
        return len(self._ids)

    def add(self, identity: str, labels: Sequence[str | None]) -> None:
        """Take the labels of an event."""
        self._ids += [identity] * len(labels)
        self._labels += labels
        self._counts.append(len(labels))

    def flush(self) -> Iterator[pa.RecordBatch]:
        """Hand on what waits."""
        if self._ids:
            yield label_batch(pa.array(self._ids, pa.string()), pa.array(self._labels, pa.string()), self._counts)
            self._clear()
