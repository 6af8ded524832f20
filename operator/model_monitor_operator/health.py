"""Whether the operator is alive, proven by what it did: lists that succeeded, watches that told, keys worked off."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from aiohttp import web

from model_monitor_operator.metrics import Metrics
from model_monitor_operator.observation import Observation

LONGEST_WORK_SECONDS: Final = 300.0
MISSED_LIMIT: Final = 3
"""So many resyncs in a row that found what the watches had not told: they are dead."""
_START_GRACE: Final = timedelta(minutes=10)
_SLACK: Final = timedelta(minutes=2)


def problems(observation: Observation, started: datetime, now: datetime) -> list[str]:
    """Why the operator should be restarted; empty when all is well."""
    found = []
    limit = 2 * observation.settings.resync_interval + _SLACK
    listed = observation.last_list
    if listed is None and now - started > _START_GRACE:
        found.append(f"nothing could be listed since the start at {started:%H:%M:%S}")
    if listed is not None and now - listed > limit:
        found.append(f"the last whole list was at {listed:%H:%M:%S}, more than {limit} ago")
    if observation.missed >= MISSED_LIMIT:
        found.append(f"the last {observation.missed} lists held changes that the watches had not told")
    oldest = observation.queue.oldest_at_work_seconds()
    if oldest > LONGEST_WORK_SECONDS:
        found.append(f"one object has been at work for {oldest:.0f} s")
    return found


def health_application(observation: Observation, started: datetime) -> web.Application:
    """Serves /healthz (alive) and /readyz (the observed state is whole)."""

    async def healthz(_: web.Request) -> web.Response:
        found = problems(observation, started, observation.clock())
        return web.Response(text="\n".join(found) or "ok", status=500 if found else 200)

    async def readyz(_: web.Request) -> web.Response:
        ready = observation.primed.is_set()
        return web.Response(text="ok" if ready else "listing", status=200 if ready else 503)

    application = web.Application()
    application.router.add_get("/healthz", healthz)
    application.router.add_get("/readyz", readyz)
    return application


def metrics_application(metrics: Metrics) -> web.Application:
    """Serves /metrics."""

    async def text(_: web.Request) -> web.Response:
        return web.Response(body=metrics.text(), content_type="text/plain", charset="utf-8")

    application = web.Application()
    application.router.add_get("/metrics", text)
    return application
