"""Migrated monitors judge what SageMaker's endpoints have captured: CSV without names, below endpoint and variant."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from model_monitor_crds.base import MonitoringType
from model_monitor_jobs.cli import main
from tests.unit.jobs.migration.sagemaker_shapes import definition, endpoint_input, field, outputs, schedule
from tests.unit.jobs.runs.bias_shop import BiasShop
from tests.unit.jobs.runs.explained_shop import ExplainedShop, model
from tests.unit.jobs.runs.shop import DAY, START, Shop

FIFTH = START + 5 * DAY


def call(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def capture_as_sagemaker(shop: Shop) -> None:
    """Put what was captured below the names of an endpoint and a variant."""
    endpoint = shop.root / "seen" / "churn-endpoint"
    endpoint.mkdir(parents=True)
    (shop.root / "capture").rename(endpoint / "AllTraffic")


def judge(
    shop: Shop, type_: MonitoringType, constraints: str, answer: dict[str, Any], *more: str, **application: str
) -> dict[str, Any]:
    """The status of the run on 6 January that a migrated schedule of every midnight makes."""
    capture_as_sagemaker(shop)
    store = f"file://{shop.root}"
    existing = {"constraintsResource": {"s3URI": constraints.replace("pvc://shop", store)}}
    if type_ == "DataQuality":
        statistics = constraints.replace("constraints", "statistics").replace("pvc://shop", store)
        existing["statisticsResource"] = {"s3URI": statistics}
    inputs: dict[str, Any] = {"endpointInput": endpoint_input(**answer)}
    if type_ in ("ModelQuality", "ModelBias"):
        inputs["groundTruthS3Input"] = {"s3URI": f"{store}/labels"}
    changes: dict[str, Any] = {
        field(type_, "BaselineConfig"): existing,
        field(type_, "JobInput"): inputs,
        field(type_, "AppSpecification"): application,
        field(type_, "JobOutputConfig"): outputs(f"{store}/results"),
    }
    source = shop.root / "ack.yaml"
    documents = [schedule(type_, expression="cron(0 0 ? * * *)"), definition(type_, **changes)]
    source.write_text(yaml.safe_dump_all(documents))
    made = call("migrate", source, "--capture-uri", f"{store}/seen", "--output", shop.root / "made", *more)
    assert made.exit_code == 0, made.stderr
    span = ("--from", f"{FIFTH:%Y-%m-%d}", "--to", f"{FIFTH + DAY:%Y-%m-%d}")
    result = call("run", "-f", shop.root / "made" / "churn-definition.yaml", *span, "-o", "json")
    (run,) = json.loads(result.stdout)["runs"]
    assert "error" not in run, run
    assert run["status"]["recordCount"] == 600
    written = sorted((shop.root / "results" / "churn-schedule").rglob("constraint_violations.json"))
    assert [path.parent.relative_to(shop.root) for path in written] == [Path("results/churn-schedule/2026/01/07/00-10")]
    status: dict[str, Any] = run["status"]
    return status


def test_data_quality(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write_training(days=4)
    shop.write_day(5)
    excluded = [argument for name in ("answer", "bought", "at") for argument in ("--exclude", name)]
    assert call("baseline", tmp_path / "training.csv", "--output", tmp_path / "inputs", *excluded).exit_code == 0
    assert judge(shop, "DataQuality", "pvc://shop/inputs/constraints.json", {})["violationCount"] == 0


@pytest.mark.parametrize("offsets", [{}, {"startTimeOffset": "-P1D", "endTimeOffset": "-PT0H"}])
def test_model_quality(tmp_path: Path, offsets: dict[str, str]) -> None:
    shop = Shop(tmp_path)
    shop.write_training(days=4)
    files = shop.baseline()
    shop.write_day(5, late=timedelta(hours=2), wrong=1.0)
    answer = {"probabilityAttribute": "0", "probabilityThresholdAttribute": 0.5, **offsets}
    status = judge(shop, "ModelQuality", files.constraints_uri, answer, problemType="BinaryClassification")
    assert 0.9 < status["labels"]["coverage"] < 1, "the last hours' labels come after the run"
    assert status["violationCount"] > 0, "labels were drawn anew"


def test_model_bias(tmp_path: Path) -> None:
    shop = BiasShop(tmp_path, unfair=0.5)
    shop.write_training(days=4)
    files = shop.baseline()
    shop.write_day(5, late=timedelta(hours=1))
    config = {"headers": ["bought", "x", "y", "plan"], "label": "bought"}
    (tmp_path / "analysis_config.json").write_text(json.dumps(config))
    answer = {"probabilityAttribute": "0", "probabilityThresholdAttribute": 0.5}
    uri = f"file://{tmp_path}/analysis_config.json"
    status = judge(shop, "ModelBias", files.constraints_uri, answer, configURI=uri)
    assert "dppl_check" in {violation["check"] for violation in status["violations"]}


def test_model_explainability(tmp_path: Path) -> None:
    with model() as server:
        shop = ExplainedShop(tmp_path, url=server.url, scale=0.01)
        shop.write_training(days=4)
        files = shop.baseline()
        shop.write_day(5)
        config = {"headers": ["x", "y", "plan"], "methods": {"shap": {"baseline": [[0, 0, "a"]], "num_samples": 50}}}
        (tmp_path / "analysis_config.json").write_text(json.dumps(config))
        uri = f"file://{tmp_path}/analysis_config.json"
        status = judge(shop, "ModelExplainability", files.constraints_uri, {}, "--model-url", server.url, configURI=uri)
    assert {violation["check"] for violation in status["violations"]} == {"feature_attribution_drift_check"}
