"""Measuring a command as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_LAUNCHER = Path(__file__).with_name("measured.py")


class MeasurementError(RuntimeError):
    """A measured command failed; the message has its last lines."""


@dataclass(frozen=True)
class Measurement:
    """What one run of a program cost.

    Processor time is user and system time of the whole process tree. `work_cpu_seconds` and `work_wall_seconds` leave
    out the start of the interpreter and imports, where the program tells them. Memory is the larger of the tree's
    sampled peak (proportional set size) and the peak resident size of its largest process.
    """

    wall_seconds: float
    cpu_seconds: float
    memory_bytes: int
    work_wall_seconds: float | None = None
    work_cpu_seconds: float | None = None
    details: Mapping[str, Any] | None = None

    @property
    def least_cpu_seconds(self) -> float:
        """Of a floor, what is counted: its work without its imports."""
        return self.cpu_seconds if self.work_cpu_seconds is None else self.work_cpu_seconds

    @property
    def least_wall_seconds(self) -> float:
        """The same for wall time."""
        return self.wall_seconds if self.work_wall_seconds is None else self.work_wall_seconds


def measure(
    command: Sequence[str | Path],
    *,
    variables: Mapping[str, str] | None = None,
    limit_seconds: float = 600.0,
    exit_codes: Sequence[int] = (0,),
) -> Measurement:
    """Run a command to its end.

    Raises MeasurementError when it ends with another exit code or takes longer than the limit.
    """
    with tempfile.TemporaryDirectory(prefix="measured-") as folder:
        result, output = Path(folder, "result.json"), Path(folder, "output.txt")
        subprocess.run(
            [sys.executable, "-I", "-S", _LAUNCHER, result, output, str(limit_seconds), *command],
            check=True,
            cwd=ROOT,
            env={**os.environ, **(variables or {})},
        )
        told = output.read_text(errors="replace")
        costs = json.loads(result.read_text())
    if costs["exit_code"] not in exit_codes:
        how = f"took over {limit_seconds:g} s" if costs["exit_code"] is None else f"ended with {costs['exit_code']}"
        raise MeasurementError(f"{' '.join(map(str, command))}\n{how}; its last lines:\n{told[-3000:]}")
    work = _work(told)
    return Measurement(
        wall_seconds=costs["wall_seconds"],
        cpu_seconds=costs["cpu_seconds"],
        memory_bytes=max(costs["sampled_bytes"], costs["largest_process_bytes"]),
        work_wall_seconds=work.pop("work_wall_seconds", None),
        work_cpu_seconds=work.pop("work_cpu_seconds", None),
        details=work or None,
    )


def _work(told: str) -> dict[str, Any]:
    for line in reversed(told.splitlines()):
        if line.startswith('{"work_'):
            found: dict[str, Any] = json.loads(line)
            return found
    return {}
