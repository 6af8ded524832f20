"""What SageMaker keeps of a request, an answer or a label: text in some encoding, with one record or several."""

from __future__ import annotations

import base64
import binascii
import csv
import io
import json
import sys
from collections.abc import Callable
from typing import Any

from model_monitor_jobs.sources import json_text
from model_monitor_jobs.sources.json_text import NotReadable

_WRAPPERS = ("instances", "predictions")


class Payload:
    """The values of one side's records, before they are taken apart.

    The lines of CSV or of JSON Lines, the elements of a JSON array of objects or arrays, or of `instances` or
    `predictions`. Raises NotReadable.
    """

    def __init__(
        self, side: Any, name: str, read: Callable[[str], Any] = json_text.read, *, usual: str | None = None
    ) -> None:
        """`read` reads JSON; `usual` is the encoding below BASE64 where no content type is told."""
        if not isinstance(side, dict) or not isinstance(side.get("data"), str):
            raise NotReadable(f"{name} has no data")
        text = side["data"]
        encoding = str(side.get("encoding")).upper()
        if encoding == "BASE64":
            text = _decode(text, name)
            content_type = side.get("observedContentType")
            encoding = usual if usual and content_type is None else _encoding_of(content_type, name)
        self._read = read
        self._bare: list[Any] | None = None
        self.whole: Any = None
        if encoding == "CSV":
            self._values = self.whole = _csv_values(text, name)
        elif encoding == "JSON":
            self._values = self._json_values(text, name)
        else:
            raise NotReadable(f"{name}: unknown encoding {side.get('encoding')!r}")
        self.is_csv = encoding == "CSV"

    @property
    def count(self) -> int:
        """The number of records, a bare array of scalars counted as one."""
        return len(self._values)

    def values(self, other_count: int | None = None) -> list[Any]:
        """The records' values; a bare array is split when the other side has as many records."""
        if self._bare is not None and other_count == len(self._bare):
            return self._bare
        return self._values

    @property
    def elements(self) -> list[Any]:
        """The records' values, a bare array always split."""
        return self._values if self._bare is None else self._bare

    def _json_values(self, text: str, name: str) -> list[Any]:
        try:
            value = self.whole = self._read(text)
        except NotReadable as error:
            lines = [line for line in text.split("\n") if line.strip()]
            if len(lines) < 2:
                raise NotReadable(f"{name}: {error}") from error
            self.whole = self._json_lines(lines, name)
            return list(self.whole)
        if isinstance(value, dict):
            for key in _WRAPPERS:
                if isinstance(value.get(key), list):
                    return list(value[key])
        if isinstance(value, list):
            if value and all(isinstance(element, (dict, list)) for element in value):
                return value
            self._bare = value
        return [value]

    def _json_lines(self, lines: list[str], name: str) -> list[Any]:
        try:
            return [self._read(line) for line in lines]
        except NotReadable as error:
            raise NotReadable(f"{name}: {error}") from error


def as_numbers(text: str) -> Any:
    """Read one JSON text with numbers as numbers, which paths compare and compute with. Raises NotReadable."""
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise NotReadable("not JSON") from error


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
