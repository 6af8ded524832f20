"""The run's own MonitoringExecution in the cluster: the only module of the jobs that talks to the API server."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

from kubernetes import client
from kubernetes.client.exceptions import ApiException
from urllib3.exceptions import HTTPError

from model_monitor_crds import monitoringexecution
from model_monitor_crds.base import API_VERSION, GROUP, LABEL_BASELINE, LABEL_SCHEDULE, VERSION, TimeWindow
from model_monitor_crds.monitoringexecution import (
    MonitoringExecution,
    MonitoringExecutionSpec,
    MonitoringExecutionStatus,
)
from model_monitor_crds.run import Owner
from model_monitor_jobs.errors import ConfigurationError, MonitorError

FIELD_MANAGER: Final = "model-monitor"
_APPLY: Final = "application/apply-patch+yaml"
_TIMEOUT: Final = (5.0, 30.0)
_PAUSES: Final = (0.5, 1, 2, 4, 8, 15, 30)
_PASSING: Final = frozenset({408, 409, 429, 500, 502, 503, 504})
_LABELS: Final = {"MonitoringSchedule": LABEL_SCHEDULE, "Baseline": LABEL_BASELINE}

Answer = TypeVar("Answer")


class ClusterUnavailable(MonitorError):  # noqa: N818 - a state that passes, not a mistake
    """The API server does not answer; trying again may help."""


def connect(credentials: Path, environment: Mapping[str, str]) -> client.ApiClient:
    """A client with the pod's own token (`token`, `ca.crt` below `credentials`).

    Raises ConfigurationError outside of a cluster.
    """
    host, port = environment.get("KUBERNETES_SERVICE_HOST"), environment.get("KUBERNETES_SERVICE_PORT", "443")
    token = credentials / "token"
    if not host or not token.is_file():
        raise ConfigurationError(
            f"not in a cluster: KUBERNETES_SERVICE_HOST or {token} is missing",
            remedy="use `model-monitor run -f` outside of a cluster",
        )
    settings = client.Configuration()
    settings.host = f"https://{f'[{host}]' if ':' in host else host}:{port}"
    settings.ssl_ca_cert = str(credentials / "ca.crt")
    api = client.ApiClient(settings)
    api.default_headers["Authorization"] = f"Bearer {token.read_text().strip()}"
    return api


class Executions:
    """Reads and writes one namespace's MonitoringExecutions; faults that may pass are tried again for a minute."""

    def __init__(self, api: client.ApiClient, namespace: str, pause: Callable[[float], None] = time.sleep) -> None:
        self._objects = client.CustomObjectsApi(api)
        self._namespace = namespace
        self._pause = pause

    def get(self, name: str) -> MonitoringExecution | None:
        """The execution, or None when there is none."""
        try:
            found = self._try(lambda: self._objects.get_namespaced_custom_object(**self._target(name)))
        except ApiException as error:
            if error.status == 404:
                return None
            raise _refused(f"can't read MonitoringExecution {name}", error) from error
        return MonitoringExecution.model_validate(_known(found))

    def create(self, name: str, owner: Owner, spec: MonitoringExecutionSpec) -> None:
        """Create the execution, owned by its schedule or baseline so that it is deleted with it."""
        body = {
            "apiVersion": API_VERSION,
            "kind": "MonitoringExecution",
            "metadata": {
                "name": name,
                "labels": {_LABELS[owner.kind]: owner.name, "app.kubernetes.io/managed-by": "model-monitor-operator"},
                "ownerReferences": [
                    {
                        "apiVersion": API_VERSION,
                        "kind": owner.kind,
                        "name": owner.name,
                        "uid": owner.uid,
                        "controller": True,
                        "blockOwnerDeletion": False,
                    }
                ],
            },
            "spec": spec.to_dict(),
        }
        try:
            self._apply(self._objects.patch_namespaced_custom_object, name, body)
        except ConfigurationError:
            # The operator may have recorded this run a moment before, and a spec never changes.
            if self.get(name) is None:
                raise

    def write_status(self, name: str, status: MonitoringExecutionStatus) -> None:
        """Write all that the container says of its run; other writers' conditions stay."""
        body = {
            "apiVersion": API_VERSION,
            "kind": "MonitoringExecution",
            "metadata": {"name": name},
            "status": status.to_dict(),
        }
        self._apply(self._objects.patch_namespaced_custom_object_status, name, body)

    def _apply(self, patch: Callable[..., Any], name: str, body: dict[str, Any]) -> None:
        def send() -> object:
            return patch(**self._target(name), body=body, field_manager=FIELD_MANAGER, force=True, _content_type=_APPLY)

        try:
            self._try(send)
        except ApiException as error:
            raise _refused(f"can't write MonitoringExecution {name}", error) from error

    def _target(self, name: str) -> dict[str, Any]:
        return {
            "group": GROUP,
            "version": VERSION,
            "namespace": self._namespace,
            "plural": monitoringexecution.KIND.plural,
            "name": name,
            "_request_timeout": _TIMEOUT,
        }

    def _try(self, call: Callable[[], Answer]) -> Answer:
        for pause in (*_PAUSES, None):
            try:
                return call()
            except (ApiException, HTTPError) as error:
                passing = not isinstance(error, ApiException) or error.status in _PASSING
                if not passing:
                    raise
                if pause is None:
                    raise ClusterUnavailable(f"the API server does not answer: {error}") from error
                self._pause(pause)
        raise AssertionError("unreachable")


def spec_of(owner: Owner, window: TimeWindow | None) -> MonitoringExecutionSpec:
    """The spec of an execution that a container makes."""
    reference = {"name": owner.name}
    if owner.kind == "Baseline":
        return MonitoringExecutionSpec.model_validate({"baselineRef": reference})
    return MonitoringExecutionSpec.model_validate({"scheduleRef": reference, "window": window})


def _known(found: Any) -> Any:
    """Fields that a newer operator may have added are passed over."""
    status = found.get("status") or {}
    known = {field.alias for field in MonitoringExecutionStatus.model_fields.values()}
    return found | {"status": {name: value for name, value in status.items() if name in known}}


def _refused(what: str, error: ApiException) -> MonitorError:
    return ConfigurationError(f"{what}: the API server answers {error.status} {error.reason}: {error.body}")
