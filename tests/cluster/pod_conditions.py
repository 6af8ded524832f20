"""The conditions of a pod, as a kubelet writes them."""

from __future__ import annotations

from tests.cluster.api import Object
from tests.cluster.container_process import timestamp


def conditions(phase: str, ready: bool, *, initialized: bool) -> list[Object]:
    """The conditions that a kubelet gives a pod in a phase."""
    reason = {"Succeeded": "PodCompleted", "Failed": "PodFailed"}.get(phase, "ContainersNotReady")
    now = timestamp()
    told = {
        "PodReadyToStartContainers": phase == "Running",
        "Initialized": initialized,
        "ContainersReady": ready,
        "Ready": ready,
    }
    return [
        {"type": name, "status": "True" if true else "False", "lastTransitionTime": now}
        | ({} if true else {"reason": reason})
        for name, true in told.items()
    ]
