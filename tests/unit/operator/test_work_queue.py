"""The queue of keys that are due."""

from __future__ import annotations

import asyncio

from model_monitor_operator.work_queue import WorkQueue


def test_a_key_waits_once_and_is_never_at_work_twice() -> None:
    async def story() -> None:
        queue: WorkQueue[str] = WorkQueue()
        for key in ("a", "b", "a"):
            queue.add(key)
        assert len(queue) == 2
        assert await queue.take() == "a"
        queue.add("a")
        queue.add("a")
        assert await queue.take() == "b"
        waiting = asyncio.create_task(queue.take())
        await asyncio.sleep(0)
        assert not waiting.done()
        queue.done("a")
        assert await waiting == "a"
        queue.done("a")
        queue.done("b")
        assert not len(queue)

    asyncio.run(story())


def test_the_earliest_time_counts() -> None:
    async def story() -> None:
        queue: WorkQueue[str] = WorkQueue()
        queue.add_later("a", 60)
        queue.add_later("a", 0.01)
        queue.add_later("a", 30)
        assert await asyncio.wait_for(queue.take(), 5) == "a"
        queue.done("a")
        await asyncio.sleep(0.02)
        assert not len(queue)

    asyncio.run(story())
