"""Reading and writing JSON files whose schema SageMaker set."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from model_monitor_jobs.errors import InputError

Document = TypeVar("Document", bound=BaseModel)


def parse(model: type[Document], content: bytes, uri: str) -> Document:
    """Read a file into its model.

    Raises InputError that names the file, the path in it, the value there and what was expected.
    """
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"]).lstrip(".")
        value = json.dumps(first["input"], default=str)
        shown = value if len(value) <= 80 else f"{value[:77]}..."
        raise InputError(f"{uri}: {place or 'the file'}: {first['msg']} (found {shown})") from error


def to_json(document: dict[str, Any]) -> bytes:
    """The document as bytes, the same for the same content. Raises ValueError for numbers that JSON does not have."""
    return (json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()
