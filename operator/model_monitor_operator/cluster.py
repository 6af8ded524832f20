"""Talking to the API server: the only module that knows the Kubernetes client. Every call has a timeout."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote, urlencode

import aiohttp
from kubernetes.aio import config
from kubernetes.aio.client import ApiClient, Configuration

from model_monitor_operator.kinds import PLURALS
from model_monitor_operator.manifests.common import FIELD_MANAGER, Object

APPLY: Final = "application/apply-patch+yaml"
Observer = Callable[[str, str], None]
"""Told of each request: verb, code (or the error's name), and seconds it took."""


class ClusterError(Exception):
    """The API server did not do what was asked; the message is its own."""

    def __init__(self, message: str, code: int = 0, reason: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason


class GoneError(ClusterError):
    """The object, or the kind, does not exist (404)."""


class ExistsError(ClusterError):
    """An object of this name exists (409 AlreadyExists)."""


class ConflictError(ClusterError):
    """The object is not, or not any more, the one that was meant (409)."""


class ForbiddenError(ClusterError):
    """The operator may not, or a quota or a policy is against it (403)."""


class InvalidError(ClusterError):
    """The API server finds the object wrong (400, 422)."""


class UnavailableError(ClusterError):
    """No answer, or one that another try may better (timeouts, 401, 429, 5xx)."""


@dataclass(frozen=True)
class Connection:
    """Where the API server is and who we are, for whoever else needs to talk to it."""

    server: str
    ca_path: str | None
    insecure: bool
    scheme: str | None
    token: str | None
    certificate_path: str | None
    private_key_path: str | None


async def load_configuration() -> Configuration:
    """The client's configuration: of the pod's service account, else of KUBECONFIG or ~/.kube/config.

    Raises kubernetes.config.ConfigException where there is neither.
    """
    configuration = Configuration()
    if "KUBECONFIG" not in os.environ and "KUBERNETES_SERVICE_HOST" in os.environ:
        config.load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
    else:
        await config.load_kube_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
    return configuration


async def connection() -> Connection:
    """The connection as the configuration tells it now: tokens are read anew."""
    configuration = await load_configuration()
    header = (await _headers(configuration)).get("authorization", "")
    scheme, _, token = header.rpartition(" ")
    return Connection(
        server=configuration.host,
        ca_path=configuration.ssl_ca_cert,
        insecure=not configuration.verify_ssl,
        scheme=scheme or None,
        token=token or None,
        certificate_path=configuration.cert_file,
        private_key_path=configuration.key_file,
    )


async def _headers(configuration: Configuration) -> dict[str, str]:
    settings: dict[str, Any] = dict(await configuration.auth_settings())
    return {
        setting["key"].lower(): setting["value"]
        for setting in settings.values()
        if setting and setting["in"] == "header" and setting["value"]
    }


class Cluster:
    """One API server. Objects go in and come out as plain dicts."""

    def __init__(self, configuration: Configuration, timeout: timedelta, observe: Observer) -> None:
        self._configuration = configuration
        self._client = ApiClient(configuration)
        self._timeout = aiohttp.ClientTimeout(total=timeout.total_seconds(), sock_connect=10.0)
        self._observe = observe

    async def close(self) -> None:
        """End all connections."""
        await self._client.close()  # type: ignore[no-untyped-call]

    async def get(self, kind: str, namespace: str, name: str) -> Object:
        """One object. Raises ClusterError, GoneError where there is none."""
        return await self._request("GET", "get", _path(kind, namespace, name))

    async def create(self, body: Object) -> Object:
        """POST; the object as it stands then. Raises ClusterError, ExistsError where the name is taken."""
        path = _path(body["kind"], body["metadata"]["namespace"])
        return await self._request("POST", "create", path, {"fieldManager": FIELD_MANAGER}, body)

    async def apply(self, body: Object) -> Object:
        """Server-side apply; with metadata.uid only to the object that has it (else ConflictError)."""
        path = _path(body["kind"], body["metadata"]["namespace"], body["metadata"]["name"])
        return await self._request("PATCH", "apply", path, {"fieldManager": FIELD_MANAGER, "force": "true"}, body)

    async def apply_status(
        self,
        kind: str,
        metadata: Object,
        status: Object,
        manager: str = FIELD_MANAGER,
    ) -> Object:
        """Server-side apply of a status under a field manager.

        `metadata` holds namespace and name, uid and maybe resourceVersion: where they differ, ConflictError.
        """
        body = {"apiVersion": PLURALS[kind][0], "kind": kind, "metadata": metadata, "status": status}
        path = _path(kind, metadata["namespace"], metadata["name"]) + "/status"
        return await self._request("PATCH", "apply", path, {"fieldManager": manager, "force": "true"}, body)

    async def delete(self, kind: str, namespace: str, name: str, uid: str) -> None:
        """Delete the object that has this uid, and what it owns in the background. Raises GoneError, ConflictError."""
        options = {"propagationPolicy": "Background", "preconditions": {"uid": uid}}
        await self._request("DELETE", "delete", _path(kind, namespace, name), {}, options)

    async def pages(
        self,
        kind: str,
        namespace: str,
        chunk: int,
        label_selector: str = "",
        field_selector: str = "",
    ) -> AsyncIterator[Object]:
        """A list in chunks, in one namespace or (empty) in all: each page with its items and metadata."""
        token = ""
        while True:
            query = {
                "limit": str(chunk),
                "continue": token,
                "labelSelector": label_selector,
                "fieldSelector": field_selector,
            }
            page = await self._request("GET", "list", _path(kind, namespace), query)
            yield page
            token = page["metadata"].get("continue", "")
            if not token:
                return

    async def _request(
        self,
        method: str,
        verb: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> Object:
        given = {key: value for key, value in (query or {}).items() if value}
        url = self._configuration.host + path + (f"?{urlencode(given)}" if given else "")
        headers = {"Accept": "application/json", **await _headers(self._configuration)}
        headers["Content-Type"] = APPLY if verb == "apply" else "application/json"
        outcome = "error"
        try:
            response = await self._client.rest_client.request(  # type: ignore[no-untyped-call]
                method, url, headers=headers, body=body, _request_timeout=self._timeout
            )
            text = await response.read()
            outcome = str(response.status)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            outcome = "timeout" if isinstance(error, TimeoutError) else "unreachable"
            raise UnavailableError(f"{method} {path}: {error or type(error).__name__}") from error
        finally:
            self._observe(verb, outcome)
        if response.status >= 400:
            raise _error(response.status, text, f"{method} {path}")
        answer: Object = json.loads(text)
        return answer


def _path(kind: str, namespace: str, name: str = "") -> str:
    version, plural = PLURALS[kind]
    root = f"/apis/{version}" if "/" in version else f"/api/{version}"
    scope = f"/namespaces/{quote(namespace)}" if namespace else ""
    return f"{root}{scope}/{plural}" + (f"/{quote(name)}" if name else "")


def _error(code: int, text: bytes, request: str) -> ClusterError:
    try:
        status = json.loads(text)
        message, reason = status.get("message", ""), status.get("reason", "")
    except (ValueError, AttributeError):
        message, reason = text.decode(errors="replace")[:500], ""
    message = message or f"{request}: {code}"
    kinds: dict[int, type[ClusterError]] = {
        404: GoneError,
        409: ExistsError if reason == "AlreadyExists" else ConflictError,
        403: ForbiddenError,
        400: InvalidError,
        413: InvalidError,
        422: InvalidError,
    }
    return kinds.get(code, UnavailableError)(message, code, reason)
