"""When the operator says that it should be restarted."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from model_monitor_operator.health import MISSED_LIMIT, problems
from model_monitor_operator.metrics import Metrics
from model_monitor_operator.observation import Observation
from model_monitor_operator.settings import Settings
from tests.unit.operator.memory import NOW, MemoryCluster
from tests.unit.operator.specs import completed, resource


def observed() -> Observation:
    return Observation(Settings(), MemoryCluster(), clock=lambda: NOW)  # type: ignore[arg-type]


def test_lists_that_fail_and_watches_that_are_silent_are_told() -> None:
    async def story() -> None:
        observation = observed()
        assert problems(observation, NOW, NOW) == []
        assert "nothing could be listed" in problems(observation, NOW - timedelta(hours=1), NOW)[0]
        observation.last_list = NOW
        assert problems(observation, NOW - timedelta(hours=1), NOW) == []
        observation.last_list = NOW - timedelta(hours=1)
        assert "the last whole list" in problems(observation, NOW - timedelta(hours=1), NOW)[0]
        observation.last_list = NOW
        observation.missed = MISSED_LIMIT
        assert "watches had not told" in problems(observation, NOW, NOW)[0]

    asyncio.run(story())


def test_a_resync_takes_in_what_the_watch_missed() -> None:
    async def story() -> None:
        cluster = MemoryCluster()
        observation = Observation(Settings(), cluster, clock=lambda: NOW)  # type: ignore[arg-type]
        cluster.add(resource("Baseline", "kept", {}))
        cluster.add(resource("Baseline", "gone", {}))
        await observation.prime()
        del cluster.objects[("Baseline", "ns", "gone")]
        await observation.resync()
        assert observation.state.get("Baseline", "ns", "gone") is None
        assert observation.state.get("Baseline", "ns", "kept") is not None
        assert observation.missed == 0

    asyncio.run(story())


def test_metrics_are_read_from_the_observed_state() -> None:
    async def story() -> None:
        observation = observed()
        metrics = Metrics()
        metrics.watch_state(observation.state, observation.queue.__len__)
        cluster = MemoryCluster()
        body = resource("MonitoringExecution", "run", {"scheduleRef": {"name": "monitor"}})
        body["status"] = completed("2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z", {"column": "c", "check": "x"})
        observation.saw("MonitoringExecution", cluster.add(body))
        text = metrics.text().decode()
        assert 'model_monitor_executions{outcome="violations"} 1.0' in text
        assert "model_monitor_queue_depth 2.0" in text

    asyncio.run(story())
