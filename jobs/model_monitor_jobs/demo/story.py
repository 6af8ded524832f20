"""`model-monitor demo`: tells the story on a terminal and leaves its files to look at."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

from model_monitor_jobs.commands.exit_codes import ERROR, NO_VIOLATION
from model_monitor_jobs.demo.chapter import Data, tell_chapter
from model_monitor_jobs.demo.data_quality import INPUTS
from model_monitor_jobs.demo.model_bias import GROUPS
from model_monitor_jobs.demo.model_explainability import REASONS
from model_monitor_jobs.demo.model_quality import ANSWERS
from model_monitor_jobs.execution.perform import Clock

CHAPTERS: Final = (INPUTS, ANSWERS, GROUPS, REASONS)
_ORDINALS: Final = ("First", "Second", "Third", "Fourth")


def tell(output: Path, console: Console, clock: Clock, program: str = "model-monitor") -> int:
    """Write the data, replay all chapters day by day, and say what to look at; returns the exit code.

    `program` is how the command is called in what is shown.
    """
    there: list[Data] = []
    for ordinal, chapter in zip(_ORDINALS, CHAPTERS, strict=False):
        if there:
            console.print()
        if chapter.data not in there:
            there.append(chapter.data)
            write(chapter.data, output, console)
        console.print(Text(f"{ordinal} chapter: {chapter.opening}\n", style="bold"))
        if tell_chapter(chapter, output, console, clock, program) == ERROR:
            return ERROR
    folders = " and ".join(str(output / data.claim / "reports") for data in there)
    console.print(f"\nAll results are below {folders}.")
    return NO_VIOLATION


def write(data: Data, output: Path, console: Console) -> None:
    """Write data into their folder, and say what they are."""
    console.print(Text(f"{data.about}\n"))
    with console.status(data.doing):
        said = data.write(output / data.claim)
    console.print(f"{said}\n")
