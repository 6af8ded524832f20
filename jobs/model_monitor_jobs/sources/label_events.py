"""One of SageMaker's ground truth records to the labels in it; nothing here reads files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from model_monitor_jobs.sources import capture_events, json_text
from model_monitor_jobs.sources.json_text import NotReadable
from model_monitor_jobs.sources.payloads import Payload, as_numbers
from model_monitor_jobs.sources.selectors import Path, position, written

_NAME = "groundTruthData"
_FIELD = "spec.columns.groundTruth"
_SHOWN = 80


@dataclass(frozen=True)
class LabelledEvent:
    """The id that a label names, and the labels of the event's records in their order, None for an empty one."""

    id: str
    labels: Sequence[str | None]


class LabelReader:
    """Takes ground truth records apart; `path` tells where the label is among several values."""

    def __init__(self, path: str | None) -> None:
        self._position = None if path is None else position(path)
        self._path = None if path is None or self._position is not None else Path(_FIELD, path)

    def event(self, line: bytes) -> LabelledEvent:
        """The labels on a line. Raises NotReadable, and ConfigurationError when the path is none."""
        event = capture_events.read_event(line)
        identity = capture_events.identity(event.get("eventMetadata"), ("eventId",))
        if identity is None:
            raise NotReadable("no eventId in eventMetadata")
        return LabelledEvent(identity, self.labels(event.get(_NAME)))

    def labels(self, data: Any) -> list[str | None]:
        """The labels in a record's `groundTruthData`, at least one. Raises as `event` does.

        CSV holds one value a record, or several of which the path names one by its position. JSON holds a scalar or an
        object, or an array of these for several records; the path is searched in each, then in the whole, of which
        an array is spread over the records.
        """
        payload = Payload(data, _NAME, usual="CSV")
        if payload.is_csv:
            return [self._cell(row) for row in payload.elements] or [None]
        if self._path is not None:
            return self._searched(data)
        found = [_only(value) for value in payload.elements]
        if not found:
            raise NotReadable(f"{_NAME}: no label in an empty array")
        return found

    def _cell(self, row: list[str | None]) -> str | None:
        if len(row) == 1:
            return row[0]
        if self._position is None:
            raise NotReadable(
                f"{_NAME}: {len(row)} values for one label: {_shown(row)}; set {_FIELD} to the label's position, from 0"
            )
        if self._position >= len(row):
            raise NotReadable(f"{_NAME}: no value {self._position} ({_FIELD}) among {len(row)}: {_shown(row)}")
        return row[self._position]

    def _searched(self, data: Any) -> list[str | None]:
        assert self._path is not None
        payload = Payload(data, _NAME, as_numbers, usual="CSV")
        found = [
            written(self._path.search(value) if isinstance(value, (dict, list)) else value)
            for value in payload.elements
        ]
        if all(label is None for label in found):
            whole = self._path.search(payload.whole)
            found = [written(value) for value in whole] if isinstance(whole, list) else [written(whole)]
        if None in found or not found:
            raise NotReadable(f"{_NAME}: {_FIELD} finds no label in {_shown(payload.whole)}")
        return found


def _only(value: Any) -> str | None:
    """The one value of a record."""
    if isinstance(value, (dict, list)):
        cells = list(json_text.flatten({"": value}).values())
        if len(cells) != 1:
            raise NotReadable(
                f"{_NAME}: {len(cells)} values for one label: {_shown(value)}; set {_FIELD} to the label's JMESPath"
            )
        return cells[0] or None
    return json_text.scalar(value) or None


def _shown(value: Any) -> str:
    text = ", ".join(str(cell) for cell in value) if isinstance(value, list) else str(value)
    return f"({text[:_SHOWN]})"
