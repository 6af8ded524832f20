"""Logs: one JSON object a line in a pod, short lines on a terminal."""

from __future__ import annotations

import logging
from typing import Literal

LogFormat = Literal["text", "json"]


def set_up_logging(style: LogFormat, level: int = logging.INFO) -> None:
    """Send logs to standard error in the given style."""
    handler = logging.StreamHandler()
    if style == "json":
        from pythonjsonlogger.json import JsonFormatter

        handler.setFormatter(JsonFormatter("{asctime}{levelname}{name}{message}", style="{", timestamp=True))
    else:
        handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
