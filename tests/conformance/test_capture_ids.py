"""Real captured records with the ids that labels name, and their outputs by selectors."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from model_monitor_crds.ground_truth import GroundTruth
from model_monitor_crds.window import Window
from model_monitor_jobs.sources import read_capture
from model_monitor_jobs.sources.label_join import join_labels
from model_monitor_jobs.sources.labels import read_labels
from model_monitor_jobs.sources.selection import LABEL, RECORD_COUNT, RECORD_ID, RECORD_INDEX, Selection
from model_monitor_jobs.storage import Storage

ALWAYS = Window(datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
SCORES = ("0.9899773597717285", "0.5041388273239136")
BY_NAME = ("score", "predicted_label")
BY_PATH = ("predictions[*].score", "predictions[*].predicted_label")


def window(file: Path, root: Path) -> Window:
    """The hour in which the records lie, once the file is in its folder."""
    events = [json.loads(line) for line in file.read_text().splitlines()]
    times = [datetime.fromisoformat(e["eventMetadata"].get("inferenceTime", "2023-01-19T05:00:00Z")) for e in events]
    start = min(times).replace(minute=0, second=0)
    folder = root / f"{start:%Y/%m/%d/%H}"
    folder.mkdir(parents=True)
    shutil.copy(file, folder)
    return Window(start, max(times) + timedelta(hours=1))


def read(file: Path, root: Path, *selectors: str) -> list[dict[str, Any]]:
    selection = Selection(True, {f"p{n}": text for n, text in enumerate(selectors)}, frozenset())
    stream = read_capture(Storage(), str(root), window(file, root), selection=selection)
    return [row for batch in stream for row in batch.to_pylist()]


@pytest.mark.parametrize("name", ["endpoint_csv", "endpoint_csv_with_inference_id"])
def test_csv(conformance: Path, tmp_path: Path, name: str) -> None:
    file = conformance / f"capture-formats/{name}.jsonl"
    events = [json.loads(line) for line in file.read_text().splitlines()]
    metadata = [event["eventMetadata"] for event in events]
    answers = [event["captureData"]["endpointOutput"]["data"].strip() for event in events]
    found = read(file, tmp_path, "0")
    assert [row[RECORD_ID] for row in found] == [one.get("inferenceId", one["eventId"]) for one in metadata]
    assert [row["0"] for row in found] == answers
    assert ("inferenceId" in metadata[0]) == (name != "endpoint_csv")


@pytest.mark.parametrize("selectors", [BY_NAME, BY_PATH])
def test_json(conformance: Path, tmp_path: Path, selectors: tuple[str, str]) -> None:
    """The second request holds two records."""
    found = read(conformance / "capture-formats/endpoint_json.jsonl", tmp_path, *selectors)
    one, two = SCORES
    assert [(row[selectors[0]], row[selectors[1]]) for row in found] == [(one, "1"), (one, "1"), (two, "1")]
    assert [(row[RECORD_INDEX], row[RECORD_COUNT]) for row in found] == [(0, 1), (0, 2), (1, 2)]
    assert found[1][RECORD_ID] == found[2][RECORD_ID] == "9066ac80-dde1-4370-a73e-ab997e2544f1"


@pytest.mark.parametrize("selector", ["score", "SageMakerOutput.score", "SageMakerOutput | score"])
def test_a_batch_transforms_record(conformance: Path, tmp_path: Path, selector: str) -> None:
    (found,) = read(conformance / "capture-formats/merged_batch_jsonlines.jsonl", tmp_path, selector)
    assert found[selector] == "0.989977359771728"
    assert found[RECORD_ID] == "ae4ec948-edc0-4195-be9c-0b15b6ca114f"


def test_the_merged_records_label(conformance: Path, tmp_path: Path) -> None:
    """The merge job's own record has both sides: taken apart and joined again they fit."""
    file = conformance / "capture-formats/merged_batch_jsonlines.jsonl"
    span = window(file, tmp_path / "captured")
    window(file, tmp_path / "labels")
    storage, truth = Storage(), GroundTruth(uri=f"file://{tmp_path / 'labels'}")
    records = read_capture(storage, str(tmp_path / "captured"), span, selection=Selection(ids=True))
    joined = join_labels(records, read_labels(storage, truth, None, span, ALWAYS.end))
    assert [row[LABEL] for batch in joined for row in batch.to_pylist()] == ["1"]
