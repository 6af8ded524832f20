"""A model behind an HTTP endpoint."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from concurrent.futures import FIRST_COMPLETED, FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa
import urllib3
from numpy.typing import NDArray
from urllib3.exceptions import HTTPError, NewConnectionError, TimeoutError

from model_monitor_jobs.errors import ConfigurationError, MonitorError
from model_monitor_jobs.models.attempts import Attempts, Refused
from model_monitor_jobs.models.payloads import Answer, Payload
from model_monitor_jobs.models.predictor import AnswerError, checked
from model_monitor_jobs.models.rate import Rate

Doubles = NDArray[np.float64]

_OURS: Final = frozenset({400, 401, 403, 405, 406, 413, 415, 422})
"""Statuses that say that the request is wrong: it would be the next time."""
_OVERLOADED: Final = frozenset({429, 503})
_LONGEST_SAID: Final = 200


@dataclass(frozen=True)
class Endpoint:
    """Where a model is and how it is spoken to.

    A request has at most `records` rows and about `most_bytes` bytes; `parallel` of them are under way at once, and at
    most `requests_per_second` begin. `timeout` is in seconds, for connecting and for each wait for bytes.
    """

    url: str
    payload: Payload
    answer: Answer
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    records: int = 500
    most_bytes: int = 1_000_000
    parallel: int = 4
    requests_per_second: float | None = None
    timeout: float = 30.0
    ca_file: str | None = None

    def __post_init__(self) -> None:
        parsed = urllib3.util.parse_url(self.url)
        if parsed.scheme not in ("http", "https") or not parsed.host:
            raise ConfigurationError(f"model.url: {self.url!r} is no http or https address")
        for name in ("records", "most_bytes", "parallel", "timeout", "requests_per_second"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise ConfigurationError(f"model.{name}: {value} is not above 0")


@dataclass
class _Failure:
    """Why a batch can't be answered, once that is so: no request of it is sent any more."""

    reason: MonitorError | None = None


class HttpModel:
    """See `Predictor`. Requests are numbered from 1 in the order of the rows."""

    def __init__(self, endpoint: Endpoint, attempts: Attempts | None = None, rate: Rate | None = None) -> None:
        self._endpoint = endpoint
        self._attempts = attempts or Attempts()
        self._rate = rate or Rate(endpoint.requests_per_second)
        self._numbers = itertools.count(1)
        self._pool = urllib3.PoolManager(
            maxsize=endpoint.parallel, block=True, retries=False, ca_certs=endpoint.ca_file, timeout=endpoint.timeout
        )
        self._threads = ThreadPoolExecutor(endpoint.parallel, thread_name_prefix="model")
        self._records = min(endpoint.records, endpoint.payload.most_records or endpoint.records)

    def predict(self, rows: pa.RecordBatch) -> Doubles:
        """See `Predictor`. Where a request fails for good, the others are not sent any more."""
        asked: list[Future[Doubles]] = []
        pending: set[Future[Doubles]] = set()
        failure = _Failure()
        start = 0
        try:
            while start < rows.num_rows:
                part, body = self._packed(rows, start)
                name = self._name(start, part.num_rows)
                start += part.num_rows
                asked.append(self._threads.submit(self._ask, failure, name, body, part.num_rows))
                pending.add(asked[-1])
                # The bodies of a large batch are not made before they can soon be sent.
                if len(pending) >= 2 * self._endpoint.parallel:
                    pending = _ended(pending, FIRST_COMPLETED)
            _ended(pending, FIRST_EXCEPTION)
        finally:
            for each in pending:
                each.cancel()
        return _joined([each.result() for each in asked], self._endpoint.url)

    def close(self) -> None:
        """See `Predictor`."""
        self._threads.shutdown(cancel_futures=True)
        self._pool.clear()

    def _packed(self, rows: pa.RecordBatch, start: int) -> tuple[pa.RecordBatch, bytes]:
        """The next rows that fit into a request, at least one."""
        part = rows.slice(start, self._records)
        body = self._endpoint.payload.encode(part)
        while len(body) > self._endpoint.most_bytes and part.num_rows > 1:
            share = self._endpoint.most_bytes / len(body)
            self._records = max(1, min(int(part.num_rows * share), part.num_rows - 1))
            part = rows.slice(start, self._records)
            body = self._endpoint.payload.encode(part)
        return part, body

    def _name(self, start: int, count: int) -> str:
        return f"request {next(self._numbers)} to {self._endpoint.url} (records {start} to {start + count - 1})"

    def _ask(self, failure: _Failure, name: str, body: bytes, rows: int) -> Doubles:
        def once() -> Doubles:
            if failure.reason is not None:
                raise failure.reason
            return self._once(name, body, rows)

        try:
            return self._attempts.ask(name, self._rate, once)
        except MonitorError as error:
            failure.reason = error
            raise

    def _once(self, name: str, body: bytes, rows: int) -> Doubles:
        endpoint = self._endpoint
        headers = {
            "Content-Type": endpoint.payload.content_type,
            "Accept": endpoint.answer.accept,
            **endpoint.headers,
        }
        try:
            response = self._pool.request("POST", endpoint.url, body=body, headers=headers, redirect=False)
        except HTTPError as error:
            # A refused connection is a kind of time-out there.
            late = isinstance(error, TimeoutError) and not isinstance(error, NewConnectionError)
            raise Refused(f"no answer within {endpoint.timeout:g} s" if late else f"no answer: {error}") from error
        if response.status != 200:
            reason = f"answered {response.status}: {_shown(response.data)}"
            if response.status in _OURS:
                raise ConfigurationError(
                    f"{name}: {reason}", remedy="check the model's address, protocol and templates"
                )
            overloaded = response.status in _OVERLOADED
            raise Refused(reason, wait=_seconds(response.headers.get("Retry-After")), overloaded=overloaded)
        try:
            return checked(endpoint.answer.decode(response.data), rows)
        except AnswerError as error:
            raise AnswerError(f"{error.message}; it answered: {_shown(response.data)}") from error


def _ended(pending: set[Future[Doubles]], when: str) -> set[Future[Doubles]]:
    """Those that are still under way; raises what one that has ended raised."""
    done, left = wait(pending, return_when=when)
    for each in done:
        each.result()
    return left


def _joined(answers: list[Doubles], url: str) -> Doubles:
    widths = {each.shape[1] for each in answers}
    if len(widths) > 1:
        raise AnswerError(f"{url}: answers have {min(widths)} outputs, and others {max(widths)}")
    return np.concatenate(answers)


def _shown(body: bytes) -> str:
    text = " ".join(body[: 4 * _LONGEST_SAID].decode(errors="replace").split())
    return text if len(text) <= _LONGEST_SAID else f"{text[: _LONGEST_SAID - 3]}..."


def _seconds(text: str | None) -> float | None:
    """Retry-After in seconds; a date is not followed."""
    return float(text) if text is not None and text.isascii() and text.isdecimal() else None
