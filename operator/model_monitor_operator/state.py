"""The observed state: slim copies of what the cluster holds, and what was learnt by trying. In memory, no I/O."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from model_monitor_crds.base import LABEL_BASELINE, LABEL_SCHEDULE
from model_monitor_operator.manifests.common import Object

BASELINE: Final = "Baseline"
SCHEDULE: Final = "MonitoringSchedule"
EXECUTION: Final = "MonitoringExecution"
CRON_JOB: Final = "CronJob"
JOB: Final = "Job"
POD: Final = "Pod"
OWN_KINDS: Final = (BASELINE, SCHEDULE, EXECUTION)
WATCHED_KINDS: Final = (*OWN_KINDS, CRON_JOB, JOB, POD)

LABEL_JOB_NAME: Final = "batch.kubernetes.io/job-name"


@dataclass(frozen=True, order=True)
class Key:
    """One object by kind, namespace and name."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        """The key as a person writes it, `Kind namespace/name`."""
        return f"{self.kind} {self.namespace}/{self.name}"


@dataclass(frozen=True)
class Refusal:
    """The API server's answer to what was asked for an object, which stands until something changes."""

    reason: str
    message: str
    digest: str
    """Of what was asked; another request is another try."""
    since: datetime


@dataclass
class State:
    """What is known of the cluster.

    `objects` are slim copies by kind, namespace and name. The rest was learnt by trying and is forgotten with the
    process: `refusals` by child; `accepted`, the generation of a child as the server made it of what was applied, by
    uid; `runners`, by namespace, None for one that is in place and a message for one that can't be; `pod_refusals`, why
    a Job has no pod, by Job.
    """

    objects: dict[str, dict[tuple[str, str], Object]] = field(
        default_factory=lambda: {kind: {} for kind in WATCHED_KINDS}
    )
    refusals: dict[Key, Refusal] = field(default_factory=dict)
    accepted: dict[str, int] = field(default_factory=dict)
    runners: dict[str, str | None] = field(default_factory=dict)
    pod_refusals: dict[Key, str] = field(default_factory=dict)
    _members: dict[tuple[str, str, str, str], set[str]] = field(default_factory=lambda: defaultdict(set))

    def get(self, kind: str, namespace: str, name: str) -> Object | None:
        """The object, or None when there is none."""
        return self.objects[kind].get((namespace, name))

    def put(self, kind: str, body: Object) -> bool:
        """Keep an object (slim) unless what is known is as new; whether anything changed."""
        new = slim(kind, body)
        place = (new["metadata"].get("namespace", ""), new["metadata"]["name"])
        old = self.objects[kind].get(place)
        if old is not None and version(old) >= version(new):
            return False
        if old is not None:
            self._forget_membership(kind, old)
        self.objects[kind][place] = new
        for group in _groups(kind, new):
            self._members[(kind, place[0], *group)].add(place[1])
        return True

    def remove(self, kind: str, namespace: str, name: str, at_version: int | None = None) -> Object | None:
        """Forget an object, unless the one known is newer than `at_version`; the object that was known."""
        old = self.objects[kind].get((namespace, name))
        if old is None or (at_version is not None and version(old) > at_version):
            return None
        del self.objects[kind][(namespace, name)]
        self._forget_membership(kind, old)
        self.accepted.pop(old["metadata"].get("uid", ""), None)
        key = Key(kind, namespace, name)
        self.pod_refusals.pop(key, None)
        return old

    def _forget_membership(self, kind: str, old: Object) -> None:
        namespace, name = old["metadata"].get("namespace", ""), old["metadata"]["name"]
        for group in _groups(kind, old):
            place = (kind, namespace, *group)
            self._members[place].discard(name)
            if not self._members[place]:
                del self._members[place]

    def of(self, kind: str, namespace: str, group: str, name: str) -> Iterator[Object]:
        """Objects of a kind that belong to another: `group` is the other's kind, `name` its name. Sorted by name."""
        for member in sorted(self._members.get((kind, namespace, group, name), ())):
            yield self.objects[kind][(namespace, member)]


def version(body: Object) -> int:
    """An object's resourceVersion; later ones are greater, within one kind."""
    text = body["metadata"].get("resourceVersion", "0")
    return int(text) if text.isdigit() else 0


def slim(kind: str, body: Object) -> Object:
    """The part of an object that is read."""
    metadata = body["metadata"]
    kept = {
        key: metadata[key]
        for key in (
            "name",
            "namespace",
            "uid",
            "resourceVersion",
            "generation",
            "labels",
            "creationTimestamp",
            "deletionTimestamp",
            "ownerReferences",
        )
        if key in metadata
    }
    annotations = {
        key: value for key, value in metadata.get("annotations", {}).items() if key.startswith("modelmonitor.dev/")
    }
    if annotations and kind in (CRON_JOB, JOB):
        kept["annotations"] = annotations
    spec = body.get("spec", {})
    if kind == JOB:
        spec = {key: value for key, value in spec.items() if key != "template"}
    elif kind == POD:
        spec = {
            kind: [_slim_container(container) for container in spec[kind]]
            for kind in ("initContainers", "containers")
            if kind in spec
        }
    return {"metadata": kept, "spec": spec, "status": body.get("status", {})}


def _slim_container(container: Object) -> Object:
    return {key: container[key] for key in ("name", "image", "resources") if key in container}


def _groups(kind: str, body: Object) -> list[tuple[str, str]]:
    """What an object belongs to, as (kind, name)."""
    spec: Any = body["spec"]
    labels = body["metadata"].get("labels", {})
    if kind == SCHEDULE:
        return [(BASELINE, spec.get("baselineRef", {}).get("name", ""))]
    if kind == EXECUTION:
        return [
            (owner, spec[field]["name"])
            for owner, field in ((SCHEDULE, "scheduleRef"), (BASELINE, "baselineRef"))
            if field in spec
        ]
    if kind in (JOB, CRON_JOB):
        return [
            (owner, labels[label])
            for owner, label in ((SCHEDULE, LABEL_SCHEDULE), (BASELINE, LABEL_BASELINE))
            if label in labels
        ]
    if kind == POD and LABEL_JOB_NAME in labels:
        return [(JOB, labels[LABEL_JOB_NAME])]
    return []


def concerned(kind: str, body: Object) -> list[Key]:
    """The keys of this API's objects that must be looked at when this object changed, but for what needs the state."""
    namespace, name = body["metadata"].get("namespace", ""), body["metadata"]["name"]
    keys = [Key(kind, namespace, name)] if kind in OWN_KINDS else []
    if kind == EXECUTION or kind in (JOB, CRON_JOB):
        keys += [Key(owner, namespace, owner_name) for owner, owner_name in _groups(kind, body)]
    if kind == JOB:
        keys.append(Key(EXECUTION, namespace, name))
    if kind == POD:
        keys += [Key(EXECUTION, namespace, job) for _, job in _groups(kind, body)]
    return keys


def concerned_in(state: State, kind: str, body: Object) -> list[Key]:
    """All keys that must be looked at when this object changed."""
    namespace, name = body["metadata"].get("namespace", ""), body["metadata"]["name"]
    keys = concerned(kind, body)
    if kind == BASELINE:
        keys += [
            Key(SCHEDULE, namespace, schedule["metadata"]["name"])
            for schedule in state.of(SCHEDULE, namespace, BASELINE, name)
        ]
    if kind == SCHEDULE:
        keys += [
            Key(EXECUTION, namespace, execution["metadata"]["name"])
            for execution in state.of(EXECUTION, namespace, SCHEDULE, name)
            if not is_over(execution)
        ]
    if kind == POD:
        for _, job_name in _groups(kind, body):
            job = state.get(JOB, namespace, job_name)
            keys += concerned(JOB, job) if job else []
    return keys


def true_condition(body: Object, kind: str) -> Object | None:
    """The condition of this type, when it is True."""
    for condition in body.get("status", {}).get("conditions", ()):
        if condition.get("type") == kind and condition.get("status") == "True":
            found: Object = condition
            return found
    return None


def is_over(execution: Object) -> bool:
    """Whether an execution is Complete or Failed."""
    return bool(true_condition(execution, "Complete") or true_condition(execution, "Failed"))
