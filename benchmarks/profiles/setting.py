"""What the cases stand on: generated data, baselines, and an object store."""

from __future__ import annotations

import functools
import subprocess
from contextlib import ExitStack
from pathlib import Path

from benchmarks.profiles.captures import Traffic, write_traffic
from benchmarks.profiles.plan import Scale
from benchmarks.profiles.rounds import OWN_COMMAND
from benchmarks.profiles.tables import Format, Shape, link_or_copy, write_table
from tests.cluster.object_store import ObjectStore

BUCKET = "benchmark"
BASELINE_ROWS = 100_000
HOUR = Traffic(10_000, 1)
_HELD_OUT = 1
"""The stream of random numbers that baselines are drawn from; what is judged comes from the other."""


class Setting:
    """Makes what a case asks for, each thing once."""

    def __init__(self, scale: Scale, folder: Path, stack: ExitStack) -> None:
        self.scale = scale
        self.folder = folder
        self._stack = stack

    def table(self, format: Format, rows: int) -> Path:
        """A file with twenty columns."""
        return write_table(Shape(rows), format)

    def wide_table(self) -> Path:
        """A CSV file with 2,000 columns."""
        return write_table(wide(self.scale.wide_rows), "CSV")

    def traffic(self) -> tuple[Traffic, Path]:
        """A day of captured traffic."""
        day = Traffic(self.scale.records, 24)
        return day, write_traffic(day)

    @functools.cached_property
    def baseline(self) -> Path:
        """The folder of a baseline for tables with twenty columns, and for the traffic."""
        return self._baseline(Shape(min(BASELINE_ROWS, self.scale.rows)))

    @functools.cached_property
    def wide_baseline(self) -> Path:
        """The same for 2,000 columns."""
        return self._baseline(wide(min(2_000, self.scale.wide_rows)))

    @functools.cached_property
    def store(self) -> ObjectStore:
        """A running S3 server with an empty bucket."""
        store = self._stack.enter_context(ObjectStore())
        store.create_bucket(BUCKET)
        return store

    def stored(self, path: Path) -> str:
        """The S3 URI of a copy of this file or folder."""
        for source in [path] if path.is_file() else sorted(path.rglob("*")):
            if source.is_file():
                link_or_copy(source, self.store.folder(BUCKET) / source.relative_to(path.parent))
        return f"s3://{BUCKET}/{path.name}"

    def output(self, name: str) -> str:
        """A new folder for a program's results."""
        return str(self.folder / "results" / name)

    def _baseline(self, shape: Shape) -> Path:
        source = write_table(shape, "CSV", _HELD_OUT)
        folder = self.folder / f"baseline-{shape.columns}"
        command: list[str | Path] = [OWN_COMMAND, "baseline", source, "--output", folder, "--output-format", "json"]
        (folder / "files.json").write_text(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        return folder


def wide(rows: int) -> Shape:
    """2,000 columns."""
    return Shape(rows, fractional=1600, whole=200, words=200)
