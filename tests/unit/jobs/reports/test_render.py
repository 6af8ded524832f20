"""The page as bytes: the same for the same report, and light."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser

import pytest

from model_monitor_jobs.reports.html.model import Report
from model_monitor_jobs.reports.html.render import render_report
from tests.report import examples, model_quality_examples

VOID = {"meta", "link", "input", "br"}


class Balance(HTMLParser):
    """Fails on a tag that is closed but not open; gathers ids."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.ids += [value or "" for name, value in attributes if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.ids += [value or "" for name, value in attributes if name == "id"]

    def handle_endtag(self, tag: str) -> None:
        assert self.open
        assert self.open.pop() == tag


@pytest.mark.parametrize(
    "example",
    [
        *(getattr(examples, name) for name in ("storm", "quiet", "unjudged", "hostile")),
        *(
            getattr(model_quality_examples, name)
            for name in ("alert", "few_labels", "silenced", "of_numbers", "of_classes", "original", "hostile")
        ),
    ],
    ids=lambda example: f"{example.__module__.rpartition('.')[2]}.{example.__name__}",
)
def test_a_page_is_well_formed_and_the_same_again(example: Callable[[], Report]) -> None:
    content = render_report(example())
    assert content == render_report(example())
    parser = Balance()
    parser.feed(content.decode())
    assert parser.open == []
    assert len(parser.ids) == len(set(parser.ids))


@pytest.mark.parametrize("example", [examples.storm, model_quality_examples.alert])
def test_nothing_refers_elsewhere(example: Callable[[], Report]) -> None:
    text = render_report(example()).decode()
    assert re.findall(r"https?://[^\s\"'<]*", text) == []
    assert re.findall(r"(?:src|href)=\"(?!#|data:,)[^\"]*", text) == []
    assert "url(" not in text
    assert "@import" not in text


def test_only_a_column_in_trouble_costs_a_drawing() -> None:
    program = (
        "import sys; from tests.report import examples;"
        "from model_monitor_jobs.reports.html.render import render_report;"
        "render_report(examples.quiet()); assert 'matplotlib' not in sys.modules;"
        "render_report(examples.storm()); assert 'matplotlib.figure' in sys.modules;"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)


def test_drawings_have_no_colours_of_their_own() -> None:
    text = render_report(examples.storm()).decode()
    drawings = re.findall(r'<svg class="drawing".*?</svg>', text, re.DOTALL)
    assert len(drawings) == 3
    for drawing in drawings:
        assert re.findall(r"#[0-9a-f]{6}|\bid=\"(?!c\d+[td]\")", drawing) == []
        assert "var(--window)" in drawing
        assert "var(--baseline)" in drawing


def test_drawings_of_model_quality_are_small_and_without_colours_of_their_own() -> None:
    pages = (model_quality_examples.alert(), model_quality_examples.of_numbers())
    text = "".join(render_report(page).decode() for page in pages)
    drawings = re.findall(r'<svg class="drawing[^>]*>.*?</svg>', text, re.DOTALL)
    # The course, estimates, and three curves; of the regression the course, estimates and errors.
    assert len(drawings) == 8
    for drawing in drawings:
        assert re.findall(r"#[0-9a-f]{6}|nan|inf\b", drawing) == []
        assert len(drawing) < 9_000


@pytest.mark.parametrize(("example", "pictures"), [("examples.storm", 3), ("model_quality_examples.of_numbers", 2)])
def test_without_a_folder_to_write_to_the_numbers_stand_alone(example: str, pictures: int) -> None:
    """matplotlib wants a folder for its cache. That none can be made can't be provoked as root, so it is pretended."""
    program = (
        "import os, tempfile, sys\n"
        "def refuse(*_, **__): raise OSError('read-only file system')\n"
        "tempfile.mkdtemp = refuse\n"
        "os.environ['MPLCONFIGDIR'] = '/proc/none'\n"
        "from tests.report import examples, model_quality_examples\n"
        "from model_monitor_jobs.reports.html.render import render_report\n"
        f"sys.stdout.buffer.write(render_report({example}()))\n"
    )
    page = subprocess.run([sys.executable, "-c", program], check=True, timeout=120, capture_output=True).stdout.decode()
    assert 'class="drawing' not in page
    assert page.count("<details open><summary>The numbers of this picture") == pictures
