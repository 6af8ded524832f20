"""The oracle of the attribution benchmark, and how its figures are told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks.attribution import exact, setting
from benchmarks.attribution.publish import table


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
