"""A script in a process of its own, which has no more time than it was given."""

from __future__ import annotations

import json
import logging
import os
import select
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, Literal

from model_monitor_jobs.errors import ConfigurationError, InputError

Handler = Literal["preprocess_handler", "postprocess_handler"]

HOST: Final = Path(__file__).with_name("host.py")
MOST_LINES: Final = 500
"""Lines that the script is given at once."""
_KEPT: Final = ("HOME", "LANG", "LC_ALL", "LC_CTYPE", "PATH", "TMPDIR", "TZ")
"""What a script sees of our environment: no credentials, no tokens, no addresses."""
_LONGEST_LOG: Final = 2_000
_MOST_LOGGED: Final = 1_000
_PIECE: Final = 1 << 16

logger = logging.getLogger("model_monitor.script")


@dataclass(frozen=True)
class Script:
    """A script and the seconds that it may take for one request, which is that of at most 500 records."""

    uri: str
    content: bytes
    timeout: float

    @property
    def name(self) -> str:
        """Its file name."""
        return self.uri.rsplit("/", 1)[-1] or "script.py"

    @contextmanager
    def running(self, handler: Handler) -> Iterator[ScriptProcess]:
        """The script's process, until the block ends.

        Raises ConfigurationError where it can't be loaded or has no such handler.
        """
        with tempfile.TemporaryDirectory(prefix="script-") as folder:
            path = Path(folder) / self.name
            path.write_bytes(self.content)
            process = ScriptProcess(self, path, handler)
            try:
                yield process
            finally:
                process.end()


@dataclass(frozen=True)
class Outcome:
    """What came of one line: rows, none where the script drops it, or why it failed."""

    rows: Sequence[Mapping[str, str | None]] = ()
    error: str = ""


class ScriptProcess:
    """See `Script.running`."""

    def __init__(self, script: Script, path: Path, handler: Handler) -> None:
        self._script = script
        self._rest = b""
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-u", str(HOST), str(path), handler],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={name: os.environ[name] for name in _KEPT if name in os.environ},
            cwd=path.parent,
            start_new_session=True,
        )
        threading.Thread(target=_log, args=(self._process.stderr, script.name), daemon=True).start()
        found = self._answer()
        if "fatal" in found:
            self.end()
            raise ConfigurationError(f"{script.uri}: {found['fatal']}")

    def preprocess(self, lines: Sequence[str], *, events: bool) -> list[Outcome]:
        """What the handler makes of lines, captured events or rows of a file.

        Raises InputError where the script takes too long, or ends itself.
        """
        answers = self._ask({"lines": list(lines), "events": events})
        return [Outcome(answer.get("rows", ()), answer.get("error", "")) for answer in answers]

    def postprocess(self) -> None:
        """Run the handler. Raises InputError where it fails, takes too long, or ends itself."""
        answer = self._ask({})
        if "error" in answer:
            raise InputError(f"{self._script.uri}: {answer['error']}")

    def end(self) -> None:
        """End the process and all that it has started."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, 9)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()

    def _ask(self, request: Any) -> Any:
        data = json.dumps(request).encode() + b"\n"
        writer = threading.Thread(target=self._write, args=(data,), daemon=True)
        # The script may answer, or hang, before it has read everything.
        writer.start()
        answer = self._answer()
        writer.join()
        return answer

    def _write(self, data: bytes) -> None:
        assert self._process.stdin is not None
        with suppress(OSError, ValueError):
            self._process.stdin.write(data)
            self._process.stdin.flush()

    def _answer(self) -> Any:
        from time import monotonic

        assert self._process.stdout is not None
        pipe, deadline = self._process.stdout.fileno(), monotonic() + self._script.timeout
        parts = [self._rest]
        while b"\n" not in parts[-1]:
            ready, _, _ = select.select([pipe], [], [], max(0.0, deadline - monotonic()))
            if not ready:
                self.end()
                raise InputError(
                    f"{self._script.uri}: took longer than {self._script.timeout:g} s and was ended",
                    remedy="raise timeoutSeconds, or look for what it waits for",
                )
            piece = os.read(pipe, _PIECE)
            if not piece:
                code = self._process.wait()
                raise InputError(f"{self._script.uri}: the script ended its process (exit code {code})")
            parts.append(piece)
        line, _, self._rest = b"".join(parts).partition(b"\n")
        return json.loads(line)


def _log(pipe: IO[bytes] | None, name: str) -> None:
    """What the script prints, a line each; no more than a thousand lines."""
    if pipe is None:
        return
    for number, line in enumerate(pipe):
        if number < _MOST_LOGGED:
            logger.info(line[:_LONGEST_LOG].decode(errors="replace").rstrip(), extra={"script": name})
        elif number == _MOST_LOGGED:
            logger.warning("what it prints from here on is left out", extra={"script": name})
