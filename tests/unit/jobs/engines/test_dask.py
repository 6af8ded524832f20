"""A real Dask cluster of two worker processes: the same bytes as in this process, also when a worker is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import dask
import distributed
import numpy as np
import pyarrow as pa
import pytest

from model_monitor_jobs.engines import dask_cluster, fold_partitions, profile_stream
from model_monitor_jobs.errors import ConfigurationError, EngineUnavailable, InputError
from model_monitor_jobs.profiles.table import ProfileRequest
from model_monitor_jobs.sources import CSVDialect
from model_monitor_jobs.sources.dataset import DatasetReader
from model_monitor_jobs.sources.partitions import PartitionedStream, byte_ranges, group
from model_monitor_jobs.storage import Storage

REQUEST = ProfileRequest(block_rows=1024)
STEP = 100_000


@pytest.fixture(scope="module")
def cluster() -> Iterator[distributed.LocalCluster]:
    with distributed.LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, memory_limit=0
    ) as running:
        yield running


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    random = np.random.default_rng(1)
    for number in range(2):
        rows = zip(random.lognormal(size=60_000), random.integers(0, 40, 60_000), strict=True)
        text = "".join(f"{value:.6f},city {city}\n" for value, city in rows)
        (folder / f"{number}.csv").write_text(f"amount,city\n{text}bad,line,here\n")
    return folder


def stream_of(folder: Path, storage: Storage | None = None) -> PartitionedStream:
    storage = storage or Storage()
    reader = DatasetReader(storage, "CSV", CSVDialect(), None, None, None)
    entries = Storage().list(str(folder))
    return PartitionedStream(lambda: group(entries, reader, lambda entry: byte_ranges(entry, STEP), most=STEP))


def test_the_same_bytes_and_report_as_local(cluster: distributed.LocalCluster, folder: Path) -> None:
    here, there = stream_of(folder), stream_of(folder)
    expected = profile_stream(here, REQUEST, workers=2)
    found = dask_cluster.profile_stream(there, REQUEST, address=cluster.scheduler_address)
    assert len(here.partitions) > 10
    assert found.rows == 120_000
    assert found.to_bytes() == expected.to_bytes()
    assert there.report == here.report
    assert there.report.unreadable == 2


def test_any_work_comes_back_in_order(cluster: distributed.LocalCluster, folder: Path) -> None:
    def work(ordinal: int, batches: Iterable[pa.RecordBatch]) -> tuple[int, int]:
        return ordinal, sum(batch.num_rows for batch in batches)

    here, there = stream_of(folder), stream_of(folder)
    found = list(dask_cluster.fold_partitions(there, work, address=cluster.scheduler_address))
    assert found == list(fold_partitions(here, work, 2))
    assert there.report == here.report


def test_a_killed_worker_costs_nothing(folder: Path) -> None:
    expected = profile_stream(stream_of(folder), REQUEST).to_bytes()
    with distributed.LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, memory_limit=0
    ) as cluster:
        with distributed.Client(cluster, set_as_default=False) as client:  # type: ignore[no-untyped-call]
            victim = sorted(client.run(os.getpid).values())[0]
        found: list[Any] = []

        def run() -> None:
            found.append(dask_cluster.profile_stream(stream_of(folder), REQUEST, address=cluster.scheduler_address))

        thread = threading.Thread(target=run)
        thread.start()
        scheduler = cluster.scheduler
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            states = [task.state for task in list(scheduler.tasks.values())]
            if states.count("memory") >= 2 and states.count("processing"):
                break
            time.sleep(0.002)
        else:
            pytest.fail("the tasks were never under way")
        os.kill(victim, signal.SIGKILL)
        thread.join(timeout=120)
        assert [table.to_bytes() for table in found] == [expected]


def test_what_reading_raises_comes_back(cluster: distributed.LocalCluster, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,a\n1,2\n")
    with pytest.raises(InputError, match="more than one column is named 'a'"):
        dask_cluster.profile_stream(stream_of(tmp_path), address=cluster.scheduler_address)


def test_a_file_that_workers_do_not_see_is_an_error(cluster: distributed.LocalCluster, folder: Path) -> None:
    stream = stream_of(folder)
    assert stream.partitions
    hidden = folder.rename(folder.with_name("hidden"))
    try:
        with pytest.raises(InputError, match=r"[01]\.csv: the Dask worker on .* has no file .*mount the same volume"):
            dask_cluster.profile_stream(stream, address=cluster.scheduler_address)
    finally:
        hidden.rename(folder)


def test_no_scheduler_at_the_address(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_cluster, "CONNECT_SECONDS", 0.5)
    with pytest.raises(
        EngineUnavailable, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:1 .*check the address"
    ):
        dask_cluster.profile_stream(stream_of(folder), address="tcp://127.0.0.1:1")


def test_no_worker_in_time(folder: Path) -> None:
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address=None) as cluster,  # type: ignore[no-untyped-call]
        pytest.raises(EngineUnavailable, match=r"has no worker after 0\.3 s; add workers"),
    ):
        dask_cluster.profile_stream(stream_of(folder), address=cluster.scheduler_address, worker_seconds=0.3)


def test_a_cluster_that_loses_all_workers_ends_the_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_cluster, "LOST_SECONDS", 0.5)

    def work(ordinal: int, batches: Iterable[pa.RecordBatch]) -> int:
        time.sleep(60)
        return ordinal

    with distributed.LocalCluster(n_workers=0, dashboard_address=None) as cluster:  # type: ignore[no-untyped-call]
        command = [sys.executable, "-m", "distributed.cli.dask_worker", cluster.scheduler_address]
        worker = subprocess.Popen([*command, "--no-nanny", "--nthreads", "1", "--no-dashboard"])

        def end_the_worker() -> None:
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline and not any(
                task.state == "processing" and task.key.startswith("_apply")
                for task in list(cluster.scheduler.tasks.values())
            ):
                time.sleep(0.05)
            worker.kill()

        thread = threading.Thread(target=end_the_worker)
        thread.start()
        try:
            with pytest.raises(EngineUnavailable, match=r"lost all its workers, and had none for 0\.5 s; look why"):
                list(dask_cluster.fold_partitions(stream_of(folder), work, address=cluster.scheduler_address))
        finally:
            thread.join()
            worker.wait()


@pytest.mark.parametrize("settings", [{}, {"ca-file": "/nowhere/ca.pem", "client.cert": "c", "client.key": "k"}])
def test_tls_needs_certificates(folder: Path, settings: dict[str, str]) -> None:
    own = {f"distributed.comm.tls.{name}": value for name, value in settings.items()}
    with (
        dask.config.set(own),
        pytest.raises(
            ConfigurationError, match=r"tls://127\.0\.0\.1:1 asks for TLS.*COMM__TLS__CA_FILE, .* in job\.env"
        ),
    ):
        dask_cluster.profile_stream(stream_of(folder), address="tls://127.0.0.1:1")


@pytest.mark.parametrize("there", [{"numpy": "1.0"}, {"numpy": None}, {}])
def test_workers_of_another_version(there: dict[str, str | None]) -> None:
    with pytest.raises(ConfigurationError, match=r"worker tcp://w:1 has numpy (1\.0|none), this run 2\.0"):
        dask_cluster.check_versions({"numpy": "2.0"}, {"tcp://w:1": there})
