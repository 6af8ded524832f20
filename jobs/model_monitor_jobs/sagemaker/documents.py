"""Reading and writing JSON files whose schema SageMaker set."""

from __future__ import annotations

import json
import math
import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from typing import Any, Final, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import from_json

from model_monitor_jobs.errors import InputError
from model_monitor_jobs.sagemaker.explanations import explain, no_object
from model_monitor_jobs.sagemaker.texts import number

_SYNTAX: Final = (
    ("trailing comma", "a comma with nothing behind it; remove it"),
    ("trailing characters", "something stands behind the end of the document"),
    ("EOF while parsing", "the file ends too early: a bracket or a quote is not closed"),
    ("key must be a string", "expected a key in double quotes"),
    ("expected `,`", "expected a comma or a closing bracket before this"),
    ("expected `:`", "expected a colon between key and value"),
    ("control character", "a text is not closed on its line, or has a control character in it"),
    ("invalid escape", "a backslash in a text is written twice"),
    ("expected", "expected a value: a text in double quotes, a number, true, false, null, [ or {"),
)
"""What the parser says begins with or contains one of these; the words are ours. The first that fits holds."""
_MOST_SHOWN: Final = 60


class Part(BaseModel):
    """Part of a file that SageMaker writes: fields that we do not know are let through, and written again."""

    model_config = ConfigDict(extra="allow", arbitrary_types_allowed=True)


Document = TypeVar("Document", bound=Part)


def parse(model: type[Document], document: Any, uri: str) -> Document:
    """Read a JSON document into its model.

    Raises InputError that names the file, the path in it, the value there and what was expected.
    """
    if not isinstance(document, dict):
        raise InputError(f"{uri}: {no_object(document)}")
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise InputError(f"{uri}: {explain(error, document)}") from error


def read_json(content: bytes, uri: str) -> Any:
    """The JSON of a file in UTF-8, or in UTF-16 with a byte order mark.

    Raises InputError with line and column where it is none.
    """
    text = _text(content, uri)
    if not text.strip():
        raise InputError(f"{uri}: the file is empty")
    try:
        return from_json(text)
    except ValueError as error:
        raise InputError(f"{uri}: {_syntax(str(error), text)}") from error


def refuse_repeated_keys(content: bytes, uri: str) -> None:
    """Raise InputError where one object has a key twice: JSON's readers silently follow the last."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) < len(pairs):
            keys = [key for key, _ in pairs]
            twice = next(key for key in keys if keys.count(key) > 1)
            where = f' in feature "{made["name"]}"' if isinstance(made.get("name"), str) else ""
            raise InputError(f'{uri}: "{twice}" stands twice{where}', remedy="keep one of them")
        return made

    json.loads(_text(content, uri), object_pairs_hook=unique, parse_int=str)


def to_json(document: dict[str, Any]) -> bytes:
    """The document as bytes, the same for the same content; numbers that JSON does not have become null."""
    try:
        return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    except orjson.JSONEncodeError:
        # Whole numbers beyond 64 bits, which only somebody's own additions to a file can have.
        return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


def to_document(part: Part) -> dict[str, Any]:
    """What was read, with what was changed since: fields that the file did not have are not added.

    Numbers that JSON does not have become texts such as "NaN", as SageMaker writes them.
    """
    return {key: _in_json(value) for key, value in part.model_dump(by_alias=True, exclude_unset=True).items()}


def _in_json(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else number(value)
    if isinstance(value, list):
        return [_in_json(part) for part in value]
    return {key: _in_json(part) for key, part in value.items()} if isinstance(value, dict) else value


def _text(content: bytes, uri: str) -> str:
    encoding = "utf-16" if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8"
    try:
        return content.removeprefix(BOM_UTF8).decode(encoding)
    except UnicodeDecodeError as error:
        raise InputError(
            f"{uri}: byte {error.start + 1} is not {error.encoding.upper()}", remedy="save the file as UTF-8"
        ) from error


def _syntax(said: str, text: str) -> str:
    found = re.fullmatch(r"(.*) at line (\d+) column (\d+)", said, re.DOTALL)
    if found is None:
        return f"no JSON: {said}"
    reason, line, column = found[1], int(found[2]), int(found[3])
    words = next((ours for theirs, ours in _SYNTAX if theirs in reason), reason)
    lines = text.split("\n")
    if not column and line > 1:
        line, column = line - 1, len(lines[line - 2])
    start = max(0, column - _MOST_SHOWN // 2)
    shown = lines[line - 1][start : start + _MOST_SHOWN].strip()
    point = "; numbers are written with a point" if re.search(r"\d,\d", shown) else ""
    return f"line {line}, column {column}: no JSON: {words} (at: {shown}){point}"
