"""A chapter of the demo: data, a manifest, the days that it is replayed on, and what is said of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from rich.console import Console
from rich.text import Text

from model_monitor_crds.window import Window
from model_monitor_jobs.commands.exit_codes import ERROR
from model_monitor_jobs.commands.run import run_manifests
from model_monitor_jobs.execution.perform import Clock
from model_monitor_jobs.storage import Storage


@dataclass(frozen=True)
class Data:
    """What a model learned from and was asked, on a volume; several chapters may tell of the same."""

    claim: str
    """The name of the volume, and of its folder."""
    about: str
    """What the model is for."""
    doing: str
    """What is done while they are written."""
    write: Callable[[Path], str]
    """Write the files below a folder, and say in a sentence what they are."""

    @property
    def prefix(self) -> str:
        """What its manifests begin URIs with."""
        return f"pvc://{self.claim}"


@dataclass(frozen=True)
class Chapter:
    """A manifest, the days that it is replayed on, and what is said before and after."""

    manifest: str
    data: Data
    days: Window
    dates: tuple[str, str]
    """The same days for `--from` and `--to`."""
    opening: str
    """Goes on after "First chapter: "."""
    ending: str

    @property
    def manifest_text(self) -> str:
        """The manifest's YAML."""
        return files("model_monitor_jobs.demo").joinpath(self.manifest).read_text()


def tell_chapter(chapter: Chapter, output: Path, console: Console, clock: Clock, program: str) -> int:
    """Replay a chapter on its data, which are in a folder of `output`; returns the exit code."""
    manifest, data = output / chapter.manifest, chapter.data
    manifest.write_text(chapter.manifest_text)
    storage = Storage({data.prefix: output / data.claim})
    code = run_manifests([manifest], None, chapter.days.end, chapter.days, storage, clock, console)
    if code == ERROR:
        return ERROR
    console.print(Text(f"\n{chapter.ending}\n"))
    console.print(f"Look at {manifest}. The same again:")
    start, end = chapter.dates
    console.print(
        f"  {program} run -f {manifest} --mount {data.prefix}={output / data.claim} --from {start} --to {end}",
        style="bold",
        soft_wrap=True,
    )
    return code
