"""A small HTTP client of a Kubernetes API server, so that the harness depends on no client library it may test."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

Object = dict[str, Any]
STRATEGIC_MERGE = "application/strategic-merge-patch+json"
MERGE = "application/merge-patch+json"
SERVER_SIDE_APPLY = "application/apply-patch+yaml"


class ApiError(RuntimeError):
    """The API server's answer to a request that it refused: `code` is the HTTP status, `body` its Status object."""

    def __init__(self, method: str, path: str, code: int, text: str) -> None:
        self.code = code
        try:
            self.body: Object = json.loads(text)
        except ValueError:
            self.body = {}
        super().__init__(f"{method} {path}: {code} {self.body.get('message', text[:500])}")


class ApiClient:
    """Requests to one API server under one token. Safe to share between threads: each has its own connection."""

    def __init__(self, server: str, ca_file: Path, token: str) -> None:
        self._address = urlsplit(server).netloc
        self._context = ssl.create_default_context(cafile=str(ca_file))
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self._local = threading.local()
        self._watches: set[http.client.HTTPSConnection] = set()

    def request(
        self,
        method: str,
        path: str,
        body: Object | None = None,
        *,
        content_type: str = "application/json",
        query: Mapping[str, str] | None = None,
        timeout_seconds: float = 30.0,
    ) -> Object:
        """One request; the answer's JSON.

        Raises:
            ApiError: the server answered with an error status.
            OSError: it could not be reached (also http.client.HTTPException where it went away in between).
        """
        target = f"{path}?{urlencode(query)}" if query else path
        payload = json.dumps(body).encode() if body is not None else None
        headers = {**self._headers, "Content-Type": content_type}
        reused = getattr(self._local, "connection", None)
        try:
            if reused is None:
                raise http.client.NotConnected
            status, text = _exchange(reused, method, target, payload, headers)
        except (OSError, http.client.HTTPException):
            # A kept connection may have been closed by a server that restarted: one try on a fresh one.
            fresh = http.client.HTTPSConnection(self._address, context=self._context, timeout=timeout_seconds)
            self._local.connection = None
            status, text = _exchange(fresh, method, target, payload, headers)
            self._local.connection = fresh
        if status >= 400:
            raise ApiError(method, target, status, text)
        answer: Object = json.loads(text) if text.startswith("{") else {"text": text}
        return answer

    def get(self, path: str, **query: str) -> Object:
        """GET of one object or list."""
        return self.request("GET", path, query=query)

    def create(self, path: str, body: Object) -> Object:
        """POST of a new object to its collection."""
        return self.request("POST", path, body)

    def patch(self, path: str, body: Object, *, content_type: str = MERGE) -> Object:
        """PATCH, as a merge patch unless said otherwise."""
        return self.request("PATCH", path, body, content_type=content_type)

    def delete(self, path: str, options: Object | None = None) -> Object:
        """DELETE with DeleteOptions."""
        return self.request("DELETE", path, options or {})

    def watch(self, path: str, *, resource_version: str, stop: threading.Event, **query: str) -> Iterator[Object]:
        """Watch events (`type`, `object`) after a resource version until the server ends the stream or `stop` is set.

        Raises:
            ApiError: the server refused, or sent an ERROR event (410: list again).
            OSError: the connection broke.
        """
        parameters = {**query, "watch": "true", "resourceVersion": resource_version, "timeoutSeconds": "300"}
        connection = http.client.HTTPSConnection(self._address, context=self._context, timeout=330)
        self._watches.add(connection)
        try:
            connection.request("GET", f"{path}?{urlencode(parameters)}", headers=self._headers)
            response = connection.getresponse()
            if response.status >= 400:
                raise ApiError("WATCH", path, response.status, response.read().decode())
            while not stop.is_set():
                line = response.readline()
                if not line:
                    return
                event = json.loads(line)
                if event["type"] == "ERROR":
                    raise ApiError("WATCH", path, event["object"].get("code", 500), json.dumps(event["object"]))
                yield event
        finally:
            self._watches.discard(connection)
            connection.close()

    def close_watches(self) -> None:
        """Break the watches that other threads wait on, so that they look at their `stop`."""
        for connection in list(self._watches):
            if connection.sock is not None:
                with contextlib.suppress(OSError):
                    connection.sock.shutdown(socket.SHUT_RDWR)


def _exchange(
    connection: http.client.HTTPSConnection,
    method: str,
    target: str,
    payload: bytes | None,
    headers: Mapping[str, str],
) -> tuple[int, str]:
    connection.request(method, target, body=payload, headers=headers)
    response = connection.getresponse()
    return response.status, response.read().decode()
