"""The account of what was read: every reason has its example, and parts add up to the whole."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from model_monitor_jobs.sources import ReadReport
from model_monitor_jobs.sources.records import MAXIMUM_SAMPLES

REASONS = ["3 columns instead of 2", "17 columns instead of 2", "not UTF-8 (invalid start byte)", "not JSON (x at 5)"]
FAULTS = st.lists(st.tuples(st.sampled_from(REASONS), st.integers(1, 3), st.sampled_from(["a", "b"])), max_size=60)


def report_of(faults: list[tuple[str, int, str]], first_line: int = 1) -> ReadReport:
    report = ReadReport()
    for line, (reason, count, file) in enumerate(faults, first_line):
        report.records += 1
        report.add_unreadable(file, line, reason, "text", count=count)
        report.note(f"note of {file}")
        if line % 13 == 0:
            report.add_broken(file, line, "cut off")
    return report


def test_a_rare_reason_is_among_the_samples() -> None:
    report = ReadReport()
    for line in range(1, 1001):
        report.add_unreadable("f", line, f"{line} columns instead of 2", "x")
    report.add_unreadable("f", 2000, "not UTF-8 (invalid start byte)", "\ufffd")
    assert report.unreadable == 1001
    assert len(report.samples) == MAXIMUM_SAMPLES
    assert [sample.line for sample in report.samples[:3]] == [1, 2000, 2]
    assert report.reasons == {"… columns instead of …": 1000, "not UTF-8 (…)": 1}


def test_reasons_are_bounded() -> None:
    report = ReadReport()
    for number in range(1000):
        report.add_unreadable("f", number, f"reason{number}", "x" * 1000)
    assert len(report.reasons) == MAXIMUM_SAMPLES + 1
    assert sum(report.reasons.values()) == report.unreadable == 1000
    assert all(len(sample.text) == 200 for sample in report.samples)


def test_broken_files_are_named_within_bounds() -> None:
    report = ReadReport()
    for number in range(50):
        report.add_broken(f"part-{number}.gz", 7, "the compressed file is cut off")
    assert report.notes[0] == (
        "part-0.gz could not be read whole: it ends before line 7: the compressed file is cut off"
    )
    assert len(report.notes) == MAXIMUM_SAMPLES + 1
    assert report.notes[-1] == "30 further files could not be read whole"


@given(FAULTS, st.integers(0, 60), st.integers(0, 60))
def test_parts_merge_to_the_report_of_the_whole(faults: list[tuple[str, int, str]], one: int, other: int) -> None:
    first, second = sorted((one, other))
    parts = [
        report_of(part, start + 1)
        for part, start in ((faults[:first], 0), (faults[first:second], first), (faults[second:], second))
        if part
    ]
    merged = ReadReport()
    for part in parts:
        merged.merge(part)
    assert merged == report_of(faults)
