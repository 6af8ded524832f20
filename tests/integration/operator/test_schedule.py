"""MonitoringSchedules on the real control plane."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.cluster.control_plane import ControlPlane
from tests.cluster.processes import wait_until
from tests.integration.operator.conftest import GRACE_SECONDS
from tests.integration.operator.process import OperatorProcess
from tests.integration.operator.resources import (
    FILES,
    VIOLATION,
    Resources,
    baseline,
    complete,
    conditions,
    schedule,
    violated,
)


def run_configuration(cron_job: dict[str, object]) -> dict[str, object]:
    template = cron_job["spec"]["jobTemplate"]["spec"]["template"]  # type: ignore[index]
    found: dict[str, object] = json.loads(template["metadata"]["annotations"]["modelmonitor.dev/run"])
    return found


def last_run(resources: Resources) -> str:
    found = resources.get("MonitoringSchedule", "flights")
    assert found is not None
    return str(found["status"].get("lastRun", {}).get("name"))


def test_a_schedule_becomes_a_cron_job(operator: OperatorProcess, resources: Resources) -> None:
    resources.make_baseline(columns={"exclude": ["id"]})
    resources.apply(schedule(schedule="cron(0 6 ? * MON *)", timeZone="Europe/Berlin"))
    resources.wait_condition("MonitoringSchedule", "flights", "Ready", "True", "Scheduled")
    cron_job = resources.get("CronJob", "flights")
    assert cron_job is not None
    assert cron_job["spec"]["schedule"] == "0 6 * * MON"
    assert cron_job["spec"]["timeZone"] == "Europe/Berlin"
    assert cron_job["spec"]["suspend"] is False
    run = run_configuration(cron_job)
    assert run["reference"] == FILES
    assert run["monitor"]["columns"] == {"exclude": ["id"], "segments": [], "probabilities": {}}  # type: ignore[index]
    status = resources.get("MonitoringSchedule", "flights")["status"]  # type: ignore[index]
    assert status["effectiveSchedule"] == "0 6 * * MON"
    assert status["nextRunTime"] > "2026"


def test_a_missing_baseline_is_waited_for_then_stalls_then_heals(
    operator: OperatorProcess, resources: Resources
) -> None:
    resources.apply(schedule())
    found = resources.wait_condition("MonitoringSchedule", "flights", "Reconciling", "True", "BaselineNotFound")
    assert "there is no Baseline flights" in found["message"]
    stalled = resources.wait_condition(
        "MonitoringSchedule", "flights", "Stalled", "True", "BaselineNotFound", GRACE_SECONDS + 10
    )
    assert "create it" in stalled["message"]
    assert conditions(resources.get("MonitoringSchedule", "flights"))["Reconciling"]["status"] == "False"
    resources.make_baseline()
    resources.wait_condition("MonitoringSchedule", "flights", "Ready", "True")
    assert resources.get("CronJob", "flights") is not None


@pytest.mark.parametrize(
    ("spec", "reason", "message"),
    [
        ({"schedule": "0 0 31 2 *"}, "InvalidSchedule", "never fires"),
        ({"timeZone": "Europe/Atlantis"}, "InvalidSchedule", "IANA"),
        ({"schedule": "cron(0 0 L * ? *)"}, "InvalidSchedule", "no counterpart"),
        (
            {"input": {"endpoint": {"captureURI": "s3://b/c"}, "window": {"startOffset": "PT0S"}}},
            "InvalidWindow",
            "startOffset must be before endOffset",
        ),
        ({"job": {"env": [{"name": "not a name=", "value": "1"}]}}, "Invalid", "env"),
    ],
)
def test_what_the_schema_cannot_say_stalls_with_the_reason(
    operator: OperatorProcess, resources: Resources, spec: dict[str, Any], reason: str, message: str
) -> None:
    resources.make_baseline()
    resources.apply(schedule(**spec))
    stalled = resources.wait_condition("MonitoringSchedule", "flights", "Stalled", "True", reason)
    assert message in stalled["message"]
    shown = resources.control_plane.kubectl("-n", resources.namespace, "get", "msch", "flights", "-o", "wide")
    assert reason in shown
    resources.wait_event("flights", reason)


def test_a_name_that_is_taken_is_never_adopted(operator: OperatorProcess, resources: Resources) -> None:
    resources.make_baseline()
    container = {"name": "theirs", "image": "busybox"}
    theirs = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "flights"},
        "spec": {
            "schedule": "0 0 1 1 *",
            "jobTemplate": {"spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [container]}}}},
        },
    }
    resources.create(theirs)
    before = resources.get("CronJob", "flights")
    resources.apply(schedule())
    stalled = resources.wait_condition("MonitoringSchedule", "flights", "Stalled", "True", "NameConflict")
    assert "CronJob" in stalled["message"]
    assert "delete or rename it" in stalled["message"]
    assert resources.get("CronJob", "flights") == before


def test_suspending_holds_runs_back(operator: OperatorProcess, resources: Resources) -> None:
    resources.make_baseline()
    resources.apply(schedule())
    resources.wait_condition("MonitoringSchedule", "flights", "Suspended", "False")
    resources.apply(schedule(suspend=True))
    resources.wait_condition("MonitoringSchedule", "flights", "Suspended", "True")
    assert resources.get("CronJob", "flights")["spec"]["suspend"] is True  # type: ignore[index]
    found = resources.get("MonitoringSchedule", "flights")
    assert "nextRunTime" not in found["status"]  # type: ignore[index]
    assert conditions(found)["Ready"]["reason"] == "Suspended"


def test_a_variable_taken_out_of_the_spec_leaves_the_cron_job(operator: OperatorProcess, resources: Resources) -> None:
    def names() -> set[str]:
        cron_job = resources.get("CronJob", "flights")
        assert cron_job is not None
        container = cron_job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]
        return {variable["name"] for variable in container["env"]}

    resources.make_baseline()
    resources.apply(schedule(job={"env": [{"name": "ONE", "value": "1"}, {"name": "TWO", "value": "2"}]}))
    resources.wait_condition("MonitoringSchedule", "flights", "Ready", "True")
    assert {"ONE", "TWO"} <= names()
    resources.apply(schedule(job={"env": [{"name": "TWO", "value": "2"}]}))
    resources.wait_condition("MonitoringSchedule", "flights", "Ready", "True")
    assert "ONE" not in names()


def test_a_field_that_somebody_edits_is_set_back(operator: OperatorProcess, resources: Resources) -> None:
    resources.make_baseline()
    resources.apply(schedule())
    resources.wait_condition("MonitoringSchedule", "flights", "Ready", "True")
    resources.control_plane.kubectl(
        "-n",
        resources.namespace,
        "patch",
        "cronjob",
        "flights",
        "--type=merge",
        "-p",
        '{"spec":{"schedule":"1 1 * * *"}}',
    )
    resources.wait("CronJob", "flights", lambda c: c["spec"]["schedule"] == "0 0 1 1 *", "set back")


def test_a_new_baseline_repoints_its_schedules(operator: OperatorProcess, resources: Resources) -> None:
    first = resources.make_baseline()
    resources.apply(schedule())
    resources.wait_condition("MonitoringSchedule", "flights", "Ready", "True")
    changed = baseline(dataset={"uri": "s3://bucket/training-2.csv"})
    resources.apply(changed)
    resources.wait_condition("MonitoringSchedule", "flights", "Reconciling", "True", "BaselineNotReady")
    assert run_configuration(resources.get("CronJob", "flights") or {})["reference"] == FILES
    assert resources.get("Baseline", "flights")["status"]["files"] == FILES  # type: ignore[index]
    second = wait_until(
        lambda: next(
            (
                n
                for n in (j["metadata"]["name"] for j in resources.all_of("Job"))
                if n.startswith("flights-b") and n != first
            ),
            None,
        ),
        "the new Job",
    )
    files = {**FILES, "recordCount": 2000, "constraintsSha256": "c" * 64}
    resources.record(str(second), changed, complete(baselineFiles=files))
    resources.wait_condition("MonitoringSchedule", "flights", "Ready", "True")
    assert run_configuration(resources.get("CronJob", "flights") or {})["reference"] == files
    wait_until(
        lambda: first not in {j["metadata"]["name"] for j in resources.all_of("Job")}, "the old Job to be deleted"
    )


def test_runs_show_on_the_schedule_and_two_of_three_make_an_alert(
    control_plane: ControlPlane, operator: OperatorProcess, resources: Resources
) -> None:
    resources.make_baseline()
    resources.apply(schedule())
    resources.wait_condition("MonitoringSchedule", "flights", "Ready", "True")
    for day, violations in ((1, []), (2, [VIOLATION]), (3, [VIOLATION])):
        window = f"2013-02-0{day}T00:00:00Z", f"2013-02-0{day + 1}T00:00:00Z"
        resources.record(f"flights-2264000{day}", schedule(), violated(*window, *violations))
        wait_until(lambda: last_run(resources) == f"flights-2264000{day}", "the run")  # noqa: B023 - called at once
        time.sleep(1.1)
    resources.wait_condition("MonitoringSchedule", "flights", "InAlert", "True")
    found = resources.get("MonitoringSchedule", "flights")
    assert found is not None
    status = found["status"]
    assert status["lastRun"]["state"] == "CompletedWithViolations"
    assert status["violationCount"] == 1
    assert status["violations"] == [{**VIOLATION, "immediate": False}]
    alert = {"column": "dep_delay", "check": "completeness_check", "violations": 2, "immediate": False}
    assert status["alerts"] == [alert]
    assert conditions(found)["Ready"]["status"] == "True"
    assert conditions(found)["ViolationsDetected"]["status"] == "True"
    reasons = [reason for reason, _ in resources.events("flights")]
    assert reasons.count("ViolationsDetected") == 2
    assert reasons.count("InAlert") == 1
    since = control_plane.audit_position()
    time.sleep(1)
    assert [
        event for event in control_plane.writes(operator.user, since) if resources.namespace in event["requestURI"]
    ] == []
    text = operator.http("metrics", operator.metrics_port)[1]
    assert f'model_monitor_violations{{model="",namespace="{resources.namespace}",schedule="flights"}} 1.0' in text


def test_applying_again_changes_nothing(
    control_plane: ControlPlane, operator: OperatorProcess, resources: Resources
) -> None:
    resources.make_baseline()
    resources.apply(schedule())
    resources.wait_condition("MonitoringSchedule", "flights", "Ready", "True")
    since = control_plane.audit_position()
    for _ in range(5):
        resources.apply(baseline(), schedule())
    time.sleep(1)
    for kind in ("Baseline", "MonitoringSchedule"):
        body = resources.get(kind, "flights")
        assert body is not None
        assert body["metadata"]["generation"] == 1
        assert "finalizers" not in body["metadata"]
        assert set(body["metadata"]["annotations"]) == {"kubectl.kubernetes.io/last-applied-configuration"}
    ours = [event for event in control_plane.writes(operator.user, since) if resources.namespace in event["requestURI"]]
    assert ours == []
    text = "\n---\n".join(map(json.dumps, (baseline(), schedule())))
    diff = control_plane.kubectl("-n", resources.namespace, "diff", "-f", "-", input=text)
    assert diff == ""


def test_old_executions_are_pruned_by_outcome(operator: OperatorProcess, resources: Resources) -> None:
    resources.make_baseline()
    alert = {"datapointsToAlert": 1, "evaluationPeriods": 2}
    resources.apply(schedule(alert=alert, job={"successfulExecutionsHistoryLimit": 2}))
    for minute in range(4):
        body = violated(f"2013-02-01T00:0{minute}:00Z", f"2013-02-01T00:0{minute + 1}:00Z")
        resources.record(
            f"flights-2264000{minute}", schedule(), {**body, "completionTime": f"2026-01-01T00:0{minute}:00Z"}
        )
    wait_until(
        lambda: (
            {e["metadata"]["name"] for e in resources.all_of("MonitoringExecution") if "scheduleRef" in e["spec"]}
            == {"flights-22640002", "flights-22640003"}
        ),
        "the two latest to be left",
    )
