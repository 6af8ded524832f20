"""`model-monitor demo`: tells the story on a terminal and leaves its files to look at."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

from model_monitor_crds.window import Window, parse_time
from model_monitor_jobs.commands.exit_codes import ERROR, NO_VIOLATION
from model_monitor_jobs.commands.run import run_manifests
from model_monitor_jobs.demo.flights import Story, write_story
from model_monitor_jobs.execution.perform import Clock
from model_monitor_jobs.storage import Storage

CLAIM: Final = "pvc://flights"


@dataclass(frozen=True)
class Chapter:
    """A manifest, the days that it is replayed on, and what is said before and after."""

    manifest: str
    days: Window
    dates: tuple[str, str]
    """The same days for `--from` and `--to`."""
    opening: str
    ending: str


INPUTS: Final = Chapter(
    "monitor.yaml",
    Window(parse_time("2013-02-01T05:00:00Z"), parse_time("2013-04-01T04:00:00Z")),
    ("2013-02-01", "2013-04-02"),
    "First chapter: the inputs. Each day of February and March is compared with January.",
    "Two storms, two alerts. On 8 and 9 February 2013 a blizzard closed the airports: half of the flights never "
    "left, so their departure delay is missing, and one day of that is enough. From 6 to 8 March another storm "
    "passed by: two days in violation of three. Other days were silent, or in violation for one day, though the "
    "days of January differ a lot: it has learned by how much, and that its last two days were none of the usual.",
)
LABELS: Final = Chapter(
    "quality.yaml",
    Window(parse_time("2013-02-07T05:00:00Z"), parse_time("2013-02-17T05:00:00Z")),
    ("2013-02-07", "2013-02-18"),
    "Second chapter: the answers. Whether a flight is late is known when it arrives; a cancelled or diverted flight "
    "never arrives, and counts as late. A day is judged when its labels are due, 24 hours after its end, by how well "
    "the model ranks late flights above others (AUC: 1 is perfect, .5 is chance); before that, this is estimated.",
    "Two alerts again, but only one is a storm. In the blizzard half of the flights were cancelled. In place of a "
    "departure delay that is missing the model takes January's median, and so calls these flights punctual: 36 of 100 "
    "answers were right, and its ranking was no better than chance. The estimate, made before any label was due, said "
    "most of that: it knows from January what becomes of flights without a departure delay.\n"
    "From 13 to 16 February all inputs were as usual, and the first chapter is silent. But flights to Florida and the "
    "Caribbean took longer than in January, 20 minutes on the 14th and the 16th, and 4 in 10 of those that left "
    "punctually were late, not 1 in 14. No input tells of that, so no estimate can; only labels do. How often its "
    "intervals were right is counted, and an estimate that is wrong too often is not shown.",
)


def tell(output: Path, console: Console, clock: Clock, program: str = "model-monitor") -> int:
    """Write the data, replay both chapters day by day, and say what to look at; returns the exit code.

    `program` is how the command is called in what is shown.
    """
    console.print(Text("A model predicts, when a flight leaves New York, whether it will arrive 15 minutes late.\n"))
    with console.status("training the model on January 2013, writing two months of requests and labels"):
        story = write_story(output)
    console.print(f"{written(story)}\n")
    if tell_chapter(INPUTS, output, console, clock, program) == ERROR:
        return ERROR
    console.print()
    if tell_chapter(LABELS, output, console, clock, program) == ERROR:
        return ERROR
    console.print(f"\nThe results of both are below {output / 'reports'}.")
    return NO_VIOLATION


def written(story: Story) -> str:
    """What was written, in a sentence."""
    return (
        f"Trained on {story.training_rows:,} flights of January 2013; in February and March it answers "
        f"{story.captured_rows:,} requests, {story.accuracy:.0%} of them rightly."
    )


def tell_chapter(chapter: Chapter, output: Path, console: Console, clock: Clock, program: str) -> int:
    """Replay a chapter on the data below `output`; returns the exit code."""
    console.print(Text(f"{chapter.opening}\n", style="bold"))
    manifest = output / chapter.manifest
    manifest.write_text(files("model_monitor_jobs.demo").joinpath(chapter.manifest).read_text())
    storage = Storage({CLAIM: output})
    code = run_manifests([manifest], None, chapter.days.end, chapter.days, storage, clock, console)
    if code == ERROR:
        return ERROR
    console.print(Text(f"\n{chapter.ending}\n"))
    console.print(f"Look at {manifest}. The same again:")
    start, end = chapter.dates
    console.print(
        f"  {program} run -f {manifest} --mount {CLAIM}={output} --from {start} --to {end}",
        style="bold",
        soft_wrap=True,
    )
    return code
