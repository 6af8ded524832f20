"""Scripts in their own process: SageMaker's contract, faults with their lines, and no more time than given."""

from __future__ import annotations

import json
import logging
import time
from pathlib import Path
from typing import Any

import pytest

from model_monitor_crds.run import SCRIPT_VARIABLES
from model_monitor_jobs.errors import ConfigurationError, InputError
from model_monitor_jobs.scripts.process import Outcome, Script, ScriptProcess

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


def answered(process: ScriptProcess, *lines: str, events: bool = True) -> list[Outcome]:
    process.send(lines, events=events)
    return process.receive()


def outcomes(text: str, *records: Any) -> list[Outcome]:
    with script(text).running("preprocess_handler") as process:
        return answered(process, *(json.dumps(record) for record in records))


def rows(outcome: Outcome) -> list[dict[str, str | None]]:
    assert not outcome.error
    return [dict(zip(*row, strict=True)) for row in outcome.rows]


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
    (row,) = rows(found)
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
        "    return [{'n': number, 'deep': {'a': [1, True]}}, {'n': float('nan'), 'm': ''}]\n",
        *({"n": number} for number in range(3)),
    )
    assert [rows(outcome) for outcome in found] == [
        [],
        [],
        [{"deep.a.0": "1", "deep.a.1": "true", "n": "2"}, {"m": None, "n": None}],
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
        assert rows(found) == [{"n": "1"}]
    for said in ("printed", "written", "logged"):
        assert any(record.message == said for record in caplog.records), said


def test_rows_of_a_file_are_lines() -> None:
    with script("def preprocess_handler(line):\n    return dict(zip('ab', line.split(',')))\n").running(
        "preprocess_handler"
    ) as process:
        (found,) = answered(process, "1,2", events=False)
    assert rows(found) == [{"a": "1", "b": "2"}]


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
        ("{}", "gave a dict without columns; [] leaves a record out"),
        ("[{'a': 1}, {}]", "gave a dict without columns"),
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
    assert rows(found) == [{"a": "1.5", "b": "2", "c": "true", "d": "0.5"}]


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
        answered(process, json.dumps(EVENT))


def test_a_script_that_ends_its_process_is_said() -> None:
    text = "import os\ndef preprocess_handler(record):\n    os._exit(7)\n"
    with (
        pytest.raises(InputError, match=r"the script ended its process \(exit code 7\)"),
        script(text).running("preprocess_handler") as process,
    ):
        answered(process, json.dumps(EVENT))


def test_it_is_given_no_credentials_but_the_variables_that_are_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_SECRET_ACCESS_KEY", "LIMIT", "OTHER"):
        monkeypatch.setenv(name, name.lower())
    monkeypatch.setenv(SCRIPT_VARIABLES, "LIMIT,MISSING")
    text = "import os\ndef preprocess_handler(record):\n    return dict(os.environ)\n"
    with Script("s3://b/p.py", text.encode(), 20, {"start_time": "now"}).running("preprocess_handler") as process:
        (found,) = answered(process, json.dumps(EVENT))
    (seen,) = rows(found)
    assert (seen["LIMIT"], seen["start_time"]) == ("limit", "now")
    assert "PATH" in seen
    assert not {"AWS_SECRET_ACCESS_KEY", "OTHER", "MISSING", SCRIPT_VARIABLES} & seen.keys()


def test_a_large_request_is_no_deadlock() -> None:
    text = "def preprocess_handler(line):\n    return {'a': line}\n"
    lines = ["x" * 20_000 for _ in range(300)]
    with script(text).running("preprocess_handler") as process:
        found = answered(process, *lines, events=False)
    assert all(rows(outcome)[0]["a"] == line for outcome, line in zip(found, lines, strict=True))


def test_what_it_started_ends_with_it() -> None:
    text = (
        "import subprocess, sys\n"
        "def preprocess_handler(record):\n"
        "    child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "    return {'pid': child.pid}\n"
    )
    (found,) = outcomes(text, EVENT)
    pid = int(str(rows(found)[0]["pid"]))
    for _ in range(200):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except FileNotFoundError:
            return
        if state == "Z":
            return
        time.sleep(0.02)
    pytest.fail("the child of the script is still there")


def test_merged_records_carry_their_labels_and_changes_show_in_the_whole() -> None:
    merged = EVENT | {"groundTruthData": {"data": "1\n", "encoding": "CSV"}}
    (found,) = outcomes(
        "def preprocess_handler(record):\n"
        "    record.endpoint_input.data = 'changed'\n"
        "    whole = record.as_dict()['captureData']['endpointInput']\n"
        "    return {'label': record.ground_truth.data.rstrip(), 'data': whole['data'], 'mode': whole['mode']}\n",
        merged,
    )
    assert rows(found) == [{"data": "changed", "label": "1", "mode": "INPUT"}]


def test_what_it_reads_is_no_request() -> None:
    text = (
        "import subprocess, sys\n"
        "def preprocess_handler(line):\n"
        "    child = subprocess.run(['cat'], stdout=subprocess.PIPE)\n"
        "    return {'own': len(sys.stdin.read()), 'child': len(child.stdout), 'line': line}\n"
    )
    with script(text).running("preprocess_handler") as process:
        process.send(["a"], events=False)
        process.send(["b"], events=False)
        found = [*process.receive(), *process.receive()]
    assert [rows(outcome)[0] for outcome in found] == [{"child": "0", "line": line, "own": "0"} for line in "ab"]


def test_samples_that_it_draws_are_the_same_each_time() -> None:
    text = (
        "import random\n"
        "import numpy as np\n"
        "def preprocess_handler(record):\n"
        "    return {'a': random.random(), 'b': np.random.rand(), 'c': '-'.join({'x', 'y', 'z', 'w', 'v'})}\n"
    )
    first, second = outcomes(text, EVENT, EVENT), outcomes(text, EVENT, EVENT)
    assert [rows(outcome) for outcome in first] == [rows(outcome) for outcome in second]
    assert rows(first[0])[0]["a"] != rows(first[1])[0]["a"]


def test_our_future_is_not_the_scripts_and_its_encoding_counts() -> None:
    text = (
        "# -*- coding: latin-1 -*-\n"
        "def preprocess_handler(record) -> int:\n"
        "    return {'annotation': preprocess_handler.__annotations__['return'] is int, 'text': 'é'}\n"
    )
    with Script("s3://b/p.py", text.encode("latin-1"), 20).running("preprocess_handler") as process:
        (found,) = answered(process, json.dumps(EVENT))
    assert rows(found) == [{"annotation": "true", "text": "é"}]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("{'a': 'x\\udc80'}", "gave for 'a' what is no Unicode: surrogates not allowed"),
        ("{'x\\udc80': 1}", "what is no Unicode"),
        ("{'\\0id': 'other'}", "no column's name may begin with a NUL"),
    ],
)
def test_texts_that_no_column_can_hold_are_said(given: str, said: str) -> None:
    (found,) = outcomes(f"def preprocess_handler(record):\n    return {given}\n", EVENT)
    assert said in found.error
    found.error.encode()


def test_a_long_error_is_cut() -> None:
    (found,) = outcomes("def preprocess_handler(record):\n    raise ValueError('x' * 100_000)\n", EVENT)
    assert found.error.startswith("preprocess.py line 2 in preprocess_handler: ValueError: xxx")
    assert len(found.error) < 1000


def test_a_package_that_is_not_there_is_named_with_where_it_would_come_from() -> None:
    (found,) = outcomes("def preprocess_handler(record):\n    import nothing_like_it\n", EVENT)
    assert "No module named 'nothing_like_it' (a script has the packages of the image that it runs in)" in found.error


def test_a_label_that_is_joined_only_later_is_said() -> None:
    (found,) = outcomes("def preprocess_handler(record):\n    return {'y': record.ground_truth.data}\n", EVENT)
    assert "'NoneType' object has no attribute 'data' (labels are joined after the script" in found.error
    assert found.error.endswith(": return {'y': record.ground_truth.data}")


def test_a_line_without_end_is_logged_in_pieces_and_no_more_than_a_thousand(caplog: pytest.LogCaptureFixture) -> None:
    text = "import sys\ndef preprocess_handler(record):\n    sys.stdout.write('x' * 3_000_000)\n    return {'a': 1}\n"
    with caplog.at_level(logging.INFO, "model_monitor.script"):
        (found,) = outcomes(text, EVENT)
    assert rows(found) == [{"a": "1"}]
    said = [record.message for record in caplog.records]
    assert said[:1000] == ["x" * 2_000] * 1000
    assert said[1000:] == ["what it prints from here on is left out"]


def test_a_script_that_writes_to_our_pipe_is_said() -> None:
    text = (
        "import os\n"
        "def preprocess_handler(record):\n"
        "    for pipe in range(3, 10):\n"
        "        try:\n"
        "            os.write(pipe, b'mine\\n')\n"
        "        except OSError:\n"
        "            pass\n"
        "    return {}\n"
    )
    with (
        pytest.raises(InputError, match="wrote to a pipe of its process that is not its own"),
        script(text).running("preprocess_handler") as process,
    ):
        answered(process, json.dumps(EVENT))


def test_a_script_that_hangs_with_much_before_it_is_ended() -> None:
    text = "import time\ndef preprocess_handler(record):\n    time.sleep(600)\n"
    with script(text, timeout=0.5).running("preprocess_handler") as process:
        process.send(["x" * 1_000_000], events=False)
        process.send(["x" * 1_000_000], events=False)
        with pytest.raises(InputError, match=r"took longer than 0.5 s"):
            process.receive()


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("'x'", "x"),
        ("''", None),
        ("'é'", "é"),
        ("None", None),
        ("2", "2"),
        ("0.1", "0.1"),
        ("float('inf')", None),
        ("True", "true"),
        ("np.float64(0.5)", "0.5"),
        ("np.str_('x')", "x"),
    ],
)
def test_a_value_is_the_same_cell_in_the_first_row_and_the_next(value: str, cell: str | None) -> None:
    text = f"import numpy as np\ndef preprocess_handler(line):\n    return {{'b': {value}, 'a': '1', 'c': '3'}}\n"
    with script(text).running("preprocess_handler") as process:
        found = answered(process, "first", "next", "last", events=False)
    assert [rows(outcome) for outcome in found] == 3 * [[{"a": "1", "b": cell, "c": "3"}]]


def test_a_row_with_the_names_of_the_one_before_may_hold_other_values() -> None:
    text = (
        "def preprocess_handler(line):\n"
        "    return {'b': 1, 'a': {'plain': 'x', 'deep': {'c': 2}, 'wrong': object(), 'broken': '\\udc80'}[line]}\n"
    )
    with script(text).running("preprocess_handler") as process:
        plain, deep, wrong, broken = answered(process, "plain", "deep", "wrong", "broken", events=False)
    assert rows(plain) == [{"a": "x", "b": "1"}]
    assert rows(deep) == [{"a.c": "2", "b": "1"}]
    assert "gave a object for 'a'" in wrong.error
    assert "gave for 'a' what is no Unicode" in broken.error
