"""The process that a script runs in: it knows nothing but the standard library, and speaks JSON over pipes.

`python -I host.py SCRIPT KIND` reads requests on standard input, a JSON document a line, and answers each with one on
what standard output was; whatever the script itself prints goes to standard error.
"""

from __future__ import annotations

import inspect
import json
import linecache
import logging
import math
import os
import sys
import traceback
from typing import Any

PREPROCESS = "preprocess_handler"
POSTPROCESS = "postprocess_handler"


class _Side:
    """One captured payload."""

    def __init__(self, data: Any) -> None:
        side = data if isinstance(data, dict) else {}
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
        self.ground_truth = event.get("groundTruthData")

    def as_dict(self) -> dict[str, Any]:
        return self.event_dict


def _side(data: dict[str, Any], name: str) -> _Side | None:
    return _Side(data[name]) if name in data else None


class _WrongError(Exception):
    """What a handler gave is no record."""


def main(path: str, kind: str) -> int:
    """Answer requests until there are none; returns the exit code."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(message)s")

    def answer(document: Any) -> None:
        answers.write(json.dumps(document, allow_nan=False) + "\n")
        answers.flush()

    try:
        handler = _load(path, kind)
    except BaseException as error:
        answer({"fatal": _told(error, path)})
        return 1
    answer({"ready": True})
    for line in sys.stdin:
        request = json.loads(line)
        if kind == POSTPROCESS:
            answer(_postprocessed(handler, path))
        else:
            answer([_preprocessed(handler, path, text, events=request["events"]) for text in request["lines"]])
    return 0


def _load(path: str, kind: str) -> Any:
    with open(path, encoding="utf-8") as file:
        code = compile(file.read(), path, "exec")
    # Found by its name, as by pickle and dataclasses.
    module = type(sys)("script")
    module.__file__ = path
    sys.modules["script"] = module
    exec(code, vars(module))
    found = vars(module).get(kind)
    if not callable(found):
        raise _WrongError(f"it has no function {kind}")
    return found


def _postprocessed(handler: Any, path: str) -> dict[str, Any]:
    try:
        handler()
    except BaseException as error:
        return {"error": _told(error, path)}
    return {}


def _preprocessed(handler: Any, path: str, text: str, *, events: bool) -> dict[str, Any]:
    """The rows of one line, or what is wrong with it."""
    try:
        argument = _InferenceRecord(json.loads(text)) if events else text
        found = handler(argument, logging.getLogger()) if _takes_logger(handler) else handler(argument)
        records = found if isinstance(found, list) else [] if found is None else [found]
        return {"rows": [_row(record) for record in records]}
    except BaseException as error:
        return {"error": _told(error, path)}


def _takes_logger(handler: Any) -> bool:
    known = _takes_logger.__dict__
    if handler not in known:
        parameters = inspect.signature(handler).parameters.values()
        positional = [each for each in parameters if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]
        known[handler] = len(positional) > 1 or any(each.kind is each.VAR_POSITIONAL for each in parameters)
    return bool(known[handler])


def _row(record: Any) -> dict[str, str | None]:
    if not isinstance(record, dict):
        raise _WrongError(f"{PREPROCESS} gave a {type(record).__name__}; a dict of columns and values was expected")
    cells: dict[str, str | None] = {}
    _flatten(record, "", cells)
    return {name: cells[name] for name in sorted(cells)}


def _flatten(value: Any, prefix: str, cells: dict[str, str | None]) -> None:
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in pairs:
        name = f"{prefix}{key}"
        if isinstance(item, dict | list | tuple):
            _flatten(item, f"{name}.", cells)
        else:
            cells[name] = _cell(name, item)


def _cell(name: str, value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if hasattr(value, "item") and not isinstance(value, int | float):
        value = value.item()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(float(value)) if math.isfinite(value) else None
    if isinstance(value, int):
        return repr(int(value))
    raise _WrongError(
        f"{PREPROCESS} gave a {type(value).__name__} for {name!r}; texts, numbers, booleans and None can be used"
    )


def _told(error: BaseException, path: str) -> str:
    """The place in the script, its line, and the error."""
    name = os.path.basename(path)
    if isinstance(error, SyntaxError) and error.filename == path:
        return f"{name} line {error.lineno}: {type(error).__name__}: {error.msg}: {(error.text or '').strip()}"
    if isinstance(error, _WrongError):
        return f"{name}: {error}"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == path]
    text = f"{type(error).__name__}: {error}"
    if not frames:
        return f"{name}: {text}"
    line = linecache.getline(path, frames[-1].lineno or 0).strip()
    return f"{name} line {frames[-1].lineno} in {frames[-1].name}: {text}: {line}"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
