"""What the page and the terminal say of a bias result."""

from __future__ import annotations

import math
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from model_monitor_crds.alert import Check, RaisedAlert
from model_monitor_crds.bias import ModelBias
from model_monitor_jobs.checks.bias.intervals import score_interval
from model_monitor_jobs.checks.bias.words import NAMES
from model_monitor_jobs.decisions import Verdict
from model_monitor_jobs.execution.page import monitor_page
from model_monitor_jobs.profiles.bias import BiasCounts
from model_monitor_jobs.reports.html.context import ReportContext
from model_monitor_jobs.reports.html.model import State
from model_monitor_jobs.reports.html.model_bias import report_of
from model_monitor_jobs.reports.html.model_bias.timelines import _ratios
from model_monitor_jobs.reports.html.model_bias.words import MEANINGS
from model_monitor_jobs.reports.html.render import picture_of, render_report
from model_monitor_jobs.reports.terminal import alert_line, result_report
from model_monitor_jobs.runs.history import History, parse_result
from model_monitor_jobs.runs.model_bias_result import ModelBiasResult
from model_monitor_jobs.runs.outcome import report_document, result_status
from model_monitor_jobs.sagemaker.documents import to_json
from tests.unit.jobs.runs.bias_shop import FACETS, BiasShop


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ModelBiasResult]:
    shop = BiasShop(tmp_path_factory.mktemp("shop"))
    shop.write_training(days=8, a_day=300)
    files = shop.baseline()
    found = {}
    for day, unfair in ((20, 0.0), (21, 0.5)):
        shop.unfair = unfair
        shop.write_day(day, 400)
        found["unfair" if unfair else "fair"] = shop.judge_bias(files, day)
    found["few"] = shop.judge_bias(files, 20, shop.bias_monitor(modelBias={"minimumFacetSize": 300}))
    found["unlabelled"] = shop.judge_bias(files, 20, shop.bias_monitor(groundTruth=None))
    return found


def test_a_violation_is_told_with_what_to_do(results: dict[str, ModelBiasResult]) -> None:
    report = report_of(results["unfair"], ReportContext("credit"))
    assert report.state is State.VIOLATION
    assert report.headline == "The model or its data treat plan = b differently from the baseline."
    assert "DPPL of plan = b" in report.detail
    assert "times its limit" in report.detail
    assert report.steps
    assert [check.name for check in report.checks] == ["DPPL of plan = b", "DPL of plan = b"]
    assert (report.checks[0].verdict, report.checks[1].verdict) == ("Violation", "Pass")


def test_rates_stand_beside_those_of_the_baseline(results: dict[str, ModelBiasResult]) -> None:
    (facet,) = report_of(results["unfair"], ReportContext("credit")).facets
    table = results["unfair"].profile.counts.table.sum(axis=0)[0]
    names = [rate.name for rate in facet.rates]
    assert names[:4] == ["Rows", "Good labels", "Good labels, in the baseline", "Good answers"]
    answers = facet.rates[3]
    positive = table[1, :, 1].sum() / table[1, :, :2].sum()
    assert answers.group.startswith(f"{positive * 100:.1f} % (")
    assert float(answers.others.split(" %")[0]) > 2 * float(answers.group.split(" %")[0])


def test_every_metric_says_what_it_means(results: dict[str, ModelBiasResult]) -> None:
    (facet,) = report_of(results["fair"], ReportContext("credit")).facets
    assert {row.key for row in facet.metrics} >= {"AD", "DI", "DPPL", "EOD", "FT", "GE", "TE"}
    assert all(row.remark for row in facet.metrics)
    assert set(MEANINGS) == set(NAMES)


def test_a_person_is_told_how_many_of_a_hundred(results: dict[str, ModelBiasResult]) -> None:
    result = results["unfair"]
    report = report_of(result, ReportContext("credit"))
    now, then = (counts.table.sum(axis=0)[0, :, :, :2].sum(axis=1) for counts in _counts(result))
    others, group = (round(100 * side[1] / side.sum()) for side in now)
    others_then, group_then = (round(100 * side[1] / side.sum()) for side in then)
    said = (
        f"{group} of 100 where plan = b get a good answer, against {others} of 100 among all others; in the baseline "
        f"{group_then} against {others_then}."
    )
    assert report.detail.startswith(said)
    assert report.facets[0].sentence.startswith(said)
    assert "have a good label" in report.facets[0].sentence
    unlabelled = report_of(results["unlabelled"], ReportContext("credit"))
    assert "good label" not in unlabelled.facets[0].sentence


def test_rates_are_drawn_with_their_intervals(results: dict[str, ModelBiasResult]) -> None:
    (facet,) = report_of(results["unfair"], ReportContext("credit")).facets
    assert facet.drawn is not None
    sides = {(each.name, each.of): each for each in facet.drawn.sides}
    assert len(sides) == 10
    right = sides["Right answers", "plan = b"]
    confusion = results["unfair"].profile.counts.table.sum(axis=0)[0, 1, :2, :2]
    hits = int(confusion[0, 0] + confusion[1, 1])
    assert right.now is not None
    low, rate, high = score_interval(hits, int(confusion.sum()))
    assert (right.now.low, right.now.value, right.now.high) == (low, rate, high)
    assert right.before is not None
    picture = picture_of(facet.drawn)
    assert picture is not None
    assert f"{rate * 100:.1f} %" in picture.content


def test_the_course_has_earlier_windows_and_how_far_a_metric_may_go(results: dict[str, ModelBiasResult]) -> None:
    result = results["unfair"]
    document = report_document(results["fair"], {"status": result_status(results["fair"], None).to_dict()})
    assert results["fair"].window is not None
    history = History((parse_result(to_json(document), results["fair"].window.end),))
    first, second = report_of(result, ReportContext("credit", history=history)).timelines
    assert (first.metric, second.metric) == ("DPL", "DPPL")
    before, now = second.points
    assert before.measured is not None
    assert before.measured.value == pytest.approx(results["fair"].measured[0]["DPPL"].value)
    assert (before.judged, before.violated, now.violated) == (True, False, True)
    limit = next(each.evidence.limit for each in result.findings if each.violated and each.evidence)
    assert second.low is not None
    assert second.high is not None
    assert second.high - second.low == pytest.approx(2 * limit)
    assert b"Bias over time" in render_report(report_of(result, ReportContext("credit", history=history)))
    assert report_of(result, ReportContext("credit")).timelines == ()


def test_a_course_without_labels_has_none_to_show(results: dict[str, ModelBiasResult]) -> None:
    result = results["unlabelled"]
    document = report_document(result, {"status": result_status(result, None).to_dict()})
    assert result.window is not None
    history = History((parse_result(to_json(document), result.window.start),))
    report = report_of(result, ReportContext("credit", history=history))
    (timeline,) = report.timelines
    assert not timeline.labelled
    assert b"records with a label" not in render_report(report)


@pytest.mark.parametrize(
    ("baseline", "limit", "reach"),
    [(0.5, 0.1, (0.452, 0.553)), (2.0, 0.1, (1.810, 2.210)), (0.9, 0.2, (0.737, 1.357)), (1.1, 0.2, (0.744, 1.343))],
)
def test_a_ratio_may_go_as_far_as_its_logarithm(baseline: float, limit: float, reach: tuple[float, float]) -> None:
    found = _ratios(baseline, limit)
    assert found == pytest.approx(reach, abs=1e-3)
    assert all(abs(math.log(each)) <= abs(math.log(baseline)) + limit + 1e-9 for each in found if each)


def _counts(result: ModelBiasResult) -> tuple[BiasCounts, BiasCounts]:
    assert result.reference.baseline is not None
    return result.profile.counts, result.reference.baseline.whole.counts


def test_quiet_and_unjudged_windows(results: dict[str, ModelBiasResult]) -> None:
    quiet = report_of(results["fair"], ReportContext("credit"))
    assert (quiet.state, quiet.steps) == (State.QUIET, ())
    assert quiet.headline == "No group is treated differently from the baseline."
    within = ModelBias.model_validate({"allowedRanges": [{"metric": name, "low": -1} for name in ("DPL", "DPPL")]})
    allowed = report_of(results["fair"], ReportContext("credit", model_bias=within))
    assert allowed.headline == "Groups are treated as equally as is allowed."
    few = report_of(results["few"], ReportContext("credit"))
    assert few.state is State.UNKNOWN
    assert "300 are needed" in few.detail
    unlabelled = report_of(results["unlabelled"], ReportContext("credit"))
    assert unlabelled.truth is None
    assert not any("label" in sentence for sentence in unlabelled.rule if "records" in sentence)


def test_values_of_the_data_stay_text(tmp_path: Path) -> None:
    shop = BiasShop(tmp_path)
    shop.write_training(days=8, a_day=300)
    text = (tmp_path / "training.csv").read_text().replace(",b,", ",<b>x</b>,")
    (tmp_path / "training.csv").write_text(text)
    files = shop.baseline(modelBias=FACETS | {"facets": [{"name": "plan", "values": ["<b>x</b>"]}]})
    shop.write_day(20, 300)
    result = shop.judge_bias(files, 20)
    assert {finding.verdict for finding in result.findings} == {Verdict.INSUFFICIENT_DATA}
    page = monitor_page(result, shop.bias_monitor(), "credit", "credit-1", "s3://x", History())
    assert b"plan = &lt;b&gt;x&lt;/b&gt;" in page
    assert b"<b>x" not in page


def test_a_terminal_names_group_and_metric(results: dict[str, ModelBiasResult]) -> None:
    console = Console(width=160, record=True, file=StringIO())
    console.print(result_report(results["unfair"], every_check=True))
    shown = console.export_text()
    assert "Group" in shown
    assert "Labels as of" in shown
    assert any(line.startswith("plan = b  DPPL") and "Violation" in line for line in shown.splitlines())
    alert = RaisedAlert(Check("plan = b", "dppl_check"), 2, immediate=False)
    assert "DPPL of plan = b: violated in 2 of the latest 3 windows" in alert_line(alert, 3).plain
    console.print(result_report(results["unlabelled"]))
    assert "Labels as of" not in console.export_text()


def test_earlier_results_on_the_window_are_told(results: dict[str, ModelBiasResult]) -> None:
    metrics = [{"metric": "DPL plan = b", "value": 0.3, "low": 0.2, "high": 0.4}]
    before = {
        "labelsAsOf": "2026-01-22T00:00:00Z",
        "coverage": 0.82,
        "metrics": metrics,
        "violated": ["plan = b dpl_check"],
    }
    truth = report_of(replace(results["fair"], revisions=(before,)), ReportContext("credit")).truth
    assert truth is not None
    first, now = truth.revisions
    assert truth.metric == "DPL of plan = b"
    assert (first.coverage, first.value, first.verdict) == ("82.0 %", "0.300 (0.200 to 0.400)", "Violation")
    assert (now.coverage, now.verdict) == ("100.0 %", "Pass")
