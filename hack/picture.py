"""Draws what `make demo` shows, and the page of the blizzard's second day: `python -m hack.picture docs`."""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import chdir
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.style import Style
from rich.text import Text

from model_monitor_jobs.demo.story import tell
from tests.report.browser import Browser

WIDTH = 112
PAGE = "demo-output/flights/reports/flights-daily/2013/02/10/05/report.html"


def main() -> None:
    """Tell the story to a console that records, and write most of it as SVG; show its worst page to a browser."""
    target = Path(sys.argv[1]).absolute()
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "screen").open("w") as screen, chdir(folder):
        console = Console(
            record=True, width=WIDTH, highlight=False, force_terminal=True, force_interactive=False, file=screen
        )
        tell(Path("demo-output"), console, lambda: datetime.now(UTC))
        lines = [Text.from_ansi(line) for line in console.export_text(styles=True).splitlines()]
        for line in essential(lines):
            console.print(line, soft_wrap=True)
        svg = console.export_svg(title="make demo")
        with Browser() as browser, browser.page(1120, 1270) as page:
            page.open(Path(PAGE))
            (target / "report.png").write_bytes(page.picture())
    # Without the fonts that would be fetched from elsewhere.
    (target / "demo.svg").write_text(re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL))


def essential(lines: Iterable[Text]) -> Iterator[Text]:
    """What is shown but for baselines, how to do the same again, and what is printed dimly: notes and folders."""
    left_out = False
    for line in lines:
        if line.plain.startswith(("Baseline ", "Look at ")):
            left_out = True
        dim = bool(line.spans) and all(isinstance(span.style, Style) and span.style.dim for span in line.spans)
        if not left_out and not dim:
            yield line
        left_out = left_out and bool(line.plain.strip())


if __name__ == "__main__":
    main()
