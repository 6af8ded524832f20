"""Working off what is due: reconcile, carry the plan out, and look again until nothing is left to do."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from model_monitor_operator.cluster import (
    Cluster,
    ClusterError,
    ConflictError,
    ExistsError,
    ForbiddenError,
    GoneError,
    InvalidError,
)
from model_monitor_operator.events import event
from model_monitor_operator.manifests.common import Object
from model_monitor_operator.manifests.own_container import explained
from model_monitor_operator.manifests.runner import role_binding, service_account
from model_monitor_operator.metrics import Metrics
from model_monitor_operator.observation import Observation
from model_monitor_operator.rbac import RUNNER
from model_monitor_operator.reconcile.children import (
    controlled_by,
    controller_of,
    digest_of,
    in_order,
    is_managed,
    name_conflict,
)
from model_monitor_operator.reconcile.dispatch import reconcile
from model_monitor_operator.reconcile.plan import Application, Creation, Deletion, Note, Plan, StatusWrite
from model_monitor_operator.state import EXECUTION, JOB, Key, Refusal

logger = logging.getLogger(__name__)

ROUNDS: Final = 6
"""Most rounds of reconciling one key in one go; it is due again when that was not enough."""
_FIRST_PAUSE_SECONDS: Final = 0.5
_LONGEST_PAUSE_SECONDS: Final = 60.0
_UNSETTLED_SECONDS: Final = 1.0
_TERMINATING_PAUSE: Final = timedelta(seconds=30)
"""How long a namespace that is being deleted is left alone: its thousands of objects would hold up all others."""


@dataclass
class Controller:
    """Carries out plans for the keys of one observation."""

    observation: Observation
    metrics: Metrics
    _failures: dict[Key, int] = field(default_factory=dict)
    _runner_locks: dict[str, asyncio.Lock] = field(default_factory=dict)
    _terminating: dict[str, datetime] = field(default_factory=dict)

    @property
    def cluster(self) -> Cluster:
        """The API server that is written to."""
        return self.observation.cluster

    async def work_forever(self) -> None:
        """One worker: take keys that are due and bring them in order, once the observed state is whole."""
        await self.observation.primed.wait()
        while True:
            key = await self.observation.queue.take()
            started = time.monotonic()
            try:
                await self.work(key)
                self._failures.pop(key, None)
            except ClusterError as error:
                self._try_again(key, str(error))
            except Exception:
                logger.exception("%s: can't be reconciled", key)
                self._try_again(key, "see above")
            finally:
                self.metrics.reconciled(key.kind, time.monotonic() - started)
                self.observation.queue.done(key)

    def _try_again(self, key: Key, why: str) -> None:
        failures = self._failures[key] = self._failures.get(key, 0) + 1
        pause = min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2 ** min(failures, 10)) * random.uniform(0.8, 1.2)
        logger.warning("%s: trying again in %.1f s: %s", key, pause, why)
        self.observation.queue.add_later(key, pause)

    async def work(self, key: Key) -> None:
        """Bring one object in order. Raises ClusterError where a later try may succeed."""
        observation = self.observation
        rest = self._terminating.get(key.namespace, observation.clock()) - observation.clock()
        if rest > timedelta():
            observation.queue.add_later(key, rest.total_seconds())
            return
        for _ in range(ROUNDS):
            now = observation.clock()
            plan = reconcile(observation.state, key, now, observation.settings)
            if plan.needs_runner and key.namespace not in observation.state.runners:
                await self._ensure_runner(key.namespace)
                continue
            learnt = [await self._inspect(job) for job in plan.inspect]
            if any(learnt):
                continue
            if not plan.writes:
                if plan.due is not None:
                    observation.queue.add_later(key, (plan.due - now).total_seconds())
                return
            await self._carry_out(plan)
        observation.queue.add_later(key, _UNSETTLED_SECONDS)

    async def _carry_out(self, plan: Plan) -> None:
        """Objects first: statuses and Events speak of what is, so they wait until no object is to be written."""
        for deletion in plan.delete:
            await self._delete(deletion)
        for creation in plan.create:
            await self._create(creation)
        for application in plan.apply:
            await self._apply(application)
        if plan.changes_objects:
            return
        for write in plan.status:
            await self._write_status(write)
        for note in plan.notes:
            await self._post(note)

    async def _create(self, creation: Creation) -> None:
        body = creation.body
        metadata = body["metadata"]
        key = Key(body["kind"], metadata["namespace"], metadata["name"])
        try:
            answer = await self.cluster.create(body)
        except ExistsError:
            await self._exists(key, creation)
            return
        except (ForbiddenError, InvalidError) as error:
            self._refuse(key, creation.digest, error)
            return
        logger.info("%s: created", key)
        self.observation.state.refusals.pop(key, None)
        self.observation.saw(key.kind, answer)

    async def _exists(self, key: Key, creation: Creation) -> None:
        try:
            found = await self.cluster.get(key.kind, key.namespace, key.name)
        except GoneError:
            return
        if creation.uid is None or controlled_by(found, creation.uid):
            self.observation.saw(key.kind, found)
            return
        message = name_conflict(key.kind, key.namespace, key.name, controller_of(found))
        self.observation.state.refusals[key] = Refusal(
            "NameConflict", message, creation.digest, self.observation.clock()
        )

    def _refuse(self, key: Key, digest: str, error: ClusterError) -> None:
        self._check_terminating(key.namespace, error)
        reason = "Forbidden" if isinstance(error, ForbiddenError) else "Invalid"
        logger.warning("%s: refused: %s", key, error)
        self.observation.state.refusals[key] = Refusal(reason, explained(str(error)), digest, self.observation.clock())

    def _check_terminating(self, namespace: str, error: ClusterError) -> None:
        """Leave a namespace alone for a while whose objects are all going; there is nobody to tell."""
        if "because it is being terminated" in str(error):
            self._terminating[namespace] = self.observation.clock() + _TERMINATING_PAUSE
            raise error

    async def _apply(self, application: Application) -> None:
        body = application.body
        metadata = body["metadata"]
        key = Key(body["kind"], metadata["namespace"], metadata["name"])
        try:
            answer = await self.cluster.apply({**body, "metadata": {**metadata, "uid": application.uid}})
        except GoneError:
            self.observation.state.remove(key.kind, key.namespace, key.name)
            return
        except ConflictError:
            await self._refresh(key)
            return
        except (ForbiddenError, InvalidError) as error:
            self._refuse(key, digest_of(body), error)
            return
        logger.info("%s: applied", key)
        self.observation.state.refusals.pop(key, None)
        self.observation.saw(key.kind, answer)
        if not in_order(body, self.observation.state.objects[key.kind][(key.namespace, key.name)], None):
            # The server writes some value in its own way: this generation is what was asked for.
            self.observation.state.accepted[application.uid] = answer["metadata"]["generation"]

    async def _refresh(self, key: Key) -> None:
        try:
            self.observation.saw(key.kind, await self.cluster.get(key.kind, key.namespace, key.name))
        except GoneError:
            self.observation.state.remove(key.kind, key.namespace, key.name)

    async def _delete(self, deletion: Deletion) -> None:
        key = deletion.key
        try:
            await self.cluster.delete(key.kind, key.namespace, key.name, deletion.uid)
            logger.info("%s: deleted", key)
        except (GoneError, ConflictError):
            pass
        self.observation.state.remove(key.kind, key.namespace, key.name)

    async def _write_status(self, write: StatusWrite) -> None:
        key = write.key
        metadata: Object = {"namespace": key.namespace, "name": key.name, "uid": write.uid}
        if write.resource_version is not None:
            metadata["resourceVersion"] = write.resource_version
        try:
            answer = await self.cluster.apply_status(key.kind, metadata, write.status, write.manager)
        except GoneError:
            self.observation.state.remove(key.kind, key.namespace, key.name)
            return
        except ConflictError:
            if key.kind == EXECUTION:
                await self._refresh(key)
            return
        self.observation.saw(key.kind, answer)

    async def _post(self, note: Note) -> None:
        logger.info("%s: %s: %s", note.key, note.reason, note.message)
        try:
            await self.cluster.create(event(note, self.observation.clock()))
        except ClusterError as error:
            logger.warning("%s: the Event %s can't be posted: %s", note.key, note.reason, error)

    async def _inspect(self, job: Key) -> bool:
        """Ask a Job's events why it has no pod, as nothing else says so; whether they say something new."""
        refusals = self.observation.state.pod_refusals
        observed = self.observation.state.get(JOB, job.namespace, job.name)
        if observed is None:
            return False
        selector = f"involvedObject.uid={observed['metadata']['uid']},reason=FailedCreate"
        latest: Object | None = None
        async for page in self.cluster.pages("Event", job.namespace, 50, field_selector=selector):
            latest = max([*page["items"], *([latest] if latest else [])], key=_last_seen, default=None)
        before = refusals.pop(job, None)
        if latest is not None:
            refusals[job] = latest.get("message", "")
            if f'serviceaccount "{RUNNER}"' in refusals[job]:
                # Somebody has deleted the identity of runs since it was made: the Job goes on once it is back.
                self.observation.state.runners.pop(job.namespace, None)
                await self._ensure_runner(job.namespace)
        return refusals.get(job) != before

    async def _ensure_runner(self, namespace: str) -> None:
        """Make the runs' identity in a namespace, or learn why it can't be made."""
        async with self._runner_locks.setdefault(namespace, asyncio.Lock()):
            state = self.observation.state
            if namespace in state.runners:
                return
            problem = None
            for desired in (
                service_account(namespace),
                role_binding(namespace, self.observation.settings),
            ):
                problem = problem or await self._ensure(desired)
            state.runners[namespace] = problem
            if problem is not None:
                logger.error("namespace %s: %s", namespace, problem)

    async def _ensure(self, desired: Object) -> str | None:
        kind, metadata = desired["kind"], desired["metadata"]
        namespace, name = metadata["namespace"], metadata["name"]
        try:
            found = await self.cluster.get(kind, namespace, name)
        except GoneError:
            found = None
        if found is not None and not is_managed(found):
            return name_conflict(kind, namespace, name, {}).replace(
                "or choose another name for this object", "or set spec.job.serviceAccountName"
            )
        content = {key: value for key, value in desired.items() if key not in ("metadata", "kind", "apiVersion")}
        if found is not None and all(found.get(key) == value for key, value in content.items()):
            return None
        uid = {} if found is None else {"uid": found["metadata"]["uid"]}
        try:
            await self.cluster.apply({**desired, "metadata": {**metadata, **uid}})
        except (ForbiddenError, InvalidError) as error:
            self._check_terminating(namespace, error)
            return f"{kind} {namespace}/{name} can't be made: {error}"
        logger.info("%s %s/%s: applied", kind, namespace, name)
        return None


def _last_seen(event: Object) -> str:
    return str(event.get("lastTimestamp") or event.get("eventTime") or event["metadata"]["creationTimestamp"])
