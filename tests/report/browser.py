"""A real Chromium, driven over the pipe of its DevTools protocol: no port, no driver, no further package.

`python -m tests.report.browser PAGE.html PICTURE.png [WIDTH [HEIGHT]]` takes a picture of a page.
"""

from __future__ import annotations

import base64
import functools
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MOST_SECONDS = 60.0
_FLAGS = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
)

# Chromium reads commands from descriptor 3 and writes to 4; ours may be those already, the wrong way round.
_LAUNCH = """
import fcntl, os, sys
aside = [fcntl.fcntl(int(text), fcntl.F_DUPFD_CLOEXEC, 10) for text in sys.argv[1:3]]
os.dup2(aside[0], 3)
os.dup2(aside[1], 4)
os.execv(sys.argv[3], sys.argv[3:])
"""


class BrowserError(RuntimeError):
    """The browser is not there, did not answer, or refused; the message says what to do."""


@functools.cache
def find_chromium() -> str:
    """The path of a Chromium: the one that CHROMIUM names, one on PATH, else Debian's package, installed if root."""
    named = os.environ.get("CHROMIUM")
    found = named or next((path for name in NAMES if (path := shutil.which(name))), None)
    if found:
        return found
    if os.geteuid() == 0 and shutil.which("apt-get"):
        for command in (("update",), ("install", "--yes", "--no-install-recommends", "chromium")):
            subprocess.run(["apt-get", "--quiet", *command], check=False, capture_output=True, timeout=900)
        if path := shutil.which("chromium"):
            return path
    raise BrowserError(
        "the tests of report.html need Chromium: install it (Debian, Ubuntu: apt-get install chromium) or name the "
        "program in CHROMIUM"
    )


class Browser:
    """A headless Chromium with a profile of its own; a context manager."""

    def __init__(self) -> None:
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        to_read, self._write = os.pipe()
        self._read, to_write = os.pipe()
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        command = [find_chromium(), *_FLAGS, *sandbox, f"--user-data-dir={self._profile.name}", "about:blank"]
        launch = [sys.executable, "-c", _LAUNCH, str(to_read), str(to_write), *command]
        self._process = subprocess.Popen(
            launch, pass_fds=(to_read, to_write), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        os.close(to_read)
        os.close(to_write)
        self._number = 0
        self._rest = b""
        self._pages: dict[str, Page] = {}

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)
        os.close(self._write)
        os.close(self._read)
        self._profile.cleanup()

    @contextmanager
    def page(self, width: int = 1280, height: int = 900, *, dark: bool = False) -> Iterator[Page]:
        """An empty page of this size in pixels of CSS."""
        target = self.call("Target.createTarget", {"url": "about:blank"})["targetId"]
        session = self.call("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        page = self._pages[session] = Page(self, session)
        try:
            for domain in ("Page", "Network", "Runtime", "Log"):
                page.call(f"{domain}.enable")
            page.resize(width, height)
            page.media(dark=dark)
            yield page
        finally:
            self.call("Target.closeTarget", {"targetId": target})
            del self._pages[session]

    def call(self, method: str, parameters: dict[str, Any] | None = None, session: str | None = None) -> dict[str, Any]:
        """A command's result; events that come meanwhile go to their pages."""
        self._number += 1
        number = self._number
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters or {}}
        if session is not None:
            message["sessionId"] = session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        ends = time.monotonic() + MOST_SECONDS
        while True:
            answer = self._receive(ends)
            if answer.get("id") == number:
                if "error" in answer:
                    raise BrowserError(f"{method}: {answer['error']['message']}")
                result: dict[str, Any] = answer["result"]
                return result

    def wait(self, page: Page, event: str) -> dict[str, Any]:
        """The next event of this name that the page has not consumed; BrowserError after a minute."""
        ends = time.monotonic() + MOST_SECONDS
        while True:
            for place, (name, parameters) in enumerate(page.events):
                if name == event:
                    del page.events[: place + 1]
                    return parameters
            self._receive(ends)

    def _receive(self, ends: float) -> dict[str, Any]:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._read], [], [], max(0.0, ends - time.monotonic()))
            if not ready:
                raise BrowserError(f"Chromium did not answer within {MOST_SECONDS:.0f} s")
            chunk = os.read(self._read, 1 << 20)
            if not chunk:
                raise BrowserError(f"Chromium ended with code {self._process.wait(10)}")
            self._rest += chunk
        first, self._rest = self._rest.split(b"\0", 1)
        message: dict[str, Any] = json.loads(first)
        page = self._pages.get(message.get("sessionId", ""))
        if "method" in message and page is not None:
            page.notice(message["method"], message["params"])
        return message


class Page:
    """One page: what it asked of the network, and what it complained of, is kept."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self._session = session
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.requests: list[str] = []
        self.errors: list[str] = []

    def call(self, method: str, parameters: dict[str, Any] | None = None) -> dict[str, Any]:
        """A command of the DevTools protocol on this page."""
        return self._browser.call(method, parameters, self._session)

    def notice(self, method: str, parameters: dict[str, Any]) -> None:
        """Take an event."""
        if method == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.errors.append(str(parameters["exceptionDetails"]))
        elif method == "Log.entryAdded":
            self.errors.append(parameters["entry"]["text"])
        elif method == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "warning", "assert"):
            self.errors.append(str(parameters["args"]))
        elif method.startswith("Page."):
            self.events.append((method, parameters))

    def resize(self, width: int, height: int) -> None:
        """Change the size of the viewport, in pixels of CSS."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", size)

    def media(self, *, dark: bool = False, printed: bool = False, script: bool = True) -> None:
        """Emulate a dark desktop, a printer, or a browser without JavaScript."""
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.call("Emulation.setEmulatedMedia", {"media": "print" if printed else "", "features": features})
        self.call("Emulation.setScriptExecutionDisabled", {"value": not script})

    def open(self, path: Path) -> None:
        """Load a file and wait until it is shown."""
        self.events.clear()
        self.call("Page.navigate", {"url": path.resolve().as_uri()})
        self._browser.wait(self, "Page.loadEventFired")

    def evaluate(self, expression: str) -> Any:
        """The value of an expression, promises awaited; BrowserError when it throws."""
        parameters = {"expression": expression, "returnByValue": True, "awaitPromise": True}
        answer = self.call("Runtime.evaluate", parameters)
        if "exceptionDetails" in answer:
            raise BrowserError(f"{expression[:200]}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def press(self, key: str, code: int, text: str = "") -> None:
        """Press and let go a key, by its name in DOM and its virtual key code."""
        base = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        self.call("Input.dispatchKeyEvent", base | {"type": "keyDown", "text": text})
        self.call("Input.dispatchKeyEvent", base | {"type": "keyUp"})

    def write(self, text: str) -> None:
        """Type into what has the focus."""
        self.call("Input.insertText", {"text": text})

    def picture(self, *, whole: bool = False) -> bytes:
        """A PNG of the viewport, or of the whole page."""
        answer = self.call("Page.captureScreenshot", {"format": "png", "captureBeyondViewport": whole})
        return base64.b64decode(answer["data"])

    def pdf(self) -> bytes:
        """The page as it prints on A4."""
        size = {"paperWidth": 8.27, "paperHeight": 11.69, "printBackground": True}
        return base64.b64decode(self.call("Page.printToPDF", size)["data"])


def main() -> None:
    """Take a picture of a page."""
    source, target, *size = sys.argv[1:]
    width, height = int(size[0]) if size else 1280, int(size[1]) if len(size) > 1 else 1600
    with Browser() as browser, browser.page(width, height) as page:
        page.open(Path(source))
        Path(target).write_bytes(page.picture())


if __name__ == "__main__":
    main()
