"""What the operator survives, what it leaves alone, and what it may not do."""

from __future__ import annotations

import json
import random
import time

import pytest

from tests.cluster.control_plane import ControlPlane
from tests.cluster.processes import wait_until
from tests.integration.operator.fleet import create_schedules, seconds_to_settle, wait_until_all_are_ready
from tests.integration.operator.process import NAMESPACE, OperatorProcess
from tests.integration.operator.resources import Resources, baseline, conditions, execution, schedule

WINDOW = {"start": "2013-02-08T00:00:00Z", "end": "2013-02-09T00:00:00Z"}
FLEET = 2000
FIRST_RESYNC_SECONDS = 20


def test_killed_at_any_moment_it_goes_on_where_it_was(operator: OperatorProcess, resources: Resources) -> None:
    resources.make_baseline()
    names = [f"flights-{number}" for number in range(12)]
    for name in names:
        resources.apply(schedule(name), {**execution(f"run-{name}", name, window=WINDOW)})
        time.sleep(random.uniform(0.0, 0.15))
        operator.kill()
        operator.start()
    for name in names:
        resources.wait_condition("MonitoringSchedule", name, "Ready", "True", timeout_seconds=30)
        resources.wait("Job", f"run-{name}", lambda _: True, "made")
    assert sorted(body["metadata"]["name"] for body in resources.all_of("CronJob")) == sorted(names)
    jobs = [job["metadata"]["name"] for job in resources.all_of("Job")]
    assert len(jobs) == len(set(jobs)) == 1 + len(names)
    for cron_job in resources.all_of("CronJob"):
        assert cron_job["spec"]["suspend"] is False


def test_it_ends_within_seconds_when_asked_to(operator: OperatorProcess) -> None:
    started = time.monotonic()
    operator.stop(grace_seconds=8)
    assert time.monotonic() - started < 8


def test_runs_that_failed_while_it_was_away_are_found(operator: OperatorProcess, resources: Resources) -> None:
    resources.make_baseline()
    resources.apply(schedule(job={"activeDeadlineSeconds": 10, "backoffLimit": 0}))
    resources.wait_condition("MonitoringSchedule", "flights", "Ready", "True")
    operator.kill()
    resources.control_plane.kubectl("-n", resources.namespace, "create", "job", "--from=cronjob/flights", "flights-x")

    def failed() -> bool:
        job = resources.get("Job", "flights-x")
        return conditions(job).get("Failed", {}).get("status") == "True"

    wait_until(failed, "the Job to miss its deadline", timeout_seconds=60)
    operator.start()
    resources.wait_condition("MonitoringExecution", "flights-x", "Stalled", "True", "DeadlineExceeded")
    resources.wait_condition("MonitoringSchedule", "flights", "LastRunSucceeded", "False", "DeadlineExceeded")
    resources.delete("MonitoringExecution", "flights-x")
    time.sleep(2)
    assert resources.get("MonitoringExecution", "flights-x") is None


def test_deleting_hangs_on_nothing_while_it_is_down(operator: OperatorProcess, resources: Resources) -> None:
    resources.make_baseline()
    resources.apply(schedule())
    resources.wait_condition("MonitoringSchedule", "flights", "Ready", "True")
    resources.create(execution("now", window=WINDOW))
    resources.wait("Job", "now", lambda _: True, "made")
    operator.kill()
    for kind, name in (("MonitoringExecution", "now"), ("MonitoringSchedule", "flights"), ("Baseline", "flights")):
        resources.delete(kind, name)
        assert resources.get(kind, name) is None
    wait_until(
        lambda: not resources.all_of("CronJob") and not resources.all_of("Job"), "children to go", timeout_seconds=20
    )


def test_a_baseline_that_failed_is_tried_again_when_its_record_is_deleted(
    operator: OperatorProcess, resources: Resources
) -> None:
    resources.apply(baseline(job={"activeDeadlineSeconds": 10, "backoffLimit": 0}))
    first = resources.wait_job("flights-baseline-")
    stalled = resources.wait_condition("Baseline", "flights", "Stalled", "True", "DeadlineExceeded", 60)
    assert "delete MonitoringExecution" in stalled["message"]
    resources.delete("MonitoringExecution", first["metadata"]["name"])

    def again() -> bool:
        jobs = [job for job in resources.all_of("Job") if "deletionTimestamp" not in job["metadata"]]
        return [job["metadata"]["uid"] for job in jobs] not in ([], [first["metadata"]["uid"]])

    wait_until(again, "another Job", timeout_seconds=20)


def test_it_may_not_read_secrets_nor_touch_other_accounts(
    control_plane: ControlPlane, operator: OperatorProcess, resources: Resources
) -> None:
    def allowed(verb: str, resource: str, *arguments: str) -> bool:
        answer = control_plane.kubectl(
            "auth", "can-i", verb, resource, "-n", resources.namespace, f"--as={operator.user}", *arguments, check=False
        )
        return answer.startswith("yes")

    assert allowed("create", "jobs.batch")
    for verb in ("get", "list", "watch"):
        assert not allowed(verb, "secrets")
    for verb in ("create", "update", "patch"):
        assert not allowed(verb, "serviceaccounts/default")
        assert not allowed(verb, "pods")
    assert not allowed("update", "monitoringschedules.modelmonitor.dev")
    assert not allowed("bind", "clusterroles.rbac.authorization.k8s.io/cluster-admin")


def test_a_runner_account_of_somebody_else_is_left_alone(operator: OperatorProcess, resources: Resources) -> None:
    annotations = {"cloud.example/role": "theirs"}
    resources.create(
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": "model-monitor-runner", "annotations": annotations},
        }
    )
    resources.apply(baseline())
    stalled = resources.wait_condition("Baseline", "flights", "Stalled", "True", "NameConflict")
    assert "spec.job.serviceAccountName" in stalled["message"]
    account = resources.get("ServiceAccount", "model-monitor-runner")
    assert account is not None
    assert account["metadata"]["annotations"] == annotations
    assert "labels" not in account["metadata"]


def test_the_pod_fits_pod_security_restricted(
    control_plane: ControlPlane, operator: OperatorProcess, resources: Resources
) -> None:
    label = "pod-security.kubernetes.io/enforce=restricted"
    control_plane.kubectl("label", "namespace", resources.namespace, label)
    resources.apply(baseline())
    job = resources.wait_job("flights-baseline-")["metadata"]["name"]
    pods = wait_until(lambda: resources.all_of("Pod"), "the pod")
    assert pods[0]["metadata"]["labels"]["batch.kubernetes.io/job-name"] == job


def test_it_is_alive_and_in_order(operator: OperatorProcess) -> None:
    assert operator.http("healthz", operator.health_port) == (200, "ok")
    text = operator.http("metrics", operator.metrics_port)[1]
    assert 'model_monitor_api_requests_total{code="200",verb="list"}' in text


def test_it_goes_on_when_the_api_server_comes_back(
    control_plane: ControlPlane, operator: OperatorProcess, resources: Resources
) -> None:
    resources.make_baseline()
    control_plane.restart_apiserver()
    resources.apply(schedule())
    resources.wait_condition("MonitoringSchedule", "flights", "Ready", "True", timeout_seconds=40)
    assert operator.running


def test_in_listed_namespaces_it_needs_no_rights_elsewhere(
    control_plane: ControlPlane, installed_operator: OperatorProcess, resources: Resources
) -> None:
    installed_operator.stop()
    namespaced = OperatorProcess(
        control_plane, release="namespaced", values={"watchNamespaces": f"{{{resources.namespace}}}"}
    )
    answer = control_plane.kubectl(
        "auth", "can-i", "list", "monitoringschedules.modelmonitor.dev", "-A", f"--as={namespaced.user}", check=False
    )
    assert answer.startswith("no")
    try:
        namespaced.start()
        resources.make_baseline()
        resources.apply(schedule())
        resources.wait_condition("MonitoringSchedule", "flights", "Ready", "True")
        resources.create(execution("now", window=WINDOW))
        resources.wait("Job", "now", lambda _: True, "made")
        namespaced.stop(grace_seconds=8)
    finally:
        namespaced.kill()


@pytest.mark.timeout(900)
def test_restarting_over_two_thousand_schedules_writes_nothing() -> None:
    # In a control plane of its own: deleting a fleet keeps a cluster busy for minutes.
    with ControlPlane() as control_plane:
        operator = OperatorProcess(control_plane)
        control_plane.create_namespace("fleet")
        operator.start()
        Resources(control_plane, "fleet").make_baseline()
        create_schedules(control_plane, "fleet", FLEET)
        wait_until_all_are_ready(control_plane, "fleet", FLEET)
        operator.kill()
        since = control_plane.audit_position()
        seconds_to_settle(operator, FLEET)
        time.sleep(FIRST_RESYNC_SECONDS)
        writes = control_plane.writes(operator.user, since)
        leases = json.loads(control_plane.kubectl("-n", NAMESPACE, "get", "leases", "-o", "json"))["items"]
        operator.kill()
    assert [f"{event['verb']} {event['requestURI']}" for event in writes] == []
    assert leases == []
