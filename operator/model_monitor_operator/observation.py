"""The observed state and what keeps it true: lists that prime it, watch events, and one resync task."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from model_monitor_operator.cluster import Cluster, ClusterError
from model_monitor_operator.manifests.common import FIELD_MANAGER, LABEL_MANAGED_BY, Object
from model_monitor_operator.settings import Settings
from model_monitor_operator.state import (
    BASELINE,
    CRON_JOB,
    EXECUTION,
    JOB,
    POD,
    SCHEDULE,
    WATCHED_KINDS,
    Key,
    State,
    concerned_in,
    is_over,
    version,
)
from model_monitor_operator.work_queue import WorkQueue

logger = logging.getLogger(__name__)

SELECTOR: Final = f"{LABEL_MANAGED_BY}={FIELD_MANAGER}"
SELECTED_KINDS: Final = (CRON_JOB, JOB, POD)
"""Kinds of which only our own objects are watched."""
FIRST_RESYNC_SECONDS: Final = 15.0
"""Soon after the start: what was deleted between the first lists and the watches is found then."""
_LAG_SECONDS: Final = 5.0
"""How long the watch may be behind a list before its events count as missed."""
_PRIMING_PAUSE_SECONDS: Final = 5.0


def utc_now() -> datetime:
    """The clock."""
    return datetime.now(UTC)


@dataclass
class Observation:
    """Everything observed, and the keys that are due because of it."""

    settings: Settings
    cluster: Cluster
    clock: Callable[[], datetime] = utc_now
    state: State = field(default_factory=State)
    queue: WorkQueue[Key] = field(default_factory=WorkQueue[Key])
    primed: asyncio.Event = field(default_factory=asyncio.Event)
    last_list: datetime | None = None
    """When everything was listed last, whole."""
    missed: int = 0
    """How many resyncs in a row found changes that the watch had not told."""

    def saw(self, kind: str, body: Object, deleted: bool = False) -> None:
        """Take in a watch event, or the answer to a write, and mark what it concerns as due."""
        metadata = body["metadata"]
        if deleted:
            self.state.remove(kind, metadata.get("namespace", ""), metadata["name"], version(body))
        elif not self.state.put(kind, body):
            return
        for key in concerned_in(self.state, kind, body):
            self.queue.add(key)

    async def prime(self) -> None:
        """List everything, again and again until it succeeds, then open the gate."""
        while True:
            try:
                for kind in WATCHED_KINDS:
                    await self._list(kind)
                break
            except ClusterError as error:
                logger.error("can't list: %s; trying again in %g s", error, _PRIMING_PAUSE_SECONDS)
                await asyncio.sleep(_PRIMING_PAUSE_SECONDS)
        self.last_list = self.clock()
        for kind in (BASELINE, SCHEDULE, EXECUTION):
            for namespace, name in list(self.state.objects[kind]):
                self.queue.add(Key(kind, namespace, name))
        for namespace, name in list(self.state.objects[JOB]):
            self.queue.add(Key(EXECUTION, namespace, name))
        self.primed.set()

    async def _list(self, kind: str) -> tuple[list[Object], set[tuple[str, str]], int]:
        """Take in a list; what it brought that was not known, the names in it, and its version."""
        news: list[Object] = []
        names: set[tuple[str, str]] = set()
        at = 0
        for namespace in self.settings.namespaces or ("",):
            selector = SELECTOR if kind in SELECTED_KINDS else ""
            async for page in self.cluster.pages(kind, namespace, self.settings.list_chunk_size, selector):
                at = max(at, version(page))
                for body in page["items"]:
                    metadata = body["metadata"]
                    names.add((metadata["namespace"], metadata["name"]))
                    known = self.state.get(kind, metadata["namespace"], metadata["name"])
                    if known is None or version(known) < version(body):
                        news.append(body)
                        if not self.primed.is_set():
                            self.state.put(kind, body)
        return news, names, at

    async def resync_forever(self) -> None:
        """List everything anew from time to time: what the watches missed is mended, and their silence is noticed."""
        await self.primed.wait()
        pause = min(FIRST_RESYNC_SECONDS, self.settings.resync_interval.total_seconds())
        while True:
            await asyncio.sleep(pause)
            pause = self.settings.resync_interval.total_seconds()
            try:
                await self.resync()
            except ClusterError as error:
                logger.warning("can't list: %s", error)

    async def resync(self) -> None:
        """List everything once. Raises ClusterError."""
        late: list[tuple[str, Object]] = []
        for kind in WATCHED_KINDS:
            news, names, at = await self._list(kind)
            late += [(kind, body) for body in news]
            self._drop_missing(kind, names, at)
        if late:
            await asyncio.sleep(_LAG_SECONDS)
        missed = 0
        for kind, body in late:
            known = self.state.get(kind, body["metadata"]["namespace"], body["metadata"]["name"])
            if known is not None and version(known) >= version(body):
                continue
            missed += 1
            self.saw(kind, body)
        self.missed = self.missed + 1 if missed else 0
        if missed:
            logger.warning("the watch had not told of %d changes", missed)
        self.last_list = self.clock()
        self.state.runners.clear()
        for kind in (BASELINE, SCHEDULE, EXECUTION):
            for (namespace, name), body in list(self.state.objects[kind].items()):
                if kind != EXECUTION or not is_over(body):
                    self.queue.add(Key(kind, namespace, name))

    def _drop_missing(self, kind: str, names: set[tuple[str, str]], at: int) -> None:
        for namespace, name in [place for place in self.state.objects[kind] if place not in names]:
            old = self.state.remove(kind, namespace, name, at)
            if old is not None:
                for key in concerned_in(self.state, kind, old):
                    self.queue.add(key)
