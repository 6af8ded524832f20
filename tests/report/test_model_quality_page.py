"""report.html of model quality as people meet it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.report.browser import Browser

Pages = Callable[[str], Path]
HEADINGS = "[...document.querySelectorAll('h1, h2')].map(h => h.textContent)"


@pytest.mark.parametrize(
    ("name", "headings"),
    [
        (
            "alert",
            [
                "Where, how large, since when",
                "What to do",
                "Performance over time",
                "Estimated against measured",
                "All metrics",
                "Segments",
                "Answers against labels",
                "Probabilities",
                "Ground truth",
                "About this run",
                "How this was decided",
            ],
        ),
        (
            "of_numbers",
            [
                "Where, how large, since when",
                "What to do",
                "Performance over time",
                "Estimated against measured",
                "All metrics",
                "Errors",
                "Ground truth",
                "About this run",
                "How this was decided",
            ],
        ),
    ],
)
def test_the_questions_are_answered_in_their_order(
    browser: Browser, page_file: Pages, name: str, headings: list[str]
) -> None:
    with browser.page() as page:
        page.open(page_file(f"model_quality.{name}"))
        assert page.evaluate(HEADINGS)[1:] == headings
        assert page.evaluate("document.querySelector('.brand').textContent") == "Model Monitor · Model quality"


def test_estimates_differ_from_measured_values_in_form_and_colour(browser: Browser, page_file: Pages) -> None:
    """Dots and triangles are full, diamonds hollow and of a colour of their own, light and dark."""
    styles = (
        "['estimate', 'window', 'bad'].map(name => [...document.querySelectorAll(`.long path[style*=${name}]`)].at(-1))"
        ".map(e => [getComputedStyle(e).fill, getComputedStyle(e).stroke])"
    )
    with browser.page() as page:
        page.open(page_file("model_quality.alert"))
        light = page.evaluate(styles)
        page.media(dark=True)
        dark = page.evaluate(styles)
    assert light[0] == ["rgb(255, 255, 255)", "rgb(90, 62, 166)"]
    assert dark[0] == ["rgb(27, 31, 37)", "rgb(184, 162, 255)"]
    assert light[2][0] == "rgb(163, 33, 11)"
    assert len({light[0][1], light[1][1], light[2][0]}) == 3


def test_a_narrow_page_shows_the_newest_windows_first(browser: Browser, page_file: Pages) -> None:
    with browser.page(390, 844) as page:
        page.open(page_file("model_quality.alert"))
        inside, outside, right, edge = page.evaluate(
            "(box => [box.scrollWidth, box.clientWidth, box.firstElementChild.getBoundingClientRect().right,"
            " box.getBoundingClientRect().right])(document.querySelector('.newest'))"
        )
    assert inside > outside
    assert right == pytest.approx(edge, abs=1)


def test_every_picture_has_its_numbers_beside_it(browser: Browser, page_file: Pages) -> None:
    with browser.page() as page:
        page.open(page_file("model_quality.alert"))
        assert page.evaluate("document.querySelectorAll('svg.drawing').length") == 5
        assert page.evaluate(
            "[...document.querySelectorAll('svg.drawing')].every("
            "d => (d.closest('.sides') || d.closest('figure')).querySelector('details table'))"
        )
        assert page.evaluate("document.querySelectorAll('#t0t').length") == 1
        rows = page.evaluate(
            "[...document.querySelectorAll('figure.card details')][0].querySelectorAll('tbody tr').length"
        )
    # 16 windows before, this one, three ahead.
    assert rows == 20


def test_it_prints_in_ink_on_paper(browser: Browser, page_file: Pages) -> None:
    # The width that margins leave of A4.
    with browser.page(688, 1000, dark=True) as page:
        page.media(dark=True, printed=True)
        page.open(page_file("model_quality.alert"))
        assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
        assert page.evaluate("document.documentElement.scrollWidth") <= 688
        pdf = page.pdf()
    assert 3 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 9
