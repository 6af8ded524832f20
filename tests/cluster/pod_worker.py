"""The life of one pod on the test node, from binding to its last status, in a thread of its own."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.cluster.api import STRATEGIC_MERGE, ApiClient, ApiError, Object
from tests.cluster.container_process import ContainerProcess, timestamp
from tests.cluster.pod_conditions import conditions
from tests.cluster.pod_files import POD_ADDRESS, NotReadyError, PodFiles
from tests.cluster.quantities import parse_quantity

_TICK_SECONDS = 0.02
_LONGEST_GRACE_SECONDS = 5.0
_RESTART_SECONDS = (0.0, 1.0, 2.0, 5.0)
_EVENT_SOURCE = "kubelet"


@dataclass(frozen=True)
class Node:
    """What a pod's worker needs of the node it runs on.

    `entrypoint_of` gives the command of an image, or None for one that can't be pulled. `may_start` is set while the
    node starts pods, `slots` bounds how many run at a time.
    """

    client: ApiClient
    name: str
    folder: Path
    claims: Path
    variables: Mapping[str, str]
    entrypoint_of: Callable[[str], Sequence[str] | None]
    may_start: threading.Event
    slots: threading.Semaphore


@dataclass
class _Container:
    """A container of the pod: the process now running, if any, and what a status says of it."""

    spec: Object
    process: ContainerProcess | None = None
    state: Object = field(default_factory=lambda: {"waiting": {"reason": "ContainerCreating"}})
    last_state: Object = field(default_factory=dict)
    restarts: int = 0
    restart_at: float | None = None

    def status(self) -> Object:
        running = "running" in self.state
        return {
            "name": self.spec["name"],
            "image": self.spec["image"],
            "imageID": "",
            "ready": running,
            "started": running,
            "restartCount": self.restarts,
            "state": self.state,
            "lastState": self.last_state,
        }


def _ended_well(container: _Container) -> bool:
    return bool(container.state.get("terminated", {}).get("exitCode") == 0)


class PodWorker(threading.Thread):
    """Runs one pod. `update`, `gone` and `evict` may be called from any thread."""

    def __init__(self, node: Node, pod: Object) -> None:
        metadata = pod["metadata"]
        super().__init__(name=f"pod {metadata['namespace']}/{metadata['name']}", daemon=True)
        self._node = node
        self._pod = pod
        self._path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}"
        self._folder = node.folder / "pods" / metadata["uid"]
        self._files = PodFiles(node.client, pod, self._folder, node.claims)
        self._containers = [_Container(spec) for spec in pod["spec"]["containers"]]
        self._init = [_Container(spec) for spec in pod["spec"].get("initContainers", [])]
        self._start_time = timestamp()
        self._began = 0.0
        self._wake = threading.Event()
        self._lock = threading.Lock()
        self._closed = False
        self._deleted_after: float | None = None
        self._gone = False
        self._eviction = ""

    def update(self, pod: Object) -> bool:
        """Take in a newer version of the pod: a deletion begins its grace period. False when the worker has ended."""
        with self._lock:
            if pod["metadata"].get("deletionTimestamp") and self._deleted_after is None:
                grace = float(pod["metadata"].get("deletionGracePeriodSeconds") or 0)
                self._deleted_after = min(grace, _LONGEST_GRACE_SECONDS)
                self._wake.set()
            return not self._closed

    def gone(self) -> None:
        """The pod is no longer there, or the node is lost: kill its processes and report nothing."""
        self._gone = True
        self._wake.set()

    def evict(self, message: str) -> None:
        """End the pod as a node under memory pressure does."""
        self._eviction = message
        self._wake.set()

    def log(self, container: str) -> Path:
        """The file that a container's output goes to; it stays when the pod is deleted."""
        metadata = self._pod["metadata"]
        folder = self._node.folder / "logs" / str(metadata["namespace"]) / str(metadata["name"])
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{container}.log"

    def run(self) -> None:
        """The thread's body."""
        try:
            if self._pod.get("status", {}).get("phase") == "Running":
                self._finish("Failed", "ContainerStatusUnknown", "the node was restarted and lost the containers")
            elif any("restartPolicy" in container.spec for container in self._init):
                self._finish("Failed", "NotSupported", "the test kubelet runs no sidecars among init containers")
            else:
                self._run_stages([[container] for container in self._init] + [self._containers])
            with self._lock:
                self._closed = True
            if self._deleted_after is not None and not self._gone:
                uid = self._pod["metadata"]["uid"]
                options = {"gracePeriodSeconds": 0, "preconditions": {"uid": uid}}
                self._request(lambda: self._node.client.delete(self._path, options))
        finally:
            for container in self._all:
                if container.process is not None:
                    container.process.kill()

    @property
    def _all(self) -> list[_Container]:
        return [*self._init, *self._containers]

    def _ending(self) -> bool:
        return self._gone or self._deleted_after is not None or bool(self._eviction)

    def _prepare(self, stage: list[_Container]) -> bool:
        """Wait until the containers of a stage can start; false when the pod ended before."""
        shown: object = None
        pause = 0.05
        while not self._ending():
            try:
                self._check_images(stage)
                if not self._has_begun:
                    self._files.make_volumes()
                for container in stage:
                    self._files.prepare(container.spec, self._entrypoint(container), self._node.variables)
                return True
            except NotReadyError as error:
                shown = self._show_waiting(stage, error.reason, str(error), shown)
            except ApiError as error:
                # 403: the Node authorizer does not know yet that the pod is on this node.
                if error.code != 403:
                    shown = self._show_waiting(stage, "ContainerCreating", str(error), shown)
            except (OSError, http.client.HTTPException):
                pass
            self._wake.wait(pause)
            pause = min(1.0, pause * 1.5)
        self._finish_early()
        return False

    @property
    def _has_begun(self) -> bool:
        return any("waiting" not in container.state for container in self._all)

    def _check_images(self, stage: list[_Container]) -> None:
        for container in stage:
            image = container.spec["image"]
            if self._node.entrypoint_of(image) is not None:
                continue
            if container.state["waiting"]["reason"] == "ContainerCreating":
                reference = (
                    f'failed to pull and unpack image "{image}": failed to resolve reference "{image}": not found'
                )
                self._post_event("Failed", f'Failed to pull image "{image}": {reference}')
                raise NotReadyError("ErrImagePull", reference)
            self._wake.wait(0.5)
            raise NotReadyError("ImagePullBackOff", f'Back-off pulling image "{image}": ErrImagePull: not found')

    def _entrypoint(self, container: _Container) -> Sequence[str]:
        return self._node.entrypoint_of(container.spec["image"]) or ()

    def _show_waiting(self, stage: list[_Container], reason: str, message: str, shown: object) -> object:
        if (reason, message) != shown:
            for container in stage:
                container.state = {"waiting": {"reason": reason, "message": message}}
            self._report("Pending")
        return (reason, message)

    def _finish_early(self) -> None:
        if self._eviction:
            self._finish("Failed", "Evicted", self._eviction)
        elif not self._gone:
            self._report("Failed")

    def _run_stages(self, stages: list[list[_Container]]) -> None:
        """Run the init containers one after another, then all others together."""
        if not self._prepare(stages[0]):
            return
        takes_slot = self._pod["spec"].get("restartPolicy", "Always") != "Always"
        while not (self._node.may_start.is_set() and (not takes_slot or self._node.slots.acquire(blocking=False))):
            if self._ending():
                self._finish_early()
                return
            self._wake.wait(_TICK_SECONDS)
        try:
            self._began = time.monotonic()
            for stage in stages:
                if stage is not stages[0] and not self._prepare(stage):
                    return
                for container in stage:
                    self._start(container)
                last = stage is stages[-1]
                self._report("Running" if last else "Pending")
                if not self._supervise(stage, last=last):
                    return
        finally:
            if takes_slot:
                self._node.slots.release()

    def _supervise(self, stage: list[_Container], *, last: bool) -> bool:
        """Wait until a stage's containers have ended; true when the next stage follows."""
        deadline = self._pod["spec"].get("activeDeadlineSeconds")
        while True:
            changed = [self._step(container) for container in stage]
            if all("terminated" in container.state for container in stage):
                failed = any(container.state["terminated"]["exitCode"] for container in stage)
                if failed or last:
                    self._report("Failed" if failed else "Succeeded")
                return not failed and not last
            if self._ending():
                self._end()
                return False
            if deadline is not None and time.monotonic() - self._began > deadline:
                self._kill_all()
                message = "Pod was active on the node longer than the specified deadline"
                self._finish("Failed", "DeadlineExceeded", message)
                return False
            if any(changed):
                self._report("Running" if last else "Pending")
            self._wake.wait(_TICK_SECONDS)

    def _step(self, container: _Container) -> bool:
        """Look at one container; true when its state changed and the pod goes on."""
        if container.process is None:
            if container.restart_at is not None and time.monotonic() >= container.restart_at:
                container.restarts += 1
                self._start(container)
                return True
            return False
        ended = container.process.poll()
        if ended is None:
            return False
        container.process = None
        policy = self._pod["spec"].get("restartPolicy", "Always")
        if policy == "Always" or (policy == "OnFailure" and ended["exitCode"] != 0):
            delay = _RESTART_SECONDS[min(container.restarts, len(_RESTART_SECONDS) - 1)]
            container.restart_at = time.monotonic() + delay
            container.last_state = {"terminated": ended}
            name = container.spec["name"]
            message = f"back-off {delay:g}s restarting failed container={name}"
            container.state = {"waiting": {"reason": "CrashLoopBackOff", "message": message}}
            return True
        container.state = {"terminated": ended}
        return False

    def _start(self, container: _Container) -> None:
        prepared = self._files.prepare(container.spec, self._entrypoint(container), self._node.variables)
        limit = container.spec.get("resources", {}).get("limits", {}).get("memory")
        container.process = ContainerProcess(
            prepared,
            self.log(container.spec["name"]),
            memory_limit=int(parse_quantity(limit)) if limit else None,
            message_from_log=container.spec.get("terminationMessagePolicy") == "FallbackToLogsOnError",
        )
        container.state = {"running": {"startedAt": container.process.started_at}}
        container.restart_at = None

    def _end(self) -> None:
        """End running containers because the pod is deleted, evicted or gone."""
        if self._deleted_after and not self._gone:
            for container in self._all:
                if container.process is not None:
                    container.process.terminate()
            until = time.monotonic() + self._deleted_after
            while time.monotonic() < until and any(c.process is not None for c in self._all):
                for container in self._all:
                    self._collect(container)
                time.sleep(_TICK_SECONDS)
        self._kill_all()
        if self._eviction:
            self._finish("Failed", "Evicted", self._eviction)
        elif not self._gone:
            codes = [container.state.get("terminated", {}).get("exitCode", 137) for container in self._all]
            self._report("Failed" if any(codes) else "Succeeded")

    def _kill_all(self) -> None:
        for container in self._all:
            if container.process is not None:
                container.process.kill()
                self._collect(container)

    def _collect(self, container: _Container) -> None:
        ended = container.process.poll() if container.process is not None else None
        if ended is not None:
            container.process = None
            container.state = {"terminated": ended}

    def _finish(self, phase: str, reason: str, message: str) -> None:
        disruption = None
        if reason == "Evicted":
            disruption = {"reason": "TerminationByKubelet", "message": message}
        self._report(phase, reason=reason, message=message, disruption=disruption)

    def _report(
        self, phase: str, *, reason: str | None = None, message: str | None = None, disruption: Object | None = None
    ) -> None:
        """Patch the pod's status, until it is taken in or the pod is gone."""
        status: Object = {
            "phase": phase,
            "hostIP": POD_ADDRESS,
            "podIP": POD_ADDRESS,
            "podIPs": [{"ip": POD_ADDRESS}],
            "startTime": self._start_time,
            "initContainerStatuses": [container.status() for container in self._init],
            "containerStatuses": [container.status() for container in self._containers],
            "conditions": conditions(
                phase,
                all("running" in container.state for container in self._containers),
                initialized=all(_ended_well(container) for container in self._init),
            ),
        }
        if reason is not None:
            status |= {"reason": reason, "message": message}
        if disruption is not None:
            now = timestamp()
            status["conditions"].append(
                {"type": "DisruptionTarget", "status": "True", "lastTransitionTime": now, **disruption}
            )
        body = {"metadata": {"uid": self._pod["metadata"]["uid"]}, "status": status}
        self._request(lambda: self._node.client.patch(f"{self._path}/status", body, content_type=STRATEGIC_MERGE))

    def _post_event(self, reason: str, message: str) -> None:
        metadata = self._pod["metadata"]
        now = timestamp()
        body = {
            "metadata": {"generateName": f"{metadata['name']}.", "namespace": metadata["namespace"]},
            "involvedObject": {
                "apiVersion": "v1",
                "kind": "Pod",
                "name": metadata["name"],
                "namespace": metadata["namespace"],
                "uid": metadata["uid"],
            },
            "reason": reason,
            "message": message,
            "type": "Warning",
            "source": {"component": _EVENT_SOURCE, "host": self._node.name},
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
        }
        self._request(lambda: self._node.client.create(f"/api/v1/namespaces/{metadata['namespace']}/events", body))

    def _request(self, send: Callable[[], Object]) -> None:
        """Send until the API server answers: it may be restarting. A pod no longer there is no error."""
        for _ in range(300):
            if self._gone:
                return
            try:
                send()
                return
            except ApiError as error:
                if error.code in (404, 409):
                    return
                if error.code < 429 and error.code != 403:
                    raise
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(0.1)
