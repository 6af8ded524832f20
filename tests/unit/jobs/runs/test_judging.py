"""What a person meets who is in a hurry: too few rows, a wrong delimiter, edits, strays."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from model_monitor_crds.baseline import BaselineSpec
from model_monitor_crds.window import Window, parse_time
from model_monitor_jobs.cli import main
from model_monitor_jobs.runs.baseline import make_baseline
from model_monitor_jobs.sources import read_capture
from model_monitor_jobs.storage import Storage


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    with chdir(tmp_path):
        write(tmp_path / "train.csv", 1000)
        assert call("baseline", "train.csv", "--output", "base").exit_code == 0
        yield tmp_path


def write(path: Path, rows: int, sign: str = ",") -> None:
    lines = [sign.join(("age", "plan"))] + [sign.join((str(20 + n % 50), "ab"[n % 2])) for n in range(rows)]
    path.write_text("\n".join(lines) + "\n")


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def test_a_window_in_which_nothing_could_be_judged_is_no_pass(folder: Path) -> None:
    write(folder / "small.csv", 20)
    result = call("check", "small.csv", "--baseline", "base")
    assert result.exit_code == 1
    assert "Nothing could be judged: 20 rows, at least 200 are needed" in result.output


def test_constraints_without_features_are_an_error(folder: Path) -> None:
    path = folder / "base" / "constraints.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"features": []}))
    result = call("check", "train.csv", "--baseline", "base")
    assert result.exit_code == 1
    assert "lists no feature that is judged" in result.output


def test_a_wrong_delimiter_is_named(folder: Path) -> None:
    write(folder / "semicolons.csv", 500, ";")
    result = call("check", "semicolons.csv", "--baseline", "base")
    assert result.exit_code == 1
    assert "the header is one cell, 'age;plan'; set csv.delimiter (--delimiter) to ';'" in result.output


def test_a_column_in_one_row_of_many_is_noted_and_not_judged(folder: Path) -> None:
    rows = [{"age": 20 + n % 50, "plan": "ab"[n % 2]} for n in range(1000)]
    Path("today.jsonl").write_text("\n".join(json.dumps(row) for row in [*rows, rows[0] | {"debug": 1}]))
    result = call("check", "today.jsonl", "--baseline", "base")
    assert result.exit_code == 0
    assert "further columns, which are not judged: debug" in result.output
    Path("today.jsonl").write_text("\n".join(json.dumps(row | {"debug": 1}) for row in rows))
    result = call("check", "today.jsonl", "--baseline", "base")
    assert result.exit_code == 2
    assert "also debug" in result.output


def test_a_baseline_made_again_keeps_what_was_edited_and_another_one_gets_its_own_folder(tmp_path: Path) -> None:
    write(tmp_path / "train.csv", 1000)
    storage = Storage({"pvc://data": tmp_path})
    spec = BaselineSpec.model_validate(
        {"dataset": {"uri": "pvc://data/train.csv"}, "output": {"uri": "pvc://data/base"}}
    )
    first = make_baseline(spec, storage).files
    edited = tmp_path / first.constraints_uri.removeprefix("pvc://data/")
    edited.write_text(edited.read_text().replace('"completeness": 1.0', '"completeness": 0.5'))
    assert make_baseline(spec, storage).files == first
    assert '"completeness": 0.5' in edited.read_text()
    write(tmp_path / "train.csv", 2000)
    second = make_baseline(spec, storage).files
    assert second.statistics_uri != first.statistics_uri
    assert edited.exists(), "runs that compare with the baseline before still find it"


def test_a_line_that_can_not_be_read_counts_in_the_hour_of_its_folder_alone(tmp_path: Path) -> None:
    for hour in (10, 11):
        event = {
            "captureData": {"endpointInput": {"data": "1", "encoding": "CSV", "observedContentType": "text/csv"}},
            "eventMetadata": {"inferenceTime": f"2026-03-01T{hour}:30:00Z"},
        }
        path = tmp_path / f"2026/03/01/{hour}" / "a.jsonl"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(event) + "\n{broken\n")
    counts = []
    for start, end in (("10:00", "11:00"), ("11:00", "12:00")):
        window = Window(parse_time(f"2026-03-01T{start}Z"), parse_time(f"2026-03-01T{end}Z"))
        stream = read_capture(Storage(), f"file://{tmp_path}", window)
        rows = sum(batch.num_rows for batch in stream)
        counts.append((rows, stream.report.unreadable))
    assert counts == [(1, 1), (1, 1)]
