"""How a Job gets on, from the Job, its pods and its events: what the container itself can't say."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from model_monitor_crds.run import EXIT_RETRY, UNAVAILABLE
from model_monitor_crds.window import parse_time
from model_monitor_operator.manifests.common import Object
from model_monitor_operator.manifests.own_container import ANALYZE
from model_monitor_operator.reconcile.conditions import by_type, cut
from model_monitor_operator.state import version

LAST_LINES: Final = 20
_WAITING: Final = {
    "ErrImagePull": "ImagePullBackOff",
    "ImagePullBackOff": "ImagePullBackOff",
    "InvalidImageName": "InvalidImageName",
    "ErrImageNeverPull": "ErrImageNeverPull",
    "CreateContainerConfigError": "CreateContainerConfigError",
    "CreateContainerError": "CreateContainerError",
    "RunContainerError": "RunContainerError",
}
"""Why a container waits, where it is a fault. A pull that failed alternates between two words: one is shown."""
_REMEDY: Final = {
    "ImagePullBackOff": "check spec.job.image and spec.job.imagePullSecrets",
    "InvalidImageName": "correct spec.job.image",
    "ErrImageNeverPull": "the image is not on the node and spec.job.imagePullPolicy is Never",
    "CreateContainerConfigError": "check the Secrets and ConfigMaps that spec.job names",
}


@dataclass(frozen=True)
class Progress:
    """Where a Job stands.

    `Pending`: no container has started. `Troubled`: it waits for something that may never come. `Running`. `Succeeded`
    and `Failed`: it has ended. `due`: when to look again.
    """

    state: Literal["Pending", "Troubled", "Running", "Succeeded", "Failed"]
    reason: str
    message: str = ""
    ended: datetime | None = None
    due: datetime | None = None
    inspect: bool = False


def progress(
    job: Object,
    pods: Sequence[Object],
    refusal: str | None,
    earlier: tuple[str, str] | None,
    now: datetime,
    grace: timedelta,
) -> Progress:
    """Where a Job stands.

    `refusal` is what its events say of pods that could not be made, `earlier` reason and message of the trouble that
    was seen before, whose pod the Job's end has removed.
    """
    latest = max(pods, key=lambda pod: (pod["metadata"].get("creationTimestamp", ""), version(pod)), default=None)
    ended = ending(job)
    if ended is not None:
        if ended["type"] == "Complete":
            return Progress("Succeeded", "Succeeded", ended=parse_time(ended["lastTransitionTime"]))
        reason, message = _failure(job, ended, latest, refusal, earlier)
        return Progress("Failed", reason, message, ended=parse_time(ended["lastTransitionTime"]))
    if earlier is not None and (latest is None or "deletionTimestamp" in latest["metadata"]) and refusal is None:
        # The pod goes before the Job says why it ends: what was wrong with it must not be forgotten.
        return Progress("Troubled", *earlier, inspect=latest is None, due=now + 6 * grace)
    if latest is None:
        return _without_pod(job, refusal, now, grace)
    return _with_pod(latest)


def ending(job: Object) -> Object | None:
    """The condition that says how a Job ended, Complete or Failed; None while it is at work."""
    conditions = by_type(job)
    for kind in ("Complete", "Failed"):
        if conditions.get(kind, {}).get("status") == "True":
            return conditions[kind]
    return None


def _with_pod(pod: Object) -> Progress:
    trouble = _waiting(pod)
    if trouble is not None:
        return Progress("Troubled", *trouble)
    phase = pod["status"].get("phase")
    if phase == "Failed":
        reason, message = _pod_failure(pod)
        return Progress("Running", "Retrying", f"the last try ended with {reason}: {message}".removesuffix(": "))
    if phase in ("Running", "Succeeded") or any(
        "waiting" not in each.get("state", {"waiting": {}}) for each in _statuses(pod)
    ):
        return Progress("Running", "Running")
    return Progress("Pending", "Pending", "waiting for the pod to start")


def _without_pod(job: Object, refusal: str | None, now: datetime, grace: timedelta) -> Progress:
    if refusal is not None:
        return Progress("Troubled", "PodRefused", refusal, inspect=True, due=now + 6 * grace)
    if job["spec"].get("suspend"):
        return Progress("Pending", "JobSuspended", "the Job is suspended: spec.suspend of the Job is true")
    started = job.get("status", {}).get("startTime") or job["metadata"].get("creationTimestamp")
    patience = (parse_time(started) if started else now) + grace
    if job.get("status", {}).get("failed"):
        return Progress("Running", "Retrying", "waiting for the next try", inspect=now >= patience, due=now + 6 * grace)
    return Progress(
        "Pending",
        "Pending",
        "waiting for a pod",
        inspect=now >= patience,
        due=patience if now < patience else now + grace,
    )


def _statuses(pod: Object) -> list[Object]:
    """The statuses of all containers, in the order in which they run."""
    return [*pod["status"].get("initContainerStatuses", ()), *pod["status"].get("containerStatuses", ())]


def _container(pod: Object) -> Object:
    """The status of the container that failed or can't start, else of the last."""
    statuses = _statuses(pod)
    for status in statuses:
        state = status.get("state", {})
        if state.get("terminated", {}).get("exitCode") or state.get("waiting", {}).get("reason") in _WAITING:
            return status
    return statuses[-1] if statuses else {}


def _spec(pod: Object, status: Object) -> Object:
    """What is asked for of the container of a status."""
    specs = [*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"]]
    return next((spec for spec in specs if spec.get("name") == status.get("name")), specs[-1])


def _waiting(pod: Object) -> tuple[str, str] | None:
    status = _container(pod)
    waiting = status.get("state", {}).get("waiting", {})
    reason = _WAITING.get(waiting.get("reason", ""))
    if reason is not None:
        image = _spec(pod, status).get("image", "")
        text = f"the image {image} can't be pulled" if reason == "ImagePullBackOff" else waiting.get("message") or image
        return reason, _with_remedy(text, reason)
    scheduled = by_type(pod).get("PodScheduled", {})
    if scheduled.get("status") == "False" and scheduled.get("reason") == "Unschedulable":
        return "Unschedulable", scheduled.get("message", "no node has room for the pod")
    return None


def _with_remedy(text: str, reason: str) -> str:
    remedy = _REMEDY.get(reason)
    return f"{text}; {remedy}" if remedy else text


def _failure(
    job: Object,
    condition: Object,
    pod: Object | None,
    refusal: str | None,
    earlier: tuple[str, str] | None,
) -> tuple[str, str]:
    if condition.get("reason") == "DeadlineExceeded":
        seconds = job["spec"].get("activeDeadlineSeconds")
        ending = f"ended after {seconds} s (spec.job.activeDeadlineSeconds)"
        trouble = (_waiting(pod) if pod else None) or (("PodRefused", refusal) if refusal else None) or earlier
        if trouble:
            return trouble[0], f"{trouble[1].removesuffix(f', {ending}')}, {ending}"
        return "DeadlineExceeded", f"the run was {ending}"
    if pod is not None and pod["status"].get("phase") == "Failed":
        return _pod_failure(pod)
    if pod is not None and _container(pod).get("state", {}).get("terminated", {}).get("exitCode"):
        return _pod_failure(pod)
    if refusal is not None:
        return "PodRefused", refusal
    return condition.get("reason") or "JobFailed", condition.get("message") or "the Job failed"


def _pod_failure(pod: Object) -> tuple[str, str]:
    status = pod["status"]
    container = _container(pod)
    terminated = container.get("state", {}).get("terminated", {})
    if terminated.get("reason") == "OOMKilled":
        limit = _spec(pod, container).get("resources", {}).get("limits", {}).get("memory")
        what = f"its memory limit of {limit}" if limit else "the memory of its node"
        return "OOMKilled", f"the container used more than {what}; raise spec.job.resources.limits.memory"
    if status.get("reason"):
        return status["reason"], status.get("message") or f"the pod ended: {status['reason']}"
    disruption = by_type(pod).get("DisruptionTarget", {})
    if disruption.get("status") == "True":
        return "Disrupted", disruption.get("message") or disruption.get("reason", "the pod was removed from its node")
    if terminated:
        message = terminated.get("message", "")
        lines = said(message)
        if terminated.get("exitCode") == EXIT_RETRY and container["name"] != ANALYZE:
            return _unavailable(message), cut(lines or "the store or the API server did not answer")
        shown = f": …{lines[-900:]}" if len(lines) > 900 else f": {lines}" if lines else ""
        return "Error", cut(f"the container ended with exit code {terminated.get('exitCode')}{shown}")
    return "PodFailed", "the pod failed and does not say why"


def _unavailable(text: str) -> str:
    """What did not answer, by the last record that a container wrote."""
    lines = text.strip().splitlines()
    reason = _record(lines[-1]).get("reason") if lines else None
    return reason if reason in UNAVAILABLE else UNAVAILABLE[0]


def said(text: str) -> str:
    """The last lines of a container, of log records only their messages."""
    lines = text.strip().splitlines()[-LAST_LINES:]
    return "\n".join(_message(line) for line in lines)


def _message(line: str) -> str:
    return str(_record(line).get("message", line))


def _record(line: str) -> dict[str, Any]:
    """A log record; empty for a line that is none."""
    try:
        record = json.loads(line)
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}
