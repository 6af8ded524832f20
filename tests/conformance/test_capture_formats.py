"""Events that SageMaker itself captured, verbatim, come out as the values they hold."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from model_monitor_crds.window import Window
from model_monitor_jobs.sources import ReadReport, read_capture
from model_monitor_jobs.storage import Storage

FEATURES = [f"f{index}" for index in range(14)]
FIRST = ["28", "2", "133937", "9", "13", "2", "0", "0", "4", "1", "15024", "0", "55", "37"]
SECOND = ["43", "2", "72338", "12", "14", "2", "12", "0", "1", "1", "0", "0", "40", "37"]

Rows = list[dict[str, str | None]]


def read(
    file: Path, tmp_path: Path, hour: datetime, expected: list[str] | None, hours: int = 1
) -> tuple[Rows, ReadReport]:
    folder = tmp_path / f"{hour:%Y/%m/%d/%H}"
    folder.mkdir(parents=True)
    shutil.copy(file, folder)
    window = Window(hour, hour + timedelta(hours=hours))
    stream = read_capture(Storage(), str(tmp_path), window, expected=expected)
    rows = [row for batch in stream for row in batch.to_pylist()]
    return rows, stream.report


def payload(file: Path, line: int, side: str) -> list[str]:
    """The values of a CSV payload without quotes, taken apart by hand."""
    event = json.loads(file.read_text().splitlines()[line])
    return str(event["captureData"][side]["data"]).strip().split(",")


def test_endpoint_csv(conformance: Path, tmp_path: Path) -> None:
    file = conformance / "capture-formats/endpoint_csv.jsonl"
    names = ["churn", *(f"f{index}" for index in range(len(payload(file, 0, "endpointInput"))))]
    rows, report = read(file, tmp_path, datetime(2022, 4, 18, 0, tzinfo=UTC), names)
    lines = file.read_text().splitlines()
    expected = [payload(file, n, "endpointOutput") + payload(file, n, "endpointInput") for n in range(len(lines))]
    assert [list(row) for row in rows] == [names] * 3
    assert [list(row.values()) for row in rows] == expected
    assert rows[0]["churn"] == "0.036397725343704224"
    assert (report.records, report.unreadable, report.outside_window) == (3, 0, 0)


def test_endpoint_csv_with_inference_id(conformance: Path, tmp_path: Path) -> None:
    """Two models' records: a trailing line end in the output is no second record."""
    file = conformance / "capture-formats/endpoint_csv_with_inference_id.jsonl"
    events = [json.loads(line) for line in file.read_text().splitlines()]
    times = [datetime.fromisoformat(event["eventMetadata"]["inferenceTime"]) for event in events]
    start = min(times).replace(minute=0, second=0)
    folder = tmp_path / f"{start:%Y/%m/%d/%H}"
    folder.mkdir(parents=True)
    shutil.copy(file, folder)
    stream = read_capture(Storage(), str(tmp_path), Window(start, max(times) + timedelta(seconds=1)))
    rows = [row for batch in stream for row in batch.to_pylist()]
    assert len(rows) == len(events) == 4
    for number, row in enumerate(rows):
        values = payload(file, number, "endpointOutput") + payload(file, number, "endpointInput")
        assert [cell for cell in row.values() if cell is not None] == values
    assert stream.report.unreadable == 0


def test_endpoint_json(conformance: Path, tmp_path: Path) -> None:
    file = conformance / "capture-formats/endpoint_json.jsonl"
    rows, report = read(file, tmp_path, datetime(2024, 1, 19, 19, tzinfo=UTC), FEATURES)
    first = dict(zip(FEATURES, FIRST, strict=True)) | {"score": "0.9899773597717285", "predicted_label": "1"}
    second = dict(zip(FEATURES, SECOND, strict=True)) | {"score": "0.5041388273239136", "predicted_label": "1"}
    assert rows == [first, first, second]
    assert report.unreadable == 0


def test_endpoint_jsonlines(conformance: Path, tmp_path: Path) -> None:
    file = conformance / "capture-formats/endpoint_jsonlines.jsonl"
    names = ["predicted_label", *FEATURES]
    rows, report = read(file, tmp_path, datetime(2023, 1, 19, 5, tzinfo=UTC), names)
    first = dict(zip(FEATURES, FIRST, strict=True)) | {"score": "0.989977359771728", "predicted_label": "1"}
    second = dict(zip(FEATURES, SECOND, strict=True)) | {"score": "0.504138827323913", "predicted_label": "1"}
    assert rows == [first, first, second]
    assert report.unreadable == 0


@pytest.mark.parametrize("expected", [None, FEATURES])
def test_merged_batch_jsonlines(conformance: Path, tmp_path: Path, expected: list[str] | None) -> None:
    """No inferenceTime: the hour of the folder decides."""
    file = conformance / "capture-formats/merged_batch_jsonlines.jsonl"
    rows, report = read(file, tmp_path, datetime(2023, 1, 19, 5, tzinfo=UTC), expected)
    names = expected or [str(index) for index in range(14)]
    assert rows == [dict(zip(names, FIRST, strict=True)) | {"score": "0.989977359771728", "predicted_label": "1"}]
    assert report.unreadable == 0
