"""Properties of the reconciliation: it comes to rest, goes on after a break, and writes what the models allow."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model_monitor_crds.base import Model
from model_monitor_crds.baseline import BaselineStatus
from model_monitor_crds.monitoringexecution import MonitoringExecutionStatus
from model_monitor_crds.monitoringschedule import MonitoringScheduleStatus
from model_monitor_operator.manifests.common import canonical_json
from tests.unit.operator.memory import KilledError, MemoryCluster, operate
from tests.unit.operator.specs import (
    FILES,
    baseline_specs,
    completed,
    condition,
    resource,
    schedule_specs,
    violations,
)

Object = dict[str, Any]
STATUSES: dict[str, type[Model]] = {
    "Baseline": BaselineStatus,
    "MonitoringSchedule": MonitoringScheduleStatus,
    "MonitoringExecution": MonitoringExecutionStatus,
}
BASELINE = {"dataset": {"uri": "s3://bucket/a.csv"}, "output": {"uri": "s3://bucket/out"}}
SCHEDULE: Object = {
    "baselineRef": {"name": "base"},
    "schedule": "0 * * * *",
    "input": {"endpoint": {"captureURI": "s3://bucket/capture"}},
    "output": {"uri": "s3://bucket/reports"},
}
WINDOW = {"start": "2026-11-22T00:00:00Z", "end": "2026-11-23T00:00:00Z"}


def found(cluster: MemoryCluster, kind: str, name: str) -> Object:
    return cluster.objects[(kind, "ns", name)]


def conditions(body: Object) -> dict[str, Object]:
    return {c["type"]: c for c in body["status"].get("conditions", ())}


def standing(body: Object) -> tuple[str, str]:
    by_type = conditions(body)
    states = [kind for kind in ("Ready", "Reconciling", "Stalled") if by_type[kind]["status"] == "True"]
    assert len(states) == 1
    return states[0], by_type["Ready"]["reason"]


def with_baseline(cluster: MemoryCluster, spec: Object | None = None) -> None:
    """A baseline that is made."""
    cluster.add(resource("Baseline", "base", spec or BASELINE))
    operate(cluster)
    finish_baseline(cluster)


def finish_baseline(cluster: MemoryCluster, **files: Any) -> None:
    """Play the container of every baseline Job that has no execution yet."""
    for job in cluster.of_kind("Job"):
        name = job["metadata"]["name"]
        if "-baseline-" in name and ("MonitoringExecution", "ns", name) not in cluster.objects:
            body = resource("MonitoringExecution", name, {"baselineRef": {"name": "base"}})
            body["metadata"]["labels"] = {"modelmonitor.dev/baseline": "base"}
            body["metadata"]["ownerReferences"] = [
                {"kind": "Baseline", "uid": found(cluster, "Baseline", "base")["metadata"]["uid"]}
            ]
            body["status"] = {
                "conditions": [condition("Complete")],
                "baselineFiles": {**FILES, **files},
                "completionTime": "2026-11-23T02:30:00Z",
            }
            cluster.add(body)
    operate(cluster)


def assert_in_order(cluster: MemoryCluster) -> None:
    """Every status fits its model and its bound, and another operator finds nothing to do."""
    for kind, model in STATUSES.items():
        for body in cluster.of_kind(kind):
            model.model_validate(body["status"])
            if kind != "MonitoringExecution":
                # The container bounds what it writes of its run.
                assert len(canonical_json(body["status"]).encode()) <= 32 * 1024
            if "Ready" in conditions(body):
                standing(body)
    before = len(cluster.writes)
    operate(cluster)
    assert cluster.writes[before:] == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(baseline_specs, schedule_specs)
def test_any_valid_spec_comes_to_rest(baseline: Object, schedule: Object) -> None:
    cluster = MemoryCluster()
    with_baseline(cluster, baseline)
    cluster.add(resource("MonitoringSchedule", "monitor", schedule))
    cluster.add(resource("MonitoringExecution", "by-hand", {"scheduleRef": {"name": "monitor"}, "window": WINDOW}))
    operate(cluster)
    assert_in_order(cluster)
    state, reason = standing(found(cluster, "MonitoringSchedule", "monitor"))
    fires = schedule.get("schedule") != "0 0 31 2 *" and schedule.get("timeZone") != "Nowhere/City"
    assert (state, reason in ("Scheduled", "OnDemand", "Suspended")) == (
        ("Ready", True) if fires else ("Stalled", False)
    )
    assert (("CronJob", "ns", "monitor") in cluster.objects) == (fires and "schedule" in schedule)
    assert (("Job", "ns", "by-hand") in cluster.objects) == fires


def story(cluster: MemoryCluster, step: int) -> None:
    """What others do, in steps between which the operator works."""
    if step == 0:
        cluster.add(resource("Baseline", "base", BASELINE))
        cluster.add(resource("MonitoringSchedule", "monitor", SCHEDULE))
        cluster.add(resource("MonitoringExecution", "by-hand", {"scheduleRef": {"name": "monitor"}, "window": WINDOW}))
    elif step == 1:
        finish_baseline_of(cluster, FILES)
    elif step == 2:
        cluster.edit("Baseline", "base", spec={**BASELINE, "dataset": {"uri": "s3://bucket/b.csv"}})
    elif step == 3:
        finish_baseline_of(cluster, {**FILES, "recordCount": 2000})
    elif step == 4:
        violation = {"column": "c", "check": "completeness_check", "description": "d", "immediate": True}
        cluster.edit("MonitoringExecution", "by-hand", status=completed(WINDOW["start"], WINDOW["end"], violation))
        cluster.edit("MonitoringSchedule", "monitor", spec={**SCHEDULE, "suspend": True})


def finish_baseline_of(cluster: MemoryCluster, files: Object) -> None:
    for job in cluster.of_kind("Job"):
        name = job["metadata"]["name"]
        if "-baseline-" in name and ("MonitoringExecution", "ns", name) not in cluster.objects:
            body = resource("MonitoringExecution", name, {"baselineRef": {"name": "base"}})
            body["metadata"]["labels"] = {"modelmonitor.dev/baseline": "base"}
            uid = found(cluster, "Baseline", "base")["metadata"]["uid"]
            body["metadata"]["ownerReferences"] = [{"kind": "Baseline", "uid": uid}]
            body["status"] = {
                "conditions": [condition("Complete")],
                "baselineFiles": files,
                "completionTime": "2026-11-23T02:30:00Z",
            }
            cluster.add(body)


def outcome(cluster: MemoryCluster) -> Object:
    """Everything but Events, without what differs between two worlds: uids and versions."""
    text = {}
    for (kind, _, name), body in sorted(cluster.objects.items()):
        if kind != "Event":
            plain = copy.deepcopy({key: body[key] for key in ("spec", "status") if key in body})
            text[f"{kind} {name.rsplit('-baseline-')[0]}"] = canonical_json(plain)
    uids = sorted({body["metadata"]["uid"] for body in cluster.objects.values()}, key=len, reverse=True)
    return {place: strip(value, uids) for place, value in text.items()}


def strip(text: str, uids: list[str]) -> str:
    for uid in uids:
        text = text.replace(f'"{uid}"', '"uid"')
    return text


def run_story(break_after: int | None) -> MemoryCluster:
    cluster = MemoryCluster()
    cluster.writes_left = break_after
    for step in range(5):
        story(cluster, step)
        while True:
            try:
                operate(cluster)
                break
            except KilledError:
                cluster.writes_left = None
    return cluster


def test_broken_off_after_any_write_it_ends_where_it_would_have() -> None:
    whole = run_story(None)
    expected = outcome(whole)
    assert standing(found(whole, "MonitoringSchedule", "monitor")) == ("Ready", "Suspended")
    assert found(whole, "Baseline", "base")["status"]["files"]["recordCount"] == 2000
    for break_after in range(len(whole.writes)):
        cluster = run_story(break_after)
        assert outcome(cluster) == expected, f"broken off after {whole.writes[break_after]}"
        assert_in_order(cluster)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(st.lists(violations, max_size=20), max_size=6))
def test_no_violations_make_a_status_too_large(runs: list[list[Object]]) -> None:
    cluster = MemoryCluster()
    with_baseline(cluster)
    cluster.add(resource("MonitoringSchedule", "monitor", SCHEDULE))
    for number, found_there in enumerate(runs):
        body = resource("MonitoringExecution", f"monitor-2950000{number}", {"scheduleRef": {"name": "monitor"}})
        body["metadata"]["labels"] = {"modelmonitor.dev/schedule": "monitor"}
        window = f"2026-11-2{number}T00:00:00Z", f"2026-11-2{number + 1}T00:00:00Z"
        body["status"] = completed(*window, *found_there, completion_time=f"2026-11-2{number}T01:00:00Z")
        cluster.add(body)
    operate(cluster)
    assert_in_order(cluster)


def test_the_largest_violations_fit() -> None:
    cluster = MemoryCluster()
    with_baseline(cluster)
    cluster.add(resource("MonitoringSchedule", "monitor", SCHEDULE))
    for number in range(3):
        found_there = [
            {
                "column": f"{'𝒳' * 255}{i:01x}",
                "check": "completeness_check",
                "description": "𝒴" * 512,
                "immediate": False,
            }
            for i in range(16)
        ]
        body = resource("MonitoringExecution", f"monitor-2950000{number}", {"scheduleRef": {"name": "monitor"}})
        window = f"2026-11-2{number}T00:00:00Z", f"2026-11-2{number + 1}T00:00:00Z"
        body["metadata"]["labels"] = {"modelmonitor.dev/schedule": "monitor"}
        body["status"] = completed(*window, *found_there, summary="𝒵" * 1024)
        cluster.add(body)
    operate(cluster)
    assert conditions(found(cluster, "MonitoringSchedule", "monitor"))["InAlert"]["status"] == "True"
    assert_in_order(cluster)


def test_nothing_is_posted_again_after_a_restart() -> None:
    cluster = run_story(None)
    events = len(cluster.of_kind("Event"))
    assert events > 0
    operate(cluster)
    assert len(cluster.of_kind("Event")) == events


@pytest.mark.parametrize("columns", [{}, {"groundTruth": "y"}])
def test_labels_may_be_named_by_the_baseline(columns: Object) -> None:
    quality = {"monitoringType": "ModelQuality", "input": {"batch": {"dataURI": "s3://bucket/batch"}}}
    adopted = {"monitoringType": "ModelQuality", "existing": {"constraintsURI": "s3://bucket/constraints.json"}}
    cluster = MemoryCluster()
    with_baseline(cluster, adopted | {"columns": columns})
    cluster.add(resource("MonitoringSchedule", "monitor", SCHEDULE | quality))
    cluster.add(resource("MonitoringExecution", "by-hand", {"scheduleRef": {"name": "monitor"}, "window": WINDOW}))
    operate(cluster)
    assert_in_order(cluster)
    for kind, name in (("MonitoringSchedule", "monitor"), ("MonitoringExecution", "by-hand")):
        body = found(cluster, kind, name)
        if columns:
            assert "Stalled" not in {kind for kind, own in conditions(body).items() if own["status"] == "True"}
        else:
            assert standing(body) == ("Stalled", "InvalidSpec")
            assert "spec.groundTruth: ModelQuality needs labels" in conditions(body)["Ready"]["message"]
    assert (("CronJob", "ns", "monitor") in cluster.objects) == bool(columns)


def test_drift_never_makes_a_schedule_unready() -> None:
    cluster = MemoryCluster()
    with_baseline(cluster)
    cluster.add(resource("MonitoringSchedule", "monitor", SCHEDULE))
    violation = {"column": "c", "check": "completeness_check", "description": "d", "immediate": True}
    of_segment = violation | {"segment": {"column": "carrier", "value": "UA"}}
    body = resource("MonitoringExecution", "by-hand", {"scheduleRef": {"name": "monitor"}, "window": WINDOW})
    body["status"] = completed(WINDOW["start"], WINDOW["end"], violation, of_segment)
    cluster.add(body)
    operate(cluster)
    schedule = found(cluster, "MonitoringSchedule", "monitor")
    assert standing(schedule) == ("Ready", "Scheduled")
    alert = conditions(schedule)["InAlert"]
    assert alert["status"] == "True"
    assert "c (completeness_check) in 1 of" in alert["message"]
    assert "c [carrier = UA] (completeness_check) in 1 of" in alert["message"]
    assert standing(found(cluster, "MonitoringExecution", "by-hand")) == ("Ready", "ViolationsFound")


@pytest.mark.parametrize("suspend", [True, False])
def test_a_schedule_can_be_suspended_though_its_baseline_is_gone(suspend: bool) -> None:
    cluster = MemoryCluster()
    with_baseline(cluster)
    cluster.add(resource("MonitoringSchedule", "monitor", SCHEDULE))
    operate(cluster)
    del cluster.objects[("Baseline", "ns", "base")]
    cluster.edit("MonitoringSchedule", "monitor", spec={**SCHEDULE, "suspend": suspend})
    operate(cluster)
    assert found(cluster, "CronJob", "monitor")["spec"]["suspend"] is suspend
    assert standing(found(cluster, "MonitoringSchedule", "monitor")) == ("Reconciling", "BaselineNotFound")
