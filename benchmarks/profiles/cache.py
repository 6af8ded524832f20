"""Where data and environments are kept between runs."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def cache_root() -> Path:
    """The folder `model-monitor-operator/benchmarks` under XDG_CACHE_HOME or ~/.cache."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "model-monitor-operator" / "benchmarks"


def check_space(folder: Path, needed: int) -> None:
    """Raise OSError when fewer bytes are free."""
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise OSError(f"{folder}: {free / 1e9:.1f} GB are free and {needed / 1e9:.1f} are needed: set XDG_CACHE_HOME")
