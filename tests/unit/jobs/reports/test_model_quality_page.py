"""What the page says of a model quality result."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from model_monitor_crds.alert import Check
from model_monitor_crds.data_quality import DataQuality
from model_monitor_crds.model_quality import ModelQuality
from model_monitor_crds.monitoringschedule import Alert, MonitoringScheduleSpec
from model_monitor_jobs.checks.model_quality.words import NAMES
from model_monitor_jobs.execution.page import dataset_page, monitor_page
from model_monitor_jobs.profiles.baseline_profile import SegmentKey
from model_monitor_jobs.profiles.performance.problem import Problem
from model_monitor_jobs.profiles.performance.rows import LabelledRows
from model_monitor_jobs.reports.html.model import State
from model_monitor_jobs.reports.html.model_quality import report_of
from model_monitor_jobs.reports.html.model_quality.judged import MOST_SEGMENTS
from model_monitor_jobs.reports.html.model_quality.model import ModelQualityReport
from model_monitor_jobs.reports.html.model_quality.words import (
    check_text,
    lowered,
    rule_sentences,
    signed,
)
from model_monitor_jobs.reports.html.render import render_report
from model_monitor_jobs.reports.html.timeline import When
from model_monitor_jobs.reports.html.words import duration_text
from tests.report import examples as data_quality_examples
from tests.report import model_quality_examples as examples
from tests.report.performance import BINARY, binary, reference, regression

BASELINE = reference(BINARY, {(): binary(20_000, 2.2, 1)})


def page(rows: LabelledRows, records: int | None = None, **more: Any) -> ModelQualityReport:
    made = examples.Made({(): rows}, len(rows) if records is None else records)
    return report_of(examples.result(BASELINE, made, **more), examples.context())


def empty() -> LabelledRows:
    nothing = np.empty(0, dtype=np.int64)
    return LabelledRows(nothing, nothing, np.empty(0), nothing, BINARY.classes)


def one_label() -> LabelledRows:
    rows = binary(600, 2.2, 5)
    return rows.at(rows.actual == 0)


def test_a_drop_is_an_alert_told_in_one_sentence() -> None:
    report = examples.alert()
    assert report.state is State.ALERT
    assert report.headline == (
        "Area under the ROC curve fell to 0.868, from 0.940 in the baseline — 3.5 times its limit."
    )
    assert report.detail == (
        "In violation since 7 March 2026 (3 windows). This is an alert: somebody should look at it now. "
        "5 more checks in violation."
    )
    assert {fact.name: fact.value for fact in report.facts} == {
        "Labelled records": "8,050 of 8,400",
        "Coverage": "95.8 %",
        "Labels as of": "12 March 2026, 06:00",
        "In the baseline": "0.940",
        "Checks in violation": "6 of 8",
        "Judged before": "1 time",
    }
    # All steps are for all checks, so none names its checks.
    assert len(report.steps) == 4
    assert not any(step.places for step in report.steps)
    assert report.steps[0].text.startswith("Look at the labels first")
    assert report.steps[1].text.startswith("Look at the segments")


def test_checks_of_all_rows_come_first_and_those_in_alert_say_so() -> None:
    violated = examples.alert().violated
    assert [(each.metric, each.segment) for each in violated[:3]] == [
        ("Area under the ROC curve", ""),
        ("Recall", ""),
        ("Area under the ROC curve", "region = north"),
    ]
    # The area: for the third time; in the north: at once, far beyond its limit; recall there: the first time.
    assert [each.in_alert for each in violated[:4]] == [True, False, True, False]
    assert violated[0].sentence.startswith("Change 0.073 (0.063 to 0.08")
    assert violated[0].sentence.endswith("times its limit, from 8,050 rows with a label")


def test_a_quiet_window_says_what_would_have_been_seen() -> None:
    report = examples.quiet()
    assert report.state is State.QUIET
    assert report.headline == "Area under the ROC curve is 0.939, 0.940 in the baseline: within its limit."
    assert report.detail == (
        "Measured on 4,000 records with a label. A change of more than 0.020 would have been a violation."
    )
    assert (report.violated, report.steps) == ((), ())


def test_too_few_labels_give_an_estimate_that_is_named_so() -> None:
    report = examples.few_labels()
    assert report.state is State.UNKNOWN
    assert report.headline == "Not judged yet: 40.5 % of the records have a label, 80.0 % are needed."
    assert report.detail.startswith(
        "Labels as of 12 March 2026, 06:00. For 7 days after they were due it is judged again"
    )
    assert report.detail.endswith("is estimated at 0.921 (0.901 to 0.941): an estimate, not a measurement.")
    assert [step.text.split(" ")[0] for step in report.steps] == ["See", "If", "If"]
    assert "now 2 days" in report.steps[1].text
    (timeline,) = report.timelines
    now = next(point for point in timeline.points if point.when is When.NOW)
    assert (now.judged, now.violated) == (False, False)
    assert now.coverage == pytest.approx(1_700 / 4_200)
    assert now.measured is not None
    assert now.estimated is not None
    assert report.metrics[0].verdict == "Too few labels"
    # Without evidence it is not known how far the metric may go.
    assert (timeline.low, timeline.high) == (None, None)


def test_a_change_for_the_better_asks_for_other_steps() -> None:
    report = page(binary(4_000, 3.4, 3))
    assert report.headline.startswith("Area under the ROC curve rose to 0.9")
    assert "It is better than the baseline, which is as unusual." in report.detail
    assert report.steps[0].text.startswith("The model does better than in the baseline")


def test_an_alert_that_stands_is_named_whether_this_window_was_judged_or_not() -> None:
    earlier = examples.history("auc", [0.9, 0.88], 0.01, 0.94, violated=(-1, -2), estimates=False)
    good, few = binary(4_000, 2.2, 5), binary(900, 2.2, 5)
    quiet = report_of(examples.result(BASELINE, examples.Made({(): good}, 4_000)), examples.context(earlier))
    assert quiet.state is State.ALERT
    assert quiet.headline == "Nothing is violated in this window; still in alert: area under the ROC curve."
    assert "fewer than 2 violations" in quiet.detail
    open_ = report_of(examples.result(BASELINE, examples.Made({(): few}, 4_000)), examples.context(earlier))
    assert open_.state is State.ALERT
    assert open_.headline.startswith("Not judged yet: 22.5 % of the records have a label")
    assert open_.detail.endswith("Still in alert: area under the ROC curve.")


@pytest.mark.parametrize("rows", [empty(), one_label(), binary(12, 2.2, 5)])
def test_a_window_on_which_nothing_can_be_measured_has_a_page(rows: LabelledRows) -> None:
    report = page(rows, max(len(rows), 1))
    assert report.state is State.UNKNOWN
    assert report.headline.startswith("Not judged")
    assert "nan" not in render_report(report).decode().split("</style>")[1].replace("finance", "")


def test_all_metrics_are_told_the_judged_ones_first() -> None:
    rows = examples.alert().metrics
    assert [row.key for row in rows[:2]] == ["auc", "recall"]
    assert len(rows) == 16
    assert [row.name for row in rows[2:]] == sorted(row.name for row in rows[2:])
    assert {bool(row.verdict) for row in rows[2:]} == {False}
    accuracy = next(row for row in rows if row.key == "accuracy")
    assert (accuracy.value, accuracy.interval, accuracy.baseline, accuracy.change, accuracy.estimate) == (
        "0.855",
        "0.847 to 0.862",
        "0.900",
        "\N{MINUS SIGN}0.045",
        "0.871 (0.851 to 0.891)",
    )


def test_segments_come_worst_first_and_unknown_ones_last() -> None:
    segments = examples.alert().segments
    assert [(each.segment, each.verdict) for each in segments] == [
        ("region = north", "Violation"),
        ("region = north", "Violation"),
        ("region = south", "Violation"),
        ("region = south", "Violation"),
        ("region = west", "Pass"),
        ("region = west", "Pass"),
        ("region = islands", "Not in the baseline"),
    ]
    ratios = [each.effect.ratio for each in segments[:4] if each.effect]
    assert ratios == sorted(ratios, reverse=True)


def test_a_monitors_page_is_that_of_its_results_type() -> None:
    spec = MonitoringScheduleSpec.model_validate(
        {
            "monitoringType": "ModelQuality",
            "model": "credit-scoring",
            "baselineRef": {"name": "credit"},
            "input": {"endpoint": {"captureURI": "s3://acme-ml/capture"}},
            "groundTruth": {"uri": "s3://acme-ml/labels", "delay": "PT24H"},
            "output": {"uri": "s3://acme-ml/reports"},
        }
    )
    result, context = examples.alert_parts()
    page = monitor_page(result, spec, "credit-quality", "credit-quality-1", "s3://x", context.history).decode()
    assert "Model Monitor · Model quality" in page
    assert "1 day after the window" in page
    page = dataset_page(data_quality_examples.result([]), DataQuality(), "today.csv", "").decode()
    assert "Model Monitor · Data quality" in page


def test_many_segments_are_cut_and_their_number_said() -> None:
    few = binary(40, 2.2, 7)
    parts: dict[SegmentKey, LabelledRows] = {(): binary(4_000, 2.2, 5)}
    parts |= {("shop", f"{number:03d}"): few for number in range(260)}
    result = examples.result(BASELINE, examples.Made(parts, 4_000))
    report = report_of(result, examples.context())
    assert (len(report.segments), report.segments_total) == (MOST_SEGMENTS, 260)


def test_thresholds_of_sagemaker_are_told_as_they_are() -> None:
    report = examples.original()
    assert report.headline == "Recall is 0.596, below the 0.621 of constraints.json."
    assert {row.limit for row in report.metrics if row.key in ("recall", "false_positive_rate")} == {
        "at least 0.621",
        "at most 0.030",
    }
    assert report.violated[0].expected == "at least 0.621"
    assert report.rule[0].startswith("A metric is in violation when it is beyond the threshold that constraints.json")
    assert "three times" not in " ".join(report.rule)
    assert not report.effects


def test_the_rule_is_told_as_it_was_set() -> None:
    learned = rule_sentences(ModelQuality(), Alert(), 0.8, learned=True)
    assert learned[0].endswith("than sampling noise and the baseline's own windows can explain.")
    assert "one run in 100 without any change has a false violation" in learned[1]
    assert "less than 0.02 (2 % of the baseline's value for errors" in learned[1]
    assert "fewer than 80.0 % of the records" in learned[2]
    assert learned[3].startswith("Two violations of the same check in the last three judged windows make an alert; ")
    unlearned = rule_sentences(ModelQuality(threshold=0.05), Alert(), 0.8, learned=False)
    assert "spec.columns.timestamp" in unlearned[0]
    assert "less than 0.05 (5 %" in unlearned[1]


def test_earlier_results_on_a_window_stand_beside_this_one() -> None:
    truth = examples.alert().truth
    assert [(each.as_of, each.coverage, each.verdict) for each in truth.revisions] == [
        ("12 March 2026, 06:00", "83.0 %", "Violation"),
        ("12 March 2026, 06:00 (this result)", "95.8 %", "Violation"),
    ]
    assert truth.revisions[0].value == "0.871 (0.858 to 0.883)"
    assert truth.sentences == ("34 labels were replaced by a later one for the same id.",)
    facts = {fact.name: fact.value for fact in truth.facts}
    assert (facts["With a label"], facts["Without a label"]) == ("8,050", "350")
    assert (facts["Labels read"], facts["Labels of no record of this window"]) == ("8,111 from 3 files", "18")
    assert (truth.unreadable.total, truth.unreadable.samples[0].reason) == (1, "no JSON")


def test_what_is_told_of_labels_is_not_told_again_among_the_notes() -> None:
    result, context = examples.alert_parts()
    repeated = replace(result, notes=(*result.notes, "34 labels were replaced by a later one for the same id"))
    assert report_of(repeated, context).notes == result.notes


def test_an_adopted_baseline_has_values_and_no_curves() -> None:
    bare = replace(BASELINE, baseline=None, measured={})
    report = report_of(examples.result(bare, examples.Made({(): binary(3_000, 2.2, 4)}, 3_000)), examples.context())
    assert next(row.baseline for row in report.metrics if row.key == "auc") == "0.941"
    assert report.confusion is not None
    assert report.confusion.rows[0].cells[0].baseline is None
    assert [curves.baseline for curves in report.curves] == [(), ()]
    assert report.calibration is not None
    assert report.calibration.baseline is None
    assert render_report(report)
    problem = Problem("Regression")
    numbers = replace(reference(problem, {(): regression(3_000, 1.0, 0.0, 1)}), baseline=None, measured={})
    made = examples.Made({(): regression(2_000, 1.0, 0.0, 2)}, 2_000)
    errors = report_of(examples.result(numbers, made), examples.context()).errors
    assert errors is not None
    assert (errors.distribution, errors.quantiles[0].baseline) == (None, "")


@pytest.mark.parametrize(
    ("text", "said"),
    [("PT0S", "0 hours"), ("PT48H", "2 days"), ("PT36H", "1 day 12 hours"), ("PT90M", "1 hour 30 minutes")],
)
def test_durations_are_told_in_words(text: str, said: str) -> None:
    assert duration_text(text) == said


def test_metrics_are_told_in_words() -> None:
    assert check_text(Check("", "auc_check", ("plan", "a"))) == "area under the ROC curve where plan = a"
    assert [lowered(NAMES[name]) for name in ("f1", "r2", "mae", "p90_absolute_error")] == [
        "F1 score",
        "R²",
        "mean absolute error",
        "90th percentile of the absolute error",
    ]
    assert [signed("auc", 0.0001), signed("mae", -0.25)] == ["0.000", "\N{MINUS SIGN}25.0 %"]
