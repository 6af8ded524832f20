"""Clarify's explanations: its file, its score of drift and its words for it, and values of rows from a real job."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_monitor_jobs.attribution.aggregate import aggregate
from model_monitor_jobs.attribution.drift import measure_drift
from model_monitor_jobs.attribution.ndcg import ndcg
from model_monitor_jobs.sagemaker.analysis import analysis_document, read_analysis
from model_monitor_jobs.sagemaker.attributions import (
    attribution_violation,
    explanations,
    local_values_file,
    read_explanations,
    read_local_values,
)
from model_monitor_jobs.sagemaker.documents import to_document, to_json

EXACT = 1e-15


@pytest.fixture(scope="module")
def case(conformance: Path) -> Path:
    return conformance / "explainability-ndcg"


@pytest.fixture(scope="module")
def check(case: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((case / "check.json").read_bytes())
    return found


def test_the_documented_example(check: dict[str, Any]) -> None:
    names = [*check["baseline"]]
    baseline, live = (np.array([check[side][name] for name in names]) for side in ("baseline", "live"))
    found = ndcg(baseline, live)
    assert found == pytest.approx(check["formula_as_stated_baseline_gain"], abs=EXACT)
    assert round(found, 2) == check["documented"]
    assert ndcg(live, baseline) != pytest.approx(found, abs=0.01)
    drift = measure_drift(check["baseline"], names, live[np.newaxis, :], "mean_abs")
    assert drift.ndcg == found
    assert drift.is_below(0.9)


def test_a_violation_in_the_words_of_a_real_one() -> None:
    violation = attribution_violation("label0", 0.7639720923277322)
    assert violation is not None
    assert violation.description == "Feature attribution drift 0.7639720923277322 exceeds threshold 0.9"


def test_a_real_analysis_is_read_and_written_again(case: Path) -> None:
    content = (case / "analysis.json").read_bytes()
    document = json.loads(content)
    read = read_analysis(content, "analysis.json")
    assert to_document(read) == document
    found = read_explanations(read, "analysis.json")
    written = analysis_document("", "", [], explanations(found))
    assert written == document
    assert to_json(written) == to_json(document)


def test_of_a_real_analysis_and_itself_the_score_is_1(case: Path) -> None:
    read = read_analysis((case / "analysis.json").read_bytes(), "analysis.json")
    (label,) = read_explanations(read, "analysis.json").values()
    values = np.array([*label.global_shap_values.values()])
    assert len(values) == 45
    assert label.expected_value == 0.021365880966186523
    assert ndcg(values, values) == 1.0
    assert ndcg(values, values[::-1].copy()) < 1.0


def test_values_of_rows_of_a_real_job(conformance: Path) -> None:
    content = (conformance / "bias-german-credit" / "shap_local_first100.csv").read_bytes()
    features, local = read_local_values(content, "label0", "out.csv")
    assert local.shape == (100, 20)
    rows = [*csv.DictReader(content.decode().splitlines())]
    sizes = aggregate(local, "mean_abs")
    for place, feature in enumerate(features):
        column = [float(row[f"{feature}_label0"]) for row in rows]
        assert sizes[place] == pytest.approx(sum(map(abs, column)) / 100, rel=1e-14)
        assert aggregate(local, "median")[place] == pytest.approx(sum(sorted(column)[49:51]) / 2, rel=1e-14)
        assert aggregate(local, "mean_sq")[place] == pytest.approx(sum(each**2 for each in column) / 100, rel=1e-14)
    assert local_values_file(features, ["label0"], local[np.newaxis]).splitlines() == content.splitlines()


def test_halves_of_a_real_job_do_not_differ_beyond_chance(conformance: Path) -> None:
    content = (conformance / "bias-german-credit" / "shap_local_first100.csv").read_bytes()
    features, local = read_local_values(content, "label0", "out.csv")
    first, second = local[:50], local[50:]
    baseline = dict(zip(features, map(float, aggregate(first, "mean_abs")), strict=True))
    found = measure_drift(baseline, features, second, "mean_abs", first)
    assert not found.is_below(0.9)
    assert found.low <= found.ndcg <= found.high
