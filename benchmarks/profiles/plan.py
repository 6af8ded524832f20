"""What is measured: programs on the same data, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Role = Literal["floor", "ours", "peer"]


@dataclass(frozen=True)
class Scale:
    """How much is measured."""

    name: str
    rows: int
    """Rows of the table in CSV and Parquet."""
    peer_rows: int
    """Rows that all peers can take in bounded time and memory."""
    records: int
    """Captured records in a day."""
    copies: int
    """How many times the table is read where memory may not depend on rows."""
    wide_rows: int
    """Rows of the table with 2,000 columns."""
    rounds: int
    spark_on_all_rows: bool = False
    peers: bool = True


SCALES: Mapping[str, Scale] = {
    scale.name: scale
    for scale in (
        Scale("quick", 100_000, 100_000, 100_000, 5, 200, rounds=1, peers=False),
        Scale("small", 1_000_000, 1_000_000, 1_000_000, 5, 10_000, rounds=3),
        Scale("default", 10_000_000, 1_000_000, 4_000_000, 5, 30_000, rounds=3),
        Scale("full", 10_000_000, 1_000_000, 4_000_000, 5, 30_000, rounds=5, spark_on_all_rows=True),
    )
}


@dataclass(frozen=True)
class Program:
    """One command that is measured.

    `environment` names the floor's or peer's pins; without it the command runs in this environment. `rounds` limits in
    how many rounds it takes part. `missing` says what others do and this one does not.
    """

    name: str
    title: str
    role: Role
    arguments: tuple[str, ...]
    environment: str | None = None
    rounds: int | None = None
    missing: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """Programs that do the same with the same data, in turn: one round is each of them once.

    `files` are read through before the first round, so that all find them in the page cache.
    """

    name: str
    title: str
    rows: int
    columns: int
    files: tuple[Path, ...]
    programs: tuple[Program, ...]
    rounds: int
