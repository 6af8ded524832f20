"""Clarify's templates of a request: content_template for the whole, record_template for each record in it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import Template
from typing import Any, Final

from model_monitor_jobs.errors import ConfigurationError

FEATURES: Final = "features"
NAMED: Final = "features_kvp"
RECORD: Final = "record"
RECORDS: Final = "records"


@dataclass(frozen=True)
class Templates:
    """`$features` is a record's list of values and `$features_kvp` its object of names and values; `$record` in the
    content is the record of a request of one, `$records` the list of all.

    Without a record template a record is its list of values. Raises ConfigurationError for templates that have none of
    these, or another.
    """

    content: str = "$records"
    record: str = "$features"

    def __post_init__(self) -> None:
        _check("content_template", self.content, {RECORD, RECORDS})
        _check("record_template", self.record, {FEATURES, NAMED})

    @property
    def is_single(self) -> bool:
        """Whether a request has one record only."""
        return RECORD in _names(self.content)

    def fill_record(self, names: Sequence[str], values: Sequence[Any]) -> str:
        """The JSON of one record."""
        wanted = _names(self.record)
        parts: dict[str, str] = {}
        if FEATURES in wanted:
            parts[FEATURES] = json_text(values)
        if NAMED in wanted:
            parts[NAMED] = json_text(dict(zip(names, values, strict=True)))
        return Template(self.record).substitute(parts)

    def fill(self, records: Sequence[str]) -> str:
        """The JSON of a request."""
        parts: Mapping[str, str] = {RECORDS: f"[{','.join(records)}]", RECORD: records[0]}
        return Template(self.content).substitute(parts)


def json_text(value: Any) -> str:
    """JSON without blanks; numbers that it does not have are null."""
    import orjson

    return orjson.dumps(value, default=str).decode()


def _names(text: str) -> set[str]:
    return set(Template(text).get_identifiers())


def _check(setting: str, text: str, known: set[str]) -> None:
    template, listed = Template(text), " or ".join(f"${name}" for name in sorted(known))
    if not template.is_valid():
        raise ConfigurationError(
            f"{setting}: {text!r} has a $ that begins no name", remedy=f"write {listed}, or $$ for $"
        )
    names = set(template.get_identifiers())
    if not names or names - known:
        wrong = f"${min(names - known)} is unknown" if names else "nothing is filled in"
        raise ConfigurationError(f"{setting}: {text!r}: {wrong}", remedy=f"write {listed}")
    blank = dict.fromkeys(names, "0")
    try:
        json.loads(template.substitute(blank))
    except ValueError as error:
        raise ConfigurationError(f"{setting}: {text!r} makes no JSON: {error}") from error
