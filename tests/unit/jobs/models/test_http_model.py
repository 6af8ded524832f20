"""A model behind HTTP: packed, in parallel, retried, limited, and clear about what failed."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from model_monitor_jobs.attribution.background import Background
from model_monitor_jobs.attribution.kernel_shap import KernelShap, explain
from model_monitor_jobs.errors import ConfigurationError
from model_monitor_jobs.models.attempts import Attempts
from model_monitor_jobs.models.http import Endpoint, HttpModel
from model_monitor_jobs.models.payloads import JsonAnswer, JsonPayload, KServeV1Payload
from model_monitor_jobs.models.predictor import AnswerError, ModelUnavailable
from model_monitor_jobs.models.rate import Rate
from model_monitor_jobs.models.templates import Templates
from tests.unit.jobs.models.model_server import GONE, Asked, ModelServer, Reply, serve

Doubles = NDArray[np.float64]
NOT_TWICE = Attempts(most=1)


def rows(count: int) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict({"a": np.arange(count, dtype=np.float64), "b": np.ones(count)})


def sums(asked: Asked) -> Reply:
    instances = json.loads(asked.body)["instances"]
    return predictions([sum(each) for each in instances])


def predictions(values: list[Any]) -> Reply:
    return Reply(json.dumps({"predictions": values}).encode())


def scripted(*first: Reply | Callable[[Asked], Reply]) -> Callable[[Asked], Reply]:
    """These answers first, then right ones."""
    left, lock = [*first], threading.Lock()

    def respond(asked: Asked) -> Reply:
        with lock:
            reply = left.pop(0) if left else sums
        return reply(asked) if callable(reply) else reply

    return respond


def endpoint(server: ModelServer, **settings: Any) -> Endpoint:
    return Endpoint(server.url, KServeV1Payload(), JsonAnswer("predictions"), **settings)


def asked_once(server: ModelServer, count: int, attempts: Attempts | None = None, **settings: Any) -> Doubles:
    quick = attempts or Attempts(most=3, pause=0.001)
    model = HttpModel(endpoint(server, **settings), quick)
    try:
        return model.predict(rows(count))
    finally:
        model.close()


def test_rows_are_packed_and_answers_are_in_their_order() -> None:
    def unevenly(asked: Asked) -> Reply:
        time.sleep(0.03 if json.loads(asked.body)["instances"][0][0] == 0 else 0)
        return sums(asked)

    with serve(unevenly) as server:
        found = asked_once(server, 95, records=10)
        assert found.tolist() == [[n + 1.0] for n in range(95)]
        sizes = sorted(len(json.loads(each.body)["instances"]) for each in server.asked)
        assert sizes == [5] + [10] * 9


def test_requests_are_no_larger_than_allowed() -> None:
    with serve(sums) as server:
        assert asked_once(server, 200, most_bytes=300).shape == (200, 1)
        assert max(len(each.body) for each in server.asked) <= 300
        assert len(server.asked) < 30


def test_one_row_is_sent_even_if_it_is_too_large() -> None:
    with serve(sums) as server:
        assert asked_once(server, 3, most_bytes=1).shape == (3, 1)
        assert len(server.asked) == 3


def test_requests_go_in_parallel_and_not_more_than_allowed() -> None:
    together = threading.Barrier(3)

    def meet(asked: Asked) -> Reply:
        # Breaks unless three are there at once.
        together.wait(timeout=20)
        return sums(asked)

    with serve(meet) as server:
        assert asked_once(server, 12, records=1, parallel=3).shape == (12, 1)
        assert server.most_at_once == 3


def test_headers_are_sent() -> None:
    with serve(sums) as server:
        asked_once(server, 1, headers={"Authorization": "Bearer x"})
        headers = server.asked[0].headers
        assert headers["authorization"] == "Bearer x"
        assert headers["content-type"] == headers["accept"] == "application/json"


def test_headers_are_in_no_representation() -> None:
    made = Endpoint("http://model", KServeV1Payload(), JsonAnswer(), headers={"Authorization": "secret"})
    assert "secret" not in repr(made)


FAULTS = {
    "error": (Reply(b"out of memory", 500), "answered 500: out of memory"),
    "not found yet": (Reply(b"no model", 404), "answered 404: no model"),
    "overloaded": (Reply(b"busy", 503, {"Retry-After": "0"}), "answered 503: busy"),
    "connection closed": (Reply(status=GONE), "no answer: "),
    "redirected": (Reply(status=302, headers={"Location": "http://127.0.0.1:9/"}), "answered 302"),
    "too few records": (predictions([1.0]), "3 records were asked for, the answer has 1 x 1 values"),
    "too many records": (predictions([1.0] * 4), "3 records were asked for, the answer has 4 x 1 values"),
    "missing value": (predictions([1.0, None, 2.0]), "nan is the answer to record 1"),
    "not a number": (Reply(b'{"predictions": [1, NaN, 2]}'), "it is no JSON"),
    "text": (predictions([1.0, "high", 2.0]), "other values than numbers"),
    "no such output": (Reply(b'{"outputs": [1, 2, 3]}'), "predictions finds nothing in it"),
    "no JSON": (Reply(b"<html>"), "it is no JSON"),
    "uneven": (predictions([[1.0], [1.0, 2.0], [1.0]]), "other values than numbers"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_goes_wrong_once_is_asked_again(fault: str) -> None:
    with serve(scripted(FAULTS[fault][0])) as server:
        assert asked_once(server, 3).tolist() == [[1.0], [2.0], [3.0]]
        assert len(server.asked) == 2


@pytest.mark.parametrize("fault", FAULTS)
def test_what_stays_wrong_names_the_request_and_the_reason(fault: str) -> None:
    reply, words = FAULTS[fault]
    with serve(lambda asked: reply if asked.body.count(b"[") == 4 else sums(asked)) as server:
        with pytest.raises(ModelUnavailable) as failed:
            asked_once(server, 9, records=3, parallel=1)
        text = str(failed.value)
        assert text.startswith(f"request 1 to {server.url} (records 0 to 2): ")
        assert words in text
        assert "(attempt 3 of 3)" in text
        assert len(server.asked) == 3


def test_the_failed_one_of_many_requests_is_named_and_the_rest_is_not_sent() -> None:
    def respond(asked: Asked) -> Reply:
        return Reply(b"bad row", 500) if json.loads(asked.body)["instances"][0][0] == 20 else sums(asked)

    with serve(respond) as server:
        with pytest.raises(ModelUnavailable, match=r"request 3 to .* \(records 20 to 29\): answered 500: bad row"):
            asked_once(server, 10_000, NOT_TWICE, records=10, parallel=2)
        assert len(server.asked) < 20


def test_a_model_that_is_slow_is_not_waited_for_forever() -> None:
    release = threading.Event()

    def slow(asked: Asked) -> Reply:
        release.wait(20)
        return sums(asked)

    with serve(slow) as server:
        try:
            with pytest.raises(ModelUnavailable, match=r"no answer within 0.1 s \(attempt 2 of 2\)"):
                asked_once(server, 1, Attempts(most=2, pause=0.001), timeout=0.1)
        finally:
            release.set()


def test_a_model_that_is_down_is_unavailable() -> None:
    with serve(sums) as server:
        pass
    with pytest.raises(ModelUnavailable, match=r"request 1 to .*: no answer: "):
        asked_once(server, 1)


@pytest.mark.parametrize("status", [400, 401, 413, 415])
def test_a_request_that_the_model_says_is_wrong_is_not_sent_again(status: int) -> None:
    with serve(lambda asked: Reply(b"not like this", status)) as server:
        with pytest.raises(ConfigurationError, match=rf"request 1 to .*: answered {status}: not like this"):
            asked_once(server, 2)
        assert len(server.asked) == 1


def test_answers_with_other_numbers_of_outputs_are_refused() -> None:
    with serve(scripted(predictions([[1.0, 2.0]]))) as server, pytest.raises(AnswerError, match=r"1 outputs.* 2"):
        asked_once(server, 2, records=1)


def test_of_a_template_for_one_record_every_row_is_a_request() -> None:
    payload = JsonPayload(Templates('{"instance": $record}', '{"x": $features}'))
    with serve(lambda asked: predictions([json.loads(asked.body)["instance"]["x"][0]])) as server:
        model = HttpModel(replace(endpoint(server), payload=payload), NOT_TWICE)
        assert model.predict(rows(4)).ravel().tolist() == [0.0, 1.0, 2.0, 3.0]
        assert len(server.asked) == 4
        model.close()


@pytest.mark.parametrize(
    ("settings", "words"),
    [({"url": "model:80"}, "model.url"), ({"url": "ftp://m"}, "model.url"), ({"records": 0}, "model.records: 0")],
)
def test_settings_that_are_wrong_are_named(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        Endpoint(**{"url": "http://m", "payload": KServeV1Payload(), "answer": JsonAnswer(), **settings})


class Clock:
    """Time that passes by sleeping only."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def test_requests_begin_at_an_even_pace() -> None:
    clock = Clock()
    rate = Rate(4, clock=clock, sleep=clock.sleep)
    begun = []
    for _ in range(5):
        rate.wait()
        begun.append(clock.now)
    assert begun == [100.0, 100.25, 100.5, 100.75, 101.0]
    clock.now += 10
    rate.wait()
    assert clock.now == 111.0


def test_while_the_model_is_overloaded_nobody_asks() -> None:
    clock = Clock()
    rate = Rate(clock=clock, sleep=clock.sleep)
    rate.wait()
    rate.hold(3)
    rate.hold(1)
    rate.wait()
    assert clock.now == 103.0


def test_those_who_wait_already_hear_that_it_is_overloaded() -> None:
    clock = Clock()

    def sleep(seconds: float) -> None:
        if not clock.slept:
            rate.hold(5)
        clock.sleep(seconds)

    rate = Rate(1, clock=clock, sleep=sleep)
    rate.wait()
    rate.wait()
    assert clock.now == 105.0


def test_pauses_double_and_retry_after_is_heeded() -> None:
    clock = Clock()
    overloaded = Reply(b"", 429, {"Retry-After": "7"})
    with serve(scripted(*[Reply(status=500)] * 3, overloaded)) as server:
        model = HttpModel(endpoint(server), Attempts(5, 1.0, sleep=clock.sleep), Rate(clock=clock, sleep=clock.sleep))
        assert model.predict(rows(1)).shape == (1, 1)
        model.close()
    assert len(clock.slept) == 4
    for pause, longest in zip(clock.slept, (1, 2, 4), strict=False):
        assert longest / 2 <= pause <= longest
    assert clock.slept[-1] == 7


def test_a_live_model_is_explained_exactly() -> None:
    with serve(scripted(Reply(status=500), Reply(status=503, headers={"Retry-After": "0"}))) as server:
        model = HttpModel(endpoint(server, records=50), Attempts(most=3, pause=0.001))
        given = pa.RecordBatch.from_pydict({name: np.arange(5.0) + place for place, name in enumerate("abcd")})
        found = explain(given, Background.of(given.slice(0, 2)), model.predict, KernelShap())
        model.close()
    expected = np.column_stack([column.to_numpy() for column in given.columns])
    assert found.local[0] == pytest.approx(expected - expected[:2].mean(axis=0), abs=1e-9)
