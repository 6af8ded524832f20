"""The demo's week in which a unit changes: what is written, what the model answers over HTTP, and what is told."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pandas as pd
import pytest
import yaml
from rich.console import Console

from model_monitor_jobs.commands.run import run_manifests
from model_monitor_jobs.demo import flights_model
from model_monitor_jobs.demo.arrivals import arrived_late
from model_monitor_jobs.demo.chapter import tell_chapter
from model_monitor_jobs.demo.data_quality import INPUTS
from model_monitor_jobs.demo.flights import FEATURES, FLIGHTS, Story, load_flights, served, train
from model_monitor_jobs.demo.flights_model import FLIGHTS_MODEL, PORT, address, serve
from model_monitor_jobs.demo.model_explainability import REASONS
from model_monitor_jobs.errors import ConfigurationError
from model_monitor_jobs.storage import Storage

MINUTES = ("2013-02-18", "2013-02-19", "2013-02-20")
HOURS = ("2013-02-21", "2013-02-22")


@pytest.fixture(scope="module")
def live() -> Any:
    every = load_flights()
    return train(every[every["month"].eq(1)])


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serve(any_port=True) as address:
        yield address


@pytest.fixture(scope="module")
def shown(folder: Path) -> str:
    with (folder / "reasons.txt").open("w") as file:
        console = Console(width=160, record=True, file=file)
        assert tell_chapter(REASONS, folder, console, clock, "model-monitor") == 2
    return console.export_text()


@pytest.fixture(scope="module")
def found(folder: Path, shown: str) -> dict[str, Any]:
    """What execution.json says, by day."""
    assert shown
    paths = (folder / FLIGHTS.claim / "reports" / "flights-attribution").rglob("execution.json")
    documents = [json.loads(path.read_text()) for path in paths]
    return {document["status"]["window"]["start"][:10]: document for document in documents}


@pytest.fixture(scope="module")
def captured(story: Story) -> pd.DataFrame:
    """Requests and answers of the week, with their days in New York."""
    lines = [line for path in sorted(story.capture_of_week.rglob("*.jsonl")) for line in path.read_text().splitlines()]
    records = [json.loads(line) for line in lines]
    requests = [record["captureData"]["endpointInput"]["data"].split(",") for record in records]
    times = pd.to_datetime([record["eventMetadata"]["inferenceTime"] for record in records], utc=True)
    frame = pd.DataFrame(requests, columns=FEATURES).assign(
        answer=[float(record["captureData"]["endpointOutput"]["data"]) for record in records],
        day=times.tz_convert("America/New_York").strftime("%Y-%m-%d"),
    )
    return frame.assign(dep_delay=pd.to_numeric(frame["dep_delay"]))


def clock() -> datetime:
    return datetime(2013, 3, 1, tzinfo=UTC)


def post(url: str, body: bytes) -> tuple[int, bytes]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    connection.request("POST", parts.path, body, {"Content-Type": "text/csv"})
    answer = connection.getresponse()
    return answer.status, answer.read()


def test_only_the_delay_of_the_last_two_days_is_in_hours(captured: pd.DataFrame, flights: pd.DataFrame) -> None:
    for day in (*MINUTES, *HOURS):
        own = flights[flights["day"].eq(day)]
        wanted = own["dep_delay"] if day in MINUTES else (own["dep_delay"] / 60).round(2)
        got = captured[captured["day"].eq(day)]
        assert sorted(got["dep_delay"].fillna(-999)) == pytest.approx(sorted(wanted.fillna(-999)))
        for name in ("carrier", "origin", "dest"):
            assert got[name].value_counts().to_dict() == own[name].value_counts().to_dict()
    assert captured["day"].nunique() == 5


def test_the_model_answers_over_http_as_it_does_by_itself(url: str, live: Any, flights: pd.DataFrame) -> None:
    own = flights[flights["day"].eq("2013-02-09")]
    assert own["dep_delay"].isna().any()
    status, body = post(url, served(own, live)[FEATURES].to_csv(index=False, header=False).encode())
    assert status == 200
    answers = np.array(body.split(), dtype=float)
    np.testing.assert_allclose(answers, live.predict_proba(own[FEATURES])[:, 1], rtol=1e-12)


@pytest.mark.parametrize("body", [b"", b"early,2475,5,UA,EWR,LAX\n", b"1,,,\x80,EWR,LAX\n"])
def test_a_request_that_is_none_is_told_what_one_is(url: str, body: bytes) -> None:
    status, answer = post(url, body)
    assert status == 400
    assert b"dep_delay, distance, hour" in answer


def test_a_port_in_use_is_passed_over_in_the_story_and_told_to_a_person(
    live: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flights_model, "train", lambda _: live)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with serve(port, any_port=True) as url:
            assert urlsplit(url).port != port
            assert FLIGHTS_MODEL.command(url) == f"demo-model --port {urlsplit(url).port}"
        with pytest.raises(ConfigurationError, match=f"{port} is in use"), serve(port):
            pass


def test_the_manifest_names_the_port_that_the_command_has_by_default() -> None:
    from model_monitor_jobs.cli import demo_model

    (option,) = demo_model.params
    assert option.default == PORT
    baseline, _ = yaml.safe_load_all(REASONS.manifest_text)
    assert baseline["spec"]["modelExplainability"]["model"]["url"] == address(PORT) == FLIGHTS_MODEL.url


def test_other_features_drive_the_model_when_the_unit_changes(found: dict[str, Any], shown: str) -> None:
    assert sorted(found) == [*MINUTES, *HOURS]
    for day in MINUTES:
        assert found[day]["status"]["violationCount"] == 0
    for day in HOURS:
        status = found[day]["status"]
        assert {each["check"] for each in status["violations"]} == {"attribution_share_check"}
        assert status["violations"][0]["column"] == "dep_delay"
    assert "ALERT  share of dep_delay: violated in 2 of the latest 3 windows" in shown


def test_the_commands_that_are_shown_name_the_model_and_the_manifest(shown: str, folder: Path) -> None:
    _, serving, again, *_ = shown[shown.index("The same again") :].splitlines()
    manifest = folder / REASONS.manifest
    port = serving.split()[-1]
    assert serving.split()[:-1] == ["model-monitor", "demo-model", "--port"]
    assert f"http://127.0.0.1:{port}/" in manifest.read_text()
    assert again.startswith(f"  model-monitor run -f {manifest} --mount pvc://flights=")


def test_what_is_said_of_the_days_is_so(found: dict[str, Any], captured: pd.DataFrame, flights: pd.DataFrame) -> None:
    """Shares and NDCG by hand of the attributions that were found; how many flights were late by the flights."""
    for day in HOURS:
        metrics = found[day]["status"]["metrics"]
        assert metrics[0]["metric"] == "ndcg"
        assert round(metrics[0]["value"], 3) == 1
        delay = next(each for each in metrics if each.get("feature") == "dep_delay")
        assert delay["value"] < 0.5
        assert delay["baseline"] == pytest.approx(0.711, abs=0.0005)
    changed = captured["day"].isin(HOURS)
    assert (captured["answer"][changed].gt(0.5).sum(), changed.sum()) == (2, 1918)
    assert arrived_late(flights[flights["day"].isin(HOURS)]).mean() == pytest.approx(0.31, abs=0.005)
    assert captured["answer"][~changed].gt(0.5).mean() > 0.15


def test_the_monitor_of_the_inputs_sees_other_numbers(folder: Path, tmp_path: Path) -> None:
    documents = list(yaml.safe_load_all(INPUTS.manifest_text))
    documents[1]["spec"]["input"]["endpoint"]["captureURI"] = f"{FLIGHTS.prefix}/capture-of-week"
    manifest = tmp_path / "inputs.yaml"
    manifest.write_text(yaml.safe_dump_all(documents))
    storage = Storage({FLIGHTS.prefix: folder / FLIGHTS.claim})
    assert run_manifests([manifest], tmp_path, REASONS.days.end, REASONS.days, storage, clock, None) == 2
    paths = (tmp_path / "flights-daily").rglob("execution.json")
    statuses = [json.loads(path.read_text())["status"] for path in paths]
    seen = {status["window"]["start"][:10]: {each["column"] for each in status["violations"]} for status in statuses}
    assert seen == {**{day: set() for day in MINUTES}, **{day: {"dep_delay"} for day in HOURS}}


def test_the_command_serves_until_it_is_stopped() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    program = "from model_monitor_jobs.cli import main; main()"
    command = [sys.executable, "-c", program, "demo-model", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert address(port) in process.stdout.readline()
            assert post(address(port), b"20,1400,8,B6,JFK,FLL\n")[0] == 200
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 0
        finally:
            process.kill()
