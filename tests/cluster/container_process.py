"""One container as a process: its log, its memory limit, its end as a `state.terminated`."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from tests.cluster.api import Object
from tests.cluster.pod_files import PreparedContainer
from tests.cluster.processes import kill_group, start_process

_MESSAGE_LIMIT = 4096
_LOG_MESSAGE_LIMIT = 2048
_LOG_MESSAGE_LINES = 80


def timestamp() -> str:
    """The time now as Kubernetes writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class ContainerProcess:
    """Runs a prepared container once. Not safe to share between threads; poll it from the one that made it."""

    def __init__(
        self, prepared: PreparedContainer, log: Path, *, memory_limit: int | None, message_from_log: bool
    ) -> None:
        self._prepared = prepared
        self._log = log
        self._memory_limit = memory_limit
        self._message_from_log = message_from_log
        self._out_of_memory = False
        self._log_start = log.stat().st_size if log.exists() else 0
        self._process: subprocess.Popen[bytes] | None = None
        self._start_error = ""
        self.started_at = timestamp()
        try:
            self._process = start_process(
                self._command(), log, environment=prepared.environment, folder=prepared.folder
            )
        except OSError as error:
            self._start_error = f"exec: {prepared.command[0] if prepared.command else ''!r}: {error.strerror}"

    def _command(self) -> list[str]:
        """The command; a program that the image has at an absolute path is here wherever PATH has it."""
        program, *rest = self._prepared.command or ("",)
        if program.startswith("/") and not Path(program).exists():
            program = Path(program).name
        found = shutil.which(program, path=self._prepared.environment["PATH"])
        return [found or program, *rest]

    def poll(self) -> Object | None:
        """The container's `terminated` state once it has ended, else None. Enforces the memory limit."""
        if self._process is None:
            return self._terminated(128, "StartError", self._start_error)
        code = self._process.poll()
        if code is None:
            if self._memory_limit is not None and tree_memory(self._process.pid) > self._memory_limit:
                self._out_of_memory = True
                kill_group(self._process)
                code = self._process.wait()
            else:
                return None
        kill_group(self._process)
        code = 128 - code if code < 0 else code
        reason = "OOMKilled" if self._out_of_memory else "Completed" if code == 0 else "Error"
        return self._terminated(code, reason, self._message(code))

    def terminate(self) -> None:
        """SIGTERM, as at the begin of the grace period."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL to the whole process group."""
        if self._process is not None:
            kill_group(self._process)
            self._process.wait()

    def _terminated(self, code: int, reason: str, message: str) -> Object:
        state: Object = {
            "exitCode": code,
            "reason": reason,
            "startedAt": self.started_at,
            "finishedAt": timestamp(),
        }
        return {**state, "message": message} if message else state

    def _message(self, code: int) -> str:
        with contextlib.suppress(OSError):
            text = self._prepared.termination_log.read_bytes()[:_MESSAGE_LIMIT].decode(errors="replace")
            if text:
                return text
        if code == 0 or not self._message_from_log:
            return ""
        with self._log.open("rb") as log:
            log.seek(self._log_start)
            lines = log.read().splitlines(keepends=True)[-_LOG_MESSAGE_LINES:]
        return b"".join(lines)[-_LOG_MESSAGE_LIMIT:].decode(errors="replace")


def tree_memory(pid: int) -> int:
    """Bytes of anonymous and shared memory held by a process and its descendants; 0 where they are gone (Linux)."""
    total = 0
    waiting = [pid]
    while waiting:
        folder = Path("/proc") / str(waiting.pop())
        with contextlib.suppress(OSError):
            for line in (folder / "status").read_text().splitlines():
                if line.startswith(("RssAnon:", "RssShmem:")):
                    total += int(line.split()[1]) * 1024
            for task in (folder / "task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text().split()]
    return total
