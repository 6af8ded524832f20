"""Clarify's own analysis of the South German Credit data, with ages above a threshold as its facet.

Its post-training metrics need the predictions of a model that is not there; what can be is compared with each other.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as csv
import pytest

from model_monitor_crds.baseline import BaselineSpec
from model_monitor_crds.monitoringschedule import MonitoringScheduleSpec
from model_monitor_crds.window import Window
from model_monitor_jobs.checks.bias.measured import MeasuredBias, measure
from model_monitor_jobs.decisions import Verdict
from model_monitor_jobs.profiles.bias import BiasProblem, BiasProfile, Facet, decode_bias, selections
from model_monitor_jobs.profiles.column import ColumnProfile
from model_monitor_jobs.profiles.hashes import hash_numbers
from model_monitor_jobs.runs.baseline import make_baseline
from model_monitor_jobs.runs.labels_as_of import LabelsAsOf
from model_monitor_jobs.runs.monitor import run_monitor
from model_monitor_jobs.sagemaker.analysis import MeasuredFacet, analysis_document, read_analysis
from model_monitor_jobs.sagemaker.bias_drift import bias_constraints
from model_monitor_jobs.sagemaker.documents import to_document, to_json
from model_monitor_jobs.storage import Storage

EXACT = 1e-15
AGE, LABEL, STATUS = "alter", "kredit", "famges"


@pytest.fixture(scope="module")
def content(conformance: Path) -> bytes:
    return (conformance / "bias-german-credit" / "analysis.json").read_bytes()


@pytest.fixture(scope="module")
def expected(content: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(content)
    return found


@pytest.fixture(scope="module", params=["texts", "numbers"])
def profile(request: pytest.FixtureRequest, conformance: Path) -> BiasProfile:
    file = conformance / "bias-german-credit" / "SouthGermanCredit.asc"
    types = dict.fromkeys((AGE, LABEL, STATUS), pa.string() if request.param == "texts" else pa.int64())
    read = csv.read_csv(
        file, parse_options=csv.ParseOptions(delimiter=" "), convert_options=csv.ConvertOptions(column_types=types)
    )
    columns = {name: read.column(name).combine_chunks() for name in (AGE, LABEL, STATUS)}
    selected = {}
    for name, given in ((AGE, [40]), (LABEL, [1])):
        column = ColumnProfile.empty(name)
        column.update(columns[name])
        (selected[name],) = selections(column, given, name)
    problem = BiasProblem((Facet(AGE, selected[AGE]),), selected[LABEL], stratified_by=STATUS)
    hashes = hash_numbers(np.arange(1_000, dtype=np.float64))
    made = BiasProfile.empty(problem)
    made.update(decode_bias(problem, columns, columns[LABEL], None, None, hashes))
    return made


@pytest.fixture(scope="module")
def measured(profile: BiasProfile) -> dict[str, MeasuredBias]:
    return measure(profile.counts)[0]


def test_the_file_is_clarifys_to_the_last_digit(
    expected: dict[str, Any], profile: BiasProfile, measured: dict[str, MeasuredBias]
) -> None:
    named = MeasuredFacet("age", profile.facet_text(0), {name: measured[name] for name in measured})
    made = analysis_document("credit_risk", profile.label_text, [named])["pre_training_bias_metrics"]
    theirs = expected["pre_training_bias_metrics"]
    (ours,), (entry,) = made["facets"]["age"], theirs["facets"]["age"]
    assert ours["value_or_threshold"] == entry["value_or_threshold"] == "(40, 75]"
    assert made["label_value_or_threshold"] == theirs["label_value_or_threshold"]
    assert made["label"] == theirs["label"]
    assert [(metric["name"], metric["description"]) for metric in ours["metrics"]] == [
        (metric["name"], metric["description"]) for metric in entry["metrics"]
    ]
    for metric, other in zip(ours["metrics"], entry["metrics"], strict=True):
        assert metric["value"] == pytest.approx(other["value"], abs=EXACT, rel=0), metric["name"]


def test_the_file_is_read_and_written_again(content: bytes, expected: dict[str, Any]) -> None:
    read = read_analysis(content, "analysis.json")
    assert to_document(read) == expected
    assert read_analysis(to_json(expected), "analysis.json") == read
    assert len(bias_constraints(read)) == 8 + 13


def test_our_words_for_the_metrics_of_both_stages_are_clarifys(expected: dict[str, Any]) -> None:
    blank = {
        metric["name"]: MeasuredBias(metric["name"], metric["value"], 0.0, 0.0, 0.0, 1)
        for stage in ("pre", "post")
        for metric in expected[f"{stage}_training_bias_metrics"]["facets"]["age"][0]["metrics"]
    }
    assert analysis_document("credit_risk", "1", [MeasuredFacet("age", "(40, 75]", blank)]) == expected


def test_the_dataset_does_not_violate_its_own_baseline(content: bytes, measured: dict[str, MeasuredBias]) -> None:
    constraints = [each for each in bias_constraints(read_analysis(content, "analysis.json")) if each.name in measured]
    known = [each for each in constraints if measured[each.name].defined]
    assert len(known) == 8
    assert not [each.name for each in known if each.violated_by(measured[each.name].value)]


def test_intervals_hold_clarifys_values(expected: dict[str, Any], measured: dict[str, MeasuredBias]) -> None:
    for metric in expected["pre_training_bias_metrics"]["facets"]["age"][0]["metrics"]:
        ours = measured[metric["name"]]
        assert ours.low <= metric["value"] <= ours.high, metric["name"]
        assert ours.count == 272


@pytest.mark.parametrize("compatibility", ["SageMaker", "Default"])
def test_clarifys_file_is_adopted_and_its_own_data_are_no_violation(
    conformance: Path, tmp_path: Path, content: bytes, expected: dict[str, Any], compatibility: str
) -> None:
    """The data under the file's names, as a batch with labels; of the answers nothing is known."""
    names = {AGE: "age", LABEL: "credit_risk", STATUS: "status"}
    lines = (conformance / "bias-german-credit" / "SouthGermanCredit.asc").read_text().splitlines()
    header = [names.get(name, name) for name in lines[0].split()]
    rows = [",".join(line.split()) for line in lines[1:]]
    (tmp_path / "credit.csv").write_text("\n".join([",".join(header), *rows]) + "\n")
    (tmp_path / "analysis.json").write_bytes(content)
    storage = Storage({"pvc://credit": tmp_path})
    baseline = BaselineSpec.model_validate(
        {"monitoringType": "ModelBias", "existing": {"constraintsURI": "pvc://credit/analysis.json"}}
    )
    files = make_baseline(baseline, storage).files
    assert files.column_count == 8 + 13
    monitor = MonitoringScheduleSpec.model_validate(
        {
            "monitoringType": "ModelBias",
            "baselineRef": {"name": "credit"},
            "input": {"batch": {"dataURI": "pvc://credit/credit.csv"}},
            "columns": {"groundTruth": "credit_risk"},
            "modelBias": {"compatibility": compatibility, "group": "status"},
            "output": {"uri": "pvc://credit/reports"},
        }
    )
    day = datetime(2026, 1, 1, tzinfo=UTC)
    window = Window(day, day + timedelta(days=1))
    result = run_monitor(monitor, files, window, storage, LabelsAsOf(window.end))
    checks = [finding.check for finding in result.findings if finding.verdict is Verdict.PASS]
    assert len(checks) == (8 if compatibility == "SageMaker" else 1)
    assert result.violations == []
    section = result.documents()["analysis.json"]["pre_training_bias_metrics"]
    (entry,), (theirs,) = section["facets"]["age"], expected["pre_training_bias_metrics"]["facets"]["age"]
    assert (section["label"], entry["value_or_threshold"]) == ("credit_risk", theirs["value_or_threshold"])
    values = {metric["name"]: metric["value"] for metric in theirs["metrics"]}
    assert {metric["name"]: metric["value"] for metric in entry["metrics"]} == pytest.approx(values, abs=EXACT, rel=0)
    assert "post_training_bias_metrics" not in result.documents()["analysis.json"]
