"""M of the latest N judged windows, of the same column and check."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_monitor_crds.alert import Check, JudgedWindow, RaisedAlert, raised_alerts

AGE = Check("age", "completeness_check")
PAY = Check("pay", "completeness_check")
QUIET = JudgedWindow()


def bad(*checks: Check) -> JudgedWindow:
    return JudgedWindow(violated=frozenset(checks))


UNJUDGED = JudgedWindow(not_judged=frozenset({AGE}))


@pytest.mark.parametrize(
    ("history", "raised"),
    [
        ([], []),
        ([bad(AGE)], []),
        ([bad(AGE), bad(AGE)], [RaisedAlert(AGE, 2, False)]),
        ([bad(AGE), QUIET, bad(AGE)], [RaisedAlert(AGE, 2, False)]),
        ([bad(AGE), QUIET, QUIET, bad(AGE)], []),
        ([bad(AGE), bad(PAY)], []),
        ([bad(AGE), UNJUDGED, UNJUDGED, UNJUDGED, bad(AGE)], [RaisedAlert(AGE, 2, False)]),
        ([bad(AGE), bad(AGE), QUIET, QUIET], []),
        ([bad(PAY, AGE), bad(AGE, PAY)], [RaisedAlert(AGE, 2, False), RaisedAlert(PAY, 2, False)]),
    ],
)
def test_two_of_three(history: list[JudgedWindow], raised: list[RaisedAlert]) -> None:
    assert raised_alerts(history, 2, 3) == raised


def test_an_immediate_violation_alerts_by_itself_and_only_in_its_own_window() -> None:
    storm = JudgedWindow(violated=frozenset({AGE}), immediate=frozenset({AGE}))
    assert raised_alerts([QUIET, storm], 2, 3) == [RaisedAlert(AGE, 1, True)]
    assert raised_alerts([storm, QUIET], 2, 3) == []


def test_one_of_one_is_the_latest_judged_window() -> None:
    assert raised_alerts([bad(AGE), UNJUDGED], 1, 1) == [RaisedAlert(AGE, 1, False)]
    assert raised_alerts([bad(AGE), QUIET], 1, 1) == []


WINDOWS = st.lists(st.sampled_from([QUIET, UNJUDGED, bad(AGE), bad(PAY), bad(AGE, PAY)]), max_size=12)


@given(WINDOWS, st.integers(1, 5), st.integers(1, 5))
def test_windows_that_judged_nothing_change_nothing(history: list[JudgedWindow], needed: int, among: int) -> None:
    blind = JudgedWindow(not_judged=frozenset({AGE, PAY}))
    with_gaps = [window for judged in history for window in (blind, judged)]
    assert raised_alerts(with_gaps, needed, among) == raised_alerts(history, needed, among)


@given(WINDOWS, st.integers(1, 5), st.integers(1, 5))
def test_asking_for_more_violations_never_raises_more_alerts(
    history: list[JudgedWindow], needed: int, among: int
) -> None:
    fewer = {alert.check for alert in raised_alerts(history, needed + 1, among)}
    assert fewer <= {alert.check for alert in raised_alerts(history, needed, among)}
