"""The operator goes away at any moment, and nothing is lost; GitOps tools see no writes of its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.cluster.control_plane import ControlPlane
from tests.cluster.installation import NAMESPACE, RELEASE, scale
from tests.cluster.processes import wait_until
from tests.integration.e2e.monitored import Monitored
from tests.integration.e2e.traffic import write_capture

HOUR = datetime(2026, 3, 1, 10, tzinfo=UTC)
WINDOW = ("2026-03-01T10:00:00Z", "2026-03-01T11:00:00Z")


@pytest.fixture
def operator_back(installed: ControlPlane) -> Iterator[ControlPlane]:
    """Whatever a test does to the operator, the next test finds it at work."""
    yield installed
    scale(installed, 1)


def kill(monitored: Monitored) -> str:
    """SIGKILL the operator as a lost node would; the Deployment makes another. Returns the pod's name."""
    pods = monitored.control_plane.get("pods", "-n", NAMESPACE, "-l", f"app.kubernetes.io/instance={RELEASE}")["items"]
    name: str = pods[0]["metadata"]["name"]
    monitored.kubelet.lose(NAMESPACE, name)
    return name


def test_killed_before_during_and_after_a_run_nothing_is_lost(
    monitored: Monitored, operator_back: ControlPlane
) -> None:
    write_capture(monitored.bucket, HOUR, missing=0.6)
    monitored.ready()
    scale(operator_back, 0)
    monitored.apply(monitored.execution("before", *WINDOW))
    scale(operator_back, 1)
    wait_until(lambda: "before" in monitored.names("jobs"), "the Job of the run", timeout_seconds=30)
    kill(monitored)
    monitored.wait("mexe", "before", "Ready")
    kill(monitored)
    monitored.apply(monitored.execution("after", *WINDOW))
    execution = monitored.wait("mexe", "after", "Ready")
    assert execution["status"]["violationCount"] == 1
    assert sorted(name for name in monitored.names("jobs") if "baseline" not in name) == ["after", "before"]
    schedule = monitored.wait("msch", "shop", "ViolationsDetected")
    assert schedule["status"]["lastRun"]["name"] == "after"


def test_runs_go_on_and_are_told_after_the_operator_returns(monitored: Monitored, operator_back: ControlPlane) -> None:
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)
    write_capture(monitored.bucket, hour, missing=0.6)
    window = {"startOffset": "-PT6H", "endOffset": "PT0S"}
    endpoint = {"captureURI": f"s3://{monitored.namespace}/capture"}
    monitored.ready(schedule="0 * * * *", input={"endpoint": endpoint, "window": window})
    scale(operator_back, 0)
    monitored.kubectl("create", "job", "--from=cronjob/shop", "alone")
    monitored.wait("mexe", "alone", "Complete")
    assert monitored.get("msch", "shop")["status"].get("lastRun") is None
    scale(operator_back, 1)
    schedule = monitored.wait("msch", "shop", "ViolationsDetected")
    assert schedule["status"]["lastRun"]["name"] == "alone"
    monitored.wait("mexe", "alone", "Ready")


def test_applying_five_times_changes_nothing(monitored: Monitored) -> None:
    write_capture(monitored.bucket, HOUR)
    monitored.ready()
    monitored.apply(monitored.execution("once", *WINDOW))
    monitored.wait("mexe", "once", "Ready")
    monitored.wait("msch", "shop", "LastRunSucceeded")
    monitored.wait("job", "once", "Complete")
    objects = (monitored.baseline(), monitored.schedule(), monitored.execution("once", *WINDOW))
    kinds = ("mbl", "msch", "mexe", "cronjobs", "jobs")

    def seen() -> list[tuple[str, int, str]]:
        items = monitored.control_plane.get(",".join(kinds), "-n", monitored.namespace)["items"]
        return [(i["metadata"]["name"], i["metadata"]["generation"], i["metadata"]["resourceVersion"]) for i in items]

    before, position = seen(), monitored.control_plane.audit_position()
    for _ in range(5):
        monitored.apply(*objects)
    # A later event of the same kinds has been handled, so earlier ones have been, too.
    monitored.apply(monitored.schedule("later", baselineRef={"name": "none"}))
    monitored.wait("msch", "later", "Reconciling")
    monitored.kubectl("delete", "msch", "later")
    assert seen() == before
    user = f"system:serviceaccount:{NAMESPACE}:{RELEASE}"
    writes = monitored.control_plane.writes(user, position)
    assert [
        write["requestURI"]
        for write in writes
        if monitored.namespace in write["requestURI"] and not _of("later", write)
    ] == []


def test_our_objects_carry_neither_finalizers_nor_annotations(monitored: Monitored) -> None:
    write_capture(monitored.bucket, HOUR)
    monitored.ready()
    for kind, name in (("mbl", "shop"), ("msch", "shop")):
        metadata = monitored.get(kind, name)["metadata"]
        assert "finalizers" not in metadata
        assert set(metadata.get("annotations", {})) == {"kubectl.kubernetes.io/last-applied-configuration"}


def test_deletion_with_the_operator_down_hangs_on_nothing(monitored: Monitored, operator_back: ControlPlane) -> None:
    write_capture(monitored.bucket, HOUR)
    monitored.ready()
    monitored.apply(monitored.execution("gone-soon", *WINDOW))
    monitored.wait("mexe", "gone-soon", "Ready")
    scale(operator_back, 0)
    monitored.kubectl("delete", "msch,mbl,mexe", "--all", "--timeout=20s")
    wait_until(
        lambda: not (monitored.names("cronjobs") or monitored.names("jobs") or monitored.names("mexe")),
        "everything that followed from them is gone",
        timeout_seconds=20,
        interval_seconds=0.25,
    )


def _of(name: str, write: dict[str, Any]) -> bool:
    reference = write.get("objectRef", {})
    return str(reference.get("name", "")).startswith(name) or reference.get("resource") == "events"
