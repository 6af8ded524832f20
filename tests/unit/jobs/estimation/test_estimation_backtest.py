"""Estimates beside what labels have shown since."""

from __future__ import annotations

import pytest

from model_monitor_jobs.estimation.backtest import EstimatedAndRealised, backtest
from model_monitor_jobs.estimation.estimates import Estimate


def pairs(covered: int, missed: int) -> list[EstimatedAndRealised]:
    estimate = Estimate("auc", 0.9, 0.88, 0.92)
    return [EstimatedAndRealised(estimate, 0.91)] * covered + [EstimatedAndRealised(estimate, 0.8)] * missed


def test_nothing_is_judged_below_ten_windows() -> None:
    found = backtest(pairs(1, 2))
    assert (found.windows, found.covered, found.trusted) == (3, 1, None)
    assert found.reason == "not judged yet: 3 of 10 labelled windows"
    assert found.mean_absolute_error == pytest.approx((0.01 + 2 * 0.1) / 3)
    assert backtest([]).coverage is None


@pytest.mark.parametrize(
    ("covered", "missed", "trusted"), [(8, 2, True), (7, 3, False), (80, 20, True), (79, 21, False)]
)
def test_estimates_are_silenced_below_four_fifths(covered: int, missed: int, trusted: bool) -> None:
    found = backtest(pairs(covered, missed))
    assert found.trusted is trusted
    assert found.coverage == pytest.approx(covered / (covered + missed))
    assert f"{covered} of {covered + missed} windows" in found.reason


def test_the_ends_of_an_interval_belong_to_it() -> None:
    estimate = Estimate("auc", 0.9, 0.88, 0.92)
    assert backtest([EstimatedAndRealised(estimate, value) for value in (0.88, 0.92)]).covered == 2
