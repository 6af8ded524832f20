"""Pins the version of everything that the project installs: `python -m hack.constraints` writes constraints.txt.

pip resolves the project with all of its extras as if into an empty environment; names and versions are kept, and
nothing about where they came from.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEADER = "# Versions of everything that the project installs. Written by `make constraints`; do not edit.\n"


def main() -> None:
    """Resolve all extras and write constraints.txt."""
    command = [
        sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed", "--report", "-",
        f"{ROOT}[jobs,operator,demo,dev]",
    ]  # fmt: skip
    report = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    own = {"model-monitor-operator"}
    pins = {
        re.sub(r"[-_.]+", "-", item["metadata"]["name"]).lower(): item["metadata"]["version"]
        for item in report["install"]
    }
    lines = [f"{name}=={version}\n" for name, version in sorted(pins.items()) if name not in own]
    (ROOT / "constraints.txt").write_text(HEADER + "".join(lines))
    print(f"constraints.txt: {len(lines)} packages")


if __name__ == "__main__":
    main()
