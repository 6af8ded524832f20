"""JSON to text cells: numbers as they were written, nested values under dotted names."""

from __future__ import annotations

import json
from typing import Any

JSONValue = Any
"""What `read` gives: dict, list, str (strings and numbers alike), bool or None."""

_DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)


class NotReadable(Exception):  # noqa: N818 - a finding about the data, caught by the readers
    """The text or the value is no use; the message is the reason."""


def read(text: str) -> JSONValue:
    """Read one JSON text; numbers stay as written: 28 is `28`, 28.0 is `28.0`.

    Raises NotReadable.
    """
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise NotReadable(f"not JSON ({error.msg} at column {error.colno})") from error
    except RecursionError as error:
        raise NotReadable("not JSON that can be used (nested too deeply)") from error
    if "\\u" in text:
        _check_unicode(value)
    return value


def _check_unicode(value: JSONValue) -> None:
    """An escape may stand for half a character, which no text can hold."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise NotReadable("not Unicode (half of a surrogate pair)") from error


def scalar(value: JSONValue) -> str | None:
    """The cell of a value that is no container: text, `true`, `false`, or null."""
    if value is True:
        return "true"
    if value is False:
        return "false"
    return value  # type: ignore[no-any-return]


def flatten(value: dict[str, JSONValue], prefix: str = "") -> dict[str, str | None]:
    """The cells of an object: `{"a": {"b": 1}, "c": [2, 3]}` is a.b, c.0, c.1. Empty containers have none.

    Raises NotReadable when two values come to the same name.
    """
    cells: dict[str, str | None] = {}
    _flatten_into(cells, prefix, value)
    return cells


def _flatten_into(cells: dict[str, str | None], prefix: str, value: dict[str, JSONValue]) -> None:
    for key, item in value.items():
        name = f"{prefix}{key}"
        if isinstance(item, list):
            _flatten_into(cells, f"{name}.", {str(index): entry for index, entry in enumerate(item)})
        elif isinstance(item, dict):
            _flatten_into(cells, f"{name}.", item)
        elif name in cells:
            raise NotReadable(f"two values are named {name!r}")
        else:
            cells[name] = scalar(item)


def positional(values: list[JSONValue]) -> list[str | None]:
    """The cells of an array, nested arrays one after the other.

    Raises NotReadable for an object in it, which has names.
    """
    cells: list[str | None] = []
    for value in values:
        if isinstance(value, list):
            cells.extend(positional(value))
        elif isinstance(value, dict):
            raise NotReadable("an object among values without names")
        else:
            cells.append(scalar(value))
    return cells
