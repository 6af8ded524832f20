"""Clarify's rules of data type: what the values that somebody gave for a column mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from model_monitor_jobs.errors import ConfigurationError
from model_monitor_jobs.profiles.bias.selection import Selection
from model_monitor_jobs.profiles.column import ColumnProfile
from model_monitor_jobs.profiles.performance.problem import listed

MOST_FACET_VALUES: Final = 20
"""A column of which no values are given makes a facet of each of its values, so many at most."""
_UNIQUENESS: Final = 0.05
Given = str | int | float | bool


def is_continuous(column: ColumnProfile, given: int) -> bool:
    """Whether Clarify takes a column for CONTINUOUS, so that its one given value is a threshold.

    Text and booleans are CATEGORICAL, as is every column of which more than one value is given. Fractions are
    CONTINUOUS; whole numbers where at least 5 of 100 are distinct.
    """
    if given > 1 or column.inferred_type in ("String", "Unknown"):
        return False
    if column.inferred_type == "Fractional":
        return True
    return column.frequencies.distinct >= _UNIQUENESS * column.present


def selections(column: ColumnProfile, given: Sequence[Given], setting: str) -> list[Selection]:
    """What given values select of a column; of a categorical one without any, each of its values for itself.

    `setting` names where they were given, for errors. Raises ConfigurationError where a continuous column has no
    threshold or one that is no number, and where a column without given values has more than 20.
    """
    if is_continuous(column, len(given)):
        if not given:
            raise ConfigurationError(
                f"{setting}: column {column.name!r} has numbers, and no threshold is given",
                remedy="give the threshold above which rows are selected",
            )
        return [Selection(threshold=_threshold(given[0], column.name, setting))]
    if given:
        return [Selection(tuple(map(str, given)))]
    values = sorted(column.frequencies.counts)
    if not values or column.frequencies.distinct > MOST_FACET_VALUES:
        raise ConfigurationError(
            f"{setting}: column {column.name!r} has {column.frequencies.distinct:,} values: {listed(values)}",
            remedy="name those of the disadvantaged group",
        )
    return [Selection((value,)) for value in values]


def _threshold(given: Given, column: str, setting: str) -> float:
    try:
        return float(given)
    except ValueError as error:
        raise ConfigurationError(
            f"{setting}: {given!r} is no number, and column {column!r} has numbers",
            remedy="give a threshold, or two values or more to select values",
        ) from error
