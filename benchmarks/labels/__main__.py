"""Measure what labels cost beside a profile of the same captured records: `python -m benchmarks.labels`.

Data is made once, in the user's cache folder. A run of the default scale is written to
benchmarks/results/labels.json and docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.labels.generated import Labels, write_labels
from benchmarks.profiles.captures import START, Traffic, write_traffic
from benchmarks.profiles.machine import describe
from benchmarks.profiles.plan import Case, Program
from benchmarks.profiles.process import ROOT
from benchmarks.profiles.report import case_table, machine_line, put, ratio_text
from benchmarks.profiles.results import CaseResult, Results, cpu_seconds, ratio
from benchmarks.profiles.rounds import take

PUBLISHED = ROOT / "benchmarks" / "results" / "labels.json"
PLACE = "labels"
DOCUMENT = ROOT / "docs" / "benchmarks.md"
MOST_RATIO = 1.5
"""What joining and judging may cost beside a profile of the same records."""
_PROGRAMS = "benchmarks.labels.programs"
_DAY, _MONTH = 24, 24 * 30


@dataclass(frozen=True)
class Scale:
    """How many records, and for how many in the case with a month of labels."""

    records: int
    month_records: int
    rounds: int


SCALES: Mapping[str, Scale] = {
    "quick": Scale(100_000, 100_000, 1),
    "default": Scale(1_000_000, 3_000_000, 3),
    "full": Scale(1_000_000, 10_000_000, 5),
}


def day(scale: Scale) -> Case:
    """A day of traffic whose labels come within the day: profiled, read with ids, joined."""
    labels = Labels(Traffic(scale.records, _DAY, inference_ids=True), _DAY)
    programs = (
        _program("profile", "Profile of the records", "capture_profile", labels),
        _program("plain", "Reading all columns", "capture_read", labels, "plain"),
        _program("ids", "Reading all columns with ids", "capture_read", labels, "ids"),
        _program("joined", "Reading two columns with ids, and labels, and joining them", "labels_join", labels),
        _program("judged", "The same, judged against a baseline", "labels_judge", labels),
    )
    return _case("day", labels, programs, scale.rounds)


def month(scale: Scale) -> Case:
    """A day of traffic among the labels of a month, two thirds of which are of other days."""
    labels = Labels(Traffic(scale.month_records, _DAY, inference_ids=True), _MONTH, strangers=2)
    few = Labels(Traffic(scale.records // 10, _DAY, inference_ids=True), _MONTH, strangers=2)
    programs = (
        _program("few", f"Joining {few.traffic.records:,} records", "labels_join", few),
        _program("many", f"Joining {labels.traffic.records:,} records", "labels_join", labels),
    )
    return _case("month", labels, programs, 1)


CASES: Mapping[str, Callable[[Scale], Case]] = {"day": day, "month": month}


def main() -> None:
    """Measure; ends with 1 when a program failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", choices=SCALES, default="default", help="how much is measured")
    parser.add_argument("--case", choices=CASES, action="append", help="this case alone; may be given more than once")
    parser.add_argument("--results", type=Path, help="the JSON file; by default a whole run goes where it is published")
    parser.add_argument("--documents", action="store_true", help="only write the published figures into the document")
    options = parser.parse_args()
    if options.documents:
        write_document(Results.read(PUBLISHED))
        return
    taken: list[CaseResult] = []
    for name in options.case or CASES:
        taken.append(take(CASES[name](SCALES[options.scale])))
        print(f"### {taken[-1].title}\n\n{case_table(taken[-1])}\n")
    results = Results(
        command="make bench-labels" if options.scale == "default" else f"make bench-labels SCALE={options.scale}",
        scale=options.scale,
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        machine=describe(),
        cases=tuple(taken),
    )
    whole = options.scale in ("default", "full") and not options.case
    path = options.results or (PUBLISHED if whole else ROOT / "build" / f"labels-{options.scale}.json")
    results.write(path)
    print(path)
    if path == PUBLISHED:
        write_document(results)
    failed = [program.title for case in taken for program in case.programs if program.failure]
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


def write_document(results: Results) -> None:
    """Put the figures into their place in the document."""
    DOCUMENT.write_text(put(DOCUMENT.read_text(), PLACE, labels_report(results)))


def labels_report(results: Results) -> str:
    """What was promised and measured, and each case's table."""
    parts = [machine_line(results)]
    day_case = results.case("day")
    judged, profile = (day_case.program(name) if day_case else None for name in ("judged", "profile"))
    if judged and profile:
        found = ratio(judged, profile, cpu_seconds, cpu_seconds)
        kept = "kept" if found.median <= MOST_RATIO else "**not kept**"
        parts.append(
            f"Joining and judging took {ratio_text(found)} × the processor time of profiling the same records; at most "
            f"{MOST_RATIO} × is promised: {kept}."
        )
    for case in results.cases:
        parts += [f"### {case.title}", case_table(case)]
    return "\n\n".join(parts)


def _case(name: str, labels: Labels, programs: tuple[Program, ...], rounds: int) -> Case:
    traffic = labels.traffic
    files = (write_traffic(traffic), write_labels(labels))
    title = f"{traffic.records:,} captured records × 20 columns, {labels.count:,} labels of {labels.hours} hours"
    return Case(name, title, traffic.records, 20, files, programs, rounds)


def _program(name: str, title: str, module: str, labels: Labels, *options: str) -> Program:
    traffic = labels.traffic
    span = (f"{START:%Y-%m-%dT%H:%M:%SZ}", f"{traffic.end:%Y-%m-%dT%H:%M:%SZ}")
    uris = [f"file://{write_traffic(traffic)}"]
    if module.startswith("labels"):
        uris.append(f"file://{write_labels(labels)}")
        options = (f"{labels.as_of:%Y-%m-%dT%H:%M:%SZ}", *options)
    return Program(name, title, "ours", ("-m", f"{_PROGRAMS}.{module}", *uris, *span, *options))


if __name__ == "__main__":
    main()
