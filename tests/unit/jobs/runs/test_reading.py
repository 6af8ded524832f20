"""When too much can't be read, and when data and baseline are of different kinds, the run says so and ends."""

from __future__ import annotations

import pytest

from model_monitor_jobs.errors import InputError
from model_monitor_jobs.runs.reading import check_names, check_readable
from model_monitor_jobs.sources import ReadReport


def test_too_many_lines() -> None:
    report = ReadReport(files=1, records=5)
    for line in range(1, 7):
        report.add_unreadable("f", line, "not JSON", "{")
    check_readable(report, 0.6, "s3://b/f")
    with pytest.raises(InputError, match=r"6 of 11 lines in s3://b/f .* maxUnreadableShare 0.5 .* f:1: not JSON: '\{'"):
        check_readable(report, 0.5, "s3://b/f")


def test_a_broken_file_counts_as_a_whole() -> None:
    report = ReadReport(files=4, records=100_000)
    report.add_broken("2.gz", 700, "the compressed file is cut off")
    check_readable(report, 0.5, "s3://b")
    check_readable(report, 0.25, "s3://b")
    message = (
        r"1 of 4 files in s3://b could not be read whole.*2\.gz: it ends before line 700: the compressed .*set max"
    )
    with pytest.raises(InputError, match=message):
        check_readable(report, 0.1, "s3://b")
    report.files = 1
    with pytest.raises(InputError, match="1 of 1 files"):
        check_readable(report, 0.5, "s3://b")
    check_readable(report, 1.0, "s3://b")


def test_rows_that_are_known_to_be_missing_count_as_lines() -> None:
    report = ReadReport(files=1, records=100_000)
    report.add_broken("f.parquet", 5001, "page", count=1000, unit="row")
    check_readable(report, 0.5, "f.parquet")
    assert report.notes == ["f.parquet: 1000 rows from row 5001 on are missing: page"]


NAMES = frozenset({"age", "income", "city"})


@pytest.mark.parametrize(
    ("columns", "known", "message"),
    [
        (
            ["0", "1", "2"],
            NAMES,
            "the columns have no names, those of the baseline are 'age', 'city', 'income'; .*true",
        ),
        (["31", "4", "7"], NAMES, "the first line looks like data.*'31', '4', '7'; set csv.header to false"),
        (["age", "income"], frozenset({"0", "1"}), "the columns are 'age', 'income', those of the baseline have no"),
        (["31", "4"], frozenset({"0", "1"}), "the first line looks like data.*'31', '4'"),
    ],
)
def test_names_on_one_side_only(columns: list[str], known: frozenset[str], message: str) -> None:
    with pytest.raises(InputError, match=f"s3://b/f: {message}"):
        check_names(columns, known, "s3://b/f")


@pytest.mark.parametrize(
    ("columns", "known"),
    [
        (["age"], NAMES),
        (["x", "y"], NAMES),
        (["0", "1"], frozenset({"0", "1", "2"})),
        ([], NAMES),
        (["a"], frozenset()),
    ],
)
def test_other_differences_are_judged(columns: list[str], known: frozenset[str]) -> None:
    check_names(columns, known, "f")
