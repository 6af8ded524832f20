"""Each check speaks when it should and is silent when it should, by the default rule and by SageMaker's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from model_monitor_crds.data_quality import DataQuality
from model_monitor_jobs.checks.data_quality import default, sagemaker
from model_monitor_jobs.checks.data_quality.reference import Reference
from model_monitor_jobs.checks.finding import Finding, percent
from model_monitor_jobs.decisions import Verdict
from model_monitor_jobs.profiles.table import ProfileRequest, TableProfile, profile
from model_monitor_jobs.runs.data_quality import constraint_violations
from model_monitor_jobs.sagemaker.constraints import constraints_document, read_constraints
from model_monitor_jobs.sagemaker.documents import to_json
from model_monitor_jobs.sagemaker.statistics import read_statistics, statistics_document
from model_monitor_jobs.sagemaker.violations import violations_document

ROWS = 2_000
Columns = dict[str, list[Any]]


def training() -> Columns:
    random = np.random.default_rng(11)
    return {
        "age": [str(value) for value in random.integers(18, 80, ROWS)],
        "pay": [
            None if missing else f"{value:.2f}"
            for value, missing in zip(random.gamma(2, 900, ROWS), random.random(ROWS) < 0.05, strict=True)
        ],
        "state": random.choice(["TX", "CA", "NY"], ROWS, p=[0.5, 0.3, 0.2]).tolist(),
        "member": random.choice([True, False], ROWS).tolist(),
        "id": [f"customer-{number}" for number in range(ROWS)],
    }


def batch(columns: Columns) -> pa.RecordBatch:
    return pa.record_batch({name: pa.array(values) for name, values in columns.items()})


def reference(columns: Columns, edit: Any = None, excluded: frozenset[str] = frozenset()) -> Reference:
    table = profile([batch(columns)])
    constraints = constraints_document(table)
    if edit is not None:
        edit(constraints)
    return Reference.of(
        read_statistics(to_json(statistics_document(table)), "statistics.json"),
        read_constraints(to_json(constraints), "constraints.json"),
        excluded,
    )


def window(baseline: Reference, columns: Columns) -> TableProfile:
    return profile([batch(columns)], ProfileRequest(tracking=baseline.tracking()))


def judged(columns: Columns, mode: str, edit: Any = None, **settings: Any) -> list[Finding]:
    baseline = reference(training(), edit)
    table = window(baseline, columns)
    if mode == "SageMaker":
        return sagemaker.compare(baseline, table)
    return default.compare(baseline, table, DataQuality(**settings)).findings


def violations(findings: list[Finding]) -> set[tuple[str, str]]:
    return {(finding.column, finding.check) for finding in findings if finding.violated}


def changed(**columns: list[Any] | None) -> Columns:
    table = training()
    for name, values in columns.items():
        if values is None:
            del table[name]
        else:
            table[name] = values
    return table


both_modes = pytest.mark.parametrize("mode", ["Default", "SageMaker"])


@both_modes
def test_the_training_data_itself_is_silent(mode: str) -> None:
    findings = judged(training(), mode)
    assert violations(findings) == set()
    # An id has neither domain nor categories: only its presence (and in SageMaker mode its type) can be judged.
    assert {finding.check for finding in findings if finding.column == "id"} <= {
        "completeness_check",
        "data_type_check",
    }
    assert {finding.check for finding in findings if finding.column == "age"} == {
        "completeness_check",
        "data_type_check",
        "baseline_drift_check",
    }
    assert {finding.check for finding in findings if finding.column == "member"} >= {
        "completeness_check",
        "categorical_values_check",
        "baseline_drift_check",
    }


@both_modes
@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (changed(age=[None] * ROWS), {("age", "completeness_check")}),
        (changed(age=[None] * (ROWS // 2) + training()["age"][ROWS // 2 :]), {("age", "completeness_check")}),
        (changed(age=["unknown"] * ROWS), {("age", "data_type_check")}),
        (changed(age=[str(int(value) + 25) for value in training()["age"]]), {("age", "baseline_drift_check")}),
        (
            changed(state=["ON"] * (ROWS // 2) + training()["state"][ROWS // 2 :]),
            {("state", "categorical_values_check"), ("state", "baseline_drift_check")},
        ),
        (changed(state=["TX"] * ROWS), {("state", "baseline_drift_check")}),
        (changed(member=[True] * ROWS), {("member", "baseline_drift_check")}),
        (changed(age=None), {("", "missing_column_check")}),
        (changed(age=None, pay=None), {("", "missing_column_check")}),
        (changed(more=[1] * ROWS, still_more=[2] * ROWS), {("", "extra_column_check")}),
        (
            {("years" if name == "age" else name): values for name, values in training().items()},
            {("", "missing_column_check"), ("", "extra_column_check")},
        ),
        (dict(reversed(training().items())), set()),
    ],
    ids=["all missing", "half missing", "text for numbers", "shifted", "new category", "one category", "one boolean",
         "column gone", "two columns gone", "columns more", "renamed", "other order"],
)  # fmt: skip
def test_one_cause_is_told_by_its_own_check(mode: str, columns: Columns, expected: set[tuple[str, str]]) -> None:
    findings = judged(columns, mode)
    assert violations(findings) == expected
    assert len(violations(findings)) == sum(finding.violated for finding in findings)


def test_whole_numbers_written_as_fractions_are_fine_by_default_and_a_mismatch_for_sagemaker() -> None:
    columns = changed(age=[f"{value}.0" for value in training()["age"]])
    assert violations(judged(columns, "Default")) == set()
    assert violations(judged(columns, "SageMaker")) == {("age", "data_type_check")}


def test_fractions_are_no_whole_numbers() -> None:
    columns = changed(age=[f"{value}.5" for value in training()["age"]])
    assert ("age", "data_type_check") in violations(judged(columns, "Default"))


@both_modes
def test_whole_numbers_are_fine_where_fractions_are_expected(mode: str) -> None:
    columns = changed(pay=[None if value is None else value[:-3] for value in training()["pay"]])
    assert violations(judged(columns, mode)) == set()


def test_small_changes_are_let_pass_by_default_and_not_by_sagemaker() -> None:
    columns = changed(age=[None] * 20 + training()["age"][20:], state=["ON"] * 20 + training()["state"][20:])
    assert violations(judged(columns, "Default")) == set()
    assert violations(judged(columns, "SageMaker")) == {
        ("age", "completeness_check"),
        ("state", "categorical_values_check"),
    }


def test_the_threshold_is_the_smallest_change_that_counts() -> None:
    columns = changed(age=[None] * 200 + training()["age"][200:])
    assert violations(judged(columns, "Default")) == set()
    assert violations(judged(columns, "Default", threshold=0.02)) == {("age", "completeness_check")}


def test_a_handful_of_rows_says_nothing_and_thirty_may_speak() -> None:
    few = {name: values[:29] for name, values in changed(age=[None] * ROWS).items()}
    findings = judged(few, "Default")
    assert violations(findings) == set()
    assert {finding.verdict for finding in findings} == {Verdict.INSUFFICIENT_DATA}
    thirty = {name: values[:30] for name, values in changed(age=[None] * ROWS).items()}
    assert violations(judged(thirty, "Default")) == {("age", "completeness_check")}


def disable(name: str, **overrides: Any) -> Any:
    def edit(constraints: dict[str, Any]) -> None:
        if not name:
            general = constraints["monitoring_config"]
            distribution = general["distribution_constraints"] | overrides.get("distribution_constraints", {})
            general |= overrides | {"distribution_constraints": distribution}
        for feature in constraints["features"]:
            if feature["name"] == name:
                feature["monitoringConfigOverrides"] = overrides

    return edit


BAD_AGE = changed(age=[None] * (ROWS // 2) + [str(int(value) + 40) for value in training()["age"][ROWS // 2 :]])


@both_modes
@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (None, {"completeness_check", "baseline_drift_check"}),
        (disable("age", evaluate_constraints="Disabled"), set()),
        (disable("", evaluate_constraints="Disabled"), set()),
        (disable("age", distribution_constraints={"perform_comparison": "Disabled"}), {"completeness_check"}),
        (disable("", distribution_constraints={"perform_comparison": "Disabled"}), {"completeness_check"}),
        (disable("pay", evaluate_constraints="Disabled"), {"completeness_check", "baseline_drift_check"}),
    ],
    ids=["as generated", "column", "file", "distribution of column", "distribution of file", "another column"],
)
def test_switches_in_constraints_turn_checks_off(mode: str, edit: Any, expected: set[str]) -> None:
    found = violations(judged(BAD_AGE, mode, edit))
    assert found == {("age", check) for check in expected}


def test_overrides_of_one_column_hold_for_it_alone_in_sagemaker_mode() -> None:
    columns = changed(state=["ON"] * 100 + training()["state"][100:])
    lenient = disable("state", domain_content_threshold=0.9)
    assert violations(judged(columns, "SageMaker", lenient)) == set()
    elsewhere = disable("age", domain_content_threshold=0.9)
    assert violations(judged(columns, "SageMaker", elsewhere)) == {("state", "categorical_values_check")}


@both_modes
def test_an_empty_domain_knows_no_value(mode: str) -> None:
    def edit(constraints: dict[str, Any]) -> None:
        next(f for f in constraints["features"] if f["name"] == "state")["string_constraints"]["domains"] = []

    assert ("state", "categorical_values_check") in violations(judged(training(), mode, edit))
    empty = changed(state=pa.nulls(ROWS, pa.string()).to_pylist())
    assert ("state", "categorical_values_check") not in violations(judged(empty, mode, edit))


@both_modes
def test_columns_left_out_of_the_baseline_are_not_extra(mode: str) -> None:
    baseline = reference(training(), excluded=frozenset({"id"}))
    table = window(baseline, training())
    found = (
        sagemaker.compare(baseline, table)
        if mode == "SageMaker"
        else default.compare(baseline, table, DataQuality()).findings
    )
    assert violations(found) == set()
    assert "id" not in {finding.column for finding in found}


def test_sagemakers_texts_are_exact() -> None:
    table = changed(age=[f"{value}.5" for value in training()["age"][:6]] + training()["age"][6:], more=[1] * ROWS)
    texts = {finding.check: finding.description for finding in judged(table, "SageMaker") if finding.violated}
    assert texts["data_type_check"] == (
        "Data type match requirement is not met. Expected data type: Integral, Expected match: 100.0%. "
        "Observed: Only 99.7% of data is Integral."
    )
    assert texts["extra_column_check"] == (
        "There are extra columns in current dataset. Number of columns in current dataset: 6, "
        "Number of columns in baseline constraints: 5"
    )


def test_a_failed_type_check_hides_the_drift_as_the_original_does() -> None:
    columns = changed(age=["x", *(str(int(value) + 40) for value in training()["age"][1:])])
    assert violations(judged(columns, "SageMaker")) == {("age", "data_type_check")}
    assert violations(judged(columns, "Default")) == {("age", "baseline_drift_check")}


def test_violations_are_written_in_sagemakers_schema() -> None:
    findings = judged(changed(age=None, more=[1] * ROWS, state=["TX"] * ROWS), "SageMaker")
    document = violations_document(constraint_violations(findings))
    assert [violation["feature_name"] for violation in document["violations"]] == [
        "Missing columns",
        "Extra columns",
        "state",
    ]
    assert all(v.keys() == {"feature_name", "constraint_check_type", "description"} for v in document["violations"])


def test_the_difference_of_equal_distributions_is_no_negative_zero() -> None:
    found = [finding for finding in judged(training(), "Default") if finding.check == "baseline_drift_check"]
    assert {repr(finding.evidence.difference) for finding in found if finding.evidence is not None} == {"0.0"}


def test_structural_failures_alert_at_once_and_come_first() -> None:
    findings = judged(changed(pay=None, age=[None] * ROWS), "Default")
    worst = max(findings, key=lambda finding: finding.severity)
    assert (worst.check, worst.immediate) == ("missing_column_check", True)
    assert worst.description == "1 column of the baseline not in the data: pay"


def test_a_finding_says_what_it_saw_and_what_it_expected() -> None:
    found = next(f for f in judged(changed(state=["ON"] * ROWS), "Default") if f.check == "categorical_values_check")
    assert found.description == "100.0 % of values are not among the 3 known ones, most often 'ON'"
    assert (found.observed, found.expected) == ("100.0 % new values", "3 known values")
    assert found.evidence is not None
    assert found.evidence.difference == 1.0
    assert found.evidence.count == ROWS


@pytest.mark.parametrize(
    ("share", "text"), [(0, "0.0 %"), (1, "100.0 %"), (0.5211, "52.1 %"), (0.0004, "0.04 %"), (0.001, "0.1 %")]
)
def test_shares_for_people(share: float, text: str) -> None:
    assert percent(share) == text
