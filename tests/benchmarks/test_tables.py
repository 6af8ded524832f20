"""The generated data."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.csv
import pyarrow.parquet
import pytest

from benchmarks.profiles.captures import Traffic, write_traffic
from benchmarks.profiles.tables import Shape, repeated, write_table


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def test_csv_and_parquet_hold_the_same_table() -> None:
    shape = Shape(5_000)
    csv = pyarrow.csv.read_csv(write_table(shape, "CSV"))
    parquet = pyarrow.parquet.read_table(write_table(shape, "Parquet"))
    assert csv.equals(parquet)
    assert csv.num_columns == 20
    assert 0.04 < csv["amount_00"].null_count / 5_000 < 0.06


def test_generated_again_it_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = write_table(Shape(1_000), "CSV")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other"))
    second = write_table(Shape(1_000), "CSV")
    assert first != second
    assert first.read_bytes() == second.read_bytes()
    assert write_table(Shape(1_000), "CSV", 1).read_bytes() != second.read_bytes()


def test_chunks_go_on_where_the_one_before_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Shape, "chunk_rows", 300)
    assert pyarrow.csv.read_csv(write_table(Shape(1_000), "CSV")).num_rows == 1_000


def test_a_repeated_file_takes_no_space() -> None:
    path = write_table(Shape(1_000), "CSV")
    copies = sorted(repeated(path, 3).iterdir())
    assert len(copies) == 3
    assert all(copy.samefile(path) for copy in copies)


def test_captured_lines_are_events_in_their_hours() -> None:
    folder = write_traffic(Traffic(1_000, 2))
    files = sorted(folder.rglob("*.jsonl"))
    assert [str(file.relative_to(folder)) for file in files] == [
        "2026/01/05/00/00-00-000.jsonl",
        "2026/01/05/01/00-00-000.jsonl",
    ]
    events = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    assert len(events) == 1_000
    assert len({event["eventMetadata"]["eventId"] for event in events}) == 1_000
    assert {len(event["captureData"]["endpointInput"]["data"].split(",")) for event in events} == {19}
    assert all(float(event["captureData"]["endpointOutput"]["data"]) is not None for event in events)
    assert events[-1]["eventMetadata"]["inferenceTime"].startswith("2026-01-05T01:")
