"""False alerts and power, by simulation: `python -m benchmarks.trust`.

Prints a table and writes it, with the seed and the machine, as JSON. Nothing is random beyond the seed.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.profiles.machine import describe
from benchmarks.trust.run import run
from benchmarks.trust.streams import SCENARIOS, Scenario
from benchmarks.trust.table import as_document, as_line, as_text

RESULTS = Path(__file__).parents[1] / "results" / "trust.json"
SEED = 20_220_711
DEFAULT = {500: 1, 10_000: 2, 100_000: 1}
"""Months for each number of rows in a window."""
QUICK = {10_000: 1}
QUICK_SCENARIOS = ("independent", "seasonal", "correlated .05", "one bad day", "one value of 1e6")


def main() -> None:
    """Run all cells and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="five scenarios, one size, one month: half a minute")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--output", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    begun = time.process_time()
    cells = []
    for scenario, rows, months in plan(arguments.quick):
        cells.append(run(scenario, rows, months, arguments.seed))
        print(f"{time.process_time() - begun:4.0f} s  {as_line(cells[-1])}", flush=True)
    seconds = round(time.process_time() - begun)
    print(as_text(cells))
    machine = {name: value for name, value in describe().items() if name != "peers"}
    settings = {"seed": arguments.seed, "quick": arguments.quick, "processor_seconds": seconds, "machine": machine}
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(json.dumps(settings | {"cells": as_document(cells)}, indent=1) + "\n")
    print(f"{seconds} s of processor time; written to {arguments.output}")


def plan(quick: bool) -> Iterator[tuple[Scenario, int, int]]:
    """Which scenarios are run, at how many rows, for how many months."""
    for scenario in SCENARIOS:
        if not quick or scenario.name in QUICK_SCENARIOS:
            for rows, months in (QUICK if quick else DEFAULT).items():
                yield scenario, rows, months


if __name__ == "__main__":
    main()
