"""What was measured, as it stands in the JSON file, and ratios between programs."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.profiles.plan import Role
from benchmarks.profiles.process import Measurement


@dataclass(frozen=True)
class Spread:
    """Median, least and largest of some rounds."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: list[float]) -> Spread:
        return cls(statistics.median(values), min(values), max(values))


@dataclass(frozen=True)
class ProgramResult:
    """The rounds of one program; `failure` says why there are none."""

    name: str
    title: str
    role: Role
    missing: str
    rounds: tuple[Measurement, ...] = ()
    failure: str | None = None


@dataclass(frozen=True)
class CaseResult:
    """The programs of one case; the n-th round of each was taken beside the n-th of the others."""

    name: str
    title: str
    rows: int
    columns: int
    stored_bytes: int
    load_average: float
    """Of the minute before the first round: what else the machine was doing."""
    programs: tuple[ProgramResult, ...]

    def program(self, name: str) -> ProgramResult | None:
        """The program of that name, where it was measured."""
        return next((program for program in self.programs if program.name == name and program.rounds), None)

    @property
    def floor(self) -> ProgramResult | None:
        return next((program for program in self.programs if program.role == "floor" and program.rounds), None)


@dataclass(frozen=True)
class Results:
    """One run of the benchmark."""

    command: str
    scale: str
    date: str
    machine: Mapping[str, Any]
    cases: tuple[CaseResult, ...]

    def case(self, name: str) -> CaseResult | None:
        return next((case for case in self.cases if case.name == name), None)

    def write(self, path: Path) -> None:
        """Write as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")

    @classmethod
    def read(cls, path: Path) -> Results:
        document = json.loads(path.read_text())
        return cls(**{**document, "cases": tuple(map(_case, document["cases"]))})


def ratio(
    upper: ProgramResult,
    lower: ProgramResult,
    upper_value: Callable[[Measurement], float],
    lower_value: Callable[[Measurement], float],
) -> Spread:
    """Round by round, the one divided by the other."""
    pairs = zip(upper.rounds, lower.rounds, strict=False)
    return Spread.of([upper_value(above) / lower_value(below) for above, below in pairs])


def cpu_seconds(measurement: Measurement) -> float:
    return measurement.cpu_seconds


def wall_seconds(measurement: Measurement) -> float:
    return measurement.wall_seconds


def memory_megabytes(measurement: Measurement) -> float:
    return measurement.memory_bytes / 1e6


def least_cpu_seconds(measurement: Measurement) -> float:
    return measurement.least_cpu_seconds


def least_wall_seconds(measurement: Measurement) -> float:
    return measurement.least_wall_seconds


def _case(document: dict[str, Any]) -> CaseResult:
    return CaseResult(**{**document, "programs": tuple(map(_program, document["programs"]))})


def _program(document: dict[str, Any]) -> ProgramResult:
    return ProgramResult(**{**document, "rounds": tuple(Measurement(**taken) for taken in document["rounds"])})
