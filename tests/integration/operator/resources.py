"""The resources that these tests work with, and the container's part in them where a test plays it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tests.cluster.api import SERVER_SIDE_APPLY
from tests.cluster.control_plane import ControlPlane
from tests.cluster.processes import wait_until

Object = dict[str, Any]
API = "/apis/modelmonitor.dev/v1alpha1"
FILES = {
    "statisticsURI": "s3://bucket/baseline/statistics.json",
    "constraintsURI": "s3://bucket/baseline/constraints.json",
    "statisticsSha256": "a" * 64,
    "constraintsSha256": "b" * 64,
    "recordCount": 1000,
    "columnCount": 7,
}
VIOLATION = {
    "column": "dep_delay",
    "check": "completeness_check",
    "description": "51% missing, 2% expected",
    "difference": 0.49,
    "limit": 0.1,
    "count": 900,
}


def baseline(name: str = "flights", **spec: Any) -> Object:
    """A Baseline made from a dataset."""
    return {
        "apiVersion": "modelmonitor.dev/v1alpha1",
        "kind": "Baseline",
        "metadata": {"name": name},
        "spec": {
            "dataset": {"uri": "s3://bucket/training.csv"},
            "output": {"uri": "s3://bucket/baseline"},
            **spec,
        },
    }


def schedule(name: str = "flights", **spec: Any) -> Object:
    """A MonitoringSchedule that does not fire by itself during a test."""
    return {
        "apiVersion": "modelmonitor.dev/v1alpha1",
        "kind": "MonitoringSchedule",
        "metadata": {"name": name},
        "spec": {
            "schedule": "0 0 1 1 *",
            "baselineRef": {"name": "flights"},
            "input": {"endpoint": {"captureURI": "s3://bucket/capture"}},
            "output": {"uri": "s3://bucket/reports"},
            **spec,
        },
    }


def execution(name: str, schedule: str = "flights", **spec: Any) -> Object:
    """A MonitoringExecution as a person makes it."""
    return {
        "apiVersion": "modelmonitor.dev/v1alpha1",
        "kind": "MonitoringExecution",
        "metadata": {"name": name},
        "spec": {"scheduleRef": {"name": schedule}, **spec},
    }


def now() -> str:
    """The time as the container writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Resources:
    """Applies resources in one namespace, reads them back, and waits for what is to come of them."""

    def __init__(self, control_plane: ControlPlane, namespace: str) -> None:
        self.control_plane = control_plane
        self.namespace = namespace
        self._client = control_plane.client()

    def apply(self, *objects: Object) -> None:
        """`kubectl apply`, client-side as people do it."""
        text = "\n---\n".join(json.dumps(body) for body in objects)
        self.control_plane.apply(text, "-n", self.namespace)

    def create(self, body: Object) -> Object:
        """POST."""
        return self._client.create(self._path(body["kind"]), body)

    def get(self, kind: str, name: str) -> Object | None:
        """One object, or None."""
        for body in self.all_of(kind):
            if body["metadata"]["name"] == name:
                return body
        return None

    def all_of(self, kind: str) -> list[Object]:
        """All objects of a kind in the namespace."""
        items: list[Object] = self._client.get(self._path(kind))["items"]
        return items

    def _path(self, kind: str) -> str:
        roots = {
            "CronJob": "/apis/batch/v1",
            "Job": "/apis/batch/v1",
            "RoleBinding": "/apis/rbac.authorization.k8s.io/v1",
        }
        core = ("Event", "Pod", "Secret", "ServiceAccount")
        root = "/api/v1" if kind in core else roots.get(kind, API)
        return f"{root}/namespaces/{self.namespace}/{kind.lower()}s"

    def delete(self, kind: str, name: str) -> None:
        """Delete an object."""
        self._client.delete(f"{self._path(kind)}/{name}")

    def wait(
        self, kind: str, name: str, check: Callable[[Object], Any], what: str, timeout_seconds: float = 60.0
    ) -> Object:
        """Wait until an object exists and fits."""

        def fits() -> Object | None:
            body = self.get(kind, name)
            return body if body is not None and check(body) else None

        try:
            found = wait_until(fits, f"{kind} {name}: {what}", timeout_seconds=timeout_seconds)
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{json.dumps(self.get(kind, name), indent=1)}") from error
        assert found is not None
        return found

    def wait_condition(
        self,
        kind: str,
        name: str,
        condition: str,
        status: str,
        reason: str | None = None,
        timeout_seconds: float = 60.0,
    ) -> Object:
        """Wait until a condition has a status (and a reason); the condition."""

        def fits(body: Object) -> bool:
            found = conditions(body).get(condition, {})
            current = body["status"].get("observedGeneration") == body["metadata"]["generation"]
            return current and found.get("status") == status and reason in (None, found.get("reason"))

        what = f"{condition}={status}" + (f" ({reason})" if reason else "")
        return conditions(self.wait(kind, name, fits, what, timeout_seconds))[condition]

    def wait_job(self, prefix: str = "") -> Object:
        """Wait for a Job whose name begins so."""

        def found() -> Object | None:
            jobs = [job for job in self.all_of("Job") if job["metadata"]["name"].startswith(prefix)]
            return jobs[0] if jobs else None

        job = wait_until(found, f"a Job {prefix}…", timeout_seconds=60.0)
        assert job is not None
        return job

    def record(self, job_name: str, owner: Object, status: Object, *, execution: str | None = None) -> None:
        """Write an execution as the container does: labels, owner, results."""
        name = execution or job_name
        kind, owner_name = owner["kind"], owner["metadata"]["name"]
        label, reference = ("schedule", "scheduleRef") if kind == "MonitoringSchedule" else ("baseline", "baselineRef")
        uid = owner["metadata"].get("uid") or self.get(kind, owner_name)["metadata"]["uid"]  # type: ignore[index]
        body: Object = {
            "apiVersion": "modelmonitor.dev/v1alpha1",
            "kind": "MonitoringExecution",
            "metadata": {
                "name": name,
                "labels": {f"modelmonitor.dev/{label}": owner_name},
                "ownerReferences": [
                    {
                        "apiVersion": "modelmonitor.dev/v1alpha1",
                        "kind": kind,
                        "name": owner_name,
                        "uid": uid,
                        "controller": True,
                        "blockOwnerDeletion": False,
                    }
                ],
            },
        }
        if execution is None:
            body["spec"] = {reference: {"name": owner_name}}
        path = f"{self._path('MonitoringExecution')}/{name}?fieldManager=model-monitor&force=true"
        self._client.patch(path, body, content_type=SERVER_SIDE_APPLY)
        del body["metadata"]["labels"], body["metadata"]["ownerReferences"]
        body.pop("spec", None)
        path = f"{self._path('MonitoringExecution')}/{name}/status?fieldManager=model-monitor&force=true"
        self._client.patch(path, {**body, "status": status}, content_type=SERVER_SIDE_APPLY)

    def finish_job(self, name: str) -> None:
        """Let a Job be Complete: its pod ends well."""
        for pod in self.all_of("Pod"):
            if pod["metadata"]["labels"].get("batch.kubernetes.io/job-name") == name:
                self._client.patch(
                    f"{self._path('Pod')}/{pod['metadata']['name']}/status",
                    {"status": {"phase": "Succeeded"}},
                )

    def make_baseline(self, name: str = "flights", **spec: Any) -> str:
        """Apply a Baseline and play the container that makes it; the name of its execution."""
        body = baseline(name, **spec)
        self.apply(body)
        job = self.wait(
            "Baseline", name, lambda b: b["status"].get("observedGeneration") == b["metadata"]["generation"], "observed"
        )
        del job
        known = {e["metadata"]["name"] for e in self.all_of("MonitoringExecution")}
        job_name = wait_until(
            lambda: next(
                (
                    job["metadata"]["name"]
                    for job in self.all_of("Job")
                    if job["metadata"]["name"].startswith(f"{name}-baseline-") and job["metadata"]["name"] not in known
                ),
                None,
            ),
            f"a new Job of Baseline {name}",
        )
        assert job_name is not None
        self.record(job_name, body, complete(baselineFiles=FILES, recordCount=1000))
        self.wait_condition("Baseline", name, "Ready", "True")
        return str(job_name)

    def wait_event(self, name: str, reason: str) -> str:
        """Wait for an Event, which comes after the status that it tells of; returns its message."""
        found = wait_until(
            lambda: [message for event, message in self.events(name) if event == reason],
            f"the Event {reason} about {name}",
        )
        return found[-1]

    def events(self, name: str) -> list[tuple[str, str]]:
        """(reason, message) of the Events about an object of this name."""
        return [
            (event["reason"], event["message"])
            for event in self.all_of("Event")
            if event["involvedObject"]["name"] == name
            and event.get("source", {}).get("component") == "model-monitor-operator"
        ]


def complete(**status: Any) -> Object:
    """The status of a run that is complete."""
    condition = {
        "type": "Complete",
        "status": "True",
        "reason": "Completed",
        "message": "",
        "lastTransitionTime": now(),
    }
    return {"conditions": [condition], "startTime": now(), "completionTime": now(), **status}


def violated(start: str, end: str, *violations: Object) -> Object:
    """The status of a run on a window with violations (or without)."""
    return complete(
        window={"start": start, "end": end},
        recordCount=900,
        verdicts={"passed": 10, "violated": len(violations)},
        violationCount=len(violations),
        summary=f"{len(violations)} violations" if violations else "no violation",
        **({"violations": list(violations)} if violations else {}),
    )


def conditions(body: Object | None) -> dict[str, Object]:
    """An object's conditions by type."""
    found = (body or {}).get("status", {}).get("conditions", ())
    return {condition["type"]: condition for condition in found}


def pod_of(resources: Resources, job: str) -> str:
    def found() -> str | None:
        for pod in resources.all_of("Pod"):
            if pod["metadata"]["labels"].get("batch.kubernetes.io/job-name") == job:
                return str(pod["metadata"]["name"])
        return None

    return str(wait_until(found, f"the pod of {job}"))


def set_pod(resources: Resources, job: str, phase: str, state: dict[str, Any] | None = None, **status: Any) -> None:
    """What a kubelet says of a pod."""
    if state is not None:
        status["containerStatuses"] = [
            {
                "name": "monitor",
                "image": "i",
                "imageID": "",
                "ready": False,
                "restartCount": 0,
                "state": state,
            }
        ]
    name = pod_of(resources, job)
    path = f"/api/v1/namespaces/{resources.namespace}/pods/{name}/status"
    resources.control_plane.client().patch(path, {"status": {"phase": phase, **status}})
