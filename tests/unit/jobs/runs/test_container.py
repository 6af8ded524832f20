"""The container's exit codes where the pod, the store or the API server fails; the rest runs on a real one."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client

from model_monitor_crds.baseline import BaselineSpec
from model_monitor_crds.run import EXIT_INPUT, EXIT_RETRY
from model_monitor_jobs import container
from model_monitor_jobs.container import execute, read_task
from model_monitor_jobs.errors import ConfigurationError
from model_monitor_jobs.execution.perform import perform_baseline, started_status
from model_monitor_jobs.sinks import executions
from model_monitor_jobs.storage import Storage
from tests.unit.jobs.runs.shop import DAY, START, Shop

NOW = datetime(2026, 7, 2, 0, 1, tzinfo=UTC)
JOB = f"daily-{int(NOW.timestamp()) // 60 - 1}"
API = "modelmonitor.dev/v1alpha1"


class FakeServer:
    """Keeps objects by name, merges what is applied, and answers with the codes it is told to first."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any]] = {}
        self.codes: list[int] = []
        self.unavailable = ""
        """Part of the names that can't be written."""
        self.statuses: list[dict[str, Any]] = []
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self, code: int, body: dict[str, Any]) -> None:
                content = json.dumps(body).encode()
                self.send_response(code)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def do_GET(self) -> None:
                name = self.path.split("?")[0].rsplit("/", 1)[1]
                if fake.codes:
                    self.answer(fake.codes.pop(0), {"reason": "told to"})
                elif name in fake.objects:
                    self.answer(200, fake.objects[name])
                else:
                    self.answer(404, {"reason": "NotFound"})

            def do_PATCH(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                name = body["metadata"]["name"]
                if fake.codes or (fake.unavailable and fake.unavailable in name):
                    self.answer(fake.codes.pop(0) if fake.codes else 503, {"reason": "told to"})
                    return
                fake.objects[name] = fake.objects.get(name, {}) | body
                if "status" in body:
                    fake.statuses.append(body["status"])
                self.answer(200, fake.objects[name])

            def log_message(self, *arguments: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def conditions(self) -> dict[str, str]:
        return {condition["type"]: condition["status"] for condition in self.statuses[-1]["conditions"]}

    def reason(self) -> tuple[str, str]:
        failed = next(condition for condition in self.statuses[-1]["conditions"] if condition["type"] == "Failed")
        return failed["reason"], failed["message"]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServer]:
    fake = FakeServer()
    thread = threading.Thread(target=fake.server.serve_forever, args=(0.01,))
    thread.start()

    def connect(*arguments: object) -> client.ApiClient:
        settings = client.Configuration()
        settings.host, settings.retries = fake.url, False
        return client.ApiClient(settings)

    monkeypatch.setattr(container, "connect", connect)
    monkeypatch.setattr(executions, "_PAUSES", (0.0, 0.0))
    yield fake
    fake.server.shutdown()
    fake.server.server_close()
    thread.join()


def configuration(tmp_path: Path, **monitor: Any) -> dict[str, Any]:
    spec = {
        "schedule": "@daily",
        "baselineRef": {"name": "people"},
        "input": {"batch": {"dataURI": "pvc://data/day.csv"}},
        "output": {"uri": "pvc://data/reports"},
    }
    (tmp_path / "day.csv").write_text("age\n" + "".join(f"{20 + number % 50}\n" for number in range(400)))
    baseline = BaselineSpec.model_validate(
        {"dataset": {"uri": "pvc://data/day.csv"}, "output": {"uri": "pvc://data/baseline"}}
    )
    files = perform_baseline(baseline, started_status(NOW), Storage({"pvc://data": tmp_path}), lambda: NOW)[0].files
    owner = {"kind": "MonitoringSchedule", "name": "daily", "uid": "u-1"}
    return {"owner": owner, "monitor": spec | monitor, "reference": files.to_dict()}


def pod(tmp_path: Path, run: dict[str, Any] | str, job: str = JOB) -> Path:
    folder = tmp_path / "pod"
    folder.mkdir(exist_ok=True)
    (folder / "run.json").write_text(run if isinstance(run, str) else json.dumps(run))
    (folder / "job-name").write_text(job)
    (folder / "namespace").write_text("shop\n")
    return folder


def go(tmp_path: Path, run: dict[str, Any] | str, storage: Storage | None = None, job: str = JOB) -> int:
    folder = pod(tmp_path, run, job)
    return execute(folder, tmp_path, {}, storage or Storage({"pvc://data": tmp_path}, confined=True), lambda: NOW)


def test_a_run_tells_its_window_and_its_end(tmp_path: Path, server: FakeServer) -> None:
    assert go(tmp_path, configuration(tmp_path)) == 0
    assert len(server.statuses) == 2
    running, ended = server.statuses
    assert running["window"] == ended["window"] == {"start": "2026-07-01T00:00:00Z", "end": "2026-07-02T00:00:00Z"}
    assert server.conditions() == {"Complete": "True", "Failed": "False", "ViolationsDetected": "False"}
    assert server.objects[JOB]["metadata"]["name"] == JOB
    assert (tmp_path / "reports/daily/2026/07/02/00/execution.json").is_file()


def test_a_run_that_has_ended_is_not_made_again(tmp_path: Path, server: FakeServer) -> None:
    run = configuration(tmp_path)
    assert go(tmp_path, run) == 0
    assert go(tmp_path, run) == 0
    assert len(server.statuses) == 2


def test_a_second_try_judges_the_window_of_the_first(tmp_path: Path, server: FakeServer) -> None:
    run = configuration(tmp_path)
    window = {"start": "2026-06-10T00:00:00Z", "end": "2026-06-11T00:00:00Z"}
    server.objects["by-hand"] = {
        "apiVersion": API,
        "kind": "MonitoringExecution",
        "metadata": {"name": "by-hand"},
        "spec": {"scheduleRef": {"name": "daily"}},
        "status": {"window": window, "fieldOfANewerOperator": 1},
    }
    assert go(tmp_path, run, job="by-hand") == 0
    assert server.statuses[-1]["window"] == window


def test_a_second_try_records_what_the_first_has_published_of_earlier_windows(
    tmp_path: Path, server: FakeServer
) -> None:
    shop = Shop(tmp_path)
    shop.write_training()
    for day in (20, 21):
        shop.write_day(day, late=timedelta(hours=1))
    monitor = shop.monitor({"recheck": "P2D"}, modelQuality={"estimate": False}).to_dict()
    owner = {"kind": "MonitoringSchedule", "name": "shop", "uid": "u-1"}
    run = {"owner": owner, "monitor": monitor, "reference": shop.baseline().to_dict()}
    first, second = (f"shop-{int((START + day * DAY).timestamp()) // 60}" for day in (21, 22))
    assert go(tmp_path, run, shop.storage, first) == 0
    for id, label in list(shop.known.items())[:600]:
        shop.write_label(id, "1" if label == "0" else "0", START + 21 * DAY + timedelta(hours=12))
    server.unavailable = "shop-r"
    assert go(tmp_path, run, shop.storage, second) == EXIT_RETRY
    published = (tmp_path / "reports/shop/2026/01/22/00/execution.json").read_bytes()
    again = json.loads(published)["metadata"]["name"]
    assert again.startswith("shop-r")
    assert set(server.objects) == {first, second}
    server.unavailable = ""
    for _ in range(2):
        server.objects.pop(second)
        assert go(tmp_path, run, shop.storage, second) == 0
        assert set(server.objects) == {first, second, again}
        assert server.objects[again]["status"] == json.loads(published)["status"]
        assert server.objects[again]["status"]["violationCount"] == 1
    assert (tmp_path / "reports/shop/2026/01/22/00/execution.json").read_bytes() == published


def test_faults_that_pass_are_waited_out(tmp_path: Path, server: FakeServer) -> None:
    run = configuration(tmp_path)
    server.codes = [503, 429]
    assert go(tmp_path, run) == 0


@pytest.mark.parametrize("code", [429, 500, 503])
def test_an_api_server_that_stays_away_means_another_try(
    tmp_path: Path, server: FakeServer, code: int, caplog: pytest.LogCaptureFixture
) -> None:
    run = configuration(tmp_path)
    server.codes = [code] * 3
    assert go(tmp_path, run) == EXIT_RETRY
    assert caplog.records[-1].__dict__["reason"] == "ClusterUnavailable"
    assert server.statuses == []


def test_an_api_server_that_refuses_means_none(
    tmp_path: Path, server: FakeServer, caplog: pytest.LogCaptureFixture
) -> None:
    run = configuration(tmp_path)
    server.codes = [403]
    assert go(tmp_path, run) == EXIT_INPUT
    assert f"can't read MonitoringExecution {JOB}: the API server answers 403" in caplog.text


def test_missing_data_fails_for_good_and_is_told(tmp_path: Path, server: FakeServer) -> None:
    run = configuration(tmp_path, input={"batch": {"dataURI": "pvc://data/absent.csv"}})
    assert go(tmp_path, run) == EXIT_INPUT
    assert server.conditions()["Failed"] == "True"
    reason, message = server.reason()
    assert reason == "InputError"
    assert "absent.csv" in message


def test_a_window_that_cannot_be_is_told_though_no_execution_stands_yet(tmp_path: Path, server: FakeServer) -> None:
    run = configuration(tmp_path)
    del run["monitor"]["schedule"]
    assert go(tmp_path, run) == EXIT_INPUT
    assert server.reason()[0] == "ConfigurationError"
    assert "neither schedule nor input.window" in server.reason()[1]


def test_what_lies_outside_the_mounts_is_refused(tmp_path: Path, server: FakeServer) -> None:
    run = configuration(tmp_path, input={"batch": {"dataURI": "file:///etc/passwd"}})
    assert go(tmp_path, run) == EXIT_INPUT
    assert "lies in no declared mount" in server.reason()[1]


class BrokenStorage(Storage):
    """Fails in a way that no file system can be made to."""

    def __init__(self, error: Exception) -> None:
        super().__init__({})
        self.error = error

    def read_bytes(self, uri: str) -> bytes:
        raise self.error


def test_a_full_disk_means_another_try(tmp_path: Path, server: FakeServer) -> None:
    assert go(tmp_path, configuration(tmp_path), BrokenStorage(OSError(28, "No space left on device"))) == EXIT_RETRY
    assert server.conditions()["Failed"] == "False"


def test_a_fault_of_our_own_is_told(tmp_path: Path, server: FakeServer) -> None:
    assert go(tmp_path, configuration(tmp_path), BrokenStorage(ZeroDivisionError("division by zero"))) == EXIT_INPUT
    assert server.reason() == ("InternalError", "ZeroDivisionError: division by zero")


def test_a_pod_without_its_files_says_which_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"run\.json: can't be read: No such file"):
        read_task(tmp_path)
    folder = pod(tmp_path, {"owner": {"kind": "Baseline", "name": "b", "uid": "u"}, "extra": 1})
    with pytest.raises(ConfigurationError, match=r"run\.json: extra: there is no such field"):
        read_task(folder)
    with pytest.raises(ConfigurationError, match=r"run\.json: "):
        read_task(pod(tmp_path, "not json"))
    (folder / "namespace").unlink()
    with pytest.raises(ConfigurationError, match="namespace: can't be read"):
        read_task(folder)


def test_outside_of_a_cluster_the_remedy_is_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    run = {"owner": {"kind": "Baseline", "name": "b", "uid": "u"}}
    assert go(tmp_path, run) == EXIT_INPUT
    assert "use `model-monitor run -f` outside of a cluster" in caplog.text
