"""Measure what a run of the bias monitor costs, beside fairlearn's MetricFrame: `python -m benchmarks.bias`.

Data is made once, in the user's cache folder. A run of the default scale is written to benchmarks/results/bias.json
and docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from benchmarks.bias.decisions import write_decisions
from benchmarks.profiles.environments import pinned_versions
from benchmarks.profiles.machine import describe
from benchmarks.profiles.plan import Case, Program
from benchmarks.profiles.process import ROOT
from benchmarks.profiles.report import case_table, machine_line, put
from benchmarks.profiles.results import Results, cpu_seconds
from benchmarks.profiles.rounds import take

PUBLISHED = ROOT / "benchmarks" / "results" / "bias.json"
PLACE = "bias"
DOCUMENT = ROOT / "docs" / "benchmarks.md"
MOST_SECONDS = 10.0
"""Processor time of a run with all metrics but the flip test."""
_PROGRAMS = "benchmarks.bias.programs"


@dataclass(frozen=True)
class Scale:
    """How much is measured."""

    rows: int
    rounds: int
    peers: bool = True


SCALES: Mapping[str, Scale] = {"quick": Scale(50_000, 1, peers=False), "default": Scale(1_000_000, 3)}


def case(scale: Scale) -> Case:
    """A window of decisions."""
    texts, numbers = (str(write_decisions(scale.rows, kind)) for kind in ("texts", "numbers"))
    programs = [
        Program("read", "Reading the file (pyarrow)", "floor", ("-m", f"{_PROGRAMS}.read", texts)),
        Program(
            "judged",
            "Model Monitor: all metrics but FT, with intervals, judged",
            "ours",
            ("-m", f"{_PROGRAMS}.judge", texts, "texts"),
        ),
        Program(
            "flips",
            "The same with FT, of a sample of 10,000 rows",
            "ours",
            ("-m", f"{_PROGRAMS}.judge", numbers, "numbers"),
        ),
    ]
    if scale.peers:
        programs.append(
            Program(
                "fairlearn",
                "fairlearn MetricFrame: six rates, their differences and ratios, no intervals",
                "peer",
                ("-m", f"{_PROGRAMS}.fairlearn_frame", texts),
                "fairlearn",
                rounds=1,
            )
        )
    title = f"{scale.rows:,} decisions × 12 columns in Parquet, 3 facets, 10 strata"
    return Case("bias", title, scale.rows, 12, (Path(texts), Path(numbers)), tuple(programs), scale.rounds)


def main() -> None:
    """Measure; ends with 1 when a program failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", choices=SCALES, default="default", help="how much is measured")
    parser.add_argument("--results", type=Path, help="the JSON file; by default a whole run goes where it is published")
    options = parser.parse_args()
    taken = take(case(SCALES[options.scale]))
    print(f"### {taken.title}\n\n{case_table(taken)}\n")
    results = Results(
        command="make bench-bias" if options.scale == "default" else f"make bench-bias SCALE={options.scale}",
        scale=options.scale,
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        machine=describe(),
        cases=(taken,),
    )
    whole = options.scale == "default"
    path = options.results or (PUBLISHED if whole else ROOT / "build" / f"bias-{options.scale}.json")
    results.write(path)
    print(path)
    if path == PUBLISHED:
        DOCUMENT.write_text(put(DOCUMENT.read_text(), PLACE, bias_report(results)))
    if failed := [program.title for program in taken.programs if program.failure]:
        sys.exit(f"failed: {', '.join(failed)}")


def bias_report(results: Results) -> str:
    """What was promised and measured, and the table."""
    (taken,) = results.cases
    judged = taken.program("judged")
    parts = [machine_line(results)]
    if judged and judged.rounds:
        seconds = median(map(cpu_seconds, judged.rounds))
        kept = "kept" if seconds <= MOST_SECONDS else "**not kept**"
        parts.append(
            f"A run with all metrics but FT took {seconds:.2f} s of processor time, its start included; at most "
            f"{MOST_SECONDS:g} s are promised: {kept}. fairlearn {pinned_versions('fairlearn')['fairlearn']}."
        )
    return "\n\n".join([*parts, f"### {taken.title}", case_table(taken)])


if __name__ == "__main__":
    main()
