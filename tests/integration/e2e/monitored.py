"""A namespace with a monitor in it, and what a person would look at."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.cluster.control_plane import ControlPlane
from tests.cluster.kubelet import SubprocessKubelet
from tests.cluster.processes import wait_until

Object = dict[str, Any]


@dataclass(frozen=True)
class Monitored:
    """One test's namespace; `bucket` is the folder behind the S3 bucket of the same name."""

    control_plane: ControlPlane
    kubelet: SubprocessKubelet
    namespace: str
    bucket: Path

    def baseline(self, name: str = "shop", **spec: Any) -> Object:
        """A Baseline on the training set."""
        return _object(
            "Baseline",
            name,
            {
                "dataset": {"uri": f"s3://{self.namespace}/training.csv"},
                "output": {"uri": f"s3://{self.namespace}/baseline"},
                "job": {"envFrom": [{"secretRef": {"name": "store"}}]},
            }
            | spec,
        )

    def schedule(self, name: str = "shop", job: Object | None = None, **spec: Any) -> Object:
        """A MonitoringSchedule on captured traffic."""
        return _object(
            "MonitoringSchedule",
            name,
            {
                "schedule": "0 0 1 1 *",
                "baselineRef": {"name": "shop"},
                "input": {"endpoint": {"captureURI": f"s3://{self.namespace}/capture"}},
                "output": {"uri": f"s3://{self.namespace}/reports"},
                "job": {"envFrom": [{"secretRef": {"name": "store"}}]} | (job or {}),
            }
            | spec,
        )

    def execution(self, name: str, start: str | None = None, end: str | None = None, schedule: str = "shop") -> Object:
        """A MonitoringExecution as a person creates it."""
        window = {"window": {"start": start, "end": end}} if start else {}
        return _object("MonitoringExecution", name, {"scheduleRef": {"name": schedule}} | window)

    def apply(self, *objects: Object) -> str:
        """`kubectl apply`."""
        return self.kubectl("apply", "-f", "-", input=yaml.safe_dump_all(objects))

    def kubectl(self, *arguments: str, input: str | None = None, check: bool = True) -> str:
        """kubectl in this namespace."""
        return self.control_plane.kubectl("-n", self.namespace, *arguments, input=input, check=check)

    def get(self, kind: str, name: str) -> Object:
        """An object, or an empty one while there is none."""
        found: Object = self.control_plane.get(kind, "-n", self.namespace, f"--field-selector=metadata.name={name}")
        return found["items"][0] if found["items"] else {}

    def names(self, kind: str) -> list[str]:
        """Names of all objects of a kind."""
        return [item["metadata"]["name"] for item in self.control_plane.get(kind, "-n", self.namespace)["items"]]

    def wait(self, kind: str, name: str, condition: str, status: str = "True", *, timeout: float = 60) -> Object:
        """Wait for a condition and return the object; the failure shows its status."""

        def holds() -> bool:
            return self.condition(self.get(kind, name), condition).get("status") == status

        try:
            wait_until(holds, f"{kind}/{name} is {condition}={status}", timeout_seconds=timeout, interval_seconds=0.25)
        except TimeoutError as error:
            status_now = yaml.safe_dump(self.get(kind, name).get("status"))
            raise AssertionError(f"{error}\n{status_now}\n{self.kubectl('get', 'jobs,pods,events')}") from error
        return self.get(kind, name)

    @staticmethod
    def condition(found: Object, kind: str) -> Object:
        """A condition of an object, empty while there is none."""
        conditions = found.get("status", {}).get("conditions", [])
        return next((condition for condition in conditions if condition["type"] == kind), {})

    def ready(self, **schedule: Any) -> None:
        """Apply a baseline and a schedule, and wait until both are ready."""
        self.apply(self.baseline(), self.schedule(**schedule))
        self.wait("baseline", "shop", "Ready")
        self.wait("monitoringschedule", "shop", "Ready")


def _object(kind: str, name: str, spec: Object) -> Object:
    return {"apiVersion": "modelmonitor.dev/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec}
