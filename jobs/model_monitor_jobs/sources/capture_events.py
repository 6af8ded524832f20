"""One captured event to the values of its records; nothing here reads files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from model_monitor_jobs.sources import json_text
from model_monitor_jobs.sources.capture_naming import Cells
from model_monitor_jobs.sources.json_text import NotReadable
from model_monitor_jobs.sources.payloads import Payload, as_numbers

RECORD_IDS = ("inferenceId", "eventId")
"""Where an event's metadata has the id that labels name: the caller's, else SageMaker's."""

_TRANSFORM = "batchTransformOutput"
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


def identity(metadata: Any, names: Sequence[str]) -> str | None:
    """The first of these fields of an event's metadata that holds a text or a whole number, None without any."""
    if isinstance(metadata, dict):
        for name in names:
            value = metadata.get(name)
            if isinstance(value, str) and value:
                return value
            if isinstance(value, int) and not isinstance(value, bool):
                return str(value)
    return None


def records(data: dict[str, Any], *, answers: bool = False) -> list[tuple[Cells | None, Cells | None]]:
    """The records of an event's `captureData`: (input, output) each, None where only one was captured.

    A payload holds one record or several, see `Payload`. An object's values have names (nested ones with
    dots), unless it has nothing but `features`; an array's values and a scalar go by position. An array of
    scalars is one record, or as many as it has elements if the other side has just so many.
    Inputs and outputs are paired in order. What a batch transform wrote without its input counts as input, with
    `answers` as output. Raises NotReadable when the counts of inputs and outputs differ, among others.
    """
    transform = data.get(_TRANSFORM)
    if transform is not None:
        return [_transformed(value, answers=answers) for value in Payload(transform, _TRANSFORM).values()]
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


def outputs(data: dict[str, Any], count: int) -> list[list[Any]]:
    """For each of an event's `count` records the JSON values in which paths look for an output: its own output, the
    record with its input where both are one, the whole payload. Numbers are numbers.

    Raises NotReadable.
    """
    transform = data.get(_TRANSFORM)
    if transform is not None:
        payload = Payload(transform, _TRANSFORM, as_numbers)
        return [
            [*([value[_TRANSFORM_OUTPUT]] if _is_joined(value) else []), value, payload.whole]
            for value in payload.values()
        ]
    side = data.get("endpointOutput")
    if side is None:
        return [[] for _ in range(count)]
    payload = Payload(side, "endpointOutput", as_numbers)
    return [[value, payload.whole] for value in payload.values(count)]


def _payload(data: dict[str, Any], name: str) -> Payload | None:
    side = data.get(name)
    return None if side is None else Payload(side, name)


def _cells(value: Any) -> Cells:
    if isinstance(value, dict):
        features = value.get("features")
        if len(value) == 1 and isinstance(features, list):
            return json_text.positional(features)
        return json_text.flatten(value)
    if isinstance(value, list):
        return json_text.positional(value)
    return [json_text.scalar(value)]


def _transformed(value: Any, *, answers: bool) -> tuple[Cells | None, Cells | None]:
    """A record of a batch transform: its output, joined with its input if that was asked for."""
    if _is_joined(value):
        rest = {key: item for key, item in value.items() if key != _TRANSFORM_OUTPUT}
        return _cells(rest) if rest else None, _cells(value[_TRANSFORM_OUTPUT])
    return (None, _cells(value)) if answers else (_cells(value), None)


def _is_joined(value: Any) -> bool:
    return isinstance(value, dict) and _TRANSFORM_OUTPUT in value
