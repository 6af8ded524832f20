"""Names and labels that Kubernetes takes."""

from __future__ import annotations

import hashlib
import re
from typing import Final

_LABEL_NAME: Final = re.compile("[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_PREFIX: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_RESERVED: Final = ("kubernetes.io", "k8s.io", "modelmonitor.dev")
_HASH_LENGTH: Final = 6


def object_name(text: str, length: int, mark: str = "") -> str:
    """A name of at most `length` characters in lower case.

    One that had to be shortened, or has a `mark` as it would be another's too, ends in letters that tell it apart.
    """
    name = re.sub("[^a-z0-9]+", "-", text.lower()).strip("-") or "monitor"
    if len(name) <= length and not mark:
        return name
    tail = hashlib.sha256((mark or text).encode()).hexdigest()[:_HASH_LENGTH]
    return f"{name[: length - _HASH_LENGTH - 1].rstrip('-')}-{tail}"


def is_key(key: str) -> bool:
    """Whether a text can be the key of a label or an annotation."""
    prefix, slash, name = key.rpartition("/")
    if slash and (len(prefix) > 253 or not _PREFIX.fullmatch(prefix) or prefix.endswith(_RESERVED)):
        return False
    return _LABEL_NAME.fullmatch(name) is not None


def is_label_value(value: str) -> bool:
    """Whether a text can be the value of a label."""
    return value == "" or _LABEL_NAME.fullmatch(value) is not None
