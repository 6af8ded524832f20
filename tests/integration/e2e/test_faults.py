"""Faults of every kind show their reason in `kubectl get` and `kubectl describe`."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.cluster.processes import wait_until
from tests.integration.e2e.monitored import Monitored, Object
from tests.integration.e2e.traffic import write_capture

HOUR = datetime(2026, 3, 1, 10, tzinfo=UTC)
WINDOW = ("2026-03-01T10:00:00Z", "2026-03-01T11:00:00Z")


def failure(monitored: Monitored, name: str, *, timeout: float = 60) -> dict[str, str]:
    """The Failed condition of a run, which must be seen by `get` and `describe` too."""
    execution = monitored.wait("mexe", name, "Stalled", timeout=timeout)
    failed: dict[str, str] = monitored.condition(execution, "Failed")
    assert failed["status"] == "True"
    assert failed["reason"] in monitored.kubectl("get", "mexe", name)
    described = monitored.kubectl("describe", "mexe", name)
    assert failed["reason"] in described
    assert failed["message"][:60] in described
    return failed


def test_a_wrong_spec_is_refused_with_the_field_and_the_remedy(monitored: Monitored) -> None:
    wrong = monitored.schedule(schedule="61 * * * *")
    with pytest.raises(Exception, match=r"spec\.schedule.*write five cron fields"):
        monitored.apply(wrong)
    with pytest.raises(Exception, match="exactly one of endpoint and batch"):
        monitored.apply(monitored.schedule(input={}))


def test_a_time_zone_that_does_not_exist_stalls_the_schedule(monitored: Monitored) -> None:
    monitored.apply(monitored.baseline(), monitored.schedule(timeZone="Europe/Atlantis"))
    stalled = monitored.condition(monitored.wait("msch", "shop", "Stalled"), "Stalled")
    assert stalled["reason"] == "InvalidSchedule"
    assert "Europe/Atlantis" in stalled["message"]
    assert "InvalidSchedule" in monitored.kubectl("get", "msch", "shop", "-o", "wide")


def test_a_missing_baseline_is_waited_for(monitored: Monitored) -> None:
    monitored.apply(monitored.schedule())
    schedule = monitored.wait("msch", "shop", "Reconciling")
    assert monitored.condition(schedule, "BaselineReady")["status"] == "False"
    assert monitored.condition(schedule, "Ready")["reason"] == "BaselineNotFound"
    assert "BaselineNotFound" in monitored.kubectl("get", "msch", "shop", "-o", "wide")
    assert monitored.names("cronjobs") == []
    monitored.apply(monitored.baseline())
    monitored.wait("msch", "shop", "Ready")
    assert monitored.names("cronjobs") == ["shop"]


def test_a_baseline_without_data_says_where_it_looked(monitored: Monitored) -> None:
    uri = f"s3://{monitored.namespace}/nothing-here.csv"
    monitored.apply(monitored.baseline(dataset={"uri": uri}), monitored.schedule())
    baseline = monitored.wait("mbl", "shop", "Stalled")
    message = monitored.condition(baseline, "Stalled")["message"]
    assert uri in message
    assert monitored.condition(baseline, "Ready")["reason"] in monitored.kubectl("get", "mbl", "shop")
    schedule = monitored.wait("msch", "shop", "Stalled")
    assert monitored.condition(schedule, "Stalled")["reason"] == "BaselineFailed"


def test_an_empty_window_tells_which_hours_there_are(monitored: Monitored) -> None:
    write_capture(monitored.bucket, HOUR)
    monitored.ready()
    monitored.apply(monitored.execution("empty", "2026-03-02T10:00:00Z", "2026-03-02T11:00:00Z"))
    failed = failure(monitored, "empty")
    assert failed["reason"] == "InputError"
    assert "no captured data between 2026-03-02T10:00" in failed["message"]
    assert "data exists for 2026-03-01T10" in failed["message"]
    job = wait_until(lambda: _ended(monitored.get("job", "empty")), "the Job ended")
    assert job["status"]["failed"] == 1, "bad data is not tried again"
    schedule = monitored.wait("msch", "shop", "LastRunSucceeded", "False")
    assert schedule["status"]["lastRun"]["state"] == "Failed"
    assert monitored.condition(schedule, "Ready")["status"] == "True"


def test_an_image_that_can_not_be_pulled_shows_while_it_waits_and_fails_at_the_deadline(monitored: Monitored) -> None:
    write_capture(monitored.bucket, HOUR)
    monitored.ready(job={"image": "registry.invalid/nothing:1", "activeDeadlineSeconds": 15})
    monitored.apply(monitored.execution("no-image", *WINDOW))

    def waiting() -> bool:
        ready = monitored.condition(monitored.get("mexe", "no-image"), "Ready")
        return ready.get("reason") in ("ImagePullBackOff", "ErrImagePull")

    wait_until(waiting, "the image's trouble is shown", timeout_seconds=15, interval_seconds=0.25)
    assert "registry.invalid/nothing:1" in monitored.kubectl("get", "mexe", "no-image", "-o", "wide")
    failed = failure(monitored, "no-image")
    assert failed["reason"] == "ImagePullBackOff"
    assert "registry.invalid/nothing:1" in failed["message"]


def test_too_little_memory_is_named_with_its_limit(monitored: Monitored) -> None:
    write_capture(monitored.bucket, HOUR)
    monitored.ready(job={"resources": {"limits": {"memory": "48Mi"}}, "backoffLimit": 0})
    monitored.apply(monitored.execution("small", *WINDOW))
    failed = failure(monitored, "small")
    assert failed["reason"] == "OOMKilled"
    assert "48Mi" in failed["message"]
    assert "spec.job.resources.limits.memory" in failed["message"]


def test_a_missing_secret_is_named(monitored: Monitored) -> None:
    write_capture(monitored.bucket, HOUR)
    monitored.ready()
    job = {"envFrom": [{"secretRef": {"name": "forgotten"}}], "activeDeadlineSeconds": 12}
    monitored.apply(monitored.schedule(job=job))
    monitored.wait("msch", "shop", "Ready")
    monitored.apply(monitored.execution("no-secret", *WINDOW))
    assert "forgotten" in failure(monitored, "no-secret")["message"]


def test_an_evicted_run_is_tried_again(monitored: Monitored) -> None:
    write_capture(monitored.bucket, HOUR)
    monitored.ready()
    monitored.apply(monitored.execution("moved", *WINDOW))

    def running() -> list[str]:
        selector = "--selector=batch.kubernetes.io/job-name=moved"
        pods = monitored.control_plane.get("pods", "-n", monitored.namespace, selector)["items"]
        return [pod["metadata"]["name"] for pod in pods if pod["status"].get("phase") == "Running"]

    pod = wait_until(running, "the run's pod", timeout_seconds=20)[0]
    monitored.kubelet.evict(monitored.namespace, pod)
    execution = monitored.wait("mexe", "moved", "Ready")
    assert execution["status"]["recordCount"] == 400


def test_a_pod_that_admission_refuses_shows_the_reason(monitored: Monitored) -> None:
    write_capture(monitored.bucket, HOUR)
    monitored.ready(job={"activeDeadlineSeconds": 30})
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "none"}, "spec": {"hard": {"pods": "0"}}}
    monitored.apply(quota)
    wait_until(lambda: monitored.get("resourcequota", "none").get("status", {}).get("hard"), "the quota holds")
    monitored.apply(monitored.execution("refused", *WINDOW))

    def shown() -> bool:
        return monitored.condition(monitored.get("mexe", "refused"), "Ready").get("reason") == "PodRefused"

    wait_until(shown, "the refusal is shown", timeout_seconds=30, interval_seconds=0.5)
    failed = failure(monitored, "refused", timeout=60)
    assert "exceeded quota" in failed["message"]


def _ended(job: Object) -> Object:
    conditions = job.get("status", {}).get("conditions", [])
    return job if any(c["type"] in ("Failed", "Complete") and c["status"] == "True" for c in conditions) else {}
