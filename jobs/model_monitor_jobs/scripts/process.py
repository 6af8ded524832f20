"""A script in a process of its own, which has no more time than it was given."""

from __future__ import annotations

import logging
import os
import select
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final, Literal, NamedTuple

import orjson

from model_monitor_crds.run import SCRIPT_VARIABLES
from model_monitor_jobs.errors import ConfigurationError, InputError

Handler = Literal["preprocess_handler", "postprocess_handler"]

HOST: Final = Path(__file__).with_name("host.py")
MOST_LINES: Final = 500
"""Lines that the script is given at once."""
MOST_BYTES: Final = 4 << 20
"""Bytes after which no further line is given with them."""
_KEPT: Final = ("HOME", "LANG", "LC_ALL", "LC_CTYPE", "PATH", "TMPDIR", "TZ")
"""What a script is given of our environment, beside what SCRIPT_VARIABLES names: no credentials, no addresses."""
_SAME_ORDER: Final = {"PYTHONHASHSEED": "0"}
"""A script that goes through a set does it in the same order each time."""
_LONGEST_LOG: Final = 2_000
_MOST_LOGGED: Final = 1_000
_PIECE: Final = 1 << 16
_LAST_SECONDS: Final = 2.0

SCRIPT_LOGGER: Final = "model_monitor.script"
logger = logging.getLogger(SCRIPT_LOGGER)


@dataclass(frozen=True)
class Script:
    """A script and the seconds that it may take for one request, which is that of at most 500 records."""

    uri: str
    content: bytes
    timeout: float
    variables: Mapping[str, str] = field(default_factory=dict)
    """Environment variables that it is given."""

    @property
    def name(self) -> str:
        """Its file name."""
        return self.uri.rsplit("/", 1)[-1] or "script.py"

    @contextmanager
    def running(self, handler: Handler) -> Iterator[ScriptProcess]:
        """The script's process, until the block ends.

        Raises ConfigurationError where it can't be loaded or has no such handler.
        """
        with tempfile.TemporaryDirectory(prefix="script-", ignore_cleanup_errors=True) as folder:
            path = Path(folder) / self.name
            path.write_bytes(self.content)
            process = ScriptProcess(self, path, handler)
            try:
                process.load()
                yield process
            finally:
                process.end()


class Row(NamedTuple):
    """What a script makes of a record; the names are in their order as text."""

    names: tuple[str, ...]
    values: Sequence[str | None]


@dataclass(frozen=True)
class Outcome:
    """What came of one line: rows, none where the script drops it, or why it failed."""

    rows: Sequence[Row] = ()
    error: str = ""


class ScriptProcess:
    """See `Script.running`."""

    def __init__(self, script: Script, path: Path, handler: Handler) -> None:
        self._script = script
        self._rest = b""
        self._process = subprocess.Popen(
            # Neither the user's site-packages nor the script's own folder; from our environment nothing else is seen.
            [sys.executable, "-s", "-P", "-u", str(HOST), str(path), handler],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(script),
            cwd=path.parent,
            start_new_session=True,
        )
        self._writer: threading.Thread | None = None
        self._logger = threading.Thread(target=_log, args=(self._process.stderr, script.name), daemon=True)
        self._logger.start()

    def load(self) -> None:
        """Wait until the script is loaded. Raises ConfigurationError where it can't be, or has no such handler."""
        found = self._answer()
        if "fatal" in found:
            raise ConfigurationError(f"{self._script.uri}: {found['fatal']}")

    def send(self, lines: Sequence[str], *, events: bool) -> None:
        """Give the script lines, captured events or rows of a file, while the answer to those before may be out."""
        data = orjson.dumps({"lines": list(lines), "events": events}) + b"\n"
        # The script may answer, or hang, before it has read everything.
        self._writer = threading.Thread(target=self._write, args=(data, self._writer), daemon=True)
        self._writer.start()

    def receive(self) -> list[Outcome]:
        """What the handler makes of the lines that were sent first.

        Raises InputError where the script takes too long, or ends itself.
        """
        answer = self._answer()
        try:
            names = [tuple(each) for each in answer["names"]]
            return [
                Outcome(error=outcome)
                if isinstance(outcome, str)
                else Outcome([Row(names[row[0]], row[1:]) for row in outcome])
                for outcome in answer["outcomes"]
            ]
        except (KeyError, TypeError, IndexError) as error:
            raise self._disturbed() from error

    def postprocess(self) -> None:
        """Run the handler. Raises InputError where it fails, takes too long, or ends itself."""
        self.send([], events=False)
        answer = self._answer()
        if "error" in answer:
            raise InputError(f"{self._script.uri}: {answer['error']}")

    def end(self) -> None:
        """End the process and all that it has started."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, 9)
        self._process.wait()
        self._logger.join(_LAST_SECONDS)
        if self._writer is not None:
            self._writer.join(_LAST_SECONDS)
            if self._writer.is_alive():
                # Somebody who has left the process' group still has the pipe; closing it here would wait for him.
                return
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()

    def _write(self, data: bytes, before: threading.Thread | None) -> None:
        assert self._process.stdin is not None
        if before is not None:
            before.join()
        with suppress(OSError, ValueError):
            self._process.stdin.write(data)
            self._process.stdin.flush()

    def _answer(self) -> dict[str, Any]:
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
        try:
            answer = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise self._disturbed() from error
        if not isinstance(answer, dict):
            raise self._disturbed()
        return answer

    def _disturbed(self) -> InputError:
        return InputError(
            f"{self._script.uri}: the script wrote to a pipe of its process that is not its own",
            remedy="let it write to its standard output and to files only",
        )


def _environment(script: Script) -> dict[str, str]:
    named = os.environ.get(SCRIPT_VARIABLES, "").split(",")
    kept = {name: os.environ[name] for name in (*_KEPT, *named) if name in os.environ}
    return {**kept, **script.variables, **_SAME_ORDER}


def _log(pipe: IO[bytes] | None, name: str) -> None:
    """What the script prints, a line each, long ones in pieces; no more than a thousand."""
    if pipe is None:
        return
    for number, line in enumerate(iter(lambda: pipe.readline(_LONGEST_LOG), b"")):
        if number < _MOST_LOGGED:
            logger.info(line.decode(errors="replace").rstrip(), extra={"script": name})
        elif number == _MOST_LOGGED:
            logger.warning("what it prints from here on is left out", extra={"script": name})
