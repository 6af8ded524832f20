"""Scripts that were written for SageMaker, through the real controllers: as they are, in their pods."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.integration.e2e.monitored import Monitored
from tests.integration.e2e.test_faults import failure
from tests.integration.e2e.traffic import write_capture

HOUR = datetime(2026, 3, 1, 10, tzinfo=UTC)
WINDOW = ("2026-03-01T10:00:00Z", "2026-03-01T11:00:00Z")
# Amazon's own example, which also logs as its samples do.
PREPROCESS = """
import os

def preprocess_handler(inference_record, logger):
    input_data = inference_record.endpoint_input.data
    output_data = inference_record.endpoint_output.data.rstrip("\\n")
    if inference_record.event_metadata.event_id.endswith("7"):
        logger.info("left out " + inference_record.event_metadata.event_id)
        return []
    with open("/opt/ml/processing/output/record.log", "a") as log:
        log.write(",".join(sorted(name for name in os.environ if "AWS" in name)) + "\\n")
    data = output_data + "," + input_data
    return {str(i).zfill(20): d for i, d in enumerate(data.split(","))}
"""
POSTPROCESS = """
import json
import os

def postprocess_handler():
    told = [os.environ[name] for name in ("sagemaker_monitoring_schedule_name", "start_time", "end_time", "STAGE")]
    with open("/opt/ml/processing/output/constraint_violations.json") as file:
        found = json.load(file)["violations"]
    with open("/opt/ml/processing/output/summary.txt", "w") as file:
        file.write(" ".join([*told, *(violation["feature_name"] for violation in found)]))
"""
MOUNTED = {
    "env": [{"name": "STAGE", "value": "test"}],
    "envFrom": [{"secretRef": {"name": "store"}}],
    "volumes": [{"name": "scripts", "configMap": {"name": "scripts"}}],
    "volumeMounts": [{"name": "scripts", "mountPath": "/scripts", "readOnly": True}],
}


@pytest.fixture
def scripted(monitored: Monitored) -> Monitored:
    """An hour of traffic, and a ConfigMap with the scripts."""
    write_capture(monitored.bucket, HOUR, missing=0.6)
    data = {"preprocess.py": PREPROCESS, "postprocess.py": POSTPROCESS}
    monitored.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "scripts"}, "data": data})
    return monitored


def source(monitored: Monitored, uri: str = "file:///scripts/preprocess.py", **script: Any) -> dict[str, Any]:
    """The traffic with a record preprocessor."""
    endpoint = {"captureURI": f"s3://{monitored.namespace}/capture"}
    return {"endpoint": endpoint, "recordPreprocessor": {"uri": uri} | script}


def test_the_usual_scripts_run_as_they_are(scripted: Monitored) -> None:
    scripted.ready(
        job=MOUNTED, input=source(scripted), postAnalyticsProcessor={"uri": "file:///scripts/postprocess.py"}
    )
    scripted.apply(scripted.execution("today", *WINDOW))
    status = scripted.wait("mexe", "today", "Complete")["status"]
    assert status["recordCount"] == 360
    assert [(each["column"], each["check"]) for each in status["violations"]] == [("amount", "completeness_check")]
    folder = scripted.bucket / "reports/shop/on-demand/today"
    assert (folder / "summary.txt").read_text() == " ".join(["shop", *WINDOW, "test", "amount"])
    log = (folder / "record.log").read_text()
    assert log == "\n" * 720, "each record twice, the second time for the violation's rows; and no key of the store"
    told = json.loads((folder / "execution.json").read_text())
    assert "40 records were left out by the record preprocessor" in told["notes"]
    (offending,) = [finding["offendingRows"] for finding in told["findings"] if "offendingRows" in finding]
    assert offending["ids"][0].startswith("10-")
    logs = scripted.kubelet.job_logs(scripted.namespace, "today")
    assert '"message": "left out 10-7"' in logs


def test_a_script_from_the_store_that_fails_is_told_with_its_line_and_the_event(scripted: Monitored) -> None:
    text = "def preprocess_handler(record):\n    return {'x': record.endpoint_input.data['x']}\n"
    (scripted.bucket / "broken.py").write_text(text)
    scripted.ready(input=source(scripted, f"s3://{scripted.namespace}/broken.py"))
    scripted.apply(scripted.execution("today", *WINDOW))
    failed = failure(scripted, "today")
    assert failed["reason"] == "InputError"
    assert "broken.py line 2 in preprocess_handler: TypeError: string indices must be integers" in failed["message"]
    assert "event 10-0" in failed["message"]


def test_a_script_that_takes_too_long_is_ended(scripted: Monitored) -> None:
    text = "import time\ndef preprocess_handler(record):\n    time.sleep(600)\n"
    (scripted.bucket / "slow.py").write_text(text)
    scripted.ready(input=source(scripted, f"s3://{scripted.namespace}/slow.py", timeoutSeconds=2))
    scripted.apply(scripted.execution("today", *WINDOW))
    assert "took longer than 2 s and was ended" in failure(scripted, "today")["message"]


def test_a_postprocessor_that_fails_fails_the_run(scripted: Monitored) -> None:
    (scripted.bucket / "post.py").write_text("def postprocess_handler():\n    return 1 / 0\n")
    scripted.ready(postAnalyticsProcessor={"uri": f"s3://{scripted.namespace}/post.py"})
    scripted.apply(scripted.execution("today", *WINDOW))
    failed = failure(scripted, "today")
    assert (
        "post.py line 2 in postprocess_handler: ZeroDivisionError: division by zero: return 1 / 0" in failed["message"]
    )
    assert not (scripted.bucket / "reports").exists()
