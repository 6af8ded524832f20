"""A cluster in memory that can break off after any write: a fault that can't be provoked to the write on a real one."""

from __future__ import annotations

import asyncio
import copy
import itertools
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from model_monitor_operator.cluster import ConflictError, ExistsError, GoneError
from model_monitor_operator.controller import Controller
from model_monitor_operator.metrics import Metrics
from model_monitor_operator.observation import Observation
from model_monitor_operator.settings import Settings
from model_monitor_operator.state import OWN_KINDS, WATCHED_KINDS, Key

Object = dict[str, Any]
NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


class KilledError(BaseException):
    """The operator is gone, in the middle of what it did."""


class MemoryCluster:
    """Objects by kind, namespace and name, with uids, versions and generations. `writes_left` is when it breaks off."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str, str], Object] = {}
        self.writes: list[str] = []
        self.writes_left: int | None = None
        self._numbers = itertools.count(1)

    def add(self, body: Object, namespace: str = "ns") -> Object:
        """Put an object as somebody else's POST would."""
        body = copy.deepcopy(body)
        number = next(self._numbers)
        metadata = body["metadata"]
        metadata.setdefault("namespace", namespace)
        metadata.update(
            uid=f"uid-{number}", resourceVersion=str(number), generation=1, creationTimestamp="2026-11-23T02:00:00Z"
        )
        body.setdefault("status", {"observedGeneration": -1} if body["kind"] in OWN_KINDS else {})
        self.objects[(body["kind"], metadata["namespace"], metadata["name"])] = body
        return body

    def edit(self, kind: str, name: str, namespace: str = "ns", **parts: Any) -> None:
        """Change parts of an object, such as spec or status."""
        body = self.objects[(kind, namespace, name)]
        if "spec" in parts and parts["spec"] != body["spec"]:
            body["metadata"]["generation"] += 1
        body.update(copy.deepcopy(parts))
        body["metadata"]["resourceVersion"] = str(next(self._numbers))

    def of_kind(self, kind: str) -> list[Object]:
        """All objects of a kind."""
        return [body for (other, _, _), body in self.objects.items() if other == kind]

    def _write(self, what: str) -> None:
        if self.writes_left is not None:
            if self.writes_left == 0:
                raise KilledError
            self.writes_left -= 1
        self.writes.append(what)

    def _existing(self, kind: str, metadata: Object) -> Object:
        body = self.objects.get((kind, metadata["namespace"], metadata["name"]))
        if body is None:
            raise GoneError("not found", 404)
        for field in ("uid", "resourceVersion"):
            if metadata.get(field, body["metadata"][field]) != body["metadata"][field]:
                raise ConflictError(field, 409)
        return body

    async def get(self, kind: str, namespace: str, name: str) -> Object:
        return copy.deepcopy(self._existing(kind, {"namespace": namespace, "name": name}))

    async def create(self, body: Object) -> Object:
        metadata = body["metadata"]
        if (body["kind"], metadata["namespace"], metadata["name"]) in self.objects:
            raise ExistsError("exists", 409, "AlreadyExists")
        self._write(f"create {body['kind']} {metadata['name']}")
        return copy.deepcopy(self.add(body))

    async def apply(self, body: Object) -> Object:
        metadata = body["metadata"]
        try:
            known = self._existing(body["kind"], metadata)
        except GoneError:
            return await self.create(body)
        self._write(f"apply {body['kind']} {metadata['name']}")
        known["metadata"].update({key: metadata[key] for key in ("labels", "annotations") if key in metadata})
        self.edit(body["kind"], metadata["name"], metadata["namespace"], **({"spec": body.get("spec", {})}))
        return copy.deepcopy(known)

    async def apply_status(self, kind: str, metadata: Object, status: Object, manager: str) -> Object:
        known = self._existing(kind, metadata)
        self._write(f"status {kind} {metadata['name']} by {manager}")
        merged = copy.deepcopy(status)
        if kind == "MonitoringExecution":
            old = {condition["type"]: condition for condition in known["status"].get("conditions", ())}
            new = {condition["type"]: condition for condition in status.get("conditions", ())}
            merged = {**known["status"], **status, "conditions": list({**old, **new}.values())}
        self.edit(kind, metadata["name"], metadata["namespace"], status=merged)
        return copy.deepcopy(known)

    async def delete(self, kind: str, namespace: str, name: str, uid: str) -> None:
        self._existing(kind, {"namespace": namespace, "name": name, "uid": uid})
        self._write(f"delete {kind} {name}")
        del self.objects[(kind, namespace, name)]

    async def pages(
        self, kind: str, namespace: str, chunk: int, label_selector: str = "", field_selector: str = ""
    ) -> AsyncIterator[Object]:
        items = [copy.deepcopy(body) for body in self.of_kind(kind)]
        for pair in filter(None, field_selector.split(",")):
            path, _, value = pair.partition("=")
            items = [body for body in items if _field(body, path) == value]
        yield {"metadata": {"resourceVersion": str(next(self._numbers))}, "items": items}


def _field(body: Object, path: str) -> Any:
    for part in path.split("."):
        body = body.get(part, {})
    return body


def operate(cluster: MemoryCluster, now: datetime = NOW, settings: Settings | None = None) -> Observation:
    """A fresh operator observes everything and works until nothing is due; its observation.

    Raises KilledError when the cluster breaks off, and AssertionError when it does not come to rest.
    """

    async def run() -> Observation:
        observation = Observation(settings or Settings(), cluster, clock=lambda: now)  # type: ignore[arg-type]
        controller = Controller(observation, Metrics())
        await observation.prime()
        for _ in range(500):
            if not len(observation.queue):
                observation.queue.forget_timers()
                return observation
            key = await observation.queue.take()
            await controller.work(key)
            observation.queue.done(key)
            # What a watch would tell of the objects that others changed is told by the answers alone.
        raise AssertionError(f"does not come to rest: {cluster.writes[-10:]}")

    return asyncio.run(run())


def key(kind: str, name: str) -> Key:
    """A key in the namespace of the tests."""
    assert kind in WATCHED_KINDS
    return Key(kind, "ns", name)
