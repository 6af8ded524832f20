"""Threads over partitions: the same bytes for any number of workers, faults at once, no state left over."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from model_monitor_jobs.engines import available_processors, fold_partitions, profile_stream
from model_monitor_jobs.errors import InputError
from model_monitor_jobs.profiles.table import ProfileRequest
from model_monitor_jobs.sources import ReadReport
from model_monitor_jobs.sources.partitions import PartitionedStream


@dataclass
class Part:
    ordinal: int
    read_by: list[str] = field(default_factory=list)
    fault: Exception | None = None
    seconds: float = 0.0

    def read(self, report: ReadReport) -> Iterator[pa.RecordBatch]:
        self.read_by.append(threading.current_thread().name)
        random = np.random.default_rng(self.ordinal)
        for batch in range(3):
            time.sleep(self.seconds)
            if self.fault:
                raise self.fault
            numbers = random.lognormal(size=3000)
            texts = random.integers(0, 50, 3000).astype(str)
            report.records += 3000
            report.add_unreadable("f", 10 * self.ordinal + batch, f"reason {self.ordinal % 2 == 0}", "")
            yield pa.RecordBatch.from_pydict({"number": numbers, "text": texts})


def stream_of(parts: Sequence[Part]) -> PartitionedStream:
    return PartitionedStream(lambda: parts)


@pytest.mark.parametrize("count", [1, 2, 5, 8, 11])
def test_any_number_of_workers_gives_the_same_bytes(count: int) -> None:
    request = ProfileRequest(block_rows=2048)
    results = set()
    reports = []
    for workers in (1, 2, 3, 16):
        stream = stream_of([Part(ordinal) for ordinal in range(count)])
        results.add(profile_stream(stream, request, workers).to_bytes())
        reports.append(stream.report)
    assert len(results) == 1
    assert all(report.samples == reports[0].samples for report in reports)
    assert all(report == reports[0] for report in reports)
    assert reports[0].records == count * 9000


def test_several_threads_read() -> None:
    parts = [Part(ordinal, seconds=0.01) for ordinal in range(6)]
    profile_stream(stream_of(parts), workers=3)
    assert len({name for part in parts for name in part.read_by}) == 3


def test_one_partition_needs_no_thread() -> None:
    (part,) = parts = [Part(0)]
    profile_stream(stream_of(parts), workers=8)
    assert part.read_by == [threading.main_thread().name]


def test_a_fault_ends_the_others_at_once() -> None:
    slow = [Part(0, seconds=0.2), Part(1, fault=InputError("broken"))]
    later = [Part(ordinal, seconds=0.2) for ordinal in range(2, 40)]
    started = time.monotonic()
    with pytest.raises(InputError, match="broken"):
        profile_stream(stream_of([*slow, *later]), workers=2)
    assert time.monotonic() - started < 2
    assert sum(bool(part.read_by) for part in later) <= 2
    assert threading.active_count() == 1 or not [t for t in threading.enumerate() if t.name.startswith("partition")]


def test_no_more_results_wait_than_workers_and_one() -> None:
    waiting = 0
    most = 0
    lock = threading.Lock()

    def work(ordinal: int, batches: Iterable[pa.RecordBatch]) -> int:
        nonlocal waiting, most
        with lock:
            waiting += 1
            most = max(most, waiting)
        if ordinal == 0:
            time.sleep(0.3)
        return ordinal

    found = []
    for result in fold_partitions(stream_of([Part(ordinal) for ordinal in range(30)]), work, 2):
        with lock:
            waiting -= 1
        found.append(result)
    assert found == list(range(30))
    assert most <= 3


def test_an_empty_stream_can_be_an_error() -> None:
    def finish(report: ReadReport) -> None:
        raise InputError("nothing there")

    with pytest.raises(InputError, match="nothing there"):
        profile_stream(PartitionedStream(lambda: [], finish))


INTERRUPTED = """
import sys, time
sys.path.insert(0, {folder!r})
from test_local import Part, profile_stream, stream_of
print("started", flush=True)
profile_stream(stream_of([Part(ordinal, seconds=0.3) for ordinal in range(1000)]), workers=2)
"""


def test_an_interrupt_stops_quickly() -> None:
    script = INTERRUPTED.format(folder=str(Path(__file__).parent))
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.5)
        started = time.monotonic()
        os.kill(process.pid, signal.SIGINT)
        process.wait(timeout=30)
        assert time.monotonic() - started < 3
        assert process.returncode != 0


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"cpu.max": "max 100000\n"}, None),
        ({"cpu.max": "100000 100000\n"}, 1),
        ({"cpu.max": "50000 100000\n"}, 1),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, None),
        ({"cpu/cpu.cfs_quota_us": "10000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 1),
        ({}, None),
    ],
)
def test_a_containers_limit_counts(tmp_path: Path, files: dict[str, str], expected: int | None) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert available_processors(tmp_path) == (expected or len(os.sched_getaffinity(0)))
