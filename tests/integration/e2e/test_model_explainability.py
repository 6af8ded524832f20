"""Attributions through the real controllers: a live model on loopback is asked, and may be down."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.cluster.processes import wait_until
from tests.integration.e2e.monitored import Monitored
from tests.integration.e2e.test_faults import failure
from tests.unit.jobs.models.model_server import GONE, Asked, ModelServer, Reply, serve
from tests.unit.jobs.runs.explained_shop import ExplainedShop, answer_csv, answer_json, score
from tests.unit.jobs.runs.shop import DAY, START

NAME = "reasons"
TOKEN = "t0p-secret"
PROGRESS = "explanation-progress.arrow"
STORE = {"secretRef": {"name": "store"}}


@dataclass
class FailingModel:
    """Answers as `answer_csv` does; from a request on, and until it is mended, it closes the connection."""

    fails_after: float = float("inf")
    count: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, asked: Asked) -> Reply:
        with self._lock:
            self.count += 1
            down = self.count > self.fails_after
        return Reply(status=GONE) if down else answer_csv(asked)

    def break_after(self, more: int) -> None:
        with self._lock:
            self.fails_after = self.count + more

    def mend(self) -> None:
        with self._lock:
            self.fails_after = float("inf")


@pytest.fixture
def shop(monitored: Monitored) -> ExplainedShop:
    made = ExplainedShop(monitored.bucket)
    made.write_training(days=8, a_day=100)
    return made


@pytest.fixture
def failing() -> Iterator[tuple[FailingModel, ModelServer]]:
    model = FailingModel()
    with serve(model) as server:
        yield model, server


def answer_v2(asked: Asked) -> Reply:
    """KServe's second protocol, a tensor a feature, for those who have the token."""
    if asked.headers.get("authorization") != f"Bearer {TOKEN}":
        return Reply(b"who are you?", 401)
    columns = {tensor["name"]: tensor["data"] for tensor in json.loads(asked.body)["inputs"]}
    scores = [score(*each) for each in zip(columns["x"], columns["y"], columns["plan"], strict=True)]
    output = {"name": "score", "shape": [len(scores), 1], "datatype": "FP64", "data": scores}
    return Reply(json.dumps({"model_name": "shop", "outputs": [output]}).encode())


def resources(monitored: Monitored, asked: dict[str, Any], live: dict[str, Any] | None = None, **monitor: Any) -> None:
    """Apply a Baseline that asks one model, and a MonitoringSchedule that asks another one or the same; wait."""
    bucket = f"s3://{monitored.namespace}"
    baseline: dict[str, Any] = {
        "monitoringType": "ModelExplainability",
        "modelExplainability": {"model": asked, "sampleSize": 300, "shap": {"clusters": 3}},
        "dataset": {"uri": f"{bucket}/training.csv"},
        "columns": {"groundTruth": "bought", "timestamp": "at", "exclude": ["answer", "score"]},
        "windows": ["P1D"],
        "output": {"uri": f"{bucket}/baseline"},
        "job": {"envFrom": [STORE]},
    }
    schedule: dict[str, Any] = {
        "monitoringType": "ModelExplainability",
        "schedule": "0 0 1 1 *",
        "baselineRef": {"name": NAME},
        "input": {"endpoint": {"captureURI": f"{bucket}/capture"}},
        "output": {"uri": f"{bucket}/reports"},
        "job": {"envFrom": [STORE]},
    }
    if live is not None:
        schedule["modelExplainability"] = {"model": live}
    schedule |= monitor
    monitored.apply(
        *(
            {"apiVersion": "modelmonitor.dev/v1alpha1", "kind": kind, "metadata": {"name": NAME}, "spec": own}
            for kind, own in (("Baseline", baseline), ("MonitoringSchedule", schedule))
        )
    )
    monitored.wait("baseline", NAME, "Ready")
    monitored.wait("monitoringschedule", NAME, "Ready")


def run(monitored: Monitored, name: str, day: int) -> None:
    """A MonitoringExecution of a day, as a person creates it."""
    start = START + day * DAY
    window = f"{start:%Y-%m-%dT%H:%M:%SZ}", f"{start + DAY:%Y-%m-%dT%H:%M:%SZ}"
    monitored.apply(monitored.execution(name, *window, schedule=NAME))


def failed_pods(monitored: Monitored, job: str) -> int:
    """How many tries of a Job failed, once it has ended."""

    def ended() -> bool:
        conditions = monitored.get("job", job)["status"].get("conditions", [])
        return any(each["type"] == "Failed" and each["status"] == "True" for each in conditions)

    wait_until(ended, f"the Job {job} ended")
    return int(monitored.get("job", job)["status"]["failed"])


def test_a_unit_that_changed_is_told_by_the_resources(monitored: Monitored, shop: ExplainedShop) -> None:
    """The Baseline asks by JSON templates; the schedule a replica that speaks KServe's second protocol and wants a
    token, which is in a Secret."""
    monitored.kubectl("create", "secret", "generic", "model", f"--from-literal=MODEL_TOKEN={TOKEN}")
    for day, scale in ((20, 1.0), (21, 0.1)):
        shop.scale = scale
        shop.write_day(day, 300)
    with serve(answer_json) as usual, serve(answer_v2) as replica:
        asked = {
            "url": usual.url,
            "protocol": "JSON",
            "contentTemplate": '{"instances": $records}',
            "recordTemplate": "$features_kvp",
            "output": "predictions[*].scores[0]",
        }
        live = {
            "url": replica.url,
            "protocol": "KServeV2",
            "featureNames": True,
            "output": "score",
            "headers": {"Authorization": "Bearer $(MODEL_TOKEN)"},
        }
        job = {"envFrom": [STORE, {"secretRef": {"name": "model"}}]}
        resources(monitored, asked, live, job=job)
        before = len(usual.asked)
        assert before
        for day in (20, 21):
            run(monitored, f"day-{day}", day)
            monitored.wait("mexe", f"day-{day}", "Ready")
        assert len(usual.asked) == before, "the schedule asks its own model"
        assert replica.asked
    calm, changed = (monitored.get("mexe", f"day-{day}")["status"] for day in (20, 21))
    assert calm["violationCount"] == 0
    ndcg, *shares = calm["metrics"]
    assert (ndcg["metric"], ndcg["value"]) == ("ndcg", pytest.approx(1, abs=0.02))
    assert {share["feature"] for share in shares} == {"x", "y", "plan"}
    assert sum(share["value"] for share in shares) == pytest.approx(1)
    assert sum(share["baseline"] for share in shares) == pytest.approx(1)
    assert {(each["column"], each["check"]) for each in changed["violations"]} >= {("x", "attribution_share_check")}
    x = next(share for share in changed["metrics"] if share.get("feature") == "x")
    assert x["low"] < x["value"] < x["high"] < x["baseline"] / 2
    schedule = monitored.wait("msch", NAME, "ViolationsDetected")
    assert "x has " in " ".join(each["description"] for each in schedule["status"]["violations"])
    assert "of all attribution" in monitored.kubectl("describe", "msch", NAME)
    assert TOKEN not in json.dumps([monitored.get("mexe", "day-21"), schedule])
    folder = monitored.bucket / f"reports/{NAME}/on-demand/day-21"
    assert {path.name for path in folder.iterdir()} == {
        "analysis.json",
        "constraint_violations.json",
        "report.html",
        "execution.json",
    }
    assert TOKEN not in "".join(path.read_text() for path in folder.iterdir())


def test_the_cronjobs_own_run_asks_the_model(monitored: Monitored, shop: ExplainedShop) -> None:
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    shop.scale = 0.1
    shop.write_span(hour - timedelta(hours=2), timedelta(hours=2), 300, late=timedelta(0))
    endpoint = {"captureURI": f"s3://{monitored.namespace}/capture"}
    window = {"startOffset": "-PT3H", "endOffset": "PT0S"}
    with serve(answer_csv) as server:
        resources(monitored, {"url": server.url}, schedule="* * * * *", input={"endpoint": endpoint, "window": window})

        def scheduled() -> list[str]:
            return [name for name in monitored.names("mexe") if re.fullmatch(rf"{NAME}-[0-9]{{8}}", name)]

        wait_until(lambda: bool(scheduled()), "a scheduled run", timeout_seconds=75)
        status = monitored.wait("mexe", scheduled()[0], "Complete")["status"]
    assert status["recordCount"] == 300
    assert {each["check"] for each in status["violations"]} >= {"attribution_share_check"}
    monitored.wait("msch", NAME, "ViolationsDetected")


def test_a_run_goes_on_with_what_was_explained_before_the_model_went_down(
    monitored: Monitored, shop: ExplainedShop, failing: tuple[FailingModel, ModelServer]
) -> None:
    model, server = failing
    shop.write_day(20, 300)
    resources(monitored, {"url": server.url, "recordsPerRequest": 50, "parallelRequests": 1})
    before = model.count
    run(monitored, "whole", 20)
    monitored.wait("mexe", "whole", "Ready")
    whole = model.count - before
    model.break_after(whole // 2)
    run(monitored, "broken", 20)
    folder = monitored.bucket / f"reports/{NAME}/on-demand/broken"

    def retrying() -> bool:
        return monitored.condition(monitored.get("mexe", "broken"), "Ready").get("reason") == "Retrying"

    wait_until(retrying, "the run is tried again", timeout_seconds=60, interval_seconds=0.25)
    message = monitored.condition(monitored.get("mexe", "broken"), "Ready")["message"]
    assert re.search(r"request \d+ to http://127\.0\.0\.1:\d+/", message), message
    assert [path.name for path in folder.iterdir()] == [PROGRESS]
    model.mend()
    before = model.count
    monitored.wait("mexe", "broken", "Ready")
    # The first half of all requests is not sent again, but for those of the block that was under way.
    assert model.count - before < 0.7 * whole
    assert PROGRESS not in {path.name for path in folder.iterdir()}
    first, second = ((folder.parent / name / "analysis.json").read_text() for name in ("whole", "broken"))
    assert first == second


def test_a_model_that_stays_away_is_named_when_all_tries_are_used(
    monitored: Monitored, shop: ExplainedShop, failing: tuple[FailingModel, ModelServer]
) -> None:
    model, server = failing
    shop.write_day(20, 300)
    resources(monitored, {"url": server.url}, job={"envFrom": [STORE], "backoffLimit": 1})
    model.break_after(0)
    run(monitored, "down", 20)
    failed = failure(monitored, "down", timeout=120)
    assert failed["reason"] == "ModelUnavailable"
    assert f"request 1 to {server.url}" in failed["message"]
    assert "attempt 5 of 5" in failed["message"]
    assert failed_pods(monitored, "down") == 2
    schedule = monitored.wait("msch", NAME, "LastRunSucceeded", "False")
    assert monitored.condition(schedule, "LastRunSucceeded")["reason"] == "ModelUnavailable"
    assert monitored.condition(schedule, "Ready")["status"] == "True"


def test_a_token_that_is_refused_is_not_tried_again(monitored: Monitored, shop: ExplainedShop) -> None:
    monitored.kubectl("create", "secret", "generic", "model", "--from-literal=MODEL_TOKEN=wrong")
    shop.write_day(20, 300)
    with serve(answer_csv) as usual, serve(answer_v2) as replica:
        live = {
            "url": replica.url,
            "protocol": "KServeV2",
            "featureNames": True,
            "headers": {"Authorization": "Bearer $(MODEL_TOKEN)"},
        }
        job = {"envFrom": [STORE, {"secretRef": {"name": "model"}}]}
        resources(monitored, {"url": usual.url}, live, job=job)
        run(monitored, "refused", 20)
        failed = failure(monitored, "refused")
    assert failed["reason"] == "ConfigurationError"
    assert "answered 401: who are you?" in failed["message"]
    assert failed_pods(monitored, "refused") == 1
