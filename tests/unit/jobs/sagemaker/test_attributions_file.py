"""Explanations of analysis.json, violations and published values, and the values of rows."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from model_monitor_jobs.errors import InputError
from model_monitor_jobs.sagemaker.analysis import Analysis, analysis_document, read_analysis
from model_monitor_jobs.sagemaker.attributions import (
    LabelExplanation,
    attribution_lines,
    attribution_violation,
    attribution_violations_document,
    explanations,
    label_names,
    local_values_file,
    read_explanations,
    read_local_values,
)
from model_monitor_jobs.sagemaker.documents import to_json

EXPLAINED = {
    "label0": LabelExplanation(global_shap_values={"Age": 0.0597, "expected_valu": 0.5}, expected_value=0.2506),
    "label1": LabelExplanation(global_shap_values={"Age": 0.1}, expected_value=-1.0),
}


def read(document: dict[str, Any]) -> Analysis:
    return read_analysis(json.dumps(document).encode(), "analysis.json")


def broken(change: dict[str, Any]) -> dict[str, Any]:
    label = {"global_shap_values": {"Age": 0.1}, "expected_value": 0.2} | change
    return {"explanations": {"kernel_shap": {"label0": {key: value for key, value in label.items() if value != ...}}}}


def test_what_is_written_is_read_again() -> None:
    written = analysis_document("", "", [], explanations(EXPLAINED))
    assert written["version"] == "1.0"
    assert list(written) == ["version", "explanations"]
    assert read_explanations(read_analysis(to_json(written), "analysis.json"), "analysis.json") == EXPLAINED


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"post_training_bias_metrics": {"facets": {}}}, "has no explanations; give the analysis.json"),
        ({"explanations": {}}, "explanations: kernel_shap: is missing"),
        ({"explanations": {"kernel_shapp": {}}}, "explanations.kernel_shapp: unknown key; did you mean kernel_shap?"),
        ({"explanations": {"kernel_shap": []}}, "kernel_shap: expected an object in { }, found []"),
        ({"explanations": {"kernel_shap": {"label0": 3}}}, "kernel_shap.label0: expected an object in { }, found 3"),
        (
            broken({"global_shap_values": {"Age": "0,1"}}),
            'kernel_shap.label0.global_shap_values.Age: expected a number, found "0,1"; write 0.1',
        ),
        (broken({"expected_value": None}), "kernel_shap.label0.expected_value: expected a number, found null"),
        (broken({"expected_value": ...}), "kernel_shap.label0.expected_value: is missing"),
        (
            broken({"expected_values": 1}),
            "kernel_shap.label0.expected_values: unknown key; did you mean expected_value?",
        ),
        (broken({"global_shap_values": {}}), "kernel_shap.label0.global_shap_values: names no feature"),
    ],
)
def test_what_is_wrong_in_an_edited_file_is_said(document: dict[str, Any], words: str) -> None:
    analysis = read(document)
    with pytest.raises(InputError) as failed:
        read_explanations(analysis, "analysis.json")
    assert str(failed.value).startswith("analysis.json: ")
    assert words in str(failed.value)


def test_features_may_be_called_as_keys_are() -> None:
    found = read_explanations(read(broken({"global_shap_values": {"expected_valu": 1, "kernel_shapp": 2}})), "a.json")
    assert found["label0"].global_shap_values == {"expected_valu": 1, "kernel_shapp": 2}


def test_labels_are_named_as_by_clarify() -> None:
    assert label_names(2) == ["label0", "label1"]
    assert label_names(2, ["no", "yes"]) == ["no", "yes"]
    with pytest.raises(InputError, match="label_headers: names 1 labels, the model answers 2"):
        label_names(2, ["yes"])


def test_a_violation_is_told_in_sagemakers_words() -> None:
    violation = attribution_violation("label0", 0.7639720923277322)
    assert violation is not None
    assert attribution_violations_document([violation]) == {
        "version": "1.0",
        "violations": [
            {
                "label": "label0",
                "metric_name": "shap",
                "constraint_check_type": "feature_attribution_drift_check",
                "description": "Feature attribution drift 0.7639720923277322 exceeds threshold 0.9",
            }
        ],
    }
    assert attribution_violation("label0", 0.9) is None
    assert attribution_violation("label0", float("nan")) is None


def test_global_values_are_published_as_by_sagemaker() -> None:
    moment = datetime(2026, 3, 1, 12, tzinfo=UTC)
    lines = [json.loads(line) for line in attribution_lines(EXPLAINED, moment, {"Endpoint": "credit"}).splitlines()]
    assert [line["MetricName"] for line in lines] == [
        "feature_Age",
        "feature_expected_valu",
        "ExpectedValue",
        "feature_Age",
        "ExpectedValue",
    ]
    assert lines[0] == {
        "MetricName": "feature_Age",
        "Timestamp": "2026-03-01T12:00:00Z",
        "Dimensions": [
            {"Name": "Endpoint", "Value": "credit"},
            {"Name": "ExplainabilityMethod", "Value": "KernelShap"},
            {"Name": "Label", "Value": "label0"},
            {"Name": "ValueType", "Value": "GlobalShapValues"},
        ],
        "Value": 0.0597,
    }
    assert lines[-1]["Dimensions"][-1] == {"Name": "ValueType", "Value": "ExpectedValue"}
    assert lines[-1]["Value"] == -1.0


def test_values_of_rows_are_written_and_read_to_the_last_bit() -> None:
    local = np.random.RandomState(1).standard_normal((2, 3, 2)) * 1e-7
    content = local_values_file(["a", "b, c"], ["label0", "label1"], local)
    assert content.splitlines()[0] == b'a_label0,"b, c_label0",a_label1,"b, c_label1"'
    for place, label in enumerate(("label0", "label1")):
        names, values = read_local_values(content, label, "out.csv")
        assert names == ("a", "b, c")
        assert np.array_equal(values, local[place])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a_label0\n1\nhigh\n", "out.csv: line 3: a_label0: 'high' is no finite number"),
        (b"a_label0,b_label0\n1\n", "out.csv: line 2: b_label0: 'nothing' is no finite number"),
        (b"a_label0\nnan\n", "'nan' is no finite number"),
        (b"a,b\n1,2\n", "has no column <feature>_label0; its first is 'a'"),
        (b"", "is no CSV with a header"),
    ],
)
def test_other_files_are_refused(content: bytes, words: str) -> None:
    with pytest.raises(InputError) as failed:
        read_local_values(content, "label0", "out.csv")
    assert words in str(failed.value)
