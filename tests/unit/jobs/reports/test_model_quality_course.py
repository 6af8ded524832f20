"""The course of a metric over windows, and what estimates have been worth, as the page tells them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from model_monitor_crds.window import Window
from model_monitor_jobs.estimation.estimates import Estimates
from model_monitor_jobs.reports.html.model_quality import report_of
from model_monitor_jobs.reports.html.model_quality.timelines import MOST_AHEAD
from model_monitor_jobs.reports.html.render import render_report
from model_monitor_jobs.reports.html.timeline import MOST_EARLIER, When
from model_monitor_jobs.runs.history import EarlierMetric, EarlierResult, History, parse_result
from model_monitor_jobs.runs.outcome import report_document, result_status
from model_monitor_jobs.sagemaker.documents import to_json
from tests.report import model_quality_examples as examples
from tests.report.performance import BINARY, DAY, WINDOW, binary, reference

BASELINE = reference(BINARY, {(): binary(20_000, 2.2, 1)})


def test_the_course_has_the_windows_before_this_one_and_those_ahead() -> None:
    (timeline,) = examples.alert().timelines
    points = timeline.points
    assert [point.when for point in points] == [When.EARLIER] * 16 + [When.NOW] + [When.AHEAD] * 3
    assert [point.label for point in points[15:18]] == ["8 March 2026", "9 March 2026", "10 March 2026"]
    assert [place for place, point in enumerate(points) if point.violated] == [14, 15, 16]
    assert [place for place, point in enumerate(points) if point.rechecked] == [7, 11, 16]
    assert not points[9].judged
    assert all(point.measured is None and point.estimated is not None for point in points[17:])
    # 0.940 in the baseline, give or take the limit of this window.
    assert timeline.low is not None
    assert timeline.high is not None
    assert timeline.baseline == pytest.approx((timeline.low + timeline.high) / 2)
    assert timeline.high - timeline.low == pytest.approx(2 * 0.0212, abs=1e-3)


def test_the_course_is_read_from_what_runs_have_published() -> None:
    result, context = examples.alert_parts()
    document = report_document(result, {"status": result_status(result, None).to_dict()})
    before = parse_result(to_json(document), WINDOW.end + 2 * DAY)
    later = replace(result, window=Window(WINDOW.start + DAY, WINDOW.end + DAY), outlook=None, revisions=())
    timeline = report_of(later, replace(context, history=History((before,)))).timelines[0]
    first, now, ahead = timeline.points
    assert (first.when, first.label, first.violated, first.rechecked) == (When.EARLIER, "9 March 2026", True, True)
    assert first.measured is not None
    assert now.measured is not None
    assert first.measured.value == pytest.approx(now.measured.value)
    assert first.estimated == now.estimated
    assert first.coverage == pytest.approx(now.coverage)
    # What the run before looked ahead to has no labels yet.
    assert (ahead.when, ahead.label) == (When.AHEAD, "12 March 2026")


def test_the_course_is_bounded() -> None:
    long = examples.history("auc", [0.94] * 60, 0.01, 0.94)
    ahead = [
        replace(result, outlook=replace(result.outlook, start=WINDOW.start + (day + 1) * DAY))
        for day, result in enumerate(long.results)
        if result.outlook is not None
    ]
    made = examples.Made({(): binary(2_000, 2.2, 5)}, 2_000)
    (timeline,) = report_of(examples.result(BASELINE, made), examples.context(History(tuple(ahead)))).timelines
    assert len(timeline.points) == MOST_EARLIER + 1 + MOST_AHEAD
    assert render_report(report_of(examples.result(BASELINE, made), examples.context(History(tuple(ahead)))))


def test_limits_of_errors_are_shares_of_the_baseline() -> None:
    report = examples.of_numbers()
    row, effect = report.metrics[0], report.violated[0].effect
    assert effect is not None
    assert row.limit == "5.1 %"
    assert row.change == "+47.4 %"
    assert report.violated[0].sentence.startswith("Change 47.4 % of the baseline's value (")
    timeline = report.timelines[0]
    assert timeline.baseline is not None
    assert timeline.high == pytest.approx(timeline.baseline * (1 + effect.limit))


@pytest.mark.parametrize(
    ("hour", "length", "names"),
    [
        (0, 24, ["7 Mar", "8 Mar", "9 Mar"]),
        (12, 1, ["10:00", "11:00", "12:00"]),
        (1, 1, ["8 Mar 23:00", "9 Mar 00:00", "9 Mar 01:00"]),
    ],
)
def test_windows_are_named_as_shortly_as_they_can_be(hour: int, length: int, names: list[str]) -> None:
    start, span = WINDOW.start + timedelta(hours=hour), timedelta(hours=length)
    earlier = [
        EarlierResult(start, start - back * span, None, {}, {"auc": EarlierMetric(0.93, 0.92, 0.94)}) for back in (2, 1)
    ]
    result = examples.result(BASELINE, examples.Made({(): binary(2_000, 2.2, 5)}, 2_000))
    result = replace(result, window=Window(start, start + span))
    (timeline,) = report_of(result, examples.context(History(tuple(earlier)))).timelines
    assert [point.tick for point in timeline.points] == names


def test_a_silenced_estimate_is_shown_nowhere() -> None:
    report = examples.silenced()
    assert report.trial is not None
    assert any("silenced" in sentence for sentence in report.trial.sentences)
    assert report.trial.pairs == ()
    assert not any(row.estimate for row in report.metrics)
    assert not any(point.estimated for timeline in report.timelines for point in timeline.points)
    assert not any(point.when is When.AHEAD for timeline in report.timelines for point in timeline.points)
    assert "0.999" not in render_report(report).decode()
    assert report.steps[0].text.startswith("Go by measured values only")


def test_why_there_is_no_estimate_is_told() -> None:
    result = examples.result(BASELINE, examples.Made({(): binary(3_000, 2.2, 2)}, 3_000))
    none = report_of(
        replace(result, estimates=Estimates(reason="the model gives no probabilities")), examples.context()
    )
    assert none.trial is not None
    assert none.trial.sentences == ("Performance is not estimated: the model gives no probabilities.",)
    assert report_of(result, examples.context()).trial is None
