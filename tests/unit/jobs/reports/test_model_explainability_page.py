"""What the page and the terminal say of an explainability result."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from model_monitor_crds.alert import Check, RaisedAlert
from model_monitor_crds.model_explainability import ModelExplainability
from model_monitor_crds.monitoringschedule import Alert
from model_monitor_jobs.checks.explainability.words import ORDER_CHECK, SHARE_CHECK, share_text
from model_monitor_jobs.execution.page import monitor_page
from model_monitor_jobs.reports.html.context import ReportContext
from model_monitor_jobs.reports.html.model import State
from model_monitor_jobs.reports.html.model_explainability import report_of
from model_monitor_jobs.reports.html.model_explainability.build import MOST_VALUES
from model_monitor_jobs.reports.html.model_explainability.drawing import draw_dependence, draw_shares, percent_text
from model_monitor_jobs.reports.html.model_explainability.model import (
    Dependence,
    DependenceLine,
    FeatureShare,
    FeatureShares,
)
from model_monitor_jobs.reports.html.model_explainability.words import rule_sentences
from model_monitor_jobs.reports.terminal import alert_line, result_report
from model_monitor_jobs.runs.history import History
from model_monitor_jobs.runs.model_explainability_result import ModelExplainabilityResult
from tests.unit.jobs.runs.explained_shop import ExplainedShop, model


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ModelExplainabilityResult]:
    with model() as server:
        shop = ExplainedShop(tmp_path_factory.mktemp("shop"), url=server.url)
        shop.write_training(days=8, a_day=100)
        background = [{"x": 0.0, "y": 1, "plan": "a"}]
        files = shop.baseline(
            modelExplainability=shop.explained(
                sampleSize=800,
                shap={"background": background},
                partialDependence={"features": ["x", "plan"], "gridResolution": 5},
            )
        )
        found = {}
        for name, day, scale in (("calm", 20, 1.0), ("smaller", 23, 0.55), ("changed", 21, 0.1)):
            shop.scale = scale
            shop.write_day(day, 400)
            found[name] = shop.explain(files, day)
        shop.write_day(22, 25)
        found["few"] = shop.explain(files, 22)
        found["original"] = shop.explain(files, 21, shop.explaining({"compatibility": "SageMaker"}))
    return found


def test_a_violation_is_told_with_what_to_do(results: dict[str, ModelExplainabilityResult]) -> None:
    report = report_of(results["changed"], ReportContext("credit"))
    assert report.state is State.ALERT
    assert report.headline == "Features drive the model more, or less, than in the baseline."
    assert report.detail.startswith("x has ")
    assert "3 checks are in violation." in report.detail
    assert len(report.steps) == 4
    checks = [(check.name, check.of, check.verdict) for check in report.checks]
    assert ("x", "share of attribution", "Violation") in checks[:3]
    assert checks[-1] == ("All features", "their order (NDCG)", "Pass")


def test_one_violation_is_an_alert_where_it_is_far_beyond_its_limit_or_one_suffices(
    results: dict[str, ModelExplainabilityResult],
) -> None:
    report = report_of(results["smaller"], ReportContext("credit"))
    assert report.state is State.VIOLATION
    assert not any(check.in_alert for check in report.checks)
    context = ReportContext("credit", alert=Alert(datapoints_to_alert=1, evaluation_periods=1))
    report = report_of(results["smaller"], context)
    assert report.state is State.ALERT
    assert all(check.in_alert for check in report.checks if check.violated)


def test_shares_stand_beside_those_of_the_baseline(results: dict[str, ModelExplainabilityResult]) -> None:
    result = results["changed"]
    (part,) = report_of(result, ReportContext("credit")).labels
    assert part.label == ""
    # The one background row answers 0 - 1 + 0, now and then.
    assert part.sentence.endswith("mean answer, which is −1 (as in the baseline).")
    assert sorted(row.name for row in part.rows) == ["plan", "x", "y"]
    own = dict(zip(result.attributions.features, abs(result.attributions.local[0]).mean(axis=0), strict=True))
    then = result.reference.explanations["label0"].global_shap_values
    for row, drawn in zip(part.rows, part.shares.features, strict=True):
        now = own[row.name] / sum(own.values())
        before = then[row.name] / sum(then.values())
        assert (row.share, row.baseline_share) == (f"{100 * now:.1f} %", f"{100 * before:.1f} %")
        assert row.change.startswith(f"{'+' if now > before else '−'}{100 * abs(now - before):.1f} (")
        assert "%" not in row.change
        assert [drawn.share, drawn.baseline] == pytest.approx([now, before])
        assert drawn.low < drawn.share < drawn.high
    largest = [max(each.share, each.baseline) for each in part.shares.features]
    assert largest == sorted(largest, reverse=True)


def test_dependence_is_that_of_the_window_and_of_the_baseline(results: dict[str, ModelExplainabilityResult]) -> None:
    numeric, categories = report_of(results["changed"], ReportContext("credit")).dependence
    assert (numeric.feature, numeric.names) == ("x", ())
    assert (categories.feature, set(categories.names)) == ("plan", {"a", "b"})
    for line in (numeric.window, numeric.baseline):
        assert line is not None
        steps = [
            (above - below) / (right - left)
            for left, right, below, above in zip(
                line.places, line.places[1:], line.answers, line.answers[1:], strict=False
            )
        ]
        assert steps == pytest.approx([2.0] * len(steps))
    for line in (categories.window, categories.baseline):
        assert line is not None
        answers = {categories.names[int(place)]: each for place, each in zip(line.places, line.answers, strict=True)}
        assert answers["b"] - answers["a"] == pytest.approx(0.5)
        assert sum(line.shares) == pytest.approx(1)


def test_quiet_unjudged_and_original_windows(results: dict[str, ModelExplainabilityResult]) -> None:
    calm = report_of(results["calm"], ReportContext("credit"))
    assert (calm.state, calm.steps) == (State.QUIET, ())
    assert calm.headline == "The same features drive the model as in the baseline."
    few = report_of(results["few"], ReportContext("credit"))
    assert few.state is State.UNKNOWN
    assert "are too few" in few.detail
    settings = ModelExplainability(compatibility="SageMaker")
    original = report_of(results["original"], ReportContext("credit", model_explainability=settings))
    assert original.detail[0].isupper()
    assert [check.name for check in original.checks] == ["All features"]
    assert "as in SageMaker Model Monitor" in original.rule[0]
    assert "alpha" not in " ".join(original.rule)


def test_the_run_names_the_model_and_how_it_was_asked(results: dict[str, ModelExplainabilityResult]) -> None:
    facts = {fact.name: fact.value for fact in report_of(results["calm"], ReportContext("credit")).run}
    assert facts["Model"].startswith("http://127.0.0.1:")
    assert facts["Method"] == "Kernel SHAP"
    assert facts["Background"] == "1 row"
    assert facts["Protocol"] == "CSV"


def test_the_rule_says_what_never_counts() -> None:
    learned = " ".join(rule_sentences(ModelExplainability(), Alert(), learned=True))
    assert "less than 2.0 % of all attribution never count" in learned
    unlearned = " ".join(rule_sentences(ModelExplainability(alpha=0.05), Alert(), learned=False))
    assert "less than 10.0 % of all attribution never count" in unlearned
    assert "one run in 20" in unlearned


@pytest.mark.parametrize(
    ("tick", "text"), [(0.0, "0 %"), (0.2, "20 %"), (0.025, "2.5 %"), (0.30000000000000004, "30 %")]
)
def test_axes_have_no_needless_decimals(tick: float, text: str) -> None:
    assert percent_text(tick) == text


@pytest.mark.parametrize(
    ("share", "text"), [(0.5, "50.0 %"), (0.00004, "0.004 %"), (2.7e-17, "0.0 %"), (1.0, "100.0 %")]
)
def test_what_is_nothing_but_rounding_is_no_share(share: float, text: str) -> None:
    assert share_text(share) == text


def test_drawings_of_nothing_and_of_one_value_are_drawn() -> None:
    assert "<path" in draw_shares(FeatureShares((FeatureShare("x", 0.0, 0.0, 0.0, 0.0),))).svg()
    line = DependenceLine((1.0,), (0.5,), (1.0,))
    assert "<path" in draw_dependence(Dependence("x", "", line, None)).svg()
    assert "<path" in draw_dependence(Dependence("x", "", line, line, ("only",))).svg()


def test_values_of_the_data_stay_text(tmp_path: Path) -> None:
    with model() as server:
        shop = ExplainedShop(tmp_path, url=server.url)
        shop.write_training(days=4, a_day=100)
        training = shop.root / "training.csv"
        training.write_text(training.read_text().replace("plan", "<b>plan</b>", 1).replace(",b,", ",<i>b</i>,"))
        files = shop.baseline(modelExplainability=shop.explained(partialDependence={}))
        shop.write_day(20, 250)
        result = shop.explain(files, 20)
    page = monitor_page(result, shop.explaining(), "credit", "credit-1", "s3://x", History())
    assert b"&lt;b&gt;plan&lt;/b&gt;" in page
    assert b"&lt;i&gt;b&lt;/i&gt;" in page
    assert b"<b>plan" not in page
    assert b"<i>b" not in page


def test_many_categories_are_named_as_far_as_there_is_room(tmp_path: Path) -> None:
    with model() as server:
        shop = ExplainedShop(tmp_path, url=server.url)
        shop.write_training(days=4, a_day=100)
        training = shop.root / "training.csv"
        lines = training.read_text().splitlines()
        named = [line.replace(",b,", f",b{place % 30},") for place, line in enumerate(lines)]
        training.write_text("\n".join(named) + "\n")
        files = shop.baseline(modelExplainability=shop.explained(partialDependence={"features": ["plan"]}))
        shop.write_day(20, 250)
        (each,) = report_of(shop.explain(files, 20), ReportContext("credit")).dependence
    assert len(each.names) == MOST_VALUES
    assert each.baseline is not None
    assert max(each.baseline.places) < MOST_VALUES


def test_a_terminal_names_feature_and_share(results: dict[str, ModelExplainabilityResult]) -> None:
    console = Console(width=160, record=True, file=StringIO())
    console.print(result_report(results["changed"], every_check=True))
    shown = console.export_text()
    assert "Of it" in shown
    assert any(line.split()[:2] == ["x", "share"] for line in shown.splitlines())
    order = alert_line(RaisedAlert(Check("", ORDER_CHECK), 2, immediate=False), 3).plain
    share = alert_line(RaisedAlert(Check("x", SHARE_CHECK), 2, immediate=False), 3).plain
    assert "share of x: violated in 2 of the latest 3 windows" in share
    assert "NDCG" in order or "order" in order
