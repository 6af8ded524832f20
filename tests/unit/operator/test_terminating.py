"""A namespace that is being deleted does not hold up the others."""

from __future__ import annotations

import asyncio

from model_monitor_operator.cluster import ClusterError, ForbiddenError
from model_monitor_operator.controller import Controller
from model_monitor_operator.manifests.common import Object
from model_monitor_operator.metrics import Metrics
from model_monitor_operator.observation import Observation
from model_monitor_operator.settings import Settings
from tests.unit.operator.memory import NOW, MemoryCluster


class GoingCluster(MemoryCluster):
    """Refuses what is made, as the API server does while a namespace goes; counts how often it was asked."""

    asked = 0

    async def create(self, body: Object) -> Object:
        self.asked += 1
        raise ForbiddenError(
            f"unable to create new content in namespace {body['metadata']['namespace']} because it is being terminated",
            403,
        )


def test_after_one_refusal_a_namespace_that_goes_is_left_alone() -> None:
    cluster = GoingCluster()
    for number in range(50):
        dataset = {"dataset": {"uri": "s3://b/t.csv"}, "output": {"uri": "s3://b/o"}}
        cluster.add(
            {
                "kind": "Baseline",
                "apiVersion": "modelmonitor.dev/v1alpha1",
                "metadata": {"name": f"b-{number}"},
                "spec": dataset,
            }
        )

    async def run() -> int:
        observation = Observation(Settings(), cluster, clock=lambda: NOW)  # type: ignore[arg-type]
        controller = Controller(observation, Metrics())
        await observation.prime()
        refused = 0
        while len(observation.queue):
            key = await observation.queue.take()
            try:
                await controller.work(key)
            except ClusterError:
                refused += 1
            observation.queue.done(key)
        observation.queue.forget_timers()
        return refused

    assert asyncio.run(run()) == 1
    assert cluster.asked == 1
