"""URIs and globs as text; nothing here touches a store.

URIs are taken literally: `%20` in a key is three characters, as every S3 tool reads it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from model_monitor_jobs.errors import ConfigurationError

SCHEMES = ("file", "pvc", "s3", "gs", "az")
_MAGIC = re.compile(r"[*?\[]")
_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*)://")


@dataclass(frozen=True)
class Location:
    """A URI in its parts: `s3://bucket/a/b` is scheme s3, path `bucket/a/b`; a local path keeps its slash."""

    uri: str
    scheme: str
    path: str

    @property
    def bucket(self) -> str:
        """The bucket, container or claim: the path's first segment."""
        return self.path.split("/", 1)[0]


def parse(uri: str) -> Location:
    """Take a URI apart; a bare path is a local file.

    Raises ConfigurationError for an unknown scheme or a missing bucket.
    """
    match = _SCHEME.match(uri)
    if match is None:
        return Location(uri, "file", uri)
    scheme, path = match[1].lower(), uri[match.end() :]
    if scheme not in SCHEMES:
        raise ConfigurationError(
            f"{uri}: unknown scheme {scheme}://",
            remedy="use one of " + ", ".join(f"{known}://" for known in SCHEMES),
        )
    if scheme == "file":
        if not path.startswith("/"):
            raise ConfigurationError(f"{uri}: a file URI needs an absolute path", remedy="write file:///folder/file")
        return Location(uri, scheme, path)
    path = path.strip("/")
    if not path:
        what = {"pvc": "claim", "az": "container"}.get(scheme, "bucket")
        raise ConfigurationError(f"{uri}: the {what} is missing", remedy=f"write {scheme}://{what.upper()}/path")
    return Location(uri, scheme, path)


def join(uri: str, *parts: str) -> str:
    """Append path segments with single slashes."""
    stripped = [part.strip("/") for part in parts]
    head = uri if uri.endswith("://") else uri.rstrip("/")
    return "/".join([head, *(part for part in stripped if part)])


def has_magic(text: str) -> bool:
    """Whether the text holds a wildcard: `*`, `?` or `[`."""
    return _MAGIC.search(text) is not None


def split_glob(uri: str) -> tuple[str, str]:
    """Split at the last slash before the first wildcard: `s3://b/x/*/y` is (`s3://b/x`, `*/y`).

    Raises ConfigurationError for a wildcard in the bucket.
    """
    match = _MAGIC.search(uri)
    if match is None:
        return uri, ""
    scheme = _SCHEME.match(uri)
    first = scheme.end() if scheme else 0
    cut = uri.rfind("/", first, match.start())
    if cut < 0:
        if scheme and scheme[1].lower() != "file":
            raise ConfigurationError(f"{uri}: a wildcard can't stand in the first segment", remedy="name it in full")
        return ("/", uri[1:]) if uri.startswith("/") else (".", uri)
    return uri[:cut] or "/", uri[cut + 1 :]


def glob_expression(pattern: str) -> re.Pattern[str]:
    """A glob as a regular expression on relative paths.

    `*`, `?` and `[…]` stay within one segment, `**` spans any number of them (none, too). A wildcard at the
    beginning of a segment does not match a leading `.` or `_`.
    """
    segments = pattern.split("/")
    expression = ""
    for index, segment in enumerate(segments):
        last = index == len(segments) - 1
        if segment == "**":
            expression += r"(?:[^/._][^/]*/)*" + (r"[^/._][^/]*" if last else "")
            continue
        expression += _segment_expression(segment) + ("" if last else "/")
    return re.compile(expression + r"\Z", re.DOTALL)


def _segment_expression(segment: str) -> str:
    expression = "(?![._])" if has_magic(segment[:1]) else ""
    position = 0
    while position < len(segment):
        character = segment[position]
        position += 1
        if character == "*":
            expression += "[^/]*"
        elif character == "?":
            expression += "[^/]"
        elif character == "[":
            end = segment.find("]", position + 1)
            if end < 0:
                expression += r"\["
                continue
            inside = segment[position:end].replace("\\", r"\\").replace("[", r"\[")
            negated = inside[:1] in ("!", "^")
            expression += f"[{'^/' if negated else ''}{inside[1:] if negated else inside}]"
            position = end + 1
        else:
            expression += re.escape(character)
    return expression


def is_hidden(path: str) -> bool:
    """Whether a segment of a relative path starts with `.` or `_`, as markers and temporary files do."""
    return any(segment[:1] in (".", "_") for segment in path.split("/"))
