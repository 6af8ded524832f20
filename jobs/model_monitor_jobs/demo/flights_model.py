"""The demo's model of flights, served over HTTP on loopback: CSV in, a probability a line out."""

from __future__ import annotations

import errno
import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import urlsplit

import pandas as pd
from rich.console import Console

from model_monitor_jobs.commands.exit_codes import NO_VIOLATION
from model_monitor_jobs.demo.chapter import LiveModel
from model_monitor_jobs.demo.flights import FEATURES, load_flights, train
from model_monitor_jobs.errors import ConfigurationError

PORT: Final = 8013
_PATH: Final = "/invocations"
_TEXTS: Final = ("carrier", "origin", "dest")


def address(port: int) -> str:
    """Where the model answers."""
    return f"http://127.0.0.1:{port}{_PATH}"


def command(url: str) -> str:
    """What serves the model at an address."""
    return f"demo-model --port {urlsplit(url).port}"


@contextmanager
def serve(port: int = PORT, *, any_port: bool = False) -> Iterator[str]:
    """Train the model and answer requests until the block ends; gives the address.

    With `any_port` another port is taken where `port` is in use; else that is a ConfigurationError.
    """
    flights = load_flights()
    handler = _handler(train(flights[flights["month"].eq(1)]))
    with _listening(port, handler, any_port=any_port) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield address(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()


def answer_until_stopped(port: int, console: Console) -> int:
    """Serve the model until Ctrl-C; returns the exit code."""
    with serve(port) as url:
        console.print(f"The model of flights answers at {url}. Ctrl-C ends it.", soft_wrap=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return NO_VIOLATION
    return NO_VIOLATION


def answers(model: Any, body: bytes) -> bytes:
    """The probability of each line of features, which have no header. Raises ValueError for other content."""
    numbers = [name for name in FEATURES if name not in _TEXTS]
    frame = pd.read_csv(
        io.BytesIO(body),
        header=None,
        names=FEATURES,
        index_col=False,
        dtype=dict.fromkeys(_TEXTS, "category") | dict.fromkeys(numbers, "float64"),
        keep_default_na=False,
        na_values={name: [""] for name in numbers},
    )
    return "".join(f"{probability!r}\n" for probability in model.predict_proba(frame)[:, 1].tolist()).encode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True


def _listening(port: int, handler: type[BaseHTTPRequestHandler], *, any_port: bool) -> ThreadingHTTPServer:
    try:
        return _Server(("127.0.0.1", port), handler)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        if not any_port:
            raise ConfigurationError(f"--port: {port} is in use", remedy="name another one") from error
        return _Server(("127.0.0.1", 0), handler)


def _handler(model: Any) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            try:
                self._reply(200, answers(model, body))
            except ValueError as error:
                self._reply(400, f"a line a flight: {', '.join(FEATURES)}; {error}\n".encode())

        def log_message(self, format: str, *args: object) -> None:
            """Of each request nothing is said."""

        def _reply(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "text/csv" if status == 200 else "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler


FLIGHTS_MODEL: Final = LiveModel(address(PORT), lambda: serve(any_port=True), command)
