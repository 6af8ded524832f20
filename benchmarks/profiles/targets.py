"""What is promised, and whether it was measured so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.profiles.results import (
    Results,
    Spread,
    cpu_seconds,
    least_cpu_seconds,
    memory_megabytes,
    ratio,
    wall_seconds,
)


@dataclass(frozen=True)
class Target:
    """A bound on something measured; `measured` is None where the run left it out."""

    title: str
    unit: str
    """× for ratios, s, or MB."""
    measured: Callable[[Results], Spread | None]
    most: float
    least: float = 0.0

    def met(self, found: Spread) -> bool:
        """Whether the median keeps the bound."""
        return self.least <= found.median <= self.most


def over_floor(case: str, program: str = "ours") -> Callable[[Results], Spread | None]:
    """Our processor time, the start of the process counted, over the floor's, its start not counted."""

    def measured(results: Results) -> Spread | None:
        found = results.case(case)
        ours, floor = (found.program(program), found.floor) if found else (None, None)
        return ratio(ours, floor, cpu_seconds, least_cpu_seconds) if ours and floor else None

    return measured


def most_memory(cases: Sequence[str]) -> Callable[[Results], Spread | None]:
    """The case that takes the most, in MB."""

    def measured(results: Results) -> Spread | None:
        found = [case.program("ours") for name in cases if (case := results.case(name))]
        if not found or None in found:
            return None
        spreads = [Spread.of([memory_megabytes(taken) for taken in ours.rounds]) for ours in found if ours]
        return max(spreads, key=lambda spread: spread.median)

    return measured


def memory_of_many_rows(format: str) -> Callable[[Results], Spread | None]:
    """Peak memory with many rows over that with few."""

    def measured(results: Results) -> Spread | None:
        case = results.case("memory")
        few, many = (case.program(f"{format}-few"), case.program(f"{format}-many")) if case else (None, None)
        return ratio(many, few, memory_megabytes, memory_megabytes) if few and many else None

    return measured


def wall_of(case: str) -> Callable[[Results], Spread | None]:
    """Seconds from the start of the process to its end."""

    def measured(results: Results) -> Spread | None:
        found = results.case(case)
        ours = found.program("ours") if found else None
        return Spread.of([wall_seconds(taken) for taken in ours.rounds]) if ours else None

    return measured


def from_store(case: str) -> Callable[[Results], Spread | None]:
    """Wall time from the S3 server over that from local files."""

    def measured(results: Results) -> Spread | None:
        found = results.case(case)
        remote, local = (found.program("s3"), found.program("local")) if found else (None, None)
        return ratio(remote, local, wall_seconds, wall_seconds) if remote and local else None

    return measured


TARGETS: tuple[Target, ...] = (
    Target("Captured records: processor time over DuckDB's reading and splitting", "×", over_floor("captured"), 1.5),
    Target("CSV: processor time over Polars' streaming count", "×", over_floor("csv"), 1.8),
    Target("CSV with SageMaker's types of each value: the same", "×", over_floor("csv", "sagemaker"), 5.0),
    Target("Parquet: processor time over DuckDB's hashing of all values", "×", over_floor("parquet"), 3.0),
    Target("Peak memory at 20 columns", "MB", most_memory(("captured", "csv", "parquet")), 450.0),
    Target("Peak memory at 2,000 columns", "MB", most_memory(("wide",)), 1500.0),
    Target("Peak memory with many rows over few, CSV", "×", memory_of_many_rows("csv"), 1.1, 0.9),
    Target("Peak memory with many rows over few, Parquet", "×", memory_of_many_rows("parquet"), 1.1, 0.9),
    Target("One hour of 10,000 records, process start to report", "s", wall_of("hour"), 2.0),
    Target("CSV from an S3 server: wall time over local files", "×", from_store("s3-csv"), 1.3),
    Target("Captured records from an S3 server: the same", "×", from_store("s3-captured"), 1.3),
)
