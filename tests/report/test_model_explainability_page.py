"""report.html of feature attribution as people meet it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.report.browser import Browser

Pages = Callable[[str], Path]
HEADINGS = "[...document.querySelectorAll('h2')].map(h => h.textContent)"


def test_the_questions_are_answered_in_their_order(browser: Browser, page_file: Pages) -> None:
    with browser.page() as page:
        page.open(page_file("model_explainability.alert"))
        assert page.evaluate("document.querySelector('.brand').textContent") == "Model Monitor · Feature attribution"
        assert page.evaluate(HEADINGS) == [
            "What drives the model",
            "What was judged",
            "What to do",
            "How answers depend on single features",
            "About this run",
            "How this was decided",
        ]
        page.open(page_file("model_explainability.of_two_outputs"))
        assert page.evaluate(HEADINGS)[:2] == [
            "What drives the model: yes",
            "What drives the model: no, or rather the opposite of yes",
        ]


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [1100, 400])
def test_no_text_of_a_drawing_is_cut_or_lies_on_another(
    browser: Browser, page_file: Pages, width: int, dark: bool
) -> None:
    """Texts of one drawing, by their boxes."""
    overlaps = """
    [...document.querySelectorAll('svg.drawing')].flatMap(drawing => {
      const frame = drawing.getBoundingClientRect();
      const texts = [...drawing.querySelectorAll('text')].map(t => [t.textContent, t.getBoundingClientRect()]);
      const out = texts.filter(([, b]) => b.left < frame.left - 1 || b.right > frame.right + 1);
      const on = texts.flatMap(([one, a], i) => texts.slice(i + 1).filter(([, b]) => a.left < b.right - 1 &&
        b.left < a.right - 1 && a.top < b.bottom - 2 && b.top < a.bottom - 2).map(([two]) => [one, two]));
      return [...out.map(([text]) => text), ...on];
    })
    """
    with browser.page(width, 900, dark=dark) as page:
        page.open(page_file("model_explainability.alert"))
        assert page.evaluate("document.querySelectorAll('svg.drawing text').length") > 15
        assert page.evaluate(overlaps) == []


def test_the_window_is_told_from_the_baseline_by_form_and_colour(browser: Browser, page_file: Pages) -> None:
    """Bars of the window are hollow, those of the baseline filled, light and dark."""
    bars = (
        "['window', 'baseline'].map(name => getComputedStyle(document.querySelector("
        "`.drawing path[style*=${name}]`))).map(s => [s.fill, s.stroke])"
    )
    with browser.page() as page:
        page.open(page_file("model_explainability.alert"))
        light = page.evaluate(bars)
        page.media(dark=True)
        dark = page.evaluate(bars)
    for (own, _), (then, _) in (light, dark):
        assert own == "none"
        assert then.startswith("rgb")
    assert light[0][1] != dark[0][1]


def test_every_share_that_is_drawn_is_in_a_table(browser: Browser, page_file: Pages) -> None:
    with browser.page() as page:
        page.open(page_file("model_explainability.alert"))
        drawn = page.evaluate(
            "[...document.querySelector('svg.drawing').querySelectorAll('text')].map(t => t.textContent)"
        )
        rows = page.evaluate(
            "[...document.querySelectorAll('.plain')[0].querySelectorAll('tbody tr')].map(r => "
            "[...r.cells].slice(0, 3).map(c => c.textContent))"
        )
    assert sorted(name for name, _, _ in rows) == ["plan", "x", "y"]
    for name, share, _ in rows:
        assert name in drawn
        assert share.replace("\xa0", " ") in drawn


def test_there_is_room_for_since_when(browser: Browser, page_file: Pages) -> None:
    with browser.page(1100, 900) as page:
        page.open(page_file("model_explainability.alert"))
        widths = page.evaluate("[...document.querySelectorAll('td.since')].map(c => c.getBoundingClientRect().width)")
    assert min(widths) >= 140
