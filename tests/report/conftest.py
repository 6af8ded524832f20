"""Pages of reports in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from model_monitor_jobs.reports.html.render import render_report
from tests.report import examples
from tests.report.accessibility import axe_core
from tests.report.browser import Browser


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests."""
    with Browser() as started:
        yield started


@pytest.fixture(scope="session")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Where the page of an example lies, by the example's name; each is made once."""
    folder = tmp_path_factory.mktemp("pages")

    def write(name: str) -> Path:
        path = folder / f"{name}.html"
        if not path.exists():
            path.write_bytes(render_report(getattr(examples, name)()))
        return path

    return write


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core."""
    return axe_core()
