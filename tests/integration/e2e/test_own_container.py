"""A container of one's own with SageMaker's contract: the example, its program really run, and containers that fail."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.processes import wait_until
from tests.integration.e2e.credit import TODAY, Credit
from tests.integration.e2e.monitored import Monitored
from tests.integration.e2e.test_faults import failure
from tests.integration.e2e.traffic import write_capture

EXAMPLES = Path(__file__).parents[3] / "examples"
IMAGE = "registry.acme.example/credit-units:1"
HOUR = datetime(2026, 3, 1, 10, tzinfo=UTC)
WINDOW = ("2026-03-01T10:00:00Z", "2026-03-01T11:00:00Z")


@pytest.fixture
def own(monitored: Monitored) -> Monitored:
    """The image of the example, and a captured hour."""
    program = (EXAMPLES / "own-container/analyze.py").read_text()
    monitored.kubelet.allow_image(IMAGE, ("python", "-c", program))
    write_capture(monitored.bucket, HOUR)
    return monitored


def python(code: str, **job: Any) -> dict[str, Any]:
    """Settings of a container that runs Python."""
    return {"contract": "SageMaker", "image": "python:3.12-slim", "command": ["python", "-c", code]} | job


def run(monitored: Monitored, code: str, **job: Any) -> None:
    """One run of a schedule with such a container."""
    monitored.ready(job=python(code, **job))
    monitored.apply(monitored.execution("today", *WINDOW))


def test_the_example_finds_the_unit_that_upstream_changed(own: Monitored) -> None:
    Credit(own.bucket).write(scale=0.1)
    text = (EXAMPLES / "own-container.yaml").read_text().replace("s3://acme-ml", f"s3://{own.namespace}")
    own.kubectl("apply", "-f", "-", input=text)
    own.wait("baseline", "credit-units", "Ready")
    own.wait("monitoringschedule", "credit-units", "Ready")
    for number in range(2):
        start = TODAY + timedelta(hours=8 + number)
        end = start + timedelta(hours=1)
        own.apply(own.execution(f"hour-{number}", f"{start:%FT%TZ}", f"{end:%FT%TZ}", "credit-units"))
        execution = own.wait("mexe", f"hour-{number}", "Complete")
    status = execution["status"]
    (violation,) = status["violations"]
    assert (violation["column"], violation["check"]) == ("income", "unit_check")
    assert violation["description"].startswith("the median is 2.9 and the baseline's mean 30")
    assert status["violationCount"] == 1
    assert status["verdicts"] == {"passed": 0, "violated": 1, "insufficientData": 0, "tooVariable": 0}
    assert "income (unit_check)" in status["summary"]
    assert own.condition(execution, "ViolationsDetected")["status"] == "True"
    folder = own.bucket / status["reportURI"].removeprefix(f"s3://{own.namespace}/")
    assert json.loads((folder / "constraint_violations.json").read_text())["violations"][0]["feature_name"] == "income"
    told = json.loads((folder / "execution.json").read_text())
    assert told["status"]["violations"] == status["violations"]
    assert told["findings"][0]["check"] == "unit_check"
    schedule = own.wait("msch", "credit-units", "InAlert")
    (alert,) = schedule["status"]["alerts"]
    assert (alert["column"], alert["check"], alert["violations"]) == ("income", "unit_check", 2)


def test_a_scheduled_run_judges_its_own_window_and_ends_its_job_well(own: Monitored) -> None:
    code = "\n".join(
        (
            "import json, os, pathlib",
            "names = ('start_time', 'end_time', 'dataset_source', 'sagemaker_endpoint_name', 'dataset_format')",
            "seen = {name: os.environ[name] for name in names}",
            "files = pathlib.Path(seen['dataset_source']).rglob('*')",
            "seen['files'] = sorted(str(f.relative_to(seen['dataset_source'])) for f in files if f.is_file())",
            "seen['keys'] = sorted(name for name in os.environ if 'AWS' in name)",
            "files = ('baseline_statistics', 'baseline_constraints')",
            "seen['baseline'] = [os.path.isfile(os.environ[name]) for name in files]",
            "output = pathlib.Path(os.environ['output_path'])",
            "(output / 'seen.json').write_text(json.dumps(seen))",
            "(output / 'link').symlink_to('/etc/hostname')",
        )
    )
    tick = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    write_capture(own.bucket, tick - timedelta(hours=1), rows=10)
    job = python(code, envFrom=[{"secretRef": {"name": "store"}}])
    own.ready(job=job, schedule="0 * * * *")
    name = f"shop-{int(tick.timestamp()) // 60}"
    own.kubectl("create", "job", name, "--from=cronjob/shop")
    execution = own.wait("mexe", name, "Complete")
    status = execution["status"]
    assert status["scheduledTime"] == f"{tick:%FT%TZ}"
    assert status["violationCount"] == 0
    assert status["verdicts"]["passed"] == 1
    assert "wrote no constraint_violations.json" in status["summary"]
    folder = own.bucket / f"reports/shop/{tick:%Y/%m/%d/%H}"
    seen = json.loads((folder / "seen.json").read_text())
    assert seen["start_time"] == f"{tick - timedelta(hours=1):%FT%TZ}"
    assert seen["end_time"] == f"{tick:%FT%TZ}"
    assert seen["files"] == [f"shop/AllTraffic/{tick - timedelta(hours=1):%Y/%m/%d/%H}/00-00.jsonl"]
    assert json.loads(seen["dataset_format"]) == {
        "sagemakerCaptureJson": {"captureIndexNames": ["endpointInput", "endpointOutput"]}
    }
    assert seen["sagemaker_endpoint_name"] == "shop"
    assert seen["baseline"] == [True, True]
    assert seen["keys"] == []
    assert not (folder / "link").exists()
    assert "link" in json.loads((folder / "execution.json").read_text())["notes"][0]
    ended = wait_until(lambda: own.get("job", name).get("status", {}).get("succeeded"), "the Job succeeded")
    assert ended == 1


def test_without_a_baseline_the_container_brings_its_own(own: Monitored) -> None:
    code = (
        "import os; given = os.environ;"
        " open(os.path.join(given['output_path'], 'seen'), 'w').write(given.get('baseline_constraints', '-'))"
    )
    schedule = own.schedule(job=python(code, envFrom=[{"secretRef": {"name": "store"}}]))
    del schedule["spec"]["baselineRef"]
    own.apply(schedule)
    ready = own.wait("msch", "shop", "Ready")
    assert own.condition(ready, "BaselineReady")["reason"] == "NoBaseline"
    own.apply(own.execution("today", *WINDOW))
    own.wait("mexe", "today", "Complete")
    assert (own.bucket / "reports/shop/on-demand/today/seen").read_text() == "-"


def test_a_container_that_fails_is_told_with_its_message_and_not_tried_again(own: Monitored) -> None:
    code = "open('/opt/ml/output/message', 'w').write('the reference table is stale'); raise SystemExit(1)"
    run(own, code, envFrom=[{"secretRef": {"name": "store"}}])
    failed = failure(own, "today")
    assert failed["reason"] == "Error"
    assert "exit code 1: the reference table is stale" in failed["message"]
    assert own.get("job", "today")["status"]["failed"] == 1
    schedule = own.wait("msch", "shop", "LastRunSucceeded", "False")
    assert schedule["status"]["lastRun"]["state"] == "Failed"


def test_a_container_without_a_message_is_told_with_its_last_lines(own: Monitored) -> None:
    run(own, "raise ValueError('no column named age')", envFrom=[{"secretRef": {"name": "store"}}])
    assert "ValueError: no column named age" in failure(own, "today")["message"]


def test_violations_that_are_no_json_name_the_file(own: Monitored) -> None:
    code = (
        "import os; open(os.path.join(os.environ['output_path'], 'constraint_violations.json'), 'w').write('{\"violat')"
    )
    run(own, code, envFrom=[{"secretRef": {"name": "store"}}])
    failed = failure(own, "today")
    assert failed["reason"] == "InputError"
    assert "constraint_violations.json: line 1" in failed["message"]
    assert not (own.bucket / "reports").exists()


def test_a_container_that_takes_too_much_memory_is_told_with_its_limit(own: Monitored) -> None:
    code = "import time; held = b'x' * (400 << 20); time.sleep(60)"
    limits = {"resources": {"limits": {"memory": "250Mi"}}, "backoffLimit": 0}
    run(own, code, envFrom=[{"secretRef": {"name": "store"}}], **limits)
    failed = failure(own, "today")
    assert failed["reason"] == "OOMKilled"
    assert "250Mi" in failed["message"]


def test_a_container_that_takes_too_long_is_told_with_its_deadline(own: Monitored) -> None:
    run(own, "import time; time.sleep(300)", envFrom=[{"secretRef": {"name": "store"}}], activeDeadlineSeconds=12)
    failed = failure(own, "today")
    assert failed["reason"] == "DeadlineExceeded"
    assert "12 s" in failed["message"]


def test_a_window_without_data_fails_before_the_container_runs(own: Monitored) -> None:
    own.ready(job=python("raise SystemExit('ran')", envFrom=[{"secretRef": {"name": "store"}}]))
    own.apply(own.execution("empty", "2026-03-02T10:00:00Z", "2026-03-02T11:00:00Z"))
    failed = failure(own, "empty")
    assert failed["reason"] == "InputError"
    assert "data exists for 2026-03-01T10" in failed["message"]


def test_an_image_that_can_not_be_pulled_is_named(own: Monitored) -> None:
    job = {"contract": "SageMaker", "image": "registry.invalid/own:1", "activeDeadlineSeconds": 15}
    own.ready(job=job | {"envFrom": [{"secretRef": {"name": "store"}}]})
    own.apply(own.execution("no-image", *WINDOW))

    def waiting() -> bool:
        return own.condition(own.get("mexe", "no-image"), "Ready").get("reason") == "ImagePullBackOff"

    wait_until(waiting, "the image's trouble is shown", timeout_seconds=15, interval_seconds=0.25)
    assert "registry.invalid/own:1" in failure(own, "no-image")["message"]
