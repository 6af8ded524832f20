"""The operator's process: `model-monitor-operator`, set up by MODEL_MONITOR_* variables."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import AsyncIterator

import kopf
from aiohttp import web
from pythonjsonlogger.json import JsonFormatter

from model_monitor_operator import handlers
from model_monitor_operator.cluster import Cluster, load_configuration
from model_monitor_operator.controller import Controller
from model_monitor_operator.health import health_application, metrics_application
from model_monitor_operator.metrics import Metrics
from model_monitor_operator.observation import Observation, utc_now
from model_monitor_operator.settings import PREFIX, Settings, SettingsError

logger = logging.getLogger("model_monitor_operator")

EXIT_SETTINGS = 2


def main() -> None:
    """Run until SIGTERM or SIGINT; exits 2 for settings that can't be read."""
    _parser().parse_args()
    try:
        settings = Settings.from_environment(os.environ)
    except SettingsError as error:
        print(f"model-monitor-operator: {error}", file=sys.stderr)
        sys.exit(EXIT_SETTINGS)
    _set_up_logging(settings)
    asyncio.run(run(settings))


def _parser() -> argparse.ArgumentParser:
    lines = [f"  {PREFIX}{name.upper()}" for name in Settings.__dataclass_fields__]
    return argparse.ArgumentParser(
        prog="model-monitor-operator",
        description="Keeps Baselines, MonitoringSchedules and MonitoringExecutions in order.",
        epilog="Settings are environment variables:\n" + "\n".join(lines),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _set_up_logging(settings: Settings) -> None:
    handler = logging.StreamHandler()
    if settings.log_format == "json":
        handler.setFormatter(
            JsonFormatter("{asctime}{levelname}{name}{message}", style="{", rename_fields={"asctime": "time"})
        )
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)
    for name in ("kopf", "aiohttp.access"):
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(settings.log_level)))


async def run(settings: Settings) -> None:
    """Serve, watch and work until a signal ends it."""
    metrics = Metrics()
    cluster = Cluster(await load_configuration(), settings.request_timeout, metrics.requested)
    observation = Observation(settings, cluster)
    metrics.watch_state(observation.state, observation.queue.__len__)
    controller = Controller(observation, metrics)
    async with _serving(settings, observation, metrics), _working(settings, observation, controller):
        await kopf.operator(
            registry=handlers.registry(observation),
            settings=handlers.settings(observation),
            standalone=True,
            clusterwide=not settings.namespaces,
            namespaces=settings.namespaces,
        )
    await cluster.close()


@contextlib.asynccontextmanager
async def _serving(settings: Settings, observation: Observation, metrics: Metrics) -> AsyncIterator[None]:
    runners = []
    for name, application, port in (
        ("health", health_application(observation, utc_now()), settings.health_port),
        ("metrics", metrics_application(metrics), settings.metrics_port),
    ):
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, settings.bind_address, port).start()
        logger.info("serving %s on %s", name, runner.addresses)
        runners.append(runner)
    try:
        yield
    finally:
        for runner in runners:
            await runner.cleanup()


@contextlib.asynccontextmanager
async def _working(settings: Settings, observation: Observation, controller: Controller) -> AsyncIterator[None]:
    """Prime the observed state, then work and resync until the end."""
    await observation.prime()
    logger.info(
        "observed %s", ", ".join(f"{len(objects)} {kind}" for kind, objects in observation.state.objects.items())
    )
    tasks = [asyncio.create_task(controller.work_forever()) for _ in range(settings.workers)]
    tasks.append(asyncio.create_task(observation.resync_forever()))
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        observation.queue.forget_timers()


if __name__ == "__main__":
    main()
