"""A document as its single values, each with its place, whatever the case of its keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

Path = tuple[str, ...]
_NAMES: Final = ("environment", "labels", "annotations")
"""Parts whose keys are names, of which `A` and `a` are two."""


@dataclass(frozen=True)
class Leaf:
    """One value: ACK writes `s3URI` and AWS' own interfaces `S3Uri`, so `path` is in lower case,
    but for the names of variables and labels."""

    path: Path
    place: str
    """Where it stands, as it is written there, such as `tags[0].key`."""
    name: str
    """Its own key as it is written."""
    value: Any


def leaves(document: Any, path: Path = (), place: str = "", name: str = "") -> Iterator[Leaf]:
    """The values of a document in its order; what is null or empty has none. Items of lists have numbers as keys."""
    if isinstance(document, dict):
        for key, value in document.items():
            own = str(key) if path[-1:] and path[-1] in _NAMES else str(key).lower()
            yield from leaves(value, (*path, own), f"{place}.{key}" if place else str(key), str(key))
    elif isinstance(document, list):
        for index, value in enumerate(document):
            yield from leaves(value, (*path, str(index)), f"{place}[{index}]", str(index))
    elif document is not None:
        yield Leaf(path, place, name, document)
