"""Progress on a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.status import Status


def busy(console: Console | None, text: str) -> Status:
    """A spinner on a terminal; nothing where output goes elsewhere."""
    return (console or Console(quiet=True)).status(text)
