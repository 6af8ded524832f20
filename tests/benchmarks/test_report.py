"""Ratios, targets and tables, from figures made up."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.profiles.process import Measurement
from benchmarks.profiles.report import case_table, engines_report, full_report, put, scaling_report, short_report
from benchmarks.profiles.results import CaseResult, ProgramResult, Results
from benchmarks.profiles.scaling import Costs, longest_share
from benchmarks.profiles.targets import TARGETS

MACHINE = {
    "processor": "Abacus",
    "cores": 2,
    "memory_bytes": 2**34,
    "kernel": "6.1",
    "python": "3.11.7",
    "libraries": {"numpy": "2.4"},
    "peers": {"polars": "2.1"},
}


def taken(wall: float, cpu: float, megabytes: float, work: float | None = None) -> Measurement:
    return Measurement(wall, cpu, int(megabytes * 1e6), work, work)


def case(name: str, *programs: ProgramResult) -> CaseResult:
    return CaseResult(name, name.title(), 1000, 20, 5000, 0.1, programs)


FLOOR = ProgramResult("floor", "Floor", "floor", "everything", (taken(2, 3, 90, 2), taken(2, 5, 90, 4)))
OURS = ProgramResult("ours", "Ours", "ours", "", (taken(1, 3, 400), taken(2, 8, 420)))
LOST = ProgramResult("pandas", "pandas", "peer", "", (), "command\nended with 1; its last lines:\nMemoryError")
RESULTS = Results("make bench", "default", "2026-01-05T00:00:00", MACHINE, (case("csv", FLOOR, OURS, LOST),))


def row(table: str, title: str) -> list[str]:
    (line,) = [line for line in table.splitlines() if line.startswith(f"| {title}")]
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_ratios_are_taken_round_by_round_against_the_floors_work() -> None:
    # 3 / 2 in the first round and 8 / 4 in the second: the median of both, not the ratio of the medians.
    assert row(case_table(RESULTS.cases[0]), "Ours")[5] == "1.75 (1.50 – 2.00)"


def test_the_floor_is_one_and_says_what_it_leaves_out() -> None:
    assert row(case_table(RESULTS.cases[0]), "Floor")[-3:] == ["1.00", "1.00", "everything"]


def test_a_program_without_rounds_is_told_below_the_table() -> None:
    assert "pandas was not measured: MemoryError" in full_report(RESULTS)


def test_targets_say_whether_they_are_kept_and_what_was_left_out() -> None:
    report = short_report(RESULTS)
    title = "CSV: processor time over Polars"
    assert row(report, title)[1:] == ["≤ 1.8 ×", "1.75 ×", "1.50 – 2.00", "yes"]
    assert row(report, "Parquet: processor time")[2] == "not measured"
    slower = ProgramResult("ours", "Ours", "ours", "", (taken(1, 5, 400),))
    changed = Results("make bench", "default", "2026", MACHINE, (case("csv", FLOOR, slower),))
    assert row(short_report(changed), title)[-1] == "**no**"


@pytest.mark.parametrize(("many", "kept"), [(360.0, True), (430.0, True), (350.0, False), (450.0, False)])
def test_memory_may_differ_by_a_tenth_either_way(many: float, kept: bool) -> None:
    few = ProgramResult("csv-few", "", "ours", "", (taken(1, 1, 400),))
    more = ProgramResult("csv-many", "", "ours", "", (taken(1, 1, many),))
    results = Results("", "", "", MACHINE, (case("memory", few, more),))
    (target,) = [target for target in TARGETS if target.title == "Peak memory with many rows over few, CSV"]
    found = target.measured(results)
    assert found is not None
    assert target.met(found) is kept


def test_results_read_back_are_the_same(tmp_path: Path) -> None:
    RESULTS.write(tmp_path / "results.json")
    assert Results.read(tmp_path / "results.json") == RESULTS


def test_text_is_put_between_its_marks_alone() -> None:
    document = "before\n<!-- begin: here -->\nold\n<!-- end: here -->\nafter\n"
    assert put(document, "here", "new") == "before\n<!-- begin: here -->\nnew\n<!-- end: here -->\nafter\n"
    with pytest.raises(ValueError, match="begin: there"):
        put(document, "there", "new")


def test_parts_go_to_the_worker_that_is_free_first() -> None:
    parts = [3.0, 1.0, 1.0, 1.0, 2.0]
    assert longest_share(parts, 1) == 8.0
    assert longest_share(parts, 2) == 5.0
    assert longest_share(parts, 8) == 3.0
    costs = Costs(listing=0.5, parts=parts, merge=0.25, state_bytes=1)
    assert costs.seconds(2) == 5.75


def test_scaling_is_told_from_the_quickest_round() -> None:
    listed = {"listing_seconds": 0.0, "state_bytes": 250_000}
    rounds = tuple(
        Measurement(1, 4 * size, 1, details={**listed, "part_seconds": [size] * 4, "merge_seconds": size})
        for size in (2.0, 1.0)
    )
    told = "\n".join(scaling_report(case("scaling", ProgramResult("parts", "Parts", "ours", "", rounds))))
    assert "4 parts, whose states are at most 0.25 MB each; merging them all takes 1,000 ms" in told
    assert row(told, "4 ") == ["4", "2.00", "2.50"]


@pytest.mark.parametrize(("digest", "told"), [("a", "the same bytes every time"), ("b", "**2 different profiles**")])
def test_engines_are_compared_by_their_work_and_their_bytes(digest: str, told: str) -> None:
    local = Measurement(2, 2, 1, 1.0, 2.0, {"digest": "a"})
    dask = Measurement(9, 9, 1, 1.5, 5.0, {"digest": digest, "start_seconds": 3.0, "workers": 2})
    programs = [ProgramResult(name, name, "ours", "", (one,)) for name, one in (("local", local), ("dask", dask))]
    (text,) = engines_report(case("dask", *programs))
    assert "2 workers stand (after 3.00 s), Dask takes 2.50 × Local's processor time and 1.50 × its wall" in text
    assert told in text
