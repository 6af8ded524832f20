"""Which rows of a window a violation is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class MissingValue:
    """Rows without a value in a column."""

    column: str


@dataclass(frozen=True)
class NotOfType:
    """Rows whose value is no whole number, or no number at all; `strict` takes 5.0 for no whole number."""

    column: str
    kind: Literal["Integral", "Fractional"]
    strict: bool = False


@dataclass(frozen=True)
class NotAmong:
    """Rows whose value is none of the known ones."""

    column: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Equals:
    """Rows with one value."""

    column: str
    value: str


@dataclass(frozen=True)
class Between:
    """Rows whose number lies from `low` to `high`, both included; None leaves a side open."""

    column: str
    low: float | None
    high: float | None


Predicate = MissingValue | NotOfType | NotAmong | Equals | Between
