"""What all lines of captured events by one writer have in common: everything but a few strings.

An endpoint writes its events with one program, so the same bytes stand around the payloads, the identity and the
time in line after line. A line whose constant bytes are those of a line that was read properly needs no parser: its
strings hold neither quotes nor backslashes nor control characters, so replacing them can't change how it is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from model_monitor_jobs.sources import capture_events
from model_monitor_jobs.sources.capture_batches import plain_csv
from model_monitor_jobs.sources.json_text import NotReadable

Role = Literal["input", "output", "time", "id", "other"]

# A line end that closes a payload belongs to what all lines share.
_CONTENT = re.compile(rb'[^"\\]*((?:\\[nr])*)\Z')


@dataclass(frozen=True)
class Varying:
    """A string that differs between lines: its role, and which quotes of a line enclose it, counted from 0.

    `escaped` bytes before the closing quote are an escaped line end, which is no part of the string.
    """

    role: Role
    quote: int
    escaped: int


@dataclass(frozen=True)
class Skeleton:
    """The constant bytes of a line, one more than it has varying strings; the last ends with the newline.

    `quotes` and `backslashes` are how many of these characters each line has, `lengths` how long the varying strings of
    the one line are that it was taken from.
    """

    constants: tuple[bytes, ...]
    varying: tuple[Varying, ...]
    quotes: int
    backslashes: int
    lengths: tuple[int, ...] = field(compare=False)

    def find(self, role: Role) -> int | None:
        """The place of the varying string with a role."""
        return next((index for index, varying in enumerate(self.varying) if varying.role == role), None)


def skeleton_of(line: bytes) -> Skeleton | None:
    """The skeleton of a line (without its newline), None unless it holds a plain CSV record of each side it has."""
    try:
        event = capture_events.read_event(line)
        data = capture_events.captured(event)
        capture_events.inference_time(event)
    except NotReadable:
        return None
    return None if plain_csv(data) is None else skeleton_by(line, _roles)


def skeleton_by(line: bytes, roles_of: Callable[[dict[str, Any]], dict[int, Role]]) -> Skeleton | None:
    """The skeleton of a line that holds an object, None where a string in it is not plain.

    `roles_of` is given the object with each string's number in the line in its place, and tells which of them vary.
    """
    quotes = [match.start() for match in re.finditer(rb'"', line)]
    endings = [_CONTENT.match(line, start + 1, end) for start, end in zip(quotes[::2], quotes[1::2], strict=False)]
    if len(quotes) % 2 or None in endings:
        return None
    escaped = [len(ending[1]) for ending in endings if ending]
    roles = roles_of(_marked(line, quotes, escaped))
    varying = tuple(Varying(roles[index], 2 * index, escaped[index]) for index in sorted(roles))
    constants, lengths, start = [], [], 0
    for string in varying:
        constants.append(line[start : quotes[string.quote] + 1])
        start = quotes[string.quote + 1] - string.escaped
        lengths.append(start - quotes[string.quote] - 1)
    constants.append(line[start:] + b"\n")
    return Skeleton(tuple(constants), varying, len(quotes), line.count(b"\\"), tuple(lengths))


def _marked(line: bytes, quotes: list[int], escaped: list[int]) -> dict[str, Any]:
    """The object on a line, read with its number in each string's place."""
    pieces, start = [], 0
    for index, ending in enumerate(escaped):
        opening, closing = quotes[2 * index], quotes[2 * index + 1]
        if line[closing + 1 :].lstrip().startswith(b":"):
            continue
        pieces += [line[start : opening + 1], str(index).encode()]
        start = closing - ending
    return capture_events.read_event(b"".join([*pieces, line[start:]]))


def metadata_roles(event: dict[str, Any]) -> dict[int, Role]:
    """All strings of an event's metadata, which vary without being looked at."""
    return {int(text): "other" for text in _strings(event.get("eventMetadata"))}


def _roles(event: dict[str, Any]) -> dict[int, Role]:
    roles = metadata_roles(event)
    metadata = event.get("eventMetadata")
    if isinstance(metadata, dict):
        if metadata.get("inferenceTime") is not None:
            roles[int(metadata["inferenceTime"])] = "time"
        ids = [metadata[name] for name in capture_events.RECORD_IDS if metadata.get(name) is not None]
        if ids and isinstance(ids[0], str):
            roles[int(ids[0])] = "id"
    sides: dict[Role, str] = {"input": "endpointInput", "output": "endpointOutput"}
    for role, name in sides.items():
        if (side := event["captureData"].get(name)) is not None:
            roles[int(side["data"])] = role
    return roles


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for item in inner for text in _strings(item)]
