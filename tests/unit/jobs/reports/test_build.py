"""What the page says of a result."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from model_monitor_crds.alert import Check
from model_monitor_crds.data_quality import DataQuality
from model_monitor_crds.monitoringschedule import Alert
from model_monitor_jobs.checks.data_quality.reference import Reference
from model_monitor_jobs.profiles.counts import ColumnCounts
from model_monitor_jobs.profiles.table import ProfileRequest, Tracking, profile
from model_monitor_jobs.reports.html.context import ReportContext
from model_monitor_jobs.reports.html.data_quality.build import MOST_ROWS, MOST_TROUBLE, report_of
from model_monitor_jobs.reports.html.data_quality.columns import comparisons_of
from model_monitor_jobs.reports.html.data_quality.shapes import ColumnComparison
from model_monitor_jobs.reports.html.data_quality.words import CHECK_NAMES, rule_sentences, steps_for
from model_monitor_jobs.reports.html.model import State
from tests.report import examples


def test_the_storm_is_an_alert_told_in_one_sentence() -> None:
    report = examples.storm()
    assert report.state is State.ALERT
    assert report.headline == ("dep_delay: 51.8 % of rows have no value, 1.8 % in the baseline — 8.1 times its limit.")
    assert report.detail.startswith("In violation since 8 February 2013 (2 windows). This is an alert")
    assert report.window == "Saturday, 9 February 2013 (EST)"
    assert [(column.name, len(column.violations)) for column in report.trouble] == [
        ("dep_delay", 1),
        ("hour", 1),
        ("carrier", 1),
    ]


def test_alerts_are_counted_from_the_windows_before() -> None:
    report = examples.storm()
    alerts = {column.name: column.violations[0].in_alert for column in report.trouble}
    # dep_delay: far beyond its limit; hour: 2 of the latest 3; carrier: the first time.
    assert alerts == {"dep_delay": True, "hour": True, "carrier": False}


def test_a_quiet_window_tells_which_alert_still_stands() -> None:
    check = Check("age", "completeness_check")
    earlier = examples.history([check], [[1.5, 1.2]])
    found = [examples.finding("age", "completeness_check", 0.01, 0.04)]
    report = report_of(examples.result(found, 10_000), ReportContext("credit-hourly", history=earlier))
    assert (report.state, report.trouble) == (State.ALERT, ())
    assert report.headline == "Nothing is violated in this window; still in alert: age (missing values)."
    assert "fewer than 2 violations" in report.detail


def test_since_when_follows_the_unbroken_run_of_violations() -> None:
    since = {column.name: column.violations[0].since for column in examples.storm().trouble}
    assert {name: found.text for name, found in since.items() if found} == {
        "dep_delay": "since 8 February 2013 (2 windows)",
        "hour": "since 8 February 2013 (2 windows)",
        "carrier": "for the first time in this window",
    }
    assert since["carrier"] is not None
    ratios = [moment.ratio for moment in since["carrier"].moments]
    assert ratios[3] is None
    assert len(ratios) == 9
    assert ratios[-1] == pytest.approx(0.112 / 0.098)


def test_a_single_violation_says_what_is_lacking_for_an_alert() -> None:
    found = [examples.finding("age", "baseline_drift_check", 0.12, 0.1, "12 % of values ≤ 3", "0 %")]
    report = report_of(examples.result(found), ReportContext("hourly"))
    assert report.state is State.VIOLATION
    assert "must be violated in 2 of 3 judged windows" in report.detail


def test_quiet_and_undecided_runs_are_told_apart() -> None:
    assert (examples.quiet().state, examples.quiet().headline) == (
        State.QUIET,
        "20 checks of 20 columns passed.",
    )
    assert "change of 4.2 rows in 100" in examples.quiet().detail
    assert examples.unjudged().state is State.UNKNOWN
    assert "at least 200 are needed" in examples.unjudged().headline


def test_many_columns_are_cut_and_their_number_said() -> None:
    report = examples.wide(5_000, 100)
    assert (len(report.trouble), report.trouble_total) == (MOST_TROUBLE, 100)
    assert (len(report.rows), report.rows_total) == (MOST_ROWS, 5_000)
    assert report.headline.startswith("100 of 5,000 columns are unlike the baseline, most of all embedding.")
    ratios = [column.violations[0].effect.ratio for column in report.trouble if column.violations[0].effect]
    assert ratios == sorted(ratios, reverse=True)
    # All in violation come before all that pass.
    assert [row.verdict for row in report.rows[:101]] == ["Violation"] * 100 + ["Pass"]
    assert [bool(row.anchor) for row in report.rows[:31]] == [True] * 30 + [False]


def test_steps_are_told_once_with_their_columns() -> None:
    steps = examples.storm().steps
    assert [step.places for step in steps] == [
        ("dep_delay",),
        ("dep_delay",),
        ("hour", "carrier"),
        ("hour", "carrier"),
    ]


@pytest.mark.parametrize("check", [*CHECK_NAMES, "a_check_of_tomorrow"])
def test_every_check_has_something_to_do(check: str) -> None:
    assert steps_for(check)
    assert all(step.endswith(".") for step in steps_for(check))


def test_fewer_missing_values_ask_for_other_steps() -> None:
    assert steps_for("completeness_check", fewer_missing=True) != steps_for("completeness_check")


def test_offending_rows_stand_with_their_violation() -> None:
    rows = examples.storm().trouble[0].violations[0].rows
    assert rows is not None
    assert (len(rows.ids), rows.total) == (100, 354)


def test_a_missing_column_is_trouble_of_the_table() -> None:
    found = replace(
        examples.finding("", "missing_column_check", 0.5, 0.1), description="1 column is missing: age",
        structural=True, evidence=None,
    )  # fmt: skip
    report = report_of(examples.result([found]), ReportContext("hourly"))
    assert report.state is State.ALERT
    assert report.headline == "1 column is missing: age."
    assert report.rows == ()
    assert report.trouble[0].violations[0].effect is None


def test_the_rule_is_told_as_it_was_set() -> None:
    settings = DataQuality()
    learned = rule_sentences(settings, Alert(), learned=True)
    assert learned[0].endswith("sampling noise and the baseline's own windows can explain.")
    assert "one run in 100 has any false violation, and changes of less than 2 rows in 100 never" in learned[1]
    assert learned[2].startswith("Two violations of the same check in the last three judged windows make an alert")
    unlearned = rule_sentences(settings, Alert(), learned=False)
    assert "spec.columns.timestamp" in unlearned[0]
    assert "less than 10 rows in 100" in unlearned[1]
    own = rule_sentences(
        DataQuality(threshold=0.05, alpha=0.05), Alert(datapoints_to_alert=1, evaluation_periods=1), learned=True
    )
    assert "one run in 20 has any false violation, and changes of less than 5 rows" in own[1]
    assert own[2] == "Every violation makes an alert."
    original = rule_sentences(DataQuality(compatibility="SageMaker"), Alert(), learned=False)
    assert "constraints.json" in original[0]


def test_segments_are_columns_of_their_own() -> None:
    whole = examples.finding("age", "completeness_check", 0.01, 0.1)
    part = replace(examples.finding("age", "completeness_check", 0.5, 0.1), segment=("carrier", "UA"))
    report = report_of(examples.result([whole, part]), ReportContext("hourly"))
    assert report.has_segments
    assert [(row.name, row.segment, row.verdict) for row in report.rows] == [
        ("age", "carrier = UA", "Violation"),
        ("age", "", "Pass"),
    ]
    assert report.headline.startswith("age (carrier = UA): ")
    # Far beyond its limit, so at once; in the segment, not in all rows.
    assert report.trouble[0].violations[0].in_alert
    assert len(report.trouble) == 1


def test_counts_come_from_the_profile_where_a_check_has_none_of_its_own() -> None:
    """As the checks of SageMaker, which compare sketches."""
    column = pa.array([1.0, 2.0, None, 2.0])
    cuts = np.array([1.0, 2.0])
    table = profile([pa.record_batch({"age": column})], ProfileRequest(tracking={"age": Tracking(cuts)}))
    drawn = ColumnComparison(ColumnCounts(), ColumnCounts(10, 10, cells=np.array([0, 4, 0, 6, 0])), cuts)
    found = examples.finding("age", "completeness_check", 0.25, 0.1)
    result = examples.result([found], comparisons={"age": drawn})
    (reference,) = result.reference.columns if result.reference else ()
    bare = replace(
        result,
        table=table,
        findings=(found,),
        reference=Reference(10, (replace(reference, counts=drawn.baseline),)),
    )
    compared = comparisons_of(bare)["", "age"]
    assert (compared.window.rows, compared.window.missing) == (4, 1)
    assert list(compared.window.cells if compared.window.cells is not None else ()) == [0, 1, 0, 2, 0]
    assert compared.baseline.rows == 10
