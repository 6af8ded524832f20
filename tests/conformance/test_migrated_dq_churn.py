"""SageMaker's own baseline of its churn demo, adopted by a migrated schedule, on requests as endpoints capture them."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from model_monitor_jobs.cli import main
from tests.unit.jobs.migration.sagemaker_shapes import definition, described, outputs, schedule

START = datetime(2024, 5, 1, 10, tzinfo=UTC)
ROWS = 1500


def write_capture(folder: Path, rows: list[list[str]]) -> None:
    """The first column is the model's answer, the others its input."""
    folder.mkdir(parents=True)
    records = []
    for number, (answer, *inputs) in enumerate(rows):
        payload = {"observedContentType": "text/csv", "encoding": "CSV"}
        sides = {
            "endpointInput": payload | {"mode": "INPUT", "data": ",".join(inputs)},
            "endpointOutput": payload | {"mode": "OUTPUT", "data": answer},
        }
        moment = START + timedelta(seconds=2 * number)
        event = {"eventId": f"{number}", "inferenceTime": f"{moment:%Y-%m-%dT%H:%M:%SZ}"}
        records.append(json.dumps({"captureData": sides, "eventMetadata": event, "eventVersion": "0"}))
    (folder / "00-00-000.jsonl").write_text("\n".join(records) + "\n")


@pytest.mark.parametrize(("half", "code"), [(False, 0), (True, 2)])
def test_the_training_data_are_no_violation_and_half_of_its_answers_are(
    conformance: Path, tmp_path: Path, half: bool, code: int
) -> None:
    case, store = conformance / "dq-churn-baseline", f"file://{tmp_path}"
    _, *rows = csv.reader((case / "training-dataset-with-header.csv").open())
    answered = [["0.5" if half and number % 2 else row[0], *row[1:]] for number, row in enumerate(rows[:ROWS])]
    write_capture(tmp_path / "seen" / "churn-endpoint" / "AllTraffic" / f"{START:%Y/%m/%d/%H}", answered)
    existing = {
        f"{name}Resource": {"s3URI": f"file://{(case / name).with_suffix('.json').absolute()}"}
        for name in ("constraints", "statistics")
    }
    job = definition(
        "DataQuality", dataQualityBaselineConfig=existing, dataQualityJobOutputConfig=outputs(f"{store}/results")
    )
    endpoint = {
        "EndpointName": "churn-endpoint",
        "EndpointConfigName": "churn",
        "DataCaptureConfig": {"EnableCapture": True, "DestinationS3Uri": f"{store}/seen"},
    }
    printed = [described(schedule("DataQuality")), described(job), endpoint]
    files = [tmp_path / f"{number}.json" for number in range(len(printed))]
    for path, document in zip(files, printed, strict=True):
        path.write_text(json.dumps(document, indent=4))
    made = CliRunner().invoke(main, ["migrate", *map(str, files), "--output", str(tmp_path / "made")])
    assert made.exit_code == 0, made.stderr
    span = ["--from", f"{START:%Y-%m-%dT%H:%M:%SZ}", "--to", f"{START + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"]
    manifest = str(tmp_path / "made" / "churn-definition.yaml")
    result = CliRunner().invoke(main, ["run", "-f", manifest, *span, "-o", "json"])
    (run,) = json.loads(result.stdout)["runs"]
    assert result.exit_code == code, run
    assert run["status"]["recordCount"] == ROWS
    checks = {(violation["column"], violation["check"]) for violation in run["status"].get("violations", ())}
    # A probability among labels of 0 and 1 is the violation that AWS' own demo shows.
    assert checks == ({("Churn", "data_type_check")} if half else set())
