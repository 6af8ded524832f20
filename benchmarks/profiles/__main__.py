"""Measure what profiles cost beside floors and other libraries, and print tables: `python -m benchmarks.profiles`.

Data and environments are made once, in the user's cache folder. A whole run of the default scale also writes
benchmarks/results/profiles.json and the figures in docs/benchmarks.md and README.md.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.profiles.cases import CASES
from benchmarks.profiles.machine import describe
from benchmarks.profiles.plan import SCALES, Scale
from benchmarks.profiles.process import ROOT
from benchmarks.profiles.report import FULL, SHORT, full_report, put, short_report
from benchmarks.profiles.results import CaseResult, Results
from benchmarks.profiles.rounds import take
from benchmarks.profiles.setting import Setting

PUBLISHED = ROOT / "benchmarks" / "results" / "profiles.json"
DOCUMENTS = ((ROOT / "docs" / "benchmarks.md", FULL, full_report), (ROOT / "README.md", SHORT, short_report))


def main() -> None:
    """Measure; ends with 1 when a floor or one of our own programs failed."""
    options = _options()
    if options.documents:
        write_documents(Results.read(PUBLISHED))
        return
    scale: Scale = SCALES[options.scale]
    results = Results(
        command="make bench" if scale.name == "default" else f"make bench SCALE={scale.name}",
        scale=scale.name,
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        machine=describe(),
        cases=measure_cases(scale, options.case or [name for name in CASES if name != "peers" or scale.peers]),
    )
    whole = scale.name in ("default", "full") and not options.case
    path = options.results or (PUBLISHED if whole else ROOT / "build" / f"profiles-{scale.name}.json")
    results.write(path)
    print(full_report(results))
    print(f"\n{path}")
    if path == PUBLISHED:
        write_documents(results)
    failed = [p.title for case in results.cases for p in case.programs if p.failure and p.role != "peer"]
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


def measure_cases(scale: Scale, names: list[str]) -> tuple[CaseResult, ...]:
    """Take all rounds of these cases, one case after the other."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        setting = Setting(scale, folder, stack)
        return tuple(take(CASES[name](setting)) for name in names)


def write_documents(results: Results) -> None:
    """Put the figures into their places in the documents."""
    for path, place, report in DOCUMENTS:
        path.write_text(put(path.read_text(), place, report(results)))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", choices=SCALES, default="default", help="how much is measured")
    parser.add_argument("--quick", action="store_const", const="quick", dest="scale", help="100,000 rows, no peers")
    parser.add_argument("--case", choices=CASES, action="append", help="this case alone; may be given more than once")
    parser.add_argument("--results", type=Path, help="the JSON file; by default a whole run goes where it is published")
    parser.add_argument("--documents", action="store_true", help="only write the published figures into the documents")
    return parser.parse_args()


if __name__ == "__main__":
    main()
