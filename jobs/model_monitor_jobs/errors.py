"""Errors that a person reads: what is wrong, with which value, and what to do."""

from __future__ import annotations


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


class EngineUnavailable(StorageUnavailable):
    """The cluster that should do the work does not answer or has no workers; trying again may help."""


class ConfigurationError(MonitorError):
    """A setting is wrong or missing: a URI, a mount, credentials, a column name."""
