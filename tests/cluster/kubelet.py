"""A node that runs every pod as processes of this machine, so that Jobs really run and end without any image."""

from __future__ import annotations

import contextlib
import fnmatch
import http.client
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.cluster.api import STRATEGIC_MERGE, ApiClient, ApiError, Object
from tests.cluster.control_plane import ControlPlane
from tests.cluster.pod_files import POD_ADDRESS
from tests.cluster.pod_worker import Node, PodWorker

NODE_NAME = "test-node"
# Image name pattern to entrypoint; the first that fits counts. Names under .invalid are never found (RFC 2606).
IMAGES: Mapping[str, Sequence[str]] = {
    "*jobs*": ("model-monitor",),
    "*operator*": ("model-monitor-operator",),
    "*model-monitor*": ("model-monitor",),
    "python:*": ("python",),
}
# They say which code of a numeric library suits this processor, so they belong to the node and not to the pod.
_PROCESSOR_VARIABLES = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")


class SubprocessKubelet:
    """Plays scheduler and kubelet for a control plane; a context manager.

    Every pod is bound to the node `test-node`, at most `slots` of those that end run at a time. A container's command
    runs as a subprocess with the virtual environment's programs first on PATH, the pod's own variables and nothing of
    the test process's environment. How mounts become folders: `tests.cluster.pod_files`. Requests are sent as
    `system:kube-scheduler` and `system:node:test-node`, so the audit log tells them from the administrator's.

    Done as a kubelet does: waiting reasons (ErrImagePull, ImagePullBackOff, CreateContainerConfigError,
    CrashLoopBackOff), termination messages, memory limits (OOMKilled, 137), restart policies, grace periods (of 5 s at
    most), pod-level deadlines, service account tokens, init containers, environment variables from files. Not done:
    sidecars (init containers with a restartPolicy), probes (a running container is ready), security contexts, CPU
    limits, nodeSelector and other constraints of scheduling, PersistentVolumeClaim objects (a claim's name is enough),
    `kubectl logs` and `exec`.
    """

    def __init__(
        self, control_plane: ControlPlane, *, images: Mapping[str, Sequence[str]] = IMAGES, slots: int = 4
    ) -> None:
        self._control_plane = control_plane
        self._images = dict(images)
        self._slots = slots
        self._folder = Path()
        self._stop = threading.Event()
        self._may_start = threading.Event()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._workers: dict[str, PodWorker] = {}
        self._scheduler = control_plane.client("system:kube-scheduler")
        self._client = control_plane.client(f"system:node:{NODE_NAME}")
        self._node: Node | None = None

    def __enter__(self) -> SubprocessKubelet:
        self._folder = Path(tempfile.mkdtemp(prefix="kubelet-"))
        self._may_start.set()
        self._node = Node(
            self._client, NODE_NAME, self._folder, self._folder / "claims", self._node_variables(),
            self._entrypoint_of, self._may_start, threading.Semaphore(self._slots),
        )  # fmt: skip
        self._register()
        for body in (self._schedule, self._run_pods, self._renew_lease):
            thread = threading.Thread(target=body, name=f"kubelet{body.__name__}", daemon=True)
            thread.start()
            self._threads.append(thread)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._scheduler.close_watches()
        self._client.close_watches()
        with self._lock:
            workers = list(self._workers.values())
        for worker in workers:
            worker.gone()
        for thread in [*workers, *self._threads]:
            thread.join(timeout=10)
        shutil.rmtree(self._folder, ignore_errors=True)

    def allow_image(self, pattern: str, entrypoint: Sequence[str] = ()) -> None:
        """Let images whose name fits a shell pattern be pulled; `entrypoint` runs where a container has no command."""
        self._images[pattern] = entrypoint

    def claim_folder(self, namespace: str, claim: str) -> Path:
        """The folder that is mounted for a PersistentVolumeClaim; fill it before the pod starts, read it after."""
        folder = self._folder / "claims" / namespace / claim
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def logs(self, namespace: str, pod: str, container: str | None = None) -> str:
        """What a pod's containers (or one) have written so far, all restarts included; kept when the pod is gone.

        Raises:
            FileNotFoundError: no such pod has run here; the message names those of the namespace.
        """
        folder = self._folder / "logs" / namespace / pod
        files = sorted(folder.glob("*.log")) if container is None else [folder / f"{container}.log"]
        if not folder.is_dir() or not all(file.exists() for file in files):
            ran = ", ".join(sorted(path.name for path in folder.parent.glob("*"))) or "none"
            raise FileNotFoundError(f"no log of {pod} in {namespace}; pods that ran there: {ran}")
        return "".join(file.read_text(errors="replace") for file in files)

    def job_logs(self, namespace: str, job: str) -> str:
        """The logs of all pods that ran for a Job, oldest first."""
        folders = sorted((self._folder / "logs" / namespace).glob(f"{job}-*"), key=lambda path: path.stat().st_ctime)
        return "".join(self.logs(namespace, folder.name) for folder in folders)

    def evict(self, namespace: str, pod: str, message: str = "The node was low on resource: memory.") -> None:
        """End a pod as a node under memory pressure does: phase Failed, reason Evicted."""
        self._worker(namespace, pod).evict(message)

    def lose(self, namespace: str, pod: str) -> None:
        """Lose a pod with its node: its processes die, its status says nothing of it, then the pod is deleted."""
        self._worker(namespace, pod).gone()
        self._client.delete(f"/api/v1/namespaces/{namespace}/pods/{pod}", {"gracePeriodSeconds": 0})

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Start no pod in the meantime: new ones stay Pending, those that run go on."""
        self._may_start.clear()
        try:
            yield
        finally:
            self._may_start.set()

    def _worker(self, namespace: str, pod: str) -> PodWorker:
        uid = self._client.get(f"/api/v1/namespaces/{namespace}/pods/{pod}")["metadata"]["uid"]
        with self._lock:
            return self._workers[uid]

    def _entrypoint_of(self, image: str) -> Sequence[str] | None:
        if image.partition("/")[0].partition(":")[0].endswith(".invalid"):
            return None
        fits = (entrypoint for pattern, entrypoint in self._images.items() if fnmatch.fnmatch(image, pattern))
        return next(fits, None)

    def _node_variables(self) -> dict[str, str]:
        programs = Path(sys.executable).parent
        return {
            "PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "KUBERNETES_SERVICE_HOST": self._control_plane.host,
            "KUBERNETES_SERVICE_PORT": str(self._control_plane.port),
            "KUBERNETES_SERVICE_PORT_HTTPS": str(self._control_plane.port),
            **{name: os.environ[name] for name in _PROCESSOR_VARIABLES if name in os.environ},
        }

    def _register(self) -> None:
        labels = {"kubernetes.io/hostname": NODE_NAME, "kubernetes.io/os": "linux"}
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        resources = {"cpu": "64", "memory": "64Gi", "ephemeral-storage": "64Gi", "pods": "1000"}
        ready = {
            "type": "Ready",
            "status": "True",
            "reason": "KubeletReady",
            "message": "every pod runs as processes of this machine",
            "lastHeartbeatTime": now,
            "lastTransitionTime": now,
        }
        status = {
            "capacity": resources,
            "allocatable": resources,
            "conditions": [ready],
            "addresses": [{"type": "InternalIP", "address": POD_ADDRESS}],
        }
        try:
            self._client.create("/api/v1/nodes", {"metadata": {"name": NODE_NAME, "labels": labels}})
        except ApiError as error:
            if error.code != 409:
                raise
        path = f"/api/v1/nodes/{NODE_NAME}/status"
        self._client.patch(path, {"status": status}, content_type=STRATEGIC_MERGE)

    def _schedule(self) -> None:
        def bind(pod: Object) -> None:
            metadata = pod["metadata"]
            if pod["spec"].get("schedulingGates") or metadata.get("deletionTimestamp"):
                return
            body = {
                "metadata": {"name": metadata["name"], "uid": metadata["uid"]},
                "target": {"apiVersion": "v1", "kind": "Node", "name": NODE_NAME},
            }
            path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}/binding"
            try:
                self._scheduler.create(path, body)
            except ApiError as error:
                # Bound or deleted in between.
                if error.code not in (404, 409):
                    raise

        self._follow(self._scheduler, "spec.nodeName=", bind, lambda uid: None)

    def _run_pods(self) -> None:
        self._follow(self._client, f"spec.nodeName={NODE_NAME}", self._take_pod, self._drop_pod)

    def _take_pod(self, pod: Object) -> None:
        uid = pod["metadata"]["uid"]
        with self._lock:
            worker = self._workers.get(uid)
            if worker is None and pod.get("status", {}).get("phase") not in ("Succeeded", "Failed"):
                assert self._node is not None
                worker = self._workers[uid] = PodWorker(self._node, pod)
                worker.start()
        cared_for = worker is not None and worker.update(pod)
        if pod["metadata"].get("deletionTimestamp") and not cared_for:
            # It ended before the deletion was seen, so nobody else takes it away.
            path = f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}"
            with contextlib.suppress(ApiError):
                self._client.delete(path, {"gracePeriodSeconds": 0, "preconditions": {"uid": uid}})

    def _drop_pod(self, uid: str) -> None:
        with self._lock:
            worker = self._workers.pop(uid, None)
        if worker is not None:
            worker.gone()

    def _follow(
        self, client: ApiClient, selector: str, seen: Callable[[Object], None], gone: Callable[[str], None]
    ) -> None:
        """List and watch the pods of a field selector until the kubelet stops; list again when the watch breaks."""
        known: set[str] = set()
        while not self._stop.is_set():
            try:
                listed = client.get("/api/v1/pods", fieldSelector=selector)
                present = {pod["metadata"]["uid"] for pod in listed["items"]}
                for uid in known - present:
                    gone(uid)
                known = present
                for pod in listed["items"]:
                    seen(pod)
                version = listed["metadata"]["resourceVersion"]
                for event in client.watch(
                    "/api/v1/pods", resource_version=version, stop=self._stop, fieldSelector=selector
                ):
                    pod = event["object"]
                    if event["type"] == "DELETED":
                        known.discard(pod["metadata"]["uid"])
                        gone(pod["metadata"]["uid"])
                    else:
                        known.add(pod["metadata"]["uid"])
                        seen(pod)
            except (ApiError, OSError, http.client.HTTPException, ValueError):
                # The API server restarts, or the resource version is too old: both need a new list.
                self._stop.wait(0.2)

    def _renew_lease(self) -> None:
        collection = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
        while not self._stop.is_set():
            now = datetime.fromtimestamp(time.time(), UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            spec = {"holderIdentity": NODE_NAME, "leaseDurationSeconds": 40, "renewTime": now}
            wait = 10.0
            try:
                self._client.patch(f"{collection}/{NODE_NAME}", {"spec": spec})
            except ApiError as error:
                wait = 0.5
                if error.code == 404:
                    with contextlib.suppress(ApiError, OSError, http.client.HTTPException):
                        self._client.create(collection, {"metadata": {"name": NODE_NAME}, "spec": spec})
                        wait = 10.0
            except (OSError, http.client.HTTPException):
                wait = 0.5
            self._stop.wait(wait)
