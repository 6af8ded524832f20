"""One way to list, read and write, whatever the scheme."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Entry:
    """A file: its URI, its path below what was listed, its size in bytes, when it was last written."""

    uri: str
    path: str
    size: int
    modified: datetime | None


class Storage:
    """file://, pvc://, s3://, gs://, az://; a bare path counts as file://."""
