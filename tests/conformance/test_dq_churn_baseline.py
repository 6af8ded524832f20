"""SageMaker's own baseline of its churn demo, made again from the same data, and its files used as a baseline.

The files are of 2021: their constraints lack `categorical_comparison_threshold` and `categorical_drift_method`, which
later containers write and we do; their statistics lack `approximate_num_distinct_values` and `completeness`. Only 34
features of statistics.json are known. Their bucket counts come from a sketch of k=2048 that halved once for 2,333 rows,
as do ours: each may be off by half of what was halved, in practice by one.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from model_monitor_crds.data import Dataset
from model_monitor_crds.data_quality import DataQuality
from model_monitor_jobs.checks.data_quality import default, sagemaker
from model_monitor_jobs.checks.data_quality.reference import Reference
from model_monitor_jobs.errors import InputError
from model_monitor_jobs.profiles.sketch import QuantileSketch
from model_monitor_jobs.profiles.table import ProfileRequest, TableProfile, profile
from model_monitor_jobs.sagemaker.constraints import constraints_document, read_constraints
from model_monitor_jobs.sagemaker.documents import to_document
from model_monitor_jobs.sagemaker.statistics import (
    FeatureStatistics,
    Sketch,
    read_statistics,
    sketch_document,
    statistics_document,
)
from model_monitor_jobs.sources import read_dataset
from model_monitor_jobs.storage import Storage

LATER_KEYS = {"categorical_comparison_threshold", "categorical_drift_method"}
HALVED_ONCE = 2


@pytest.fixture(scope="module")
def folder(conformance: Path) -> Path:
    return conformance / "dq-churn-baseline"


def training(folder: Path) -> Any:
    dataset = Dataset(uri=f"file://{(folder / 'training-dataset-with-header.csv').resolve()}")
    return read_dataset(Storage(), dataset.uri, dataset.format)


@pytest.fixture(scope="module")
def table(folder: Path) -> TableProfile:
    return profile(training(folder))


def test_constraints_are_sagemakers(folder: Path, table: TableProfile) -> None:
    theirs = json.loads((folder / "constraints.json").read_text())
    ours = constraints_document(table)
    distribution = ours["monitoring_config"]["distribution_constraints"]
    assert {key: distribution.pop(key) for key in LATER_KEYS}.keys() == LATER_KEYS
    assert ours == theirs


def test_statistics_are_sagemakers(folder: Path, table: TableProfile) -> None:
    theirs = json.loads((folder / "statistics.json").read_text())
    made = statistics_document(table)
    assert made["dataset"] == theirs["dataset"]
    ours = {feature["name"]: feature for feature in made["features"]}
    assert len(theirs["features"]) == 34
    for feature in theirs["features"]:
        mine = ours[feature["name"]]
        assert mine["inferred_type"] == feature["inferred_type"]
        expected, found = feature["numerical_statistics"], mine["numerical_statistics"]
        assert found["common"] == expected["common"]
        for name in ("mean", "sum", "std_dev", "min", "max"):
            assert found[name] == pytest.approx(expected[name], rel=1e-12), (feature["name"], name)


def test_buckets_are_exact_up_to_one_halving_of_the_sketch(folder: Path, table: TableProfile) -> None:
    data = pd.read_csv(folder / "training-dataset-with-header.csv")
    theirs = json.loads((folder / "statistics.json").read_text())
    ours = {feature["name"]: feature for feature in statistics_document(table)["features"]}
    for feature in theirs["features"]:
        expected = feature["numerical_statistics"].get("distribution", {}).get("kll", {}).get("buckets")
        if not expected:
            continue
        found = ours[feature["name"]]["numerical_statistics"]["distribution"]["kll"]["buckets"]
        edges = [bucket["lower_bound"] for bucket in found] + [found[-1]["upper_bound"]]
        assert edges == pytest.approx([b["lower_bound"] for b in expected] + [expected[-1]["upper_bound"]], rel=1e-12)
        exact, _ = np.histogram(data[feature["name"]], bins=np.array(edges))
        for theirs_now, ours_now, truth in zip(expected, found, exact, strict=True):
            assert abs(ours_now["count"] - truth) <= HALVED_ONCE, feature["name"]
            assert abs(ours_now["count"] - theirs_now["count"]) <= HALVED_ONCE, feature["name"]
        assert sum(bucket["count"] for bucket in found) == len(data)


@pytest.mark.parametrize("mode", ["Default", "SageMaker"])
def test_the_training_data_does_not_violate_sagemakers_own_files(folder: Path, mode: str) -> None:
    statistics = read_statistics((folder / "statistics.json").read_bytes(), "statistics.json")
    constraints = read_constraints((folder / "constraints.json").read_bytes(), "constraints.json")
    reference = Reference.of(statistics, constraints)
    window = profile(training(folder), ProfileRequest(tracking=reference.tracking()))
    findings = (
        sagemaker.compare(reference, window)
        if mode == "SageMaker"
        else default.compare(reference, window, DataQuality()).findings
    )
    assert [finding for finding in findings if finding.violated] == []
    if mode == "SageMaker":
        assert {finding.check for finding in findings} == {
            "data_type_check",
            "completeness_check",
            "baseline_drift_check",
        }
    compared = {finding.column for finding in findings if finding.check == "baseline_drift_check"}
    assert len(compared) >= 29


def edited(folder: Path, path: list[Any], value: Any) -> bytes:
    document = json.loads((folder / "constraints.json").read_text())
    place = document
    for part in path[:-1]:
        place = place[part]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (["features", 3, "completeness"], 1.5, "features[3].completeness: expected a number from 0 to 1, found 1.5"),
        (["features", 3, "completeness"], "all", 'expected a number from 0 to 1, found "all" (feature "Day Mins")'),
        (["features", 0, "inferred_type"], "Integer", 'found "Integer"; did you mean Integral?'),
        (["features", 1, "name"], None, "features[1].name: is missing"),
        (["features", 5, "name"], "Churn", 'features[5].name: "Churn" stands there again, after features[0]'),
        (
            ["monitoring_config", "evaluate_constraints"],
            "On",
            "monitoring_config.evaluate_constraints: expected 'Enabled' or 'Disabled', found \"On\"",
        ),
        (
            ["monitoring_config", "distribution_constraints", "comparison_method"],
            "Exact",
            "monitoring_config.distribution_constraints.comparison_method: expected 'Simple', 'Robust', ",
        ),
        (["features"], {"a": 1}, 'features: expected a list in [ ], found {"a": 1}'),
    ],
)
def test_a_broken_edit_is_answered_with_path_value_and_expectation(
    folder: Path, path: list[Any], value: Any, said: str
) -> None:
    with pytest.raises(InputError, match=rf"^s3://acme/constraints.json: .*{re.escape(said)}"):
        read_constraints(edited(folder, path, value), "s3://acme/constraints.json")


def test_what_is_no_json_is_answered_with_line_and_column(folder: Path) -> None:
    with pytest.raises(InputError, match=r"constraints.json: line 573, column \d+: no JSON: the file ends too early"):
        read_constraints((folder / "constraints.json").read_bytes()[:-20], "constraints.json")


def test_each_file_is_told_from_the_other(folder: Path) -> None:
    statistics, constraints = (folder / name for name in ("statistics.json", "constraints.json"))
    with pytest.raises(InputError, match=r"is a statistics.json; a constraints.json was expected"):
        read_constraints(statistics.read_bytes(), "s3://acme/statistics.json")
    with pytest.raises(InputError, match=r"is a constraints.json; a statistics.json was expected"):
        read_statistics(constraints.read_bytes(), "s3://acme/constraints.json")


def test_what_was_read_is_written_again_whole(folder: Path) -> None:
    for name, read in (("statistics.json", read_statistics), ("constraints.json", read_constraints)):
        content = (folder / name).read_bytes()
        assert to_document(read(content, name)) == json.loads(content)


def sketched(folder: Path) -> list[FeatureStatistics]:
    statistics = read_statistics((folder / "statistics.json").read_bytes(), "statistics.json")
    return [feature for feature in statistics.features if feature.sketch is not None]


def test_sagemakers_own_sketches_are_right_to_a_rank(folder: Path) -> None:
    data = pd.read_csv(folder / "training-dataset-with-header.csv")
    features = sketched(folder)
    assert len(features) == 29
    for feature in features:
        assert feature.sketch is not None
        assert feature.sketch.count == len(data)
        points = np.unique(data[feature.name])
        exact = np.searchsorted(np.sort(data[feature.name]), points, side="right")
        assert np.max(np.abs(feature.sketch.ranks(points) * len(data) - exact)) <= HALVED_ONCE


def test_a_sketch_of_ours_merges_into_sagemakers_and_is_written_again(folder: Path, table: TableProfile) -> None:
    data = pd.read_csv(folder / "training-dataset-with-header.csv")
    for feature in sketched(folder):
        merged = feature.sketch
        assert merged is not None
        merged.merge(table.columns[feature.name].sketch)
        written = Sketch.model_validate(json.loads(json.dumps(sketch_document(merged))))
        assert (written.parameters.k, written.parameters.c) == (2048.0, 0.64)
        again = QuantileSketch(written.data, int(written.parameters.k))
        assert again.count == merged.count == 2 * len(data)
        points = np.unique(data[feature.name])
        assert np.array_equal(again.ranks(points), merged.ranks(points))
        exact = np.searchsorted(np.sort(data[feature.name]), points, side="right") / len(data)
        assert np.max(np.abs(again.ranks(points) - exact)) <= 2 * again.rank_error
