"""What is sent to model servers, byte by byte, and what is read from their answers."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest

from model_monitor_jobs.errors import ConfigurationError
from model_monitor_jobs.models.payloads import (
    CsvAnswer,
    CsvPayload,
    JsonAnswer,
    JsonLinesAnswer,
    JsonLinesPayload,
    JsonPayload,
    KServeV1Payload,
    KServeV2Answer,
    KServeV2Payload,
)
from model_monitor_jobs.models.predictor import AnswerError
from model_monitor_jobs.models.templates import Templates

MIXED = pa.RecordBatch.from_pydict({"age": [31, 42], "city": ['O"slo, N', None], "rate": [0.5, float("nan")]})
NUMBERS = pa.RecordBatch.from_pydict({"a": [1, 2], "b": [0.5, 1.5]})


def test_csv_quotes_what_needs_it_and_leaves_out_what_is_missing() -> None:
    assert CsvPayload().encode(MIXED.select(["age", "city"])) == b'31,"O""slo, N"\n42,\n'


def test_json_is_a_list_of_records_without_templates() -> None:
    assert JsonPayload().encode(MIXED) == b'[[31,"O\\"slo, N",0.5],[42,null,null]]'


def test_clarifys_templates_are_filled_in() -> None:
    both = JsonPayload(Templates('{"instances": $records, "cost": "$$5"}', '{"features": $features}'))
    assert json.loads(both.encode(NUMBERS)) == {
        "instances": [{"features": [1, 0.5]}, {"features": [2, 1.5]}],
        "cost": "$5",
    }
    named = JsonPayload(Templates("$records", "$features_kvp"))
    assert json.loads(named.encode(NUMBERS)) == [{"a": 1, "b": 0.5}, {"a": 2, "b": 1.5}]


def test_a_value_that_looks_like_a_template_is_only_a_value() -> None:
    sent = JsonPayload(Templates("$records", "$features")).encode(pa.RecordBatch.from_pydict({"a": ["$records"]}))
    assert json.loads(sent) == [["$records"]]


def test_json_lines_have_a_record_each() -> None:
    payload = JsonLinesPayload(Templates("$record", '{"features":$features}'))
    assert payload.encode(NUMBERS) == b'{"features":[1,0.5]}\n{"features":[2,1.5]}\n'


@pytest.mark.parametrize(
    ("content", "record", "words"),
    [
        ('{"a": $recods}', "$features", r"content_template: .*\$recods is unknown; write \$record or \$records"),
        ("[1]", "$features", "content_template: .*nothing is filled in"),
        ("$records", "$5", r"record_template: .*a \$ that begins no name"),
        ("$records", "{features: $features}", "record_template: .*makes no JSON"),
        ("$records", '{"a": $record}', "record_template: .*is unknown"),
    ],
)
def test_templates_that_are_wrong_are_refused(content: str, record: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        Templates(content, record)


def test_kserves_first_protocol() -> None:
    assert json.loads(KServeV1Payload().encode(NUMBERS)) == {"instances": [[1, 0.5], [2, 1.5]]}
    assert json.loads(KServeV1Payload(named=True).encode(NUMBERS)) == {
        "instances": [{"a": 1, "b": 0.5}, {"a": 2, "b": 1.5}]
    }


def test_kserves_second_protocol_in_one_tensor() -> None:
    assert json.loads(KServeV2Payload().encode(NUMBERS)) == {
        "inputs": [{"name": "input-0", "shape": [2, 2], "datatype": "FP64", "data": [1, 0.5, 2, 1.5]}]
    }
    with pytest.raises(ConfigurationError, match="do not fit into one tensor"):
        KServeV2Payload().encode(MIXED)


def test_kserves_second_protocol_with_a_tensor_a_feature() -> None:
    batch = pa.RecordBatch.from_arrays(
        [pa.array([1, 2], pa.int32()), pa.array(["x", "y"]), pa.array([True, False]), pa.array([0.5, 1], pa.float32())],
        names=["n", "t", "f", "r"],
    )
    inputs = json.loads(KServeV2Payload(named=True).encode(batch))["inputs"]
    assert [(each["name"], each["datatype"], each["shape"]) for each in inputs] == [
        ("n", "INT32", [2, 1]),
        ("t", "BYTES", [2, 1]),
        ("f", "BOOL", [2, 1]),
        ("r", "FP32", [2, 1]),
    ]
    assert [each["data"] for each in inputs] == [[1, 2], ["x", "y"], [True, False], [0.5, 1]]


def test_csv_answers() -> None:
    assert CsvAnswer().decode(b"0.1,0.9\n0.4,0.6\n").tolist() == [[0.1, 0.9], [0.4, 0.6]]
    assert CsvAnswer(1).decode(b"no,0.9\r\nyes,0.6").tolist() == [0.9, 0.6]
    with pytest.raises(AnswerError, match="has no column 2"):
        CsvAnswer(2).decode(b"1,2\n")
    with pytest.raises(AnswerError, match="other values than numbers"):
        CsvAnswer().decode(b"no,0.9\n")
    with pytest.raises(AnswerError, match="UTF-8"):
        CsvAnswer().decode(b"\xff\n")


def test_json_answers() -> None:
    body = b'{"predictions": [{"score": 0.25, "label": 0}, {"score": 0.75, "label": 1}]}'
    assert JsonAnswer("predictions[*].score").decode(body).tolist() == [0.25, 0.75]
    assert JsonAnswer().decode(b'{"predictions": [[0.1, 0.9]], "model": "m"}').tolist() == [[0.1, 0.9]]
    assert JsonAnswer().decode(b"[1, 2]").tolist() == [1, 2]
    assert JsonLinesAnswer("score").decode(b'{"score": 0.5}\n{"score": 1}\n').tolist() == [0.5, 1]
    assert JsonLinesAnswer().decode(b"0.5\n1\n").tolist() == [0.5, 1]


def test_kserve_answers_of_the_second_protocol() -> None:
    outputs = [
        {"name": "label", "shape": [2], "datatype": "INT64", "data": [0, 1]},
        {"name": "proba", "shape": [2, 2], "datatype": "FP32", "data": [0.9, 0.1, 0.25, 0.75]},
    ]
    body = json.dumps({"outputs": outputs}).encode()
    assert KServeV2Answer("proba").decode(body).tolist() == [[0.9, 0.1], [0.25, 0.75]]
    assert KServeV2Answer("label").decode(body).tolist() == [[0], [1]]
    with pytest.raises(AnswerError, match="one tensor was expected, there are: label, proba"):
        KServeV2Answer().decode(body)
    with pytest.raises(AnswerError, match="score was expected, there are: none"):
        KServeV2Answer("score").decode(b"{}")
    with pytest.raises(AnswerError, match=r"1 values do not have the shape \[2\]"):
        KServeV2Answer().decode(b'{"outputs": [{"name": "a", "shape": [2], "data": [1]}]}')


def test_doubles_arrive_as_they_are() -> None:
    values = np.random.RandomState(1).standard_normal(50)
    sent = pa.RecordBatch.from_pydict({"a": values})
    assert np.array_equal(CsvAnswer(0).decode(CsvPayload().encode(sent)), values)
    assert np.array_equal(JsonAnswer().decode(JsonPayload().encode(sent)).ravel(), values)
