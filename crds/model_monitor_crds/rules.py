"""Rules of the API: each is declared once and judged twice, by the API server in CEL and here in Python."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.config import JsonDict
from pydantic_core import CoreSchema, core_schema

KEYWORD = "x-kubernetes-validations"


@dataclass(frozen=True)
class Rule:
    """A rule in CEL, the message a person reads when it does not hold, and the same rule in Python.

    `holds` is None where only the API server can judge, as for a change of an object.
    """

    expression: str
    message: str
    holds: Callable[[Any], bool] | None = None

    def check(self, value: Any) -> None:
        """Raise ValueError with the message when the rule does not hold."""
        if self.holds is not None and not self.holds(value):
            raise ValueError(self.message)

    def document(self) -> JsonDict:
        """The rule as it stands in a schema."""
        return {"rule": self.expression, "message": self.message}


@dataclass(frozen=True)
class Checked:
    """Puts rules on a value: `Annotated[str, Checked(rule)]`."""

    rules: tuple[Rule, ...]

    def __init__(self, *rules: Rule) -> None:
        object.__setattr__(self, "rules", rules)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Judge the value after its type."""
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Write the rules into the schema, behind those of the type itself."""
        schema = handler(core)
        return schema | {KEYWORD: [*schema.get(KEYWORD, ()), *documents(self.rules)]}

    def _check(self, value: Any) -> Any:
        for rule in self.rules:
            rule.check(value)
        return value


def documents(rules: tuple[Rule, ...]) -> list[Any]:
    """Rules as they stand in a schema."""
    return [rule.document() for rule in rules]


def matches(*patterns: str, message: str) -> Rule:
    """The text matches one of these patterns, each anchored at both ends and the same language in RE2 and Python."""
    expression = " || ".join(f"self.matches({pattern!r})" for pattern in patterns)
    compiled = [re.compile(pattern) for pattern in patterns]
    return Rule(expression, message, lambda text: any(pattern.fullmatch(text) for pattern in compiled))


def exactly_one(*fields: str, of: str) -> Rule:
    """Exactly one of these fields, by their names in YAML, is set."""
    count = " + ".join(f"(has(self.{name}) ? 1 : 0)" for name in fields)
    return Rule(
        f"{count} == 1",
        f"{of}: set exactly one of {' and '.join(fields)}",
        lambda part: sum(_is_set(part, name) for name in fields) == 1,
    )


def longest_name(length: int, why: str) -> Rule:
    """The object's name has at most so many characters."""
    return Rule(
        f"self.metadata.name.size() <= {length}",
        f"metadata.name: at most {length} characters, because {why}",
        lambda resource: len(resource.metadata.name) <= length,
    )


def at_defaults(path: str, settings: type[BaseModel]) -> str:
    """An expression that holds where no field of the settings at a path differs from its default.

    The API server fills defaults in, and so may not hold them for what somebody has set. Fields must have defaults
    that are None, an empty list, text, a truth value or a number.
    """
    return " && ".join(
        _at_default(f"{path}.{field.alias or name}", field.default) for name, field in settings.model_fields.items()
    )


def _at_default(path: str, default: Any) -> str:
    if default is None:
        return f"!has({path})"
    if isinstance(default, list) and not default:
        return f"(!has({path}) || size({path}) == 0)"
    if isinstance(default, str | bool | int | float):
        return f"{path} == {json.dumps(default)}"
    raise TypeError(f"{path}: no default that an expression can compare with")


def _is_set(part: BaseModel, alias: str) -> bool:
    name = next(name for name, field in type(part).model_fields.items() if alias in (field.alias, name))
    return getattr(part, name) is not None
