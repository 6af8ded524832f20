"""The examples of all four monitoring types, each run twice: by `model-monitor run`, and by the operator."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cluster.object_store import ObjectStore
from tests.integration.e2e.credit import TODAY, TOKEN, Credit
from tests.integration.e2e.monitored import Monitored
from tests.unit.jobs.models.model_server import serve

EXAMPLES = Path(__file__).parents[3] / "examples"
DAY = (TODAY, TODAY + timedelta(days=1))
HOUR = (TODAY + timedelta(hours=8, minutes=55), TODAY + timedelta(hours=9, minutes=55))
TYPES = {
    "endpoint.yaml": "DataQuality",
    "model-quality.yaml": "ModelQuality",
    "model-bias.yaml": "ModelBias",
    "model-explainability.yaml": "ModelExplainability",
}
FOUND = {
    # Incomes of the captured day are a tenth of what they were.
    "endpoint.yaml": {("income", "baseline_drift_check")},
    "model-quality.yaml": {("", "auc_check")},
    "model-bias.yaml": set(),
    "model-explainability.yaml": {("income", "attribution_share_check")},
}


@pytest.fixture
def world(monitored: Monitored) -> Iterator[tuple[Credit, str]]:
    credit = Credit(monitored.bucket)
    credit.write(scale=0.1)
    monitored.kubectl("create", "secret", "generic", "credit-model", f"--from-literal=token={TOKEN}")
    with serve(credit.answer) as server:
        yield credit, server.url


def manifest(name: str, bucket: str, model: str) -> str:
    """An example on a bucket of this test, its model asked without mercy."""
    text = (EXAMPLES / name).read_text().replace("s3://acme-ml", f"s3://{bucket}")
    text = text.replace("http://credit-scoring.models.svc/v1/models/credit:predict", model)
    return text.replace("requestsPerSecond: 20", "requestsPerSecond: 2000")


@pytest.mark.parametrize("example", [*TYPES])
def test_an_example_finds_the_same_in_a_terminal_and_on_a_cluster(
    monitored: Monitored, world: tuple[Credit, str], object_store: ObjectStore, example: str, tmp_path: Path
) -> None:
    text = manifest(example, monitored.namespace, world[1])
    baseline, schedule = yaml.safe_load_all(text)
    name, kind = schedule["metadata"]["name"], TYPES[example]
    assert schedule["spec"].get("monitoringType", "DataQuality") == kind
    span = HOUR if kind == "DataQuality" else DAY
    by_hand = _run(text, span, object_store, tmp_path, schedule["spec"]["schedule"])
    monitored.kubectl("apply", "-f", "-", input=text)
    monitored.wait("baseline", baseline["metadata"]["name"], "Ready", timeout=120)
    monitored.wait("monitoringschedule", name, "Ready")
    start, end = (f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in span)
    monitored.apply(monitored.execution("today", start, end, name))
    monitored.wait("mexe", "today", "Complete", timeout=120)
    status = monitored.get("mexe", "today")["status"]
    found = {(each["column"], each["check"]) for each in status["violations"]}
    assert FOUND[example] <= found
    assert status["recordCount"] == by_hand["recordCount"]
    assert status["verdicts"] == by_hand["verdicts"]
    assert status.get("violations") == by_hand.get("violations")
    assert status.get("metrics") == by_hand.get("metrics")
    assert status["baselineFiles"]["constraintsSha256"] == by_hand["baselineFiles"]["constraintsSha256"]


def _run(text: str, span: tuple[Any, Any], store: ObjectStore, folder: Path, schedule: str) -> dict[str, Any]:
    """The status of the run whose window is the span."""
    path = folder / "manifest.yaml"
    # A day begins at midnight, though runs start later.
    path.write_text(text.replace('schedule: "0 3 * * *"', 'schedule: "0 0 * * *"'))
    done = subprocess.run(
        [
            str(Path(sys.executable).parent / "model-monitor"),
            "run",
            "-f",
            str(path),
            "--output",
            str(folder / "results"),
            "--output-format",
            "json",
            "--from",
            f"{span[0]:%Y-%m-%dT%H:%M:%SZ}",
            "--to",
            f"{span[1]:%Y-%m-%dT%H:%M:%SZ}",
        ],
        env=os.environ | store.environment() | {"MODEL_TOKEN": TOKEN},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode in (0, 2), done.stdout + done.stderr
    (only,) = json.loads(done.stdout)["runs"]
    status: dict[str, Any] = only["status"]
    return status
