"""Run one command and tell what its whole process tree cost: `python measured.py RESULT OUTPUT LIMIT COMMAND...`.

A process of its own, so that what is counted belongs to the command alone, also children that outlive their parent:
those are adopted and waited for. It imports nothing beyond the standard library and stays small.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

SAMPLING_SECONDS = 0.03
LINGERING_SECONDS = 15.0
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_PAGE = os.sysconf("SC_PAGE_SIZE")


def main(arguments: list[str]) -> None:
    """Run the command and write its costs as JSON."""
    result, output, limit, *command = arguments
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sampler = Sampler()
    with Path(output).open("wb") as stream:
        begun = time.perf_counter()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=stream, stderr=subprocess.STDOUT, start_new_session=True
        )
        sampler.start()
        # Not `wait(timeout=…)`, which looks only twenty times a second whether the process has ended.
        alarm = threading.Timer(float(limit), lambda: _kill(descendants(os.getpid())))
        alarm.start()
        try:
            code: int | None = process.wait()
        except KeyboardInterrupt:
            _kill(descendants(os.getpid()))
            sys.exit("interrupted")
        finally:
            wall = time.perf_counter() - begun
            in_time = alarm.is_alive()
            alarm.cancel()
    if not in_time:
        code = None
    _wait_for_orphans(LINGERING_SECONDS if code is not None else 0.0)
    sampler.stop()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    Path(result).write_text(
        json.dumps(
            {
                "exit_code": code,
                "wall_seconds": wall,
                "cpu_seconds": used.ru_utime + used.ru_stime,
                "sampled_bytes": sampler.peak,
                "largest_process_bytes": used.ru_maxrss * 1024,
            }
        )
    )


class Sampler(threading.Thread):
    """The peak of the tree's proportional set size, in bytes.

    Resident sizes are cheap to read, proportional ones are not: these are read only when the sum of the former rises.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self._resident_peak = 0
        self._ended = threading.Event()

    def run(self) -> None:
        """Sample until stopped."""
        while not self._ended.wait(SAMPLING_SECONDS):
            processes = descendants(os.getpid())
            resident = sum(map(resident_bytes, processes))
            if resident > self._resident_peak:
                self._resident_peak = resident
                self.peak = max(self.peak, sum(map(proportional_bytes, processes)))

    def stop(self) -> None:
        """End the thread."""
        self._ended.set()
        self.join()


def descendants(pid: int) -> list[int]:
    """All processes below this one."""
    found: list[int] = []
    waiting = [pid]
    while waiting:
        for path in Path(f"/proc/{waiting.pop()}/task").glob("*/children"):
            try:
                children = [int(child) for child in path.read_text().split()]
            except OSError:
                continue
            found += children
            waiting += children
    return found


def resident_bytes(pid: int) -> int:
    """Resident set size; 0 for a process that is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def proportional_bytes(pid: int) -> int:
    """Proportional set size: pages that are shared are divided among those that share them; 0 for a process gone."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        return 0
    return 0


def _wait_for_orphans(seconds: float) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            if time.monotonic() >= end:
                _kill(descendants(os.getpid()))
            time.sleep(0.01)


def _kill(processes: list[int]) -> None:
    for pid in processes:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


if __name__ == "__main__":
    main(sys.argv[1:])
