"""What a person reads on a terminal."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

import pyarrow as pa
from rich.console import Console, RenderableType

from model_monitor_crds.alert import Check, RaisedAlert
from model_monitor_crds.baseline import BaselineFiles
from model_monitor_jobs.checks.data_quality.reference import Reference
from model_monitor_jobs.checks.finding import Finding
from model_monitor_jobs.decisions import Evidence, Verdict
from model_monitor_jobs.profiles.table import profile
from model_monitor_jobs.reports.terminal import (
    alert_line,
    baseline_report,
    findings_table,
    result_report,
    standing_alert_line,
)
from model_monitor_jobs.runs.baseline_files import MadeBaseline
from model_monitor_jobs.runs.data_quality import DataQualityResult, constraint_violations
from model_monitor_jobs.sources import ReadReport
from tests.report import model_quality_examples

FILES = BaselineFiles(
    statistics_uri="file:///s",
    constraints_uri="file:///c",
    statistics_sha256="0" * 64,
    constraints_sha256="0" * 64,
    record_count=1,
    column_count=1,
)


def finding(
    difference: float, typical: float | None = None, segment: tuple[str, ...] = (), column: str = "pay"
) -> Finding:
    evidence = Evidence(difference, 0.1, 0.02, 0.0, 1.0, 500, typical, typical is not None)
    return Finding(
        column,
        "completeness_check",
        evidence.verdict,
        "9.0 % missing",
        "1.0 % missing",
        "more",
        evidence,
        segment=segment,
    )


def shown(renderable: RenderableType) -> str:
    console = Console(width=140, file=StringIO(), record=True)
    console.print(renderable)
    return console.export_text()


def result(*findings: Finding) -> DataQualityResult:
    table = profile([pa.record_batch({"pay": [1.0] * 500})])
    return DataQualityResult(None, ReadReport(), findings, FILES, table=table, reference=Reference(500, ()))


def test_names_and_values_that_look_like_markup_are_shown_as_they_are() -> None:
    odd = Finding(
        "[/b]", "baseline_drift_check", Verdict.VIOLATION, "9 % '[/red]'", "1 % [bold]", "x", segment=("[i]", "UA")
    )
    text = shown(findings_table([odd]))
    assert "[/b] [[i] = UA]" in text
    assert "9 % '[/red]'" in text
    assert "1 % [bold]" in text


def test_the_usual_change_is_shown_where_it_is_known() -> None:
    assert "Usual" not in shown(findings_table([finding(0.3)]))
    text = shown(findings_table([finding(0.3, 0.014), finding(0.2)]))
    assert "Usual" in text
    assert "0.014" in text


def test_violations_of_all_rows_come_before_those_of_segments() -> None:
    found = result(finding(0.9, segment=("plan", "a")), finding(0.2), finding(0.3, column="age"))
    assert [(each.column, each.segment) for each in found.violations] == [
        ("age", ()),
        ("pay", ()),
        ("pay", ("plan", "a")),
    ]
    text = shown(result_report(found))
    assert "worst: age: more" in text
    assert "pay [plan = a]" in text


def test_all_checks_are_shown_segment_by_segment() -> None:
    text = shown(result_report(result(finding(0.2), finding(0.05, segment=("plan", "a"))), every_check=True))
    assert text.index("Violation") < text.index("Where plan = a:") < text.index("Pass")


def test_what_was_not_measured_has_no_numbers() -> None:
    nothing = Finding(
        "pay",
        "baseline_drift_check",
        Verdict.INSUFFICIENT_DATA,
        "no values",
        "",
        "",
        Evidence(0.0, 1.0, 1.0, 0.0, 1.0, 0),
    )
    assert "0.000" not in shown(findings_table([nothing]))


def test_a_violation_in_sagemakers_file_names_its_segment() -> None:
    (violation,) = constraint_violations([finding(0.9, segment=("plan", "a"))])
    assert violation.description == "where plan = a: more"


def test_checks_of_metrics_say_which_rows_they_are_of() -> None:
    found, _ = model_quality_examples.alert_parts()
    lines = shown(result_report(found)).splitlines()
    assert lines[0].startswith(
        "6 violations: auc is 0.868 (0.858 to 0.877), 0.940 in the baseline: worse; 8,050 of 8,400"
    )
    assert lines[1:3] == [
        "Labels as of 2026-03-12 06:00 UTC: 8,050 of 8,400 records (95.8 %)",
        "Estimated without labels: auc 0.905 (0.885 to 0.925), measured 0.868; recall 0.610 (0.590 to 0.630), measured "
        "0.521",
    ]
    assert lines[3].split()[:2] == ["Metric", "Of"]
    assert lines[4].split()[:4] == ["auc", "all", "rows", "0.868"]
    assert lines[6].split()[:4] == ["auc", "region", "=", "north"]
    assert "(table)" not in "".join(lines)
    assert "1 label could not be read:" in lines
    assert shown(result_report(found, every_check=True)).count("region = west") == 2


def test_a_silenced_estimate_is_not_shown() -> None:
    found, _ = model_quality_examples.alert_parts()
    text = shown(result_report(replace(found, backtests={"auc": replace(found.backtests["auc"], trusted=False)})))
    assert "Estimated without labels: auc silenced, it has been wrong too often" in text
    assert "0.905" not in text


def test_a_baseline_that_was_measured_shows_its_metrics() -> None:
    found, _ = model_quality_examples.alert_parts()
    lines = shown(
        baseline_report(MadeBaseline(FILES, measured=found.reference.measured[()], judges="metrics"))
    ).splitlines()
    assert lines[0] == "1 rows, 1 metrics"
    area = next(line for line in lines if line.startswith("auc"))
    assert area.split() == ["auc", *["Area", "under", "the", "ROC", "curve", "0.940", "0.937", "to", "0.943", "6,021"]]


def test_alerts_of_metrics_name_the_rows() -> None:
    all_rows, part = Check("", "auc_check"), Check("", "auc_check", ("plan", "a"))
    assert str(alert_line(RaisedAlert(all_rows, 1, True), 3)) == (
        "ALERT  auc of all rows: far beyond its limit, so one window is enough"
    )
    assert str(standing_alert_line(RaisedAlert(part, 2, False), 3)) == (
        "still in alert: auc where plan = a, violated in 2 of the latest 3 windows"
    )
    assert str(alert_line(RaisedAlert(Check("", "missing_column_check"), 1, True), 3)) == (
        "ALERT  missing_column_check: another structure, so one window is enough"
    )
