"""Pages of reports in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from model_monitor_jobs.reports.html.render import render_report
from tests.report import examples, model_bias_examples, model_explainability_examples, model_quality_examples
from tests.report.accessibility import axe_core
from tests.report.browser import Browser

MODULES = {
    "": examples,
    "model_bias": model_bias_examples,
    "model_explainability": model_explainability_examples,
    "model_quality": model_quality_examples,
}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests."""
    with Browser() as started:
        yield started


@pytest.fixture(scope="session")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Where the page of an example lies, by its name, which begins with the type of monitor; each is made once."""
    folder = tmp_path_factory.mktemp("pages")

    def write(name: str) -> Path:
        path = folder / f"{name}.html"
        if not path.exists():
            module = MODULES[name.rpartition(".")[0]]
            path.write_bytes(render_report(getattr(module, name.rpartition(".")[2])()))
        return path

    return write


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core."""
    return axe_core()
