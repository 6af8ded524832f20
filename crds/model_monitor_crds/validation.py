"""What pydantic finds wrong with an object, in words for a person."""

from __future__ import annotations

from typing import Any, Final

from pydantic import ValidationError

_REMEDIES: Final = {
    "extra_forbidden": "there is no such field; see docs/api.md",
    "missing": "this field is required",
}


def describe(error: ValidationError, within: str = "") -> str:
    """All faults of an object in one line, each with its field, what is wrong, and the value.

    `within` is the field that holds the object, such as `spec`.
    """
    return "; ".join(_fault(fault, within) for fault in error.errors(include_url=False))


def _fault(fault: Any, within: str) -> str:
    place = ".".join(str(part) for part in ((within, *fault["loc"]) if within else fault["loc"]))
    said = _REMEDIES.get(fault["type"], fault["msg"].removeprefix("Value error, "))
    value = "" if fault["type"] == "missing" or not _is_plain(fault["input"]) else f" (found {fault['input']!r})"
    subject = said.split(":", 1)[0]
    # The API's own rules name their field, from the root or by its last parts.
    names_its_place = subject and (place == subject or subject.startswith(f"{place}."))
    return f"{said}{value}" if not place or names_its_place else f"{place}: {said}{value}"


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, str | int | float)
