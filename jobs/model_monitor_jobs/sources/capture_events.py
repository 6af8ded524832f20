"""One captured event to the values of its records; nothing here reads files."""

from __future__ import annotations

import base64
import binascii
import csv
import io
import sys
from datetime import UTC, datetime
from typing import Any

import orjson

from model_monitor_jobs.sources import json_text
from model_monitor_jobs.sources.capture_naming import Cells
from model_monitor_jobs.sources.json_text import NotReadable

_WRAPPERS = ("instances", "predictions")
_TRANSFORM_OUTPUT = "SageMakerOutput"


def read_event(line: bytes) -> dict[str, Any]:
    """The event on a line. Raises NotReadable."""
    try:
        event = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise NotReadable(f"not JSON ({error.msg} at column {error.colno})") from error
    if not isinstance(event, dict):
        raise NotReadable("a captured event must be an object")
    return event


def inference_time(event: dict[str, Any]) -> datetime | None:
    """When the inference was made, None if the event does not say. Raises NotReadable."""
    metadata = event.get("eventMetadata")
    text = metadata.get("inferenceTime") if isinstance(metadata, dict) else None
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise NotReadable(f"inferenceTime {text!r} is no time") from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def captured(event: dict[str, Any]) -> dict[str, Any]:
    """The event's `captureData`. Raises NotReadable."""
    data = event.get("captureData")
    if not isinstance(data, dict):
        raise NotReadable("no captureData")
    return data


def records(data: dict[str, Any]) -> list[tuple[Cells | None, Cells | None]]:
    """The records of an event's `captureData`: (input, output) each, None where only one was captured.

    A payload holds one record or several: the lines of CSV or of JSON Lines, the elements of a JSON array
    of objects or arrays, or of `instances` or `predictions`. An object's values have names (nested ones with
    dots), unless it has nothing but `features`; an array's values and a scalar go by position. An array of
    scalars is one record, or as many as it has elements if the other side has just so many.
    Inputs and outputs are paired in order. Raises NotReadable when their counts differ, among others.
    """
    transform = data.get("batchTransformOutput")
    if transform is not None:
        return [_transformed(value) for value in _Payload(transform, "batchTransformOutput").values()]
    inputs = _payload(data, "endpointInput")
    outputs = _payload(data, "endpointOutput")
    if inputs is None and outputs is None:
        raise NotReadable("neither endpointInput nor endpointOutput")
    if inputs is None or outputs is None:
        only = [_cells(value) for value in (inputs or outputs).values()]  # type: ignore[union-attr]
        pairs: list[tuple[Cells | None, Cells | None]]
        pairs = [(cells, None) for cells in only] if inputs else [(None, cells) for cells in only]
    else:
        in_values, out_values = inputs.values(outputs.count), outputs.values(inputs.count)
        if len(in_values) != len(out_values):
            raise NotReadable(f"{len(in_values)} input records but {len(out_values)} output records")
        pairs = [(_cells(value), _cells(other)) for value, other in zip(in_values, out_values, strict=True)]
    if not pairs:
        raise NotReadable("no record in the event")
    return pairs


class _Payload:
    """The values of one side's records, before they are taken apart."""

    def __init__(self, side: Any, name: str) -> None:
        if not isinstance(side, dict) or not isinstance(side.get("data"), str):
            raise NotReadable(f"{name} has no data")
        text = side["data"]
        encoding = str(side.get("encoding")).upper()
        if encoding == "BASE64":
            text, encoding = _decode(text, name), _encoding_of(side.get("observedContentType"), name)
        self._bare: list[Any] | None = None
        if encoding == "CSV":
            self._values = _csv_values(text, name)
        elif encoding == "JSON":
            self._values = self._json_values(text, name)
        else:
            raise NotReadable(f"{name}: unknown encoding {side.get('encoding')!r}")

    @property
    def count(self) -> int:
        return len(self._values)

    def values(self, other_count: int | None = None) -> list[Any]:
        """The records' values; a bare array is split when the other side has as many records."""
        if self._bare is not None and other_count == len(self._bare):
            return self._bare
        return self._values

    def _json_values(self, text: str, name: str) -> list[Any]:
        try:
            value = json_text.read(text)
        except NotReadable as error:
            lines = [line for line in text.split("\n") if line.strip()]
            if len(lines) < 2:
                raise NotReadable(f"{name}: {error}") from error
            return _json_lines(lines, name)
        if isinstance(value, dict):
            for key in _WRAPPERS:
                if isinstance(value.get(key), list):
                    return list(value[key])
        if isinstance(value, list):
            if value and all(isinstance(element, (dict, list)) for element in value):
                return value
            self._bare = value
        return [value]


def _payload(data: dict[str, Any], name: str) -> _Payload | None:
    side = data.get(name)
    return None if side is None else _Payload(side, name)


def _json_lines(lines: list[str], name: str) -> list[Any]:
    try:
        return [json_text.read(line) for line in lines]
    except NotReadable as error:
        raise NotReadable(f"{name}: {error}") from error


def _decode(text: str, name: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError) as error:
        what = "not UTF-8" if isinstance(error, UnicodeDecodeError) else "not base64"
        raise NotReadable(f"{name}: {what} ({error})") from error


def _encoding_of(content_type: Any, name: str) -> str:
    kind = str(content_type or "").split(";")[0].strip().lower()
    if kind == "text/csv":
        return "CSV"
    if kind.endswith("json") or kind == "application/jsonlines":
        return "JSON"
    raise NotReadable(f"{name}: content type {content_type!r} can't be read")


def _csv_values(text: str, name: str) -> list[Any]:
    csv.field_size_limit(sys.maxsize)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise NotReadable(f"{name}: not CSV ({error})") from error
    return [[cell or None for cell in row] for row in rows if row]


def _cells(value: Any) -> Cells:
    if isinstance(value, dict):
        features = value.get("features")
        if len(value) == 1 and isinstance(features, list):
            return json_text.positional(features)
        return json_text.flatten(value)
    if isinstance(value, list):
        return json_text.positional(value)
    return [json_text.scalar(value)]


def _transformed(value: Any) -> tuple[Cells | None, Cells | None]:
    """A record of a batch transform: its output, joined with its input if that was asked for."""
    if isinstance(value, dict) and _TRANSFORM_OUTPUT in value:
        rest = {key: item for key, item in value.items() if key != _TRANSFORM_OUTPUT}
        return _cells(rest) if rest else None, _cells(value[_TRANSFORM_OUTPUT])
    return _cells(value), None
