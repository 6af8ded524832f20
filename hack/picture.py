"""Draws what `make demo` shows as a picture for the README: `python -m hack.picture docs/demo.svg`."""

from __future__ import annotations

import re
import sys
import tempfile
from contextlib import chdir
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from model_monitor_jobs.demo.story import tell

WIDTH = 112


def main() -> None:
    """Tell the story to a console that records, and write it as SVG."""
    target = Path(sys.argv[1]).absolute()
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "screen").open("w") as screen, chdir(folder):
        console = Console(
            record=True, width=WIDTH, highlight=False, force_terminal=True, force_interactive=False, file=screen
        )
        tell(Path("demo-output"), console, lambda: datetime.now(UTC))
        svg = console.export_svg(title="make demo")
    # Without the fonts that would be fetched from elsewhere.
    target.write_text(re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL))


if __name__ == "__main__":
    main()
