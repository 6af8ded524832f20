"""Environments of the floors and peers, each with the versions pinned in `benchmarks/peers`."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.profiles.cache import cache_root

PINS = Path(__file__).resolve().parents[1] / "peers"


def interpreter(name: str) -> Path:
    """The Python that has what `benchmarks/peers/<name>.txt` names; installed on first use.

    Raises RuntimeError, with pip's last lines, when it can't be installed.
    """
    pins = PINS / f"{name}.txt"
    digest = hashlib.sha256(pins.read_bytes() + sys.version.encode()).hexdigest()[:8]
    folder = cache_root() / "environments" / f"{name}-{digest}"
    python = folder / "bin" / "python"
    if (folder / "installed").exists():
        return python
    print(f"installing {name} into {folder}, once", file=sys.stderr, flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    commands: list[list[str | Path]] = [
        [sys.executable, "-m", "venv", folder],
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", pins],
    ]
    for command in commands:
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        if ended.returncode:
            tail = (ended.stdout + ended.stderr)[-2000:]
            raise RuntimeError(f"{name} can't be installed from {pins}:\n{tail}")
    (folder / "installed").touch()
    return python


def pinned_versions(name: str) -> dict[str, str]:
    """Versions by package, as pinned."""
    lines = (PINS / f"{name}.txt").read_text().splitlines()
    pairs = (line.partition("==") for line in lines if "==" in line)
    return {package: version for package, _, version in pairs}


def has_java() -> bool:
    """Whether Spark can run here."""
    return shutil.which("java") is not None
