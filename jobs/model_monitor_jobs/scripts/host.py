"""The process that a script runs in: it needs nothing but the standard library, and speaks JSON over pipes.

`python host.py SCRIPT HANDLER` reads requests from what standard input was, a JSON document a line, and answers each
with one on what standard output was. The script itself has an empty standard input, and all that it prints goes to
standard error.
"""

from __future__ import annotations

import inspect
import json
import linecache
import logging
import math
import os
import random
import sys
import traceback
from collections.abc import Callable
from typing import Any

_loads: Callable[[str], Any]
try:
    from orjson import loads as _loads
except ImportError:
    from json import loads as _loads

PREPROCESS = "preprocess_handler"
POSTPROCESS = "postprocess_handler"
_LONGEST_ERROR = 500
_LONGEST_CODE = 200


class _Side:
    """One payload."""

    def __init__(self, side: dict[str, Any]) -> None:
        self.encoding = side.get("encoding")
        self.data = side.get("data")
        self.observedContentType = side.get("observedContentType")
        self.mode = side.get("mode")

    def as_dict(self) -> dict[str, Any]:
        return dict(vars(self))


class _Metadata:
    """Which request it was."""

    def __init__(self, data: Any) -> None:
        metadata = data if isinstance(data, dict) else {}
        self.event_id = metadata.get("eventId")
        self.event_time = metadata.get("inferenceTime")
        self.custom_attribute = metadata.get("customAttributes")
        self.inference_id = metadata.get("inferenceId")


class _InferenceRecord:
    """A captured event, as SageMaker's handlers get it."""

    def __init__(self, event: dict[str, Any]) -> None:
        data = event.get("captureData")
        data = data if isinstance(data, dict) else {}
        self.event_dict = event
        self.event_version = event.get("eventVersion")
        self.endpoint_input = _side(data, "endpointInput")
        self.endpoint_output = _side(data, "endpointOutput")
        self.batch_transform_output = _side(data, "batchTransformOutput")
        self.event_metadata = _Metadata(event.get("eventMetadata"))
        self.ground_truth = _side(event, "groundTruthData")

    def as_dict(self) -> dict[str, Any]:
        """The event, with what the script has changed of its payloads."""
        data = self.event_dict.get("captureData")
        sides = {
            "endpointInput": self.endpoint_input,
            "endpointOutput": self.endpoint_output,
            "batchTransformOutput": self.batch_transform_output,
        }
        if isinstance(data, dict):
            data.update({name: data[name] | side.as_dict() for name, side in sides.items() if side and name in data})
        return self.event_dict


def _side(data: dict[str, Any], name: str) -> _Side | None:
    side = data.get(name)
    return _Side(side) if isinstance(side, dict) else None


class _WrongError(Exception):
    """What a handler gave is no record."""


def main(path: str, kind: str) -> int:
    """Answer requests until there are none; returns the exit code."""
    requests = os.fdopen(os.dup(0), encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    # What the script reads and prints, and what it starts, must not meet what is said here.
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(message)s")

    def answer(document: Any) -> None:
        answers.write(json.dumps(document) + "\n")
        answers.flush()

    try:
        handler = _load(path, kind)
    except BaseException as error:
        answer({"fatal": _told(error, path)})
        return 1
    answer({"ready": True})
    preprocessor = _Preprocessor(handler, path)
    for line in requests:
        request = json.loads(line)
        if kind == POSTPROCESS:
            answer(_postprocessed(handler, path))
        else:
            answer(preprocessor.answered(request["lines"], events=request["events"]))
    return 0


def _load(path: str, kind: str) -> Any:
    with open(path, "rb") as file:
        text = file.read()
    # The same records give the same results, with scripts that draw a sample, too.
    random.seed(0)
    if b"numpy" in text:
        _seed_numpy()
    # Ours are not the script's `from __future__` imports.
    code = compile(text, path, "exec", dont_inherit=True)
    # Found by its name, as by pickle and dataclasses.
    module = type(sys)("script")
    module.__file__ = path
    sys.modules["script"] = module
    sys.argv = [path]
    exec(code, vars(module))
    found = vars(module).get(kind)
    if not callable(found):
        raise _WrongError(f"it has no function {kind}")
    return found


def _seed_numpy() -> None:
    try:
        import numpy
    except ImportError:
        return
    numpy.random.seed(0)


def _postprocessed(handler: Any, path: str) -> dict[str, Any]:
    try:
        handler()
    except BaseException as error:
        return {"error": _told(error, path)}
    return {}


class _Preprocessor:
    """Calls the handler. Rows name their columns by a number, as most have the same ones."""

    def __init__(self, handler: Any, path: str) -> None:
        self._handler = handler
        self._path = path
        self._takes_logger: bool | None = None
        self._sorted: dict[tuple[str, ...], tuple[str, ...]] = {}

    def answered(self, lines: list[str], *, events: bool) -> dict[str, Any]:
        """For each line its rows, each with the number of its names and its values; or what is wrong with it."""
        names: dict[tuple[str, ...], int] = {}
        outcomes = [self._outcome(text, names, events=events) for text in lines]
        return {"names": [*names], "outcomes": outcomes}

    def _outcome(self, text: str, names: dict[tuple[str, ...], int], *, events: bool) -> Any:
        try:
            found = self._called(_InferenceRecord(_loads(text)) if events else text)
            records = found if isinstance(found, list) else [] if found is None else [found]
            return [self._row(record, names) for record in records]
        except BaseException as error:
            return _told(error, self._path)

    def _called(self, argument: Any) -> Any:
        if self._takes_logger is None:
            self._takes_logger = _has_second_parameter(self._handler)
        return self._handler(argument, logging.getLogger()) if self._takes_logger else self._handler(argument)

    def _row(self, record: Any, names: dict[tuple[str, ...], int]) -> list[Any]:
        if not isinstance(record, dict):
            raise _WrongError(f"{PREPROCESS} gave a {type(record).__name__}; a dict of columns and values was expected")
        if not record:
            raise _WrongError(f"{PREPROCESS} gave a dict without columns; [] leaves a record out")
        order = self._sorted.get(tuple(record))
        values = None if order is None else _plain_cells([record[name] for name in order])
        if order is None or values is None:
            cells: dict[str, str | None] = {}
            _flatten(record, "", cells)
            order = self._order(tuple(cells))
            values = [cells[name] for name in order]
        return [names.setdefault(order, len(names)), *values]

    def _order(self, given: tuple[str, ...]) -> tuple[str, ...]:
        order = self._sorted.get(given)
        if order is None:
            order = tuple(sorted(map(_name, given)))
            if len(self._sorted) < 1000:
                self._sorted[given] = order
        return order


def _plain_cells(values: list[Any]) -> list[str | None] | None:
    """The cells of texts and numbers as they usually are; None where they need a closer look."""
    kinds = set(map(type, values))
    if kinds == _TEXTS:
        return [value or None for value in values] if all(map(str.isascii, values)) else None
    if not kinds <= _USUAL or not all(value.isascii() for value in values if type(value) is str):
        return None
    return [_CELLS[type(value)](value) for value in values]


_CELLS: dict[type, Callable[[Any], str | None]] = {
    str: lambda value: value or None,
    float: lambda value: repr(value) if math.isfinite(value) else None,
    int: repr,
    bool: lambda value: "true" if value else "false",
    type(None): lambda _: None,
}
_TEXTS = {str}
_USUAL = _CELLS.keys()


def _has_second_parameter(handler: Any) -> bool:
    parameters = inspect.signature(handler).parameters.values()
    positional = [each for each in parameters if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]
    return len(positional) > 1 or any(each.kind is each.VAR_POSITIONAL for each in parameters)


def _flatten(value: Any, prefix: str, cells: dict[str, str | None]) -> None:
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in pairs:
        name = f"{prefix}{key}"
        if item is None:
            cells[name] = None
        elif isinstance(item, str):
            # Scripts split lines of CSV, in which an empty cell is a missing value.
            cells[name] = (item if item.isascii() else _text(item, name)) if item else None
        elif isinstance(item, dict | list | tuple):
            _flatten(item, f"{name}.", cells)
        else:
            cells[name] = _cell(name, item)


def _cell(name: str, value: Any) -> str | None:
    if hasattr(value, "item") and not isinstance(value, int | float):
        value = value.item()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(float(value)) if math.isfinite(value) else None
    if isinstance(value, int):
        return repr(int(value))
    if isinstance(value, str):
        return _text(value, name) or None
    raise _WrongError(
        f"{PREPROCESS} gave a {type(value).__name__} for {name!r}; texts, numbers, booleans and None can be used"
    )


def _text(value: str, name: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise _WrongError(f"{PREPROCESS} gave for {name!r} what is no Unicode: {error.reason}") from error
    return value


def _name(text: str) -> str:
    if text.startswith("\0"):
        raise _WrongError(f"{PREPROCESS} gave the name {text!r}; no column's name may begin with a NUL")
    return _text(text, text)


def _told(error: BaseException, path: str) -> str:
    """The place in the script, its line, and the error."""
    return _place_and_error(error, path).encode(errors="backslashreplace").decode()


def _place_and_error(error: BaseException, path: str) -> str:
    name = os.path.basename(path)
    if isinstance(error, SyntaxError) and error.filename == path:
        code = (error.text or "").strip()[:_LONGEST_CODE]
        return f"{name} line {error.lineno}: {type(error).__name__}: {error.msg}: {code}"
    if isinstance(error, _WrongError):
        return f"{name}: {error}"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == path]
    text = f"{type(error).__name__}: {error}"
    if len(text) > _LONGEST_ERROR:
        text = f"{text[:_LONGEST_ERROR]}…"
    if isinstance(error, ModuleNotFoundError):
        text += " (a script has the packages of the image that it runs in)"
    if not frames:
        return f"{name}: {text}"
    line = linecache.getline(path, frames[-1].lineno or 0).strip()[:_LONGEST_CODE]
    if isinstance(error, AttributeError) and error.obj is None and "ground_truth" in line:
        text += " (labels are joined after the script, so only SageMaker's merged events have a ground_truth)"
    return f"{name} line {frames[-1].lineno} in {frames[-1].name}: {text}: {line}"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
