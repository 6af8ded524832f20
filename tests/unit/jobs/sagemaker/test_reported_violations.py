"""constraint_violations.json as any container writes it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_monitor_jobs.errors import InputError
from model_monitor_jobs.sagemaker.bias_drift import BiasViolation, bias_violations_document
from model_monitor_jobs.sagemaker.violations import (
    ConstraintViolation,
    ReportedViolation,
    check_name,
    read_violations,
    violations_document,
)


def read(document: Any) -> list[ReportedViolation]:
    return read_violations(json.dumps(document).encode(), "out/constraint_violations.json")


def test_what_we_write_ourselves_is_read_back() -> None:
    written = violations_document(
        [
            ConstraintViolation("age", "completeness_check", "too few values"),
            ConstraintViolation("Missing columns", "missing_column_check", "there are 2 missing columns"),
        ]
    )
    assert read(written) == [
        ReportedViolation("age", "completeness_check", "too few values"),
        ReportedViolation("", "missing_column_check", "there are 2 missing columns"),
    ]


def test_bias_is_counted_by_facet_and_metric() -> None:
    written = bias_violations_document([BiasViolation("sex", "F", "DPL", "bias_drift_check", "Metric value 0.4")])
    assert read(written) == [ReportedViolation("sex = F", "dpl_check", "Metric value 0.4")]


def test_attributions_have_a_label_and_version_0_a_number() -> None:
    violation = {
        "label": "approved",
        "metric_name": "shap",
        "constraint_check_type": "feature_attribution_drift_check",
        "description": "Feature attribution drift 0.7 exceeds 0.9",
    }
    assert read({"version": 0.0, "violations": [violation]}) == [
        ReportedViolation("approved", "feature_attribution_drift_check", "Feature attribution drift 0.7 exceeds 0.9")
    ]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("baseline_drift_check", "baseline_drift_check"),
        ("KS Test", "ks_test_check"),
        ("driftCheck", "drift_check"),
        ("2-sample", "custom_2_sample_check"),
        ("", "custom_check"),
        ("übermäßig", "berm_ig_check"),
        ("x" * 100, "x" * 58 + "_check"),
    ],
)
def test_names_of_checks_become_such_as_the_api_allows(written: str, name: str) -> None:
    assert check_name(written) == name


@given(st.text(max_size=90))
def test_every_text_gives_a_name_that_is_allowed_and_stays(text: str) -> None:
    name = check_name(text)
    assert re.fullmatch("[a-z][a-z0-9_]*_check", name)
    assert len(name) <= 64
    assert check_name(name) == name


def test_a_changed_name_stands_in_the_description() -> None:
    (found,) = read({"violations": [{"feature_name": "age", "constraint_check_type": "KS Test", "description": "p 0"}]})
    assert found == ReportedViolation("age", "ks_test_check", "KS Test: p 0")
    (bare,) = read({"violations": [{}]})
    assert bare == ReportedViolation("", "custom_check", "no description was given")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (b'{"violations": [', "line 1"),
        (b"[]", "constraint_violations.json"),
        (b"{}", "violations"),
        (b'{"violations": [{"feature_name": 3}]}', "feature_name"),
    ],
)
def test_what_can_not_be_read_names_the_file_and_the_place(content: bytes, said: str) -> None:
    with pytest.raises(InputError, match=r"out/constraint_violations\.json") as caught:
        read_violations(content, "out/constraint_violations.json")
    assert said in str(caught.value)
