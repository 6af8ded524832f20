"""Errors that a person reads: what is wrong, with which value, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import ValidationError

_REMEDIES = {
    "extra_forbidden": "there is no such field; see docs/api.md",
    "missing": "this field is required",
}


class MonitorError(Exception):
    """A fault whose text is meant for a person.

    `remedy`, where there is one, says what to do and ends the text.
    """

    def __init__(self, message: str, *, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        """The message, then the remedy."""
        return f"{self.message}; {self.remedy}" if self.remedy else self.message


class InputError(MonitorError):
    """Data are missing or can't be used; trying again mends nothing."""


class StorageUnavailable(MonitorError):  # noqa: N818 - a state that passes, not a mistake
    """The store does not answer (network, time-out, 5xx, throttling); trying again may help."""


class ConfigurationError(MonitorError):
    """A setting is wrong or missing: a URI, a mount, credentials, a column name."""


def describe(error: ValidationError) -> str:
    """All faults of an object in one line, each with its field, what is wrong, and the value."""
    return "; ".join(_fault(fault) for fault in error.errors(include_url=False))


def _fault(fault: Any) -> str:
    place = ".".join(str(part) for part in fault["loc"])
    said = _REMEDIES.get(fault["type"], fault["msg"].removeprefix("Value error, "))
    value = "" if fault["type"] == "missing" or not _is_plain(fault["input"]) else f" (found {fault['input']!r})"
    subject = said.split(":", 1)[0]
    # The API's own rules name their field, from the root or by its last parts.
    names_its_place = subject and (place == subject or subject.startswith(f"{place}."))
    return f"{said}{value}" if not place or names_its_place else f"{place}: {said}{value}"


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, str | int | float)
