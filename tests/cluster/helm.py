"""Helm, the real one, against a test control plane."""

from __future__ import annotations

import subprocess

from tests.cluster.control_plane import ControlPlane
from tests.cluster.tools import find_tool


def helm(control_plane: ControlPlane, *arguments: str, check: bool = True) -> str:
    """Run helm as administrator; its standard output (and, with `check=False`, its standard error after it).

    Its caches, settings and data lie in the control plane's folder, so the user's own are neither read nor written.

    Raises:
        RuntimeError: it failed (and `check` is true); the message has the command and its standard error.
    """
    homes = {f"HELM_{kind}_HOME": str(control_plane.folder / "helm" / kind) for kind in ("CACHE", "CONFIG", "DATA")}
    done = subprocess.run(
        [find_tool("helm"), *arguments],
        capture_output=True,
        text=True,
        env={**control_plane.environment, **homes},
        check=False,
    )
    if check and done.returncode != 0:
        raise RuntimeError(f"helm {' '.join(arguments)} ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout if check else done.stdout + done.stderr
