"""What is measured of a command: its whole process tree."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from benchmarks.profiles.process import ROOT, Measurement, MeasurementError, measure
from tests.cluster.processes import wait_until

BUSY = "import time\nend = time.process_time() + {seconds}\nwhile time.process_time() < end: pass\n"


def run(code: str, **options: float) -> Measurement:
    return measure([sys.executable, "-c", code], **options)  # type: ignore[arg-type]


def test_processor_time_of_children_counts() -> None:
    code = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {BUSY.format(seconds=0.3)!r}], check=True)"
    assert run(code).cpu_seconds >= 0.3


def test_a_child_that_outlives_its_parent_counts_too() -> None:
    child = BUSY.format(seconds=0.4)
    code = f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', {child!r}], start_new_session=True)"
    measured = run(code)
    assert measured.cpu_seconds >= 0.4
    assert measured.wall_seconds < measured.cpu_seconds


def test_memory_of_children_adds_up() -> None:
    child = "import time\nheld = b'x' * 60_000_000\ntime.sleep(0.6)"
    code = (
        f"import subprocess, sys\nchildren = [subprocess.Popen([sys.executable, '-c', {child!r}]) for _ in range(3)]\n"
        "for child in children: child.wait()"
    )
    assert 180e6 <= run(code).memory_bytes < 300e6


def test_pages_that_processes_share_count_once() -> None:
    code = "import os, time\nheld = b'x' * 120_000_000\npids = [os.fork() for _ in range(2)]\ntime.sleep(0.5)\n"
    assert 120e6 <= run(code).memory_bytes < 200e6


def test_a_short_peak_of_one_process_is_seen() -> None:
    assert run("b'x' * 150_000_000").memory_bytes >= 150e6


def test_the_work_that_a_program_tells_is_kept(tmp_path: Path) -> None:
    code = (
        "from benchmarks.profiles.programs.work import work\n"
        f"import subprocess, sys\nwith work() as details:\n    details['states'] = 8\n"
        f"    subprocess.run([sys.executable, '-c', {BUSY.format(seconds=0.2)!r}])\n"
    )
    measured = run(code)
    assert measured.work_cpu_seconds is not None
    assert 0.2 <= measured.work_cpu_seconds <= measured.cpu_seconds
    assert measured.details == {"states": 8}
    assert measured.least_cpu_seconds == measured.work_cpu_seconds


def test_a_command_that_fails_says_why() -> None:
    with pytest.raises(MeasurementError, match=r"(?s)ended with 1.*ValueError: no such table"):
        run("raise ValueError('no such table')")


def test_a_command_that_takes_too_long_is_ended_with_its_children() -> None:
    child = "import time; time.sleep(60)"
    code = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {child!r}])"
    with pytest.raises(MeasurementError, match=r"took over 0\.5 s"):
        run(code, limit_seconds=0.5)


def test_nothing_goes_on_when_the_benchmark_is_interrupted() -> None:
    sleeper = "import os, time; print(os.getpid(), file=open({path!r}, 'w'), flush=True); time.sleep(60)"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "pid")
        code = (
            "import sys\nfrom benchmarks.profiles.process import measure\n"
            f"measure([sys.executable, '-c', {sleeper.format(path=str(path))!r}])"
        )
        benchmark = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.DEVNULL)
        wait_until(lambda: path.exists() and path.read_text() != "", "the measured command to start")
        measured = Path("/proc") / path.read_text().strip()
        benchmark.terminate()
        benchmark.wait()
        wait_until(lambda: not measured.exists(), "the measured command to end")
