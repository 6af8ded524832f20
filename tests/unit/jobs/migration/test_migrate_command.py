"""`model-monitor migrate`, from files to files that run."""

from __future__ import annotations

import json
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
    schedule,
)

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
    assert call("migrate", source, *WHOLE[2:]).exit_code == 2, "captures are not found"
    result = call("migrate", source, *WHOLE, "--output", tmp_path / "made")
    assert result.exit_code == 0
    assert sorted(path.name for path in (tmp_path / "made").iterdir()) == [
        "churn-dataquality.yaml",
        "churn-legacy.yaml",
        "churn-modelbias.yaml",
        "churn-modelexplainability.yaml",
        "churn-modelquality.yaml",
        "churn-on-demand.yaml",
        "churn-own.yaml",
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
