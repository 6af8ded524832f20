"""MonitoringExecutions: runs by hand, and runs whose container can't say how they ended."""

from __future__ import annotations

import time
from typing import Any

from tests.cluster.control_plane import ControlPlane
from tests.cluster.processes import wait_until
from tests.integration.operator.process import OperatorProcess
from tests.integration.operator.resources import (
    VIOLATION,
    Resources,
    conditions,
    execution,
    schedule,
    set_pod,
    violated,
)

WINDOW = {"start": "2013-02-08T00:00:00Z", "end": "2013-02-09T00:00:00Z"}


def ready(resources: Resources, **spec: Any) -> None:
    resources.make_baseline()
    resources.apply(schedule(**spec))
    resources.wait_condition("MonitoringSchedule", "flights", "Ready", "True")


def test_a_run_by_hand_gets_a_job_of_its_name(operator: OperatorProcess, resources: Resources) -> None:
    ready(resources)
    resources.create(execution("now", window=WINDOW))
    resources.wait_condition("MonitoringExecution", "now", "Reconciling", "True", "Pending")
    job = resources.wait_job("now")
    owner = job["metadata"]["ownerReferences"][0]
    assert (owner["kind"], owner["name"]) == ("MonitoringExecution", "now")
    set_pod(resources, "now", "Running", {"running": {}})
    resources.wait_condition("MonitoringExecution", "now", "Reconciling", "True", "Running")
    assert resources.get("MonitoringSchedule", "flights")["status"]["active"] == ["now"]  # type: ignore[index]
    resources.record("now", schedule(), violated(WINDOW["start"], WINDOW["end"], VIOLATION), execution="now")
    found = resources.wait_condition("MonitoringExecution", "now", "Ready", "True", "ViolationsFound")
    assert found["message"] == "1 violations"
    set_pod(resources, "now", "Succeeded", {"terminated": {"exitCode": 0}})
    resources.wait(
        "MonitoringSchedule",
        "flights",
        lambda s: s["status"].get("lastRun", {}).get("name") == "now" and "active" not in s["status"],
        "the run",
    )
    wait_until(
        lambda: {"RunSucceeded", "ViolationsDetected"} <= {reason for reason, _ in resources.events("now")},
        "the Events",
    )
    resources.delete("Job", "now")
    time.sleep(2)
    assert all(job["metadata"]["name"] != "now" for job in resources.all_of("Job"))


def test_a_run_by_hand_waits_for_its_schedule_then_stalls(operator: OperatorProcess, resources: Resources) -> None:
    resources.create(execution("early", "nowhere"))
    resources.wait_condition("MonitoringExecution", "early", "Reconciling", "True", "ScheduleNotFound")
    resources.wait_condition("MonitoringExecution", "early", "Stalled", "True", "ScheduleNotFound", 20)


def test_a_baseline_cannot_be_run_by_hand(operator: OperatorProcess, resources: Resources) -> None:
    body = execution("again")
    body["spec"] = {"baselineRef": {"name": "flights"}}
    resources.create(body)
    found = resources.wait_condition("MonitoringExecution", "again", "Stalled", "True", "Unsupported")
    assert "change the Baseline" in found["message"]


def test_a_job_of_somebody_else_is_a_conflict(operator: OperatorProcess, resources: Resources) -> None:
    ready(resources)
    container = {"name": "theirs", "image": "busybox"}
    resources.create(
        {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": "taken"},
            "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [container]}}},
        }
    )
    resources.create(execution("taken", window=WINDOW))
    found = resources.wait_condition("MonitoringExecution", "taken", "Stalled", "True", "NameConflict")
    assert "Job" in found["message"]


def test_an_image_that_cannot_be_pulled_shows_while_it_waits(
    control_plane: ControlPlane, operator: OperatorProcess, resources: Resources
) -> None:
    ready(resources, job={"activeDeadlineSeconds": 10, "image": "nowhere.invalid/image:1"})
    control_plane.kubectl("-n", resources.namespace, "create", "job", "--from=cronjob/flights", "flights-by-hand")
    set_pod(resources, "flights-by-hand", "Pending", {"waiting": {"reason": "ErrImagePull", "message": "no such host"}})
    found = resources.wait_condition(
        "MonitoringExecution", "flights-by-hand", "Reconciling", "True", "ImagePullBackOff"
    )
    assert "nowhere.invalid/image:1" in found["message"]
    assert "ImagePullBackOff" in control_plane.kubectl("-n", resources.namespace, "get", "mexe")
    assert resources.get("MonitoringSchedule", "flights")["status"]["active"] == ["flights-by-hand"]  # type: ignore[index]
    failed = resources.wait_condition(
        "MonitoringExecution", "flights-by-hand", "Stalled", "True", "ImagePullBackOff", 40
    )
    assert "ended after 10 s" in failed["message"]
    body = resources.get("MonitoringExecution", "flights-by-hand")
    assert conditions(body)["Failed"]["status"] == "True"
    resources.wait_condition("MonitoringSchedule", "flights", "LastRunSucceeded", "False", "ImagePullBackOff")
    assert conditions(resources.get("MonitoringSchedule", "flights"))["Ready"]["status"] == "True"
    resources.wait_event("flights-by-hand", "RunFailed")


def test_memory_and_last_lines_are_told(operator: OperatorProcess, resources: Resources) -> None:
    ready(resources, job={"backoffLimit": 0, "resources": {"limits": {"memory": "512Mi"}}})
    resources.create(execution("big", window=WINDOW))
    resources.wait_job("big")
    set_pod(resources, "big", "Failed", {"terminated": {"exitCode": 137, "reason": "OOMKilled"}})
    found = resources.wait_condition("MonitoringExecution", "big", "Stalled", "True", "OOMKilled", 30)
    assert found["message"] == (
        "the container used more than its memory limit of 512Mi; raise spec.job.resources.limits.memory"
    )
    resources.create(execution("bad", window=WINDOW))
    resources.wait_job("bad")
    set_pod(
        resources,
        "bad",
        "Failed",
        {"terminated": {"exitCode": 1, "reason": "Error", "message": "first\nthe last line"}},
    )
    found = resources.wait_condition("MonitoringExecution", "bad", "Stalled", "True", "Error", 30)
    assert "exit code 1" in found["message"]
    assert "the last line" in found["message"]


def test_a_pod_that_admission_refuses_is_told_from_the_jobs_events(
    control_plane: ControlPlane, operator: OperatorProcess, resources: Resources
) -> None:
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "none"},
        "spec": {"hard": {"pods": "0"}},
    }
    ready(resources)
    resources.apply(quota)
    control_plane.kubectl(
        "-n", resources.namespace, "wait", "--for=jsonpath={.status.hard.pods}=0", "resourcequota/none"
    )
    control_plane.kubectl("-n", resources.namespace, "create", "job", "--from=cronjob/flights", "flights-refused")
    found = resources.wait_condition("MonitoringExecution", "flights-refused", "Reconciling", "True", "PodRefused", 40)
    assert "exceeded quota" in found["message"]


def test_a_job_that_was_deleted_fails_its_record(operator: OperatorProcess, resources: Resources) -> None:
    ready(resources)
    running = violated(WINDOW["start"], WINDOW["end"])
    del running["conditions"], running["completionTime"]
    resources.record("flights-22640001", schedule(), running)
    found = resources.wait_condition("MonitoringExecution", "flights-22640001", "Stalled", "True", "JobDeleted", 45)
    assert "deleted" in found["message"]
