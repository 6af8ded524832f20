"""The objects that the operator makes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from model_monitor_crds.baseline import BaselineFiles, BaselineSpec
from model_monitor_crds.job import PodSettings
from model_monitor_crds.monitoringschedule import MonitoringScheduleSpec
from model_monitor_crds.run import OUTPUT_FOLDER, SCRIPT_VARIABLES, Owner, RunConfiguration
from model_monitor_operator import rbac
from model_monitor_operator.manifests.cronjob import cron_job, placeholder
from model_monitor_operator.manifests.pod import (
    RunTooLargeError,
    baseline_job_name,
    claims,
    pod_template,
    run_annotation,
)
from model_monitor_operator.settings import Settings
from tests.unit.operator.specs import FILES

GOLDEN = Path(__file__).parent / "golden"
SPEC: dict[str, Any] = {
    "baselineRef": {"name": "base"},
    "schedule": "@hourly",
    "timeZone": "Europe/Berlin",
    "input": {"endpoint": {"captureURI": "pvc://traffic/capture"}},
    "output": {"uri": "pvc://results/reports"},
    "job": {
        "env": [{"name": "AWS_REGION", "value": "eu-central-1"}],
        "envFrom": [{"secretRef": {"name": "store-keys"}}],
        "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "training", "readOnly": True}}],
        "volumeMounts": [{"name": "data", "mountPath": "/data", "readOnly": True}],
    },
}


def monitor_run(spec: dict[str, Any] = SPEC) -> tuple[RunConfiguration, MonitoringScheduleSpec]:
    parsed = MonitoringScheduleSpec.model_validate(spec)
    owner = Owner(kind="MonitoringSchedule", name="flights", uid="11111111-2222")
    files = {**FILES, "constraintsURI": "s3://bucket/constraints.json"}
    return RunConfiguration(owner=owner, monitor=parsed, reference=BaselineFiles.model_validate(files)), parsed


def baseline_run(**spec: Any) -> RunConfiguration:
    whole = {"dataset": {"uri": "s3://b/a.csv"}, "output": {"uri": "s3://b/out"}, **spec}
    owner = Owner(kind="Baseline", name="base", uid="33333333-4444")
    return RunConfiguration(owner=owner, baseline=BaselineSpec.model_validate(whole))


def test_the_cron_job_is_the_golden_one() -> None:
    run, spec = monitor_run()
    settings = Settings(job_image="registry.example/jobs:1")
    built = cron_job("ns", run, spec, "0 * * * *", settings)
    assert built == yaml.safe_load((GOLDEN / "cronjob.yaml").read_text())


def test_the_run_travels_with_the_settings_of_its_own_monitoring_type() -> None:
    quality = {
        "monitoringType": "ModelQuality",
        "groundTruth": {"uri": "s3://b/labels"},
        "modelQuality": {"metrics": ["auc"]},
    }
    for spec, own, other in ((SPEC, "dataQuality", "modelQuality"), (SPEC | quality, "modelQuality", "dataQuality")):
        run, _ = monitor_run(spec)
        monitor = json.loads(run_annotation(run))["monitor"]
        assert own in monitor
        assert other not in monitor
    problem = {"problemType": "Regression"}
    columns = {"prediction": "p", "groundTruth": "y"}
    made = baseline_run(monitoringType="ModelQuality", modelQuality=problem, columns=columns)
    assert RunConfiguration.model_validate_json(run_annotation(made)).baseline == made.baseline


def test_the_run_travels_without_the_pods_settings() -> None:
    run, _ = monitor_run()
    text = run_annotation(run)
    assert "job" not in json.loads(text)["monitor"]
    assert RunConfiguration.model_validate_json(text).reference == run.reference


def test_a_run_that_is_too_large_is_refused_with_a_remedy() -> None:
    run = baseline_run(columns={"exclude": [f"{number:0200}" for number in range(1000)]})
    with pytest.raises(RunTooLargeError, match=r"spec\.columns\.exclude"):
        run_annotation(run)


def test_a_baselines_job_is_named_by_what_it_computes() -> None:
    name = baseline_job_name("base", baseline_run())
    assert name.startswith("base-baseline-")
    assert set(name.removeprefix("base-baseline-")) <= set("abcdefghijklmnop")
    assert len(name) == len("base-baseline-") + 8
    assert baseline_job_name("base", baseline_run(job={"backoffLimit": 5, "image": "other"})) == name
    assert baseline_job_name("base", baseline_run(monitoringType="DataQuality")) == name
    assert baseline_job_name("base", baseline_run(columns={"exclude": ["id"]})) != name


def test_claims_are_found_in_every_uri_and_written_only_where_results_go() -> None:
    run, _ = monitor_run()
    assert claims(run) == {"results": True, "traffic": False}


def test_a_variable_of_the_users_replaces_ours() -> None:
    job = PodSettings.model_validate({"env": [{"name": "HOME", "value": "/data"}]})
    template = pod_template(baseline_run(), job, {}, Settings())
    assert [v for v in template["spec"]["containers"][0]["env"] if v["name"] == "HOME"] == [
        {"name": "HOME", "value": "/data"}
    ]


def test_scratch_gives_way_to_a_volume_of_the_users_own() -> None:
    job = PodSettings.model_validate(
        {
            "volumes": [{"name": "big", "emptyDir": {"sizeLimit": "50Gi"}}],
            "volumeMounts": [{"name": "big", "mountPath": "/tmp"}],
        }
    )
    container = pod_template(baseline_run(), job, {}, Settings())["spec"]["containers"][0]
    assert [mount["name"] for mount in container["volumeMounts"] if mount["mountPath"] == "/tmp"] == ["big"]


SCRIPT = {"uri": "s3://b/script.py"}


@pytest.mark.parametrize(
    "spec",
    [SPEC | {"postAnalyticsProcessor": SCRIPT}, SPEC | {"input": {**SPEC["input"], "recordPreprocessor": SCRIPT}}],
    ids=["post", "pre"],
)
def test_scripts_have_the_folder_that_they_know_from_sagemaker(spec: dict[str, Any]) -> None:
    run, parsed = monitor_run(spec)
    assert folder_of(pod_template(run, parsed.job, {}, Settings())) == ("model-monitor-output", {"emptyDir": {}})
    own = {"name": "data", "mountPath": OUTPUT_FOLDER}
    env = [*SPEC["job"]["env"], {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]
    job = PodSettings.model_validate({"env": env})
    variables = pod_template(run, job, {}, Settings())["spec"]["containers"][0]["env"]
    assert {"name": SCRIPT_VARIABLES, "value": "AWS_REGION"} in variables
    run, parsed = monitor_run(spec | {"job": {**SPEC["job"], "volumeMounts": [own]}})
    assert folder_of(pod_template(run, parsed.job, {}, Settings()))[0] == "data"


def test_a_baselines_script_has_it_and_runs_without_scripts_do_not() -> None:
    dataset = {"uri": "s3://b/a.csv", "recordPreprocessor": SCRIPT}
    assert folder_of(pod_template(baseline_run(dataset=dataset), PodSettings(), {}, Settings()))[1] == {"emptyDir": {}}
    for run in (baseline_run(), monitor_run()[0]):
        template = pod_template(run, PodSettings(), {}, Settings())
        assert OUTPUT_FOLDER not in json.dumps(template)
        assert SCRIPT_VARIABLES not in json.dumps(template)


def folder_of(template: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The volume that is the scripts' folder, which the program is told of."""
    (container,) = template["spec"]["containers"]
    assert container["args"][-2:] == ["--output", OUTPUT_FOLDER]
    (name,) = (mount["name"] for mount in container["volumeMounts"] if mount["mountPath"] == OUTPUT_FOLDER)
    (volume,) = (volume for volume in template["spec"]["volumes"] if volume["name"] == name)
    return name, {key: value for key, value in volume.items() if key != "name"}


def test_what_claims_a_name_holds_only_what_is_always_there() -> None:
    run, spec = monitor_run()
    first = placeholder(cron_job("ns", run, spec, "0 * * * *", Settings()))
    assert first["spec"]["suspend"] is True
    assert "annotations" not in first["metadata"]
    container = first["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]
    assert set(container) == {"name", "image"}


def test_the_operators_rights_are_narrow() -> None:
    rules = [*rbac.cluster_rules(), *rbac.namespaced_rules(), *rbac.runner_rules()]
    for rule in rules:
        assert "*" not in (*rule.api_groups, *rule.resources, *rule.verbs)
        assert "secrets" not in rule.resources
        assert rule.reason
        if set(rule.resources) & {"serviceaccounts", "rolebindings", "clusterroles"}:
            assert rule.resource_names
