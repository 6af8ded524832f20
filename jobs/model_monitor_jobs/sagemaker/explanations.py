"""What is wrong in a file that a person edits, in words: the path in the file, the value, and what was expected."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError, ValidatorFunctionWrapHandler, WrapValidator
from pydantic_core import ErrorDetails, PydanticCustomError

_LIKELY: Final = 0.75
_LONGEST: Final = 80
_WORDS: Final = {
    "string": "a text in double quotes",
    "float": "a number",
    "int": "a whole number",
    "bool": "true or false",
    "list": "a list in [ ]",
    "model": "an object in { }",
    "dict": "an object in { }",
    "finite": "a number that is neither NaN nor infinite",
}
"""By the first word of pydantic's error types."""

Place = tuple[int | str, ...]


def expecting(words: str) -> WrapValidator:
    """Let whatever is wrong with a value be answered with what was expected, in these words."""

    def check(value: object, inner: ValidatorFunctionWrapHandler) -> object:
        try:
            return inner(value)
        except ValidationError as error:
            raise not_expected(words, value) from error

    return WrapValidator(check)


def not_expected(words: str, found: object, within: Place = ()) -> PydanticCustomError:
    """The error of a validator that expected something else; `within` leads on from the validated value to `found`."""
    return PydanticCustomError("expected", "{words}", {"words": words, "found": found, "within": within})


def explain(error: ValidationError, document: Mapping[str, Any]) -> str:
    """The first fault in a document, and how many more there are."""
    faults = error.errors(include_url=False)
    others = f"; {len(faults) - 1} more of the file's values are wrong" if len(faults) > 1 else ""
    return f"{_fault(faults[0])}{_whose(faults[0]['loc'], document)}{others}"


def no_object(document: object) -> str:
    """That the document as a whole is no object."""
    return f"the file: expected an object in {{ }}, found {_shown(document)}"


def path(place: Sequence[int | str]) -> str:
    """A place in a document as people write it: `features[3].name`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")


def stray_key(model: type[BaseModel], document: Mapping[str, Any], homes: Mapping[str, str]) -> str | None:
    """The first key that looks like a known one, misspelt or in the wrong place; None where there is none.

    `homes` tells where known keys belong. Keys that begin with a mark such as `_`, `#` or `/` are comments.
    """
    for place, key, known in _unknown_keys(model, document, ()):
        if not key[:1].isalpha():
            continue
        folded = {name.casefold(): name for name in known}
        likely = get_close_matches(key.casefold(), folded, 1, _LIKELY)
        where = path((*place, key))
        if likely:
            return f"{where}: unknown key; did you mean {folded[likely[0]]}?{_whose(place, document)}"
        if key in homes:
            return f"{where}: has no effect here; it belongs in {homes[key]}{_whose(place, document)}"
    return None


def _unknown_keys(
    model: type[BaseModel], document: Mapping[str, Any], place: Place
) -> Iterator[tuple[Place, str, list[str]]]:
    fields = {field.alias or name: field.annotation for name, field in model.model_fields.items()}
    for key, value in document.items():
        if key not in fields:
            yield place, key, list(fields)
            continue
        inner = _model(fields[key])
        if inner is None:
            continue
        parts = enumerate(value) if isinstance(value, list) else [(None, value)]
        for index, part in parts:
            if isinstance(part, dict):
                here = (*place, key) if index is None else (*place, key, index)
                yield from _unknown_keys(inner, part, here)


def _model(annotation: Any) -> type[BaseModel] | None:
    """The model in an annotation such as `list[Model]` or `Model | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for model in map(_model, get_args(annotation)) if model), None)


def _fault(fault: ErrorDetails) -> str:
    context = fault.get("ctx", {})
    where = path((*fault["loc"], *context.get("within", ()))) or "the file"
    if fault["type"] == "missing":
        return f"{where}: is missing"
    value = context.get("found", fault["input"])
    return f"{where}: expected {_expected(fault)}, found {_shown(value)}{_hint(fault, value)}"


def _expected(fault: ErrorDetails) -> str:
    kind, context = fault["type"], fault.get("ctx", {})
    said: dict[str, Callable[[], str]] = {
        "expected": lambda: str(context["words"]),
        "literal_error": lambda: str(context["expected"]),
        "greater_than_equal": lambda: f"a number of at least {context['ge']:g}",
        "less_than_equal": lambda: f"a number of at most {context['le']:g}",
    }
    if kind in said:
        return said[kind]()
    return _WORDS.get(kind.split("_")[0], fault["msg"])


def _hint(fault: ErrorDetails, value: object) -> str:
    if not isinstance(value, str):
        return ""
    if re.fullmatch(r"\s*-?\d+,\d+\s*", value):
        return f"; write {value.strip().replace(',', '.')}"
    known = re.findall(r"'([^']*)'", str(fault.get("ctx", {}).get("expected", "")))
    folded = {word.casefold(): word for word in known}
    likely = get_close_matches(value.casefold(), folded, 1)
    return f"; did you mean {folded[likely[0]]}?" if likely else ""


def _shown(value: object) -> str:
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _whose(place: Sequence[int | str], document: Mapping[str, Any]) -> str:
    """Which feature it is about, by its name."""
    features = document.get("features")
    if len(place) < 2 or place[0] != "features" or not isinstance(features, list) or not isinstance(place[1], int):
        return ""
    feature = features[place[1]]
    name = feature.get("name") if isinstance(feature, dict) else None
    return f' (feature "{name}")' if isinstance(name, str) else ""
