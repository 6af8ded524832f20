"""What the page and the terminal say of a bias result."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from model_monitor_crds.alert import Check, RaisedAlert
from model_monitor_jobs.decisions import Verdict
from model_monitor_jobs.execution.page import monitor_page
from model_monitor_jobs.reports.html.context import ReportContext
from model_monitor_jobs.reports.html.model import State
from model_monitor_jobs.reports.html.model_bias import report_of
from model_monitor_jobs.reports.terminal import alert_line, result_report
from model_monitor_jobs.runs.history import History
from model_monitor_jobs.runs.model_bias_result import ModelBiasResult
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


def test_quiet_and_unjudged_windows(results: dict[str, ModelBiasResult]) -> None:
    quiet = report_of(results["fair"], ReportContext("credit"))
    assert (quiet.state, quiet.steps) == (State.QUIET, ())
    assert quiet.headline == "No group is treated differently from the baseline."
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
