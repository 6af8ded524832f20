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


def show_what_scripts_print() -> None:
    """Send what scripts print to standard error, each line after the script's name, and nothing else."""
    from model_monitor_jobs.scripts.process import SCRIPT_LOGGER

    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(script)s: %(message)s"))
    logger = logging.getLogger(SCRIPT_LOGGER)
    logger.handlers = [handler]
    logger.setLevel(logging.INFO)
