"""A chapter of the demo: data, a manifest, the days that it is replayed on, and what is said of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
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
class LiveModel:
    """A model that a chapter's runs ask, behind HTTP on loopback."""

    url: str
    """Where the manifest says that it is."""
    serve: Callable[[], AbstractContextManager[str]]
    """Serve it, and give its address, which is another one where that port is taken."""
    command: Callable[[str], str]
    """What serves it at an address when it is typed: the part behind the program."""


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
    model: LiveModel | None = None

    @property
    def manifest_text(self) -> str:
        """The manifest's YAML."""
        return files("model_monitor_jobs.demo").joinpath(self.manifest).read_text()

    @contextmanager
    def manifest_with_model(self) -> Iterator[tuple[str, str]]:
        """The manifest's YAML, while the model that it names answers, and the command that serves it ("" for none)."""
        if self.model is None:
            yield self.manifest_text, ""
            return
        with self.model.serve() as url:
            yield self.manifest_text.replace(self.model.url, url), self.model.command(url)


def tell_chapter(chapter: Chapter, output: Path, console: Console, clock: Clock, program: str) -> int:
    """Replay a chapter on its data, which are in a folder of `output`; returns the exit code."""
    manifest, data = output / chapter.manifest, chapter.data
    storage = Storage({data.prefix: output / data.claim})
    with chapter.manifest_with_model() as (text, serving):
        manifest.write_text(text)
        code = run_manifests([manifest], None, chapter.days.end, chapter.days, storage, clock, console)
    if code == ERROR:
        return ERROR
    console.print(Text(f"\n{chapter.ending}\n"))
    start, end = chapter.dates
    again = f"run -f {manifest} --mount {data.prefix}={output / data.claim} --from {start} --to {end}"
    where = " (the model in a terminal of its own)" if serving else ""
    console.print(f"Look at {manifest}. The same again{where}:")
    for command in filter(None, (serving, again)):
        console.print(f"  {program} {command}", style="bold", soft_wrap=True)
    return code
