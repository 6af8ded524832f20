"""The oracle of the attribution benchmark, and how its figures are told."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from benchmarks.attribution import exact, rule_publish, setting, simulated
from benchmarks.attribution.publish import table
from benchmarks.profiles.report import put


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setting, "FEATURES", 6)


@pytest.mark.usefixtures("small")
def test_exact_values_sum_up_to_what_moved_the_answer() -> None:
    moved = setting.answer(setting.rows(3)) - setting.answer(setting.background()).mean()
    assert exact.shapley_values(3).sum(axis=1) == pytest.approx(moved, abs=1e-12)


@pytest.mark.usefixtures("small")
def test_exact_values_of_a_linear_model_are_its_terms(monkeypatch: pytest.MonkeyPatch) -> None:
    slopes = np.array([1.0, -2.0, 0.5, 0.0, 3.0, 0.1])
    monkeypatch.setattr(setting, "answer", lambda rows: rows @ slopes)
    expected = slopes * (setting.rows(2) - setting.background().mean(axis=0))
    assert exact.shapley_values(2) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("ratio", "kept"), [(0.1, "| ≤ 0.2 | yes |"), (0.3, "| ≤ 0.2 | **no** |")])
def test_a_promise_that_is_not_kept_is_told(ratio: float, kept: str) -> None:
    case = {
        "processor_seconds": {"shap": 10.0, "equal_error": 10 * ratio, "equal_samples": 2.0},
        "ratio": ratio,
        "ratios": [ratio, ratio, ratio],
        "ratio_equal_samples": 0.2,
    }
    results: dict[str, Any] = {
        "shap": "0.51.0",
        "samples": 2_088,
        "enough": 500,
        "features": 20,
        "background": 20,
        "judged": 20,
        "seeds": [1, 2],
        "rounds": 3,
        "size": 0.05,
        "most": 0.2,
        "errors": {"shap": 0.001, "ours": {"500": 0.001}},
        "machine": {"processor": "x"},
        "cases": [{"rows": 100, **case}, {"rows": 1_000, **case}],
    }
    told = table(results).splitlines()
    assert kept in next(line for line in told if line.startswith("| 1,000 |"))
    assert "≤" not in next(line for line in told if line.startswith("| 100 |"))


def test_drawn_attributions_have_the_sizes_that_are_told() -> None:
    local = np.abs(simulated.rows(np.random.RandomState(1), 200_000, 0.0)).mean(axis=0)
    assert local / local[0] == pytest.approx(simulated.SIZES / simulated.SIZES[0], rel=0.05)


def test_days_stray_by_what_is_told() -> None:
    random = np.random.RandomState(1)
    days = np.array([np.abs(simulated.rows(random, 3_000, 0.1)).mean(axis=0) for _ in range(200)])
    assert np.log(days).std(axis=0) == pytest.approx(np.full(8, 0.1), abs=0.025)


def test_a_cell_tells_false_violations_and_power(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("BASELINES", 2), ("WINDOWS", 6), ("CHANGED", 2), ("ORDERED", 1)):
        monkeypatch.setattr(simulated, name, value)
    found = simulated.cell(1_000, "all alike", 0.0)
    assert (found["windows"], found["changed_windows"], found["ordered"]) == (12, 4, 2)
    assert found["seen"]["the leading feature falls to a tenth"] == {
        "learned": 1.0,
        "no floor": 1.0,
        "unstamped": 1.0,
        "order": 1.0,
    }
    # The order is the same when the leading feature halves, so NDCG can't tell.
    assert found["seen"]["the leading feature halves"]["order"] == 0
    assert found["limit"]["learned"] < found["limit"]["unstamped"]


def test_few_rows_a_day_do_not_hide_that_days_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    """33 explained rows a day: what sampling does is as much as what days do, and one run in twenty was wrong."""
    for name, value in (("BASELINES", 20), ("WINDOWS", 12), ("CHANGED", 2), ("ORDERED", 0)):
        monkeypatch.setattr(simulated, name, value)
    monkeypatch.setattr(simulated, "RULES", {"learned": simulated.RULES["learned"]})
    found = simulated.cell(1_000, "days differ", 0.1)
    assert found["false"]["learned"] <= 0.02
    assert found["seen"]["the leading feature falls to a tenth"]["learned"] == 1


def test_the_document_shows_what_was_simulated_last() -> None:
    text = rule_publish.DOCUMENT.read_text()
    shown = rule_publish.table(json.loads(rule_publish.RESULTS.read_text()))
    assert put(text, rule_publish.PLACE, shown) == text
