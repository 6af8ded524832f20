"""report.html as people meet it: a real browser, keyboard, dark, narrow, printed."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.report.browser import Browser

DATA_QUALITY = ("storm", "quiet", "unjudged", "original", "hostile", "wide")
MODEL_QUALITY = tuple(
    f"model_quality.{name}" for name in ("alert", "few_labels", "of_numbers", "of_classes", "original", "hostile")
)
MODEL_BIAS = tuple(f"model_bias.{name}" for name in ("alert", "few", "original", "hostile"))
MODEL_EXPLAINABILITY = tuple(
    f"model_explainability.{name}" for name in ("alert", "quiet", "few", "original", "of_two_outputs", "hostile")
)
OF_MODELS = (*MODEL_QUALITY, *MODEL_BIAS, *MODEL_EXPLAINABILITY)
EXAMPLES = (*DATA_QUALITY, *OF_MODELS)
Pages = Callable[[str], Path]

CONTRAST = """
(() => {
  const parse = text => { const n = text.match(/[\\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; };
  const over = (a, b) => [0, 1, 2].map(i => a[i] * a[3] + b[i] * (1 - a[3])).concat(1);
  const light = c => { const [r, g, b] = c.slice(0, 3).map(v => { v /= 255;
    return v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; }); return .2126 * r + .7152 * g + .0722 * b; };
  const canvas = parse(getComputedStyle(document.documentElement).backgroundColor);
  const behind = element => { const layers = [];
    for (let e = element; e; e = e.parentElement) layers.push(parse(getComputedStyle(e).backgroundColor));
    return layers.reverse().reduce((below, layer) => over(layer, below), canvas); };
  const worst = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some(n => n.nodeType === 3 && n.data.trim());
    if (!own || ["SCRIPT", "STYLE", "title", "desc"].includes(element.tagName)) continue;
    const style = getComputedStyle(element), box = element.getBoundingClientRect();
    if (!box.width || style.visibility === "hidden") continue;
    const text = element instanceof SVGElement ? style.fill : style.color;
    const base = behind(element instanceof SVGElement ? element.closest("svg").parentElement : element);
    const [a, b] = [light(over(parse(text), base)), light(base)].sort((x, y) => y - x);
    worst.push([(a + .05) / (b + .05), element.outerHTML.slice(0, 120)]);
  }
  worst.sort((x, y) => x[0] - y[0]);
  return [worst.length, worst[0]];
})()
"""
FIRST_NAMES = "[...document.querySelectorAll('#columns tbody tr')].slice(0, 3).map(r => r.cells[0].textContent)"


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_page_loads_nothing_and_complains_of_nothing(browser: Browser, page_file: Pages, name: str) -> None:
    path = page_file(name)
    with browser.page() as page:
        page.open(path)
        assert page.requests == [path.as_uri()]
        assert page.errors == []
        assert "owned" not in page.evaluate("document.title").replace("='owned'", "")
        assert page.evaluate("document.images.length") == 0
        assert page.evaluate("document.scripts.length") == 1


def test_values_of_the_traffic_stay_text(browser: Browser, page_file: Pages) -> None:
    """With the content security policy taken away, too: the page must be right by itself."""
    path = page_file("hostile")
    content = path.read_text(encoding="utf-8")
    assert "Content-Security-Policy" in content
    bare = path.with_name("bare.html")
    bare.write_text(re.sub(r"<meta http-equiv=[^>]*>", "", content), encoding="utf-8")
    with browser.page() as page:
        page.open(bare)
        assert page.evaluate("document.title").startswith("Alert: </script><script>document.title='owned'")
        assert page.evaluate("document.scripts.length") == 1
        assert page.evaluate("document.querySelectorAll('[onerror], img').length") == 0
        text = page.evaluate("document.body.textContent")
        assert "{{ 7 * 7 }}" in text
        # Labels of a drawing are kept as they are, whatever its markup is shortened by.
        assert '3.14159 #010101 id="x"' in page.evaluate("document.querySelector('.drawing').textContent")
        assert not re.search("[\x00-\x08\u202e]", text)
        assert page.evaluate("document.body.innerHTML.includes('\\ud83d')") is False


def test_the_policy_stops_what_is_put_into_the_page(browser: Browser, page_file: Pages) -> None:
    with browser.page() as page:
        page.open(page_file("quiet"))
        page.evaluate(
            "document.body.append(Object.assign(document.createElement('script'), {text: 'window.owned = 1'}))"
        )
        page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=http://127.0.0.1:9/x onerror=owned=1>')")
        assert page.evaluate("typeof window.owned") == "undefined"
        assert any("Content Security Policy" in error for error in page.errors)


def test_the_questions_are_answered_in_their_order(browser: Browser, page_file: Pages) -> None:
    with browser.page() as page:
        page.open(page_file("storm"))
        headings = page.evaluate("[...document.querySelectorAll('h1, h2')].map(h => h.textContent)")
    assert [heading.replace("\xa0", " ") for heading in headings] == [
        "dep_delay: 51.8 % of rows have no value, 1.8 % in the baseline — 8.1 times its limit.",
        "Where, how large, since when",
        "What to do",
        "Columns in trouble",
        "All columns",
        "About this run",
        "How this was decided",
    ]


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", ["storm", "quiet", "unjudged", "original", *OF_MODELS])
def test_every_text_has_enough_contrast(browser: Browser, page_file: Pages, name: str, dark: bool) -> None:
    with browser.page(dark=dark) as page:
        page.open(page_file(name))
        background = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        count, (contrast, where) = page.evaluate(CONTRAST)
    shade = sum(map(int, re.findall(r"\d+", background)[:3]))
    assert (shade < 150) if dark else (shade > 700)
    assert count > 20
    assert contrast >= 4.5, where


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", ["storm", "quiet", "unjudged", "original", "hostile", *OF_MODELS])
def test_axe_finds_no_fault(browser: Browser, page_file: Pages, axe: str, name: str, dark: bool) -> None:
    with browser.page(dark=dark) as page:
        page.open(page_file(name))
        page.evaluate(f"{axe};0")
        faults: list[Any] = page.evaluate(
            "axe.run({resultTypes: ['violations']}).then(r => "
            "r.violations.map(v => [v.id, v.help, v.nodes.map(n => n.html.slice(0, 200))]))"
        )
    assert faults == []


def test_columns_are_sorted_and_found_by_keyboard(browser: Browser, page_file: Pages) -> None:
    with browser.page() as page:
        page.open(page_file("storm"))
        page.evaluate("document.querySelector('#filter').focus()")
        page.press("Tab", 9)
        page.press("Tab", 9)
        assert page.evaluate("document.activeElement.textContent") == "Column"
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        page.press("Enter", 13, "\r")
        assert page.evaluate(FIRST_NAMES) == ["air_time", "carrier", "dep_delay"]
        assert page.evaluate("document.querySelector('#columns th').getAttribute('aria-sort')") == "ascending"
        page.press(" ", 32, " ")
        assert page.evaluate(FIRST_NAMES) == ["wind_speed", "visibility", "temperature"]
        for _ in range(5):
            page.press("Tab", 9)
        page.press("Enter", 13, "\r")
        assert page.evaluate(FIRST_NAMES) == ["dep_delay", "hour", "carrier"]
        page.evaluate("document.querySelector('#filter').focus()")
        page.write("DELAY")
        assert page.evaluate("[...document.querySelectorAll('#columns tbody tr')].filter(r => !r.hidden).length") == 1
        assert page.evaluate("document.querySelector('#shown').textContent") == "1 of 8"


def test_numbers_sort_as_numbers_and_unknown_ones_come_last(browser: Browser, page_file: Pages) -> None:
    with browser.page() as page:
        page.open(page_file("storm"))
        texts = "[...document.querySelectorAll('#columns tbody tr')].map(r => r.cells[6].textContent)"
        heads = "document.querySelectorAll('#columns th button')[6]"
        page.evaluate(f"{heads}.click()")
        assert page.evaluate(texts)[:3] == ["51.8\xa0%", "1.3\xa0%", "0.0\xa0%"]
        page.evaluate(f"{heads}.click()")
        assert page.evaluate(texts) == ["0.0\xa0%", "0.0\xa0%", "1.3\xa0%", "51.8\xa0%", "", "", "", ""]


def test_without_javascript_everything_is_there_but_sorting(browser: Browser, page_file: Pages) -> None:
    with browser.page() as page:
        page.open(page_file("storm"))
        assert page.evaluate("getComputedStyle(document.querySelector('.filter')).display") == "flex"
        page.media(script=False)
        page.open(page_file("storm"))
        assert page.evaluate("document.querySelectorAll('th button').length") == 0
        assert page.evaluate("getComputedStyle(document.querySelector('.filter')).display") == "none"
        assert page.evaluate("document.querySelectorAll('#columns tbody tr').length") == 8


@pytest.mark.parametrize("width", [1280, 1100, 400, 390])
@pytest.mark.parametrize("name", EXAMPLES)
def test_the_page_never_scrolls_sideways(browser: Browser, page_file: Pages, name: str, width: int) -> None:
    with browser.page(width, 844) as page:
        page.open(page_file(name))
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_two_thousand_columns_are_a_small_page_that_is_shown_soon(browser: Browser, page_file: Pages) -> None:
    path = page_file("wide")
    assert path.stat().st_size < 1_500_000
    with browser.page() as page:
        started = time.monotonic()
        page.open(path)
        assert time.monotonic() - started < 20
        assert page.evaluate("document.querySelectorAll('#columns tbody tr').length") == 2_000
        assert page.evaluate("document.querySelectorAll('article').length") == 30
        assert "here are the 30 worst" in page.evaluate("document.querySelector('.where caption').textContent")
        assert page.evaluate(
            "(() => { const t = performance.now(); document.querySelectorAll('#columns th button')[5].click();"
            " document.body.offsetHeight; return performance.now() - t; })()"
        ) < 10_000  # fmt: skip


def test_it_prints_in_ink_on_paper(browser: Browser, page_file: Pages) -> None:
    with browser.page(794, 1123, dark=True) as page:
        page.media(dark=True, printed=True)
        page.open(page_file("storm"))
        assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
        assert page.evaluate("getComputedStyle(document.querySelector('.filter')).display") == "none"
        pdf = page.pdf()
    assert pdf.startswith(b"%PDF-")
    pages = len(re.findall(rb"/Type\s*/Page\b", pdf))
    assert 2 <= pages <= 6


def test_drawings_are_seen(browser: Browser, page_file: Pages) -> None:
    """The baseline's area and the window's line have the colours of the page, light and dark."""
    with browser.page() as page:
        page.open(page_file("storm"))
        colours = "(e => [getComputedStyle(e).fill, getComputedStyle(e).stroke])(document.querySelector('.drawing path[style*={}]'))"  # noqa: E501
        light = [page.evaluate(colours.format(name)) for name in ("baseline", "window")]
        page.media(dark=True)
        dark = [page.evaluate(colours.format(name)) for name in ("baseline", "window")]
        boxes = page.evaluate("[...document.querySelectorAll('.drawing')].map(d => d.getBoundingClientRect().height)")
    assert light[0][0] == "rgb(126, 142, 160)"
    assert light[1] == ["none", "rgb(184, 64, 15)"]
    assert dark[1] == ["none", "rgb(255, 154, 92)"]
    assert len(boxes) == 3
    assert min(boxes) > 150
