"""`model-monitor demo`: tells the story on a terminal and leaves its files to look at."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from rich.console import Console
from rich.text import Text

from model_monitor_crds.window import Window, parse_time
from model_monitor_jobs.commands.exit_codes import ERROR, NO_VIOLATION
from model_monitor_jobs.commands.run import run_manifests
from model_monitor_jobs.demo.flights import write_story
from model_monitor_jobs.execution.perform import Clock
from model_monitor_jobs.storage import Storage

CLAIM = "pvc://flights"
TWO_MONTHS = Window(parse_time("2013-02-01T05:00:00Z"), parse_time("2013-04-01T04:00:00Z"))
"""February and March 2013, New York time."""


def tell(output: Path, console: Console, clock: Clock, program: str = "model-monitor") -> int:
    """Write the data, replay two months day by day, and say what to look at; returns the exit code.

    `program` is how the command is called in what is shown.
    """
    console.print(Text("A model predicts, when a flight leaves New York, whether it will arrive 15 minutes late.\n"))
    with console.status("training the model on January 2013, writing two months of requests"):
        story = write_story(output)
    console.print(
        f"Trained on {story.training_rows:,} flights of January 2013; in February and March it answers "
        f"{story.captured_rows:,} requests, {story.accuracy:.0%} of them rightly. Each day is compared with January.\n"
    )
    manifest = output / "monitor.yaml"
    manifest.write_text(files("model_monitor_jobs.demo").joinpath("monitor.yaml").read_text())
    storage = Storage({CLAIM: output})
    code = run_manifests([manifest], None, TWO_MONTHS.end, TWO_MONTHS, storage, clock, console)
    if code == ERROR:
        return ERROR
    console.print(
        "\nTwo storms, two alerts. On 8 and 9 February 2013 a blizzard closed the airports: half of the flights never "
        "left, so their departure delay is missing, and one day of that is enough. From 6 to 8 March another storm "
        "passed by: two days in violation of three. Other days were silent, or in violation for one day, though the "
        "days of January differ a lot: it has learned by how much, and that its last two days were none of the usual.\n"
    )
    console.print(f"Look at {manifest} and at the results below {output / 'reports'}. The same again:")
    console.print(
        f"  {program} run -f {manifest} --mount {CLAIM}={output} --from 2013-02-01 --to 2013-04-02",
        style="bold",
        soft_wrap=True,
    )
    return NO_VIOLATION
