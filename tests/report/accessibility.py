"""axe-core, the rules by which pages are checked for people who can't see or point."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import tempfile
from pathlib import Path

PACKAGE = "axe-playwright-python==0.1.8"
"""A maintained package whose wheel holds axe-core (MPL 2.0); only that file is used, so nothing that it needs is."""
_FILE = Path("axe_playwright_python") / "axe.min.js"


@functools.cache
def axe_core() -> str:
    """The source of axe-core, from the user's cache or, once, from PyPI by pip.

    Raises RuntimeError with pip's last lines when it can't be had.
    """
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = base / "model-monitor-operator" / "tools" / PACKAGE.replace("==", "-")
    if not (folder / _FILE).exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            target = Path(scratch) / "installed"
            command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target), PACKAGE]
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
            if done.returncode:
                raise RuntimeError(f"{PACKAGE} can't be installed for the tests of report.html: {done.stderr[-500:]}")
            if not folder.exists():
                target.rename(folder)
    return (folder / _FILE).read_text(encoding="utf-8")
