"""A queue in which each key waits at most once, and is never worked on twice at the same time."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from typing import Generic, TypeVar

Item = TypeVar("Item")


class WorkQueue(Generic[Item]):
    """Keys that are due, first come first served.

    A key that is added while it is at work waits until that is done. A key may be due later: the earliest time counts.
    """

    def __init__(self) -> None:
        self._waiting: OrderedDict[Item, None] = OrderedDict()
        self._at_work: dict[Item, float] = {}
        self._again: set[Item] = set()
        self._timers: dict[Item, asyncio.TimerHandle] = {}
        self._filled = asyncio.Event()

    def __len__(self) -> int:
        """How many keys wait; those that are due later don't count."""
        return len(self._waiting) + len(self._again)

    def add(self, item: Item) -> None:
        """Mark a key as due now."""
        if item in self._at_work:
            self._again.add(item)
            return
        self._waiting.setdefault(item)
        self._filled.set()

    def add_later(self, item: Item, seconds: float) -> None:
        """Mark a key as due after a time, unless it is due earlier."""
        loop = asyncio.get_running_loop()
        at = loop.time() + max(0.0, seconds)
        known = self._timers.get(item)
        if known is not None:
            if known.when() <= at:
                return
            known.cancel()
        self._timers[item] = loop.call_at(at, self._due, item)

    def _due(self, item: Item) -> None:
        self._timers.pop(item, None)
        self.add(item)

    async def take(self) -> Item:
        """The next key, once there is one; `done` must follow."""
        while not self._waiting:
            self._filled.clear()
            await self._filled.wait()
        item, _ = self._waiting.popitem(last=False)
        self._at_work[item] = time.monotonic()
        return item

    def done(self, item: Item) -> None:
        """The key is worked off; it waits again if it was added meanwhile."""
        self._at_work.pop(item, None)
        if item in self._again:
            self._again.discard(item)
            self.add(item)

    def oldest_at_work_seconds(self) -> float:
        """For how long the key that takes longest has been at work; 0 when nothing is."""
        return max((time.monotonic() - started for started in self._at_work.values()), default=0.0)

    def forget_timers(self) -> None:
        """Cancel what is due later."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
