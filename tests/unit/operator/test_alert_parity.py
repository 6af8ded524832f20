"""Alerts in a cluster are those of `model-monitor run`, whatever of a run its status can list."""

from __future__ import annotations

from typing import Any

from model_monitor_crds.alert import raised_alerts
from model_monitor_operator.reconcile.history import judged_windows

CHECK = {"column": "age", "check": "completeness_check"}


def window(day: int, **status: Any) -> dict[str, Any]:
    bounds = {"start": f"2026-11-{day:02}T00:00:00Z", "end": f"2026-11-{day + 1:02}T00:00:00Z"}
    return {"metadata": {"name": f"run-{day}"}, "status": {"window": bounds, "verdicts": {"passed": 3}, **status}}


def test_windows_that_could_not_judge_a_check_do_not_count_for_it() -> None:
    violated, unjudged = {"violations": [CHECK]}, {"notJudged": [CHECK]}
    history = judged_windows(
        [window(1, **violated), window(2, **unjudged), window(3, **unjudged), window(4, **violated)]
    )
    assert [alert.check.column for alert in raised_alerts(history, 2, 3)] == ["age"]


def test_windows_that_passed_count() -> None:
    history = judged_windows([window(1, violations=[CHECK]), window(2), window(3), window(4, violations=[CHECK])])
    assert raised_alerts(history, 2, 3) == []


def test_a_window_that_lists_only_part_says_nothing_of_the_rest() -> None:
    cut = {"violations": [{"column": "other", "check": "completeness_check"}], "truncated": True}
    history = judged_windows([window(1, violations=[CHECK]), window(2, **cut), window(3, violations=[CHECK])])
    assert {alert.check.column for alert in raised_alerts(history, 2, 2)} == {"age"}
