"""`model-monitor migrate`, from files to files that run."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from model_monitor_jobs.cli import main
from tests.unit.jobs.migration.sagemaker_shapes import (
    Object,
    all_four,
    definition,
    described,
    endpoint_input,
    outputs,
    schedule,
)
from tests.unit.jobs.runs.shop import DAY, START, Shop

WHOLE = ("--capture-uri", "s3://acme-ml/capture", "--model-url", "http://churn.models.svc/invocations")


def call(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def write(path: Path, *documents: Object) -> Path:
    path.write_text(yaml.safe_dump_all(documents))
    return path


def test_manifests_are_printed_and_fields_told_apart(tmp_path: Path) -> None:
    result = call("migrate", write(tmp_path / "ack.yaml", schedule("DataQuality"), definition("DataQuality")), *WHOLE)
    assert result.exit_code == 0
    assert [document["kind"] for document in yaml.safe_load_all(result.stdout)] == ["Baseline", "MonitoringSchedule"]
    assert "  left out  roleARN: the pods' ServiceAccount" in result.stderr
    assert "  carried   stoppingCondition.maxRuntimeInSeconds: spec.job.activeDeadlineSeconds" in result.stderr


def test_a_file_for_each_definition_and_2_when_something_is_left_to_do(tmp_path: Path) -> None:
    source = write(tmp_path / "ack.yaml", *all_four())
    result = call("migrate", source, *WHOLE, "--output", tmp_path / "made")
    assert result.exit_code == 2, "the bias definition's configURI has to be looked at"
    assert sorted(path.name for path in (tmp_path / "made").iterdir()) == [
        "churn-dataquality.yaml",
        "churn-legacy.yaml",
        "churn-modelbias.yaml",
        "churn-modelexplainability.yaml",
        "churn-modelquality.yaml",
        "churn-on-demand.yaml",
    ]
    assert result.stdout == ""
    again = call("migrate", source, *WHOLE, "--output", tmp_path / "made")
    assert (again.exit_code, "is there already" in again.stderr) == (1, True)


def test_files_of_the_aws_cli_and_of_other_kinds(tmp_path: Path) -> None:
    files = []
    for number, document in enumerate((schedule("ModelQuality"), definition("ModelQuality"))):
        files.append(tmp_path / f"{number}.json")
        files[-1].write_text(json.dumps(described(document), indent=4))
    other = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}
    files.append(write(tmp_path / "list.yaml", {"apiVersion": "v1", "kind": "List", "items": [other]}))
    result = call("migrate", *files, *WHOLE)
    assert result.exit_code == 0
    assert "passed over: v1 ConfigMap" in result.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "is not YAML"),
        ("{colour: red}", "is no monitoring schedule, job definition or endpoint"),
        ("{apiVersion: v1, kind: ConfigMap}", "hold neither a monitoring schedule nor a job definition"),
        ("{MonitoringScheduleConfig: {}}", "a MonitoringSchedule without a name"),
    ],
)
def test_files_that_are_nothing_of_the_kind(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "bad.yaml").write_text(text)
    result = call("migrate", tmp_path / "bad.yaml")
    assert result.exit_code == 1
    assert said in result.stderr
    assert "Traceback" not in result.output


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A shop whose endpoint captures where SageMaker's would: below its own name and a variant."""
    shop = Shop(tmp_path)
    shop.write_training(days=4)
    shop.write_day(5, late=timedelta(hours=2))
    shop.write_day(6, late=timedelta(hours=2), wrong=0.8)
    (tmp_path / "capture").rename(tmp_path / "AllTraffic")
    (tmp_path / "seen" / "churn-endpoint").mkdir(parents=True)
    (tmp_path / "AllTraffic").rename(tmp_path / "seen" / "churn-endpoint" / "AllTraffic")
    return shop


def days(result: Result) -> dict[str, bool]:
    """The days that were judged, and whether they had violations."""
    runs = json.loads(result.stdout)["runs"]
    return {run["window"]["start"]: run["status"]["violationCount"] > 0 for run in runs}


def test_a_migrated_model_quality_monitor_runs_on_what_sagemaker_has_written(shop: Shop, tmp_path: Path) -> None:
    store = f"file://{tmp_path}"
    constraints = shop.baseline().constraints_uri.replace("pvc://shop", store)
    job = definition(
        "ModelQuality",
        modelQualityBaselineConfig={"constraintsResource": {"s3URI": constraints}},
        modelQualityJobInput={
            "endpointInput": endpoint_input(probabilityAttribute="0", probabilityThresholdAttribute=0.5),
            "groundTruthS3Input": {"s3URI": f"{store}/labels"},
        },
        modelQualityJobOutputConfig=outputs(f"{store}/results"),
    )
    job["spec"]["modelQualityJobInput"]["endpointInput"] |= {"startTimeOffset": "-P2D", "endTimeOffset": "-P1D"}
    source = write(tmp_path / "ack.yaml", schedule("ModelQuality", expression="cron(0 0 ? * * *)"), job)
    made = call("migrate", source, "--capture-uri", f"{store}/seen", "--output", tmp_path / "made")
    assert made.exit_code == 0, made.stderr
    span = ("--from", f"{START + 5 * DAY:%Y-%m-%d}", "--to", f"{START + 7 * DAY:%Y-%m-%d}")
    result = call("run", "-f", tmp_path / "made" / "churn-definition.yaml", *span, "-o", "json")
    assert result.exit_code == 2, result.output
    assert days(result)["2026-01-07T00:00:00Z"], "on the 7th labels were drawn anew"
    (run, *_) = json.loads(result.stdout)["runs"]
    assert run["status"]["labels"]["coverage"] == 1
    assert (tmp_path / "results" / "churn-schedule" / "2026" / "01" / "08" / "00").is_dir(), "of the scheduled time"


def test_a_migrated_data_quality_monitor_runs_on_what_sagemaker_has_written(shop: Shop, tmp_path: Path) -> None:
    store = f"file://{tmp_path}"
    excluded = [argument for name in ("answer", "bought", "at") for argument in ("--exclude", name)]
    assert call("baseline", tmp_path / "training.csv", "--output", tmp_path / "inputs", *excluded).exit_code == 0
    job = definition(
        "DataQuality",
        dataQualityBaselineConfig={
            "constraintsResource": {"s3URI": f"{store}/inputs/constraints.json"},
            "statisticsResource": {"s3URI": f"{store}/inputs/statistics.json"},
        },
        dataQualityJobOutputConfig=outputs(f"{store}/results"),
    )
    source = write(tmp_path / "ack.yaml", schedule("DataQuality", expression="cron(0 0 ? * * *)"), job)
    made = call("migrate", source, "--capture-uri", f"{store}/seen", "--output", tmp_path / "made")
    assert made.exit_code == 0, made.stderr
    span = ("--from", f"{START + 5 * DAY:%Y-%m-%d}", "--to", f"{START + 7 * DAY:%Y-%m-%d}")
    result = call("run", "-f", tmp_path / "made" / "churn-definition.yaml", *span, "-o", "json")
    assert result.exit_code == 0, result.output
    assert days(result) == {"2026-01-06T00:00:00Z": False, "2026-01-07T00:00:00Z": False}
    assert {run["status"]["recordCount"] for run in json.loads(result.stdout)["runs"]} == {600}
