"""What a Job, its pods and its events say, in words for people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from model_monitor_operator.reconcile.progress import progress

Object = dict[str, Any]
NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
GRACE = timedelta(seconds=10)


def job(**status: Any) -> Object:
    return {
        "metadata": {"name": "j", "namespace": "ns", "creationTimestamp": "2026-11-23T02:00:00Z"},
        "spec": {"activeDeadlineSeconds": 60},
        "status": status,
    }


def ended(kind: str, reason: str = "", message: str = "") -> Object:
    at = "2026-11-23T02:59:00Z"
    return job(
        conditions=[{"type": kind, "status": "True", "reason": reason, "message": message, "lastTransitionTime": at}]
    )


def pod(phase: str, state: Object | None = None, *, created: str = "2026-11-23T02:01:00Z", **status: Any) -> Object:
    if state is not None:
        status["containerStatuses"] = [{"name": "monitor", "state": state}]
    return {
        "metadata": {"name": "p", "creationTimestamp": created, "resourceVersion": "5"},
        "spec": {"containers": [{"name": "monitor", "image": "img", "resources": {"limits": {"memory": "512Mi"}}}]},
        "status": {"phase": phase, **status},
    }


def terminated(code: int, reason: str = "Error", message: str = "") -> Object:
    return {"terminated": {"exitCode": code, "reason": reason, "message": message}}


def waiting(reason: str, message: str = "") -> Object:
    return {"waiting": {"reason": reason, "message": message}}


@pytest.mark.parametrize(
    ("a_job", "pods", "state", "reason", "text"),
    [
        (job(), [], "Pending", "Pending", "waiting for a pod"),
        (job(), [pod("Pending")], "Pending", "Pending", "waiting for the pod"),
        (job(), [pod("Running", {"running": {}})], "Running", "Running", ""),
        (job(), [pod("Pending", waiting("ErrImagePull"))], "Troubled", "ImagePullBackOff", "img can't be pulled"),
        (job(), [pod("Pending", waiting("ImagePullBackOff"))], "Troubled", "ImagePullBackOff", "spec.job.image"),
        (
            job(),
            [pod("Pending", waiting("CreateContainerConfigError", 'secret "keys" not found'))],
            "Troubled",
            "CreateContainerConfigError",
            'secret "keys" not found; check the Secrets',
        ),
        (
            job(),
            [
                pod(
                    "Pending",
                    conditions=[
                        {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes"}
                    ],
                )
            ],
            "Troubled",
            "Unschedulable",
            "0/3 nodes",
        ),
        (job(), [pod("Failed", terminated(75))], "Running", "Retrying", "StorageUnavailable"),
        (
            ended("Failed", "BackoffLimitExceeded"),
            [
                pod(
                    "Failed",
                    terminated(
                        75, message='{"message": "window"}\n{"message": "no one", "reason": "ModelUnavailable"}'
                    ),
                )
            ],
            "Failed",
            "ModelUnavailable",
            "window\nno one",
        ),
        (
            ended("Failed", "BackoffLimitExceeded"),
            [pod("Failed", terminated(75, message='{"message": "no one", "reason": "Nonsense"}'))],
            "Failed",
            "StorageUnavailable",
            "no one",
        ),
        (
            ended("Failed", "BackoffLimitExceeded"),
            [pod("Failed", terminated(137, "OOMKilled"))],
            "Failed",
            "OOMKilled",
            "memory limit of 512Mi; raise spec.job.resources.limits.memory",
        ),
        (
            ended("Failed", "BackoffLimitExceeded"),
            [pod("Failed", reason="Evicted", message="The node was low on memory")],
            "Failed",
            "Evicted",
            "low on memory",
        ),
        (
            ended("Failed", "PodFailurePolicy"),
            [pod("Failed", terminated(1, message="one\ntwo"))],
            "Failed",
            "Error",
            "exit code 1: one\ntwo",
        ),
        (ended("Failed", "DeadlineExceeded"), [], "Failed", "DeadlineExceeded", "ended after 60 s"),
        (
            ended("Failed", "DeadlineExceeded"),
            [pod("Pending", waiting("ImagePullBackOff"))],
            "Failed",
            "ImagePullBackOff",
            "ended after 60 s",
        ),
        (ended("Failed", "BackoffLimitExceeded", "no more"), [], "Failed", "BackoffLimitExceeded", "no more"),
        (ended("Complete"), [], "Succeeded", "Succeeded", ""),
    ],
)
def test_progress(a_job: Object, pods: list[Object], state: str, reason: str, text: str) -> None:
    found = progress(a_job, pods, None, None, NOW, GRACE)
    assert (found.state, found.reason) == (state, reason)
    assert text in found.message


def test_the_latest_pod_counts() -> None:
    pods = [
        pod("Failed", terminated(137, "OOMKilled"), created="2026-11-23T02:01:00Z"),
        pod("Running", {"running": {}}, created="2026-11-23T02:02:00Z"),
    ]
    for order in (pods, pods[::-1]):
        assert progress(job(), order, None, None, NOW, GRACE).reason == "Running"


def test_events_are_asked_for_only_after_the_grace_time() -> None:
    early = progress(job(startTime="2026-11-23T02:59:55Z"), [], None, None, NOW, GRACE)
    assert (early.inspect, early.due) == (False, datetime(2026, 11, 23, 3, 0, 5, tzinfo=UTC))
    assert progress(job(startTime="2026-11-23T02:59:00Z"), [], None, None, NOW, GRACE).inspect


def test_a_trouble_outlives_its_pod() -> None:
    earlier = ("ImagePullBackOff", "the image img can't be pulled")
    assert progress(job(), [], None, earlier, NOW, GRACE).reason == "ImagePullBackOff"
    over = progress(ended("Failed", "DeadlineExceeded"), [], None, earlier, NOW, GRACE)
    assert (over.reason, over.message) == (
        "ImagePullBackOff",
        f"{earlier[1]}, ended after 60 s (spec.job.activeDeadlineSeconds)",
    )


def test_a_refused_pod_is_told_with_the_servers_words() -> None:
    found = progress(job(), [], 'pods "x" is forbidden: exceeded quota', None, NOW, GRACE)
    assert (found.state, found.reason) == ("Troubled", "PodRefused")
    assert "exceeded quota" in found.message
