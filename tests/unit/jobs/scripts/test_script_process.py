"""Scripts in their own process: SageMaker's contract, faults with their lines, and no more time than given."""

from __future__ import annotations

import json
import logging
import time
from pathlib import Path
from typing import Any

import pytest

from model_monitor_jobs.errors import ConfigurationError, InputError
from model_monitor_jobs.scripts.process import Outcome, Script

EVENT = {
    "captureData": {
        "endpointInput": {"observedContentType": "text/csv", "mode": "INPUT", "data": "1,b", "encoding": "CSV"},
        "endpointOutput": {"observedContentType": "text/csv", "mode": "OUTPUT", "data": "0.5", "encoding": "CSV"},
    },
    "eventMetadata": {"eventId": "e-1", "inferenceTime": "2026-03-01T10:00:00Z", "customAttributes": ["a=b"]},
    "eventVersion": "0",
}


def script(text: str, timeout: float = 20) -> Script:
    return Script("s3://bucket/scripts/preprocess.py", text.encode(), timeout)


def outcomes(text: str, *records: Any) -> list[Outcome]:
    with script(text).running("preprocess_handler") as process:
        return process.preprocess([json.dumps(record) for record in records], events=True)


def test_a_record_has_what_sagemakers_has() -> None:
    (found,) = outcomes(
        "def preprocess_handler(inference_record):\n"
        "    r = inference_record\n"
        "    x, plan = r.endpoint_input.data.rstrip('\\n').split(',')\n"
        "    return {'x': float(x), 'plan': plan, 'score': r.endpoint_output.data,\n"
        "            'encoding': r.endpoint_input.encoding, 'type': r.endpoint_input.observedContentType,\n"
        "            'mode': r.endpoint_output.mode, 'id': r.event_metadata.event_id,\n"
        "            'time': r.event_metadata.event_time, 'attribute': r.event_metadata.custom_attribute[0],\n"
        "            'version': r.event_version, 'whole': r.as_dict() == r.event_dict, 'truth': r.ground_truth,\n"
        "            'batch': r.batch_transform_output}\n",
        EVENT,
    )
    (row,) = found.rows
    assert row == {
        "attribute": "a=b",
        "batch": None,
        "encoding": "CSV",
        "id": "e-1",
        "mode": "OUTPUT",
        "plan": "b",
        "score": "0.5",
        "time": "2026-03-01T10:00:00Z",
        "truth": None,
        "type": "text/csv",
        "version": "0",
        "whole": "true",
        "x": "1.0",
    }
    assert [*row] == sorted(row)


def test_several_rows_none_and_nested_values() -> None:
    found = outcomes(
        "def preprocess_handler(record):\n"
        "    number = record.event_dict['n']\n"
        "    if number == 0:\n"
        "        return []\n"
        "    if number == 1:\n"
        "        return None\n"
        "    return [{'n': number, 'deep': {'a': [1, True]}}, {'n': float('nan')}]\n",
        *({"n": number} for number in range(3)),
    )
    assert [outcome.rows for outcome in found] == [
        [],
        [],
        [{"deep.a.0": "1", "deep.a.1": "true", "n": "2"}, {"n": None}],
    ]


def test_a_handler_with_a_logger_and_prints_do_not_disturb(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "model_monitor.script"):
        (found,) = outcomes(
            "import os, sys\n"
            "def preprocess_handler(record, logger):\n"
            "    print('printed')\n"
            "    os.write(1, b'written\\n')\n"
            "    logger.info('logged')\n"
            "    return {'n': 1}\n",
            EVENT,
        )
        assert found.rows == [{"n": "1"}]
    for said in ("printed", "written", "logged"):
        assert any(record.message == said for record in caplog.records), said


def test_rows_of_a_file_are_lines() -> None:
    with script("def preprocess_handler(line):\n    return dict(zip('ab', line.split(',')))\n").running(
        "preprocess_handler"
    ) as process:
        (found,) = process.preprocess(["1,2"], events=False)
    assert found.rows == [{"a": "1", "b": "2"}]


def test_an_error_names_the_line_of_the_script() -> None:
    (found,) = outcomes(
        "def look(record):\n"
        "    return record.endpoint_input.data['x']\n"
        "\n"
        "def preprocess_handler(record):\n"
        "    return {'x': look(record)}\n",
        EVENT,
    )
    assert found.error.startswith("preprocess.py line 2 in look: TypeError: string indices must be integers")
    assert found.error.endswith(": return record.endpoint_input.data['x']")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("5", "gave a int; a dict of columns and values was expected"),
        ("[{'a': 1}, 'b']", "gave a str; a dict"),
        ("{'a': object()}", "gave a object for 'a'; texts, numbers"),
        ("{'a': b'x'}", "gave a bytes for 'a'"),
    ],
)
def test_a_return_value_of_no_use_is_said(given: str, said: str) -> None:
    (found,) = outcomes(f"def preprocess_handler(record):\n    return {given}\n", EVENT)
    assert said in found.error


def test_numpy_numbers_are_numbers() -> None:
    (found,) = outcomes(
        "import numpy as np\n"
        "def preprocess_handler(record):\n"
        "    return {'a': np.float64(1.5), 'b': np.int32(2), 'c': np.bool_(True), 'd': np.float32(0.5)}\n",
        EVENT,
    )
    assert found.rows == [{"a": "1.5", "b": "2", "c": "true", "d": "0.5"}]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def preprocess_handler(record)\n    pass\n", r"preprocess.py line 1: SyntaxError: expected ':'"),
        ("import nothing_like_it\n", r"line 1 in <module>: ModuleNotFoundError: No module named 'nothing_like_it'"),
        ("def process(record):\n    pass\n", r"it has no function preprocess_handler"),
        ("preprocess_handler = 5\n", r"it has no function preprocess_handler"),
        ("raise SystemExit(3)\n", r"line 1 in <module>: SystemExit: 3"),
    ],
)
def test_a_script_that_can_not_be_loaded_is_said(text: str, said: str) -> None:
    with (
        pytest.raises(ConfigurationError, match=f"s3://bucket/scripts/preprocess.py: .*{said}"),
        script(text).running("preprocess_handler"),
    ):
        pass


def test_a_script_that_hangs_is_ended() -> None:
    text = "import time\ndef preprocess_handler(record):\n    time.sleep(600)\n"
    with (
        pytest.raises(InputError, match=r"took longer than 0.5 s and was ended; raise timeoutSeconds"),
        script(text, timeout=0.5).running("preprocess_handler") as process,
    ):
        process.preprocess([json.dumps(EVENT)], events=True)


def test_a_script_that_ends_its_process_is_said() -> None:
    text = "import os\ndef preprocess_handler(record):\n    os._exit(7)\n"
    with (
        pytest.raises(InputError, match=r"the script ended its process \(exit code 7\)"),
        script(text).running("preprocess_handler") as process,
    ):
        process.preprocess([json.dumps(EVENT)], events=True)


def test_it_sees_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "guarded")
    (found,) = outcomes(
        "import os\ndef preprocess_handler(record):\n    return {'seen': ' '.join(os.environ)}\n", EVENT
    )
    seen = str(found.rows[0]["seen"]).split()
    assert "PATH" in seen
    assert "AWS_SECRET_ACCESS_KEY" not in seen


def test_a_large_request_is_no_deadlock() -> None:
    text = "def preprocess_handler(line):\n    return {'a': line}\n"
    lines = ["x" * 20_000 for _ in range(300)]
    with script(text).running("preprocess_handler") as process:
        found = process.preprocess(lines, events=False)
    assert all(outcome.rows[0]["a"] == line for outcome, line in zip(found, lines, strict=True))


def test_what_it_started_ends_with_it() -> None:
    text = (
        "import subprocess, sys\n"
        "def preprocess_handler(record):\n"
        "    child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "    return {'pid': child.pid}\n"
    )
    (found,) = outcomes(text, EVENT)
    pid = int(str(found.rows[0]["pid"]))
    for _ in range(200):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except FileNotFoundError:
            return
        if state == "Z":
            return
        time.sleep(0.02)
    pytest.fail("the child of the script is still there")
