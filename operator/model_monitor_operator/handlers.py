"""kopf's part: it watches, and hands every event to the observation. No handler writes anything."""

from __future__ import annotations

from typing import Any

import kopf

from model_monitor_operator.cluster import connection
from model_monitor_operator.kinds import PLURALS
from model_monitor_operator.observation import SELECTED_KINDS, SELECTOR, Observation
from model_monitor_operator.state import WATCHED_KINDS


def registry(observation: Observation) -> kopf.OperatorRegistry:
    """The handlers of one observation: an event handler a kind, and the login."""
    handlers = kopf.OperatorRegistry()

    @kopf.on.login(registry=handlers)
    async def login(**_: Any) -> kopf.ConnectionInfo:
        found = await connection()
        return kopf.ConnectionInfo(
            server=found.server,
            ca_path=found.ca_path,
            insecure=found.insecure,
            scheme=found.scheme,
            token=found.token,
            certificate_path=found.certificate_path,
            private_key_path=found.private_key_path,
        )

    for kind in WATCHED_KINDS:
        _watch(handlers, observation, kind)
    return handlers


def _watch(handlers: kopf.OperatorRegistry, observation: Observation, kind: str) -> None:
    group, version, plural = _resource(kind)

    @kopf.on.event(group, version, plural, registry=handlers, id=f"saw-{plural}")
    async def saw(event: kopf.RawEvent, **_: Any) -> None:
        observation.saw(kind, dict(event["object"]), deleted=event["type"] == "DELETED")


def settings(observation: Observation) -> kopf.OperatorSettings:
    """kopf's settings: only our own Jobs, pods and CronJobs are watched, nothing is scanned or posted."""
    timeout = observation.settings.request_timeout.total_seconds()
    result = kopf.OperatorSettings()
    result.posting.enabled = False
    result.peering.standalone = True
    result.scanning.disabled = True
    result.watching.server_timeout = 300
    result.watching.connect_timeout = 10
    result.watching.chunk_size = observation.settings.list_chunk_size
    result.networking.request_timeout = timeout
    result.process.ultimate_exiting_timeout = 20
    result.queueing.exit_timeout = 1
    for kind in SELECTED_KINDS:
        result.watching.label_selectors[_resource(kind)] = SELECTOR
    return result


def _resource(kind: str) -> tuple[str, str, str]:
    api_version, plural = PLURALS[kind]
    group, _, version = api_version.rpartition("/")
    return group, version, plural
