"""Child processes that never outlive the tests, free ports, and waiting with a deadline."""

from __future__ import annotations

import contextlib
import ctypes
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

_PR_SET_PDEATHSIG = 1
# Looked up before any fork; None on systems other than Linux.
_prctl = getattr(ctypes.CDLL(None), "prctl", None)

T = TypeVar("T")


def start_process(
    command: Sequence[str | Path], log: Path, *, environment: Mapping[str, str], folder: Path | None = None
) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, its output appended to `log`.

    On Linux the kernel kills it (PR_SET_PDEATHSIG) when the thread that called this ends, so nothing stays behind
    when the test process is killed hard. Therefore call this from a thread that lives as long as the program should.
    """
    parent = os.getpid()

    def die_with_parent() -> None:
        if _prctl is not None:
            _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:
                os._exit(1)

    with log.open("ab") as output:
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            cwd=folder,
            start_new_session=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - only a system call through a library loaded before
        )


def stop_process(process: subprocess.Popen[bytes], *, grace_seconds: float = 5.0) -> None:
    """End a program of `start_process` and everything in its session's process group; wait until it is gone."""
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=grace_seconds)
    kill_group(process)
    process.wait()


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL the whole process group of a program of `start_process`."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def free_ports(count: int) -> list[int]:
    """Distinct free loopback ports, below the range from which the kernel takes those of outgoing connections."""
    sockets: list[socket.socket] = []
    try:
        for port in random.sample(range(20000, 32000), 500):
            candidate = socket.socket()
            try:
                candidate.bind(("127.0.0.1", port))
            except OSError:
                candidate.close()
                continue
            sockets.append(candidate)
            if len(sockets) == count:
                return [taken.getsockname()[1] for taken in sockets]
    finally:
        for taken in sockets:
            taken.close()
    raise OSError(f"found no {count} free ports on 127.0.0.1 between 20000 and 32000")


def wait_until(
    check: Callable[[], T], what: str, *, timeout_seconds: float = 30.0, interval_seconds: float = 0.05
) -> T:
    """Call `check` until what it returns is true, and return that.

    Raises:
        TimeoutError: naming `what`, and the last result, after `timeout_seconds`.
    """
    deadline = time.monotonic() + timeout_seconds
    while True:
        result = check()
        if result:
            return result
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {timeout_seconds:g} s for {what}; last seen: {result!r}")
        time.sleep(interval_seconds)


def log_tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log file, for error messages."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else "(no log)"
