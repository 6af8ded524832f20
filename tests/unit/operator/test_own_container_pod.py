"""The pod of a container of one's own: three containers one after another, and what the user's may see."""

from __future__ import annotations

from typing import Any

import pytest

from model_monitor_crds.job import ScheduledPodSettings
from model_monitor_crds.own_container import MESSAGE_FILE, VARIABLES
from model_monitor_crds.run import OUTPUT_FOLDER, RunConfiguration
from model_monitor_operator.manifests.own_container import ANALYZE
from model_monitor_operator.manifests.pod import job_spec, pod_template, run_annotation
from model_monitor_operator.reconcile.progress import progress
from model_monitor_operator.settings import Settings
from model_monitor_operator.state import POD, slim
from tests.unit.operator.test_manifests import SPEC, monitor_run
from tests.unit.operator.test_progress import GRACE, NOW, ended, job, terminated, waiting

SETTINGS = Settings(job_image="registry.example/jobs:1")
OWN = {
    "contract": "SageMaker",
    "image": "own:1",
    "imagePullPolicy": "Always",
    "env": [
        {"name": "PYTHONPATH", "value": "/lib"},
        {"name": "LIMIT", "value": "3"},
        {"name": "end_time", "value": "x"},
    ],
    "envFrom": [{"secretRef": {"name": "store"}}],
    "volumes": [{"name": "models", "emptyDir": {}}],
    "volumeMounts": [{"name": "models", "mountPath": "/models"}],
    "resources": {"limits": {"memory": "1Gi"}},
}


def settings(**changed: Any) -> ScheduledPodSettings:
    return ScheduledPodSettings.model_validate(OWN | changed)


def containers(**changed: Any) -> list[dict[str, Any]]:
    run, _ = monitor_run()
    spec = pod_template(run, settings(**changed), {}, SETTINGS)["spec"]
    return [*spec["initContainers"], *spec["containers"]]


def test_ours_stage_and_publish_around_the_users() -> None:
    prepare, analyze, monitor = containers()
    assert [each["name"] for each in (prepare, analyze, monitor)] == ["prepare", ANALYZE, "monitor"]
    assert [each["image"] for each in (prepare, analyze, monitor)] == [
        "registry.example/jobs:1",
        "own:1",
        "registry.example/jobs:1",
    ]
    assert prepare["command"] == ["model-monitor", "prepare"]
    assert monitor["command"] == ["model-monitor", "publish"]
    assert "command" not in analyze
    assert "args" not in analyze
    assert all("restartPolicy" not in each for each in (prepare, analyze))
    assert analyze["imagePullPolicy"] == "Always"
    assert analyze["terminationMessagePath"] == MESSAGE_FILE
    assert {each["resources"]["limits"]["memory"] for each in (prepare, analyze, monitor)} == {"1Gi"}


def test_the_users_container_sees_neither_token_nor_keys_nor_claims() -> None:
    prepare, analyze, monitor = containers()
    mounted = {mount["name"] for mount in analyze["volumeMounts"]}
    assert mounted == {"model-monitor-input", "model-monitor-baseline", "model-monitor-output", "models"}
    assert "envFrom" not in analyze
    for each in (prepare, monitor):
        assert each["envFrom"][0]["secretRef"]["name"] == "store"
        assert {"model-monitor-credentials", "model-monitor-run"} <= {mount["name"] for mount in each["volumeMounts"]}
    (output,) = [mount for mount in monitor["volumeMounts"] if mount["mountPath"] == OUTPUT_FOLDER]
    assert output["readOnly"] is True


def test_variables_come_from_what_was_staged_unless_the_user_sets_them() -> None:
    _, analyze, _ = containers()
    variables = {variable["name"]: variable for variable in analyze["env"]}
    assert len(variables) == len(analyze["env"])
    assert set(VARIABLES) <= set(variables)
    assert variables["end_time"] == {"name": "end_time", "value": "x"}
    assert variables["start_time"]["valueFrom"]["fileKeyRef"]["key"] == "start_time"
    assert variables["LIMIT"]["value"] == "3"


def test_variables_that_choose_a_program_stay_out_of_ours() -> None:
    prepare, analyze, monitor = containers()
    for each in (prepare, monitor):
        variables = {variable["name"]: variable["value"] for variable in each["env"]}
        assert variables["PYTHONPATH"] == ""
        assert variables["LIMIT"] == "3"
    assert {"name": "PYTHONPATH", "value": "/lib"} in analyze["env"]


def test_the_run_can_be_read_by_ours_whatever_only_the_contract_allows() -> None:
    own = {key: value for key, value in SPEC.items() if key != "baselineRef"}
    run, _ = monitor_run(own | {"monitoringType": "ModelQuality", "job": {"contract": "SageMaker", "image": "own:1"}})
    told = RunConfiguration.model_validate_json(run_annotation(run))
    assert told.monitor is not None
    assert (told.monitor.job.contract, told.monitor.baseline_ref) == ("SageMaker", None)


def test_a_program_of_the_users_choice_is_run() -> None:
    _, analyze, _ = containers(command=["python"], args=["-m", "drift"])
    assert (analyze["command"], analyze["args"]) == (["python"], ["-m", "drift"])


def test_a_failure_of_the_users_is_final_unless_it_was_killed() -> None:
    run, _ = monitor_run()
    rules = job_spec(run, settings(), {}, SETTINGS)["podFailurePolicy"]["rules"]
    assert rules[0]["action"] == "Ignore", "a lost node counts first"
    by_container = {rule["onExitCodes"]["containerName"]: rule["onExitCodes"] for rule in rules[1:]}
    assert (by_container[ANALYZE]["operator"], by_container[ANALYZE]["values"]) == ("NotIn", [137, 143])
    assert by_container["prepare"]["values"] == by_container["monitor"]["values"] == [1]


def pod(phase: str, *states: dict[str, Any]) -> dict[str, Any]:
    """A pod whose containers stand so, as it is seen by the operator."""
    run, _ = monitor_run()
    names = ("prepare", ANALYZE, "monitor")
    statuses = [{"name": name, "state": state} for name, state in zip(names, states, strict=True)]
    return slim(
        POD,
        {
            "metadata": {"name": "p", "creationTimestamp": "2026-11-23T02:01:00Z", "resourceVersion": "5"},
            "spec": pod_template(run, settings(), {}, SETTINGS)["spec"],
            "status": {"phase": phase, "initContainerStatuses": statuses[:2], "containerStatuses": statuses[2:]},
        },
    )


WAITING = waiting("PodInitializing")


@pytest.mark.parametrize(
    ("found", "state", "reason", "text"),
    [
        (pod("Pending", WAITING, WAITING, WAITING), "Pending", "Pending", "waiting"),
        (pod("Pending", {"running": {}}, WAITING, WAITING), "Running", "Running", ""),
        (pod("Pending", terminated(0), WAITING, WAITING), "Running", "Running", ""),
        (
            pod("Pending", terminated(0), waiting("ErrImagePull"), WAITING),
            "Troubled",
            "ImagePullBackOff",
            "own:1 can't be pulled",
        ),
    ],
)
def test_where_such_a_pod_stands(found: dict[str, Any], state: str, reason: str, text: str) -> None:
    at = progress(job(), [found], None, None, NOW, GRACE)
    assert (at.state, at.reason) == (state, reason)
    assert text in at.message


@pytest.mark.parametrize(
    ("states", "reason", "text"),
    [
        ((terminated(0), terminated(3, message="stale table"), WAITING), "Error", "exit code 3: stale table"),
        # A code that has a meaning of its own only where our containers end with it.
        ((terminated(0), terminated(75, message="mine"), WAITING), "Error", "exit code 75: mine"),
        ((terminated(75), WAITING, WAITING), "StorageUnavailable", "did not answer"),
        ((terminated(0), terminated(137, "OOMKilled"), WAITING), "OOMKilled", "1Gi"),
        ((terminated(0), terminated(0), terminated(1, message="no JSON")), "Error", "no JSON"),
    ],
)
def test_how_such_a_pod_failed(states: tuple[dict[str, Any], ...], reason: str, text: str) -> None:
    at = progress(ended("Failed", "PodFailurePolicy"), [pod("Failed", *states)], None, None, NOW, GRACE)
    assert at.reason == reason
    assert text in at.message
