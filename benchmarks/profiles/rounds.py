"""Taking the measurements of a case: in rounds, so that what else the machine does falls on all alike."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from benchmarks.profiles import environments
from benchmarks.profiles.plan import Case, Program
from benchmarks.profiles.process import Measurement, MeasurementError, measure
from benchmarks.profiles.results import CaseResult, ProgramResult

OWN_COMMAND = Path(sys.executable).with_name("model-monitor")
VIOLATIONS = 2
"""How `model-monitor check` ends when the data has changed."""


def take(case: Case) -> CaseResult:
    """Measure all programs of a case; one that fails takes no further part."""
    _say(f"{case.title}")
    commands = {program.name: _command(program) for program in case.programs}
    stored = _warm(case.files)
    load = os.getloadavg()[0]
    taken: dict[str, list[Measurement]] = {program.name: [] for program in case.programs}
    failures: dict[str, str] = {}
    for number in range(case.rounds):
        for program in case.programs:
            if program.name in failures or number >= (program.rounds or case.rounds):
                continue
            command = commands[program.name]
            try:
                if isinstance(command, str):
                    raise MeasurementError(command)
                found = measure(command, variables=program.variables, exit_codes=(0, VIOLATIONS))
            except MeasurementError as error:
                failures[program.name] = str(error)
                _say(f"  {program.title}: failed\n{error}")
                continue
            taken[program.name].append(found)
            _say(
                f"  {number + 1}. {program.title}: {found.cpu_seconds:.2f} s of processor time, "
                f"{found.wall_seconds:.2f} s, {found.memory_bytes / 1e6:.0f} MB"
            )
    programs = tuple(
        ProgramResult(p.name, p.title, p.role, p.missing, tuple(taken[p.name]), failures.get(p.name))
        for p in case.programs
    )
    return CaseResult(case.name, case.title, case.rows, case.columns, stored, load, programs)


def _command(program: Program) -> list[str | Path] | str:
    """The command, or why there is none."""
    if program.environment is None:
        own: list[str | Path] = [sys.executable] if program.arguments[0] == "-m" else [OWN_COMMAND]
        return [*own, *program.arguments]
    if program.environment == "spark" and not environments.has_java():
        return "there is no Java here"
    try:
        return [environments.interpreter(program.environment), *program.arguments]
    except RuntimeError as error:
        return str(error)


def _warm(paths: tuple[Path, ...]) -> int:
    """Read all files through; returns their bytes."""
    total = 0
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                with file.open("rb", buffering=0) as stream:
                    while block := stream.read(1 << 23):
                        total += len(block)
    return total


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
