"""`compatibility: SageMaker`: violations of each of the six checks, worked out by hand, at and beside the threshold."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import pyarrow as pa
import pytest

from model_monitor_jobs.checks.data_quality import sagemaker
from model_monitor_jobs.checks.data_quality.reference import Reference
from model_monitor_jobs.checks.finding import Finding
from model_monitor_jobs.checks.predicates import MissingValue, NotAmong, NotOfType
from model_monitor_jobs.profiles.table import ProfileRequest, profile
from model_monitor_jobs.sagemaker.constraints import read_constraints
from model_monitor_jobs.sagemaker.statistics import read_statistics

Rows = dict[str, list[Any]]
Texts = dict[tuple[str, str], str]

ONE_TO_EIGHT = [float(value) for value in range(1, 9)]


def numeric(name: str, kind: str, levels: list[list[float]], **constraints: Any) -> tuple[Any, Any]:
    """A numeric feature of statistics.json and of constraints.json."""
    count = sum(len(level) << index for index, level in enumerate(levels))
    common = {"common": {"num_present": count, "num_missing": 0}}
    sketch = {"parameters": {"c": 0.64, "k": 2048.0}, "data": levels}
    statistics = common | {"distribution": {"kll": {"buckets": [], "sketch": sketch}}}
    described = {"name": name, "inferred_type": kind, "numerical_statistics": statistics}
    limits = {"name": name, "inferred_type": kind, "num_constraints": {"is_non_negative": True}} | constraints
    return described, limits


def categorical(name: str, counts: dict[str, int], **constraints: Any) -> tuple[Any, Any]:
    """A text feature whose domain are the values that it has."""
    common = {"common": {"num_present": sum(counts.values()), "num_missing": 0}, "distinct_count": float(len(counts))}
    buckets = [{"value": value, "count": count} for value, count in counts.items()]
    statistics = common | {"distribution": {"categorical": {"buckets": buckets}}}
    described = {"name": name, "inferred_type": "String", "string_statistics": statistics}
    limits = {"name": name, "inferred_type": "String", "string_constraints": {"domains": list(counts)}} | constraints
    return described, limits


def violations(features: list[tuple[Any, Any]], rows: Rows, config: dict[str, Any] | None = None) -> Texts:
    """Text of each violation of a window's rows, by feature and check, in the order in which they were found."""
    found = found_violations(features, rows, config)
    texts = {(finding.column, finding.check): finding.description for finding in found}
    assert len(texts) == len(found)
    return texts


def found_violations(
    features: list[tuple[Any, Any]], rows: Rows, config: dict[str, Any] | None = None
) -> list[Finding]:
    statistics = {"version": 0.0, "dataset": {"item_count": 8}, "features": [feature[0] for feature in features]}
    constraints: dict[str, Any] = {"version": 0.0, "features": [feature[1] for feature in features]}
    if config is not None:
        constraints["monitoring_config"] = config
    reference = Reference.of(
        read_statistics(json.dumps(statistics).encode(), "statistics.json"),
        read_constraints(json.dumps(constraints).encode(), "constraints.json"),
    )
    batch = pa.record_batch({name: pa.array(values, type=pa.string()) for name, values in rows.items()})
    table = profile([batch], ProfileRequest(tracking=reference.tracking()))
    return [finding for finding in sagemaker.compare(reference, table) if finding.violated]


def distribution(**settings: Any) -> dict[str, Any]:
    return {"distribution_constraints": settings}


ALL_OFF = {"distribution_constraints": {"perform_comparison": "Disabled"}}


# data_type_check: the share of present values that are of the expected type falls below datatype_check_threshold.


@pytest.mark.parametrize(
    ("kind", "values", "threshold", "observed"),
    [
        # 353 of 354 values: the very text that SageMaker wrote for its churn demo, as a book prints it.
        ("Integral", ["7"] * 353 + ["0.10"], 1.0, "Expected match: 100.0%. Observed: Only 99.71751412429379%"),
        ("Integral", ["7"] * 354, 1.0, None),
        ("Integral", ["1", "2", "3", "4.5"], 0.75, None),
        ("Integral", ["1", "2", "3", "4.5"], 0.76, "Expected match: 76.0%. Observed: Only 75.0%"),
        ("Integral", ["1", "true", "x", "2.0"], 0.5, "Expected match: 50.0%. Observed: Only 25.0%"),
        # Missing values are of no type: both that are there match.
        ("Integral", ["1", "2", None, None], 1.0, None),
        ("Integral", ["x"], 0.0, None),
        ("Fractional", ["1", "2.5", "-3", "+4", "- 5", "6e3", "7.5E-2"], 1.0, None),
        ("Fractional", ["1", "2.", ".5", "1_000"], 1.0, "Expected match: 100.0%. Observed: Only 25.0%"),
        # Small numbers are written as Java writes them.
        ("Fractional", ["x"], 2**-17, "Expected match: 7.62939453125E-4%. Observed: Only 0.0%"),
        ("Unknown", ["1", "x"], 1.0, None),
    ],
)
def test_data_type(kind: str, values: list[Any], threshold: float, observed: str | None) -> None:
    feature = numeric("f", kind, [[1.0, 2.0]], completeness=0.0)
    found = violations([feature], {"f": values}, {"datatype_check_threshold": threshold} | ALL_OFF)
    start = f"Data type match requirement is not met. Expected data type: {kind}, "
    expected = {("f", "data_type_check"): f"{start}{observed} of data is {kind}."} if observed else {}
    assert found == expected


def test_text_may_be_anything() -> None:
    feature = categorical("f", {"a": 8}, string_constraints={})
    assert violations([feature], {"f": ["1", "2.5", "true", "a"]}, ALL_OFF) == {}


# completeness_check: the share of present values falls below the feature's completeness.


@pytest.mark.parametrize(
    ("present", "completeness", "violated"),
    [
        (9, 0.9, False),
        (9, 0.95, True),
        (10, 1.0, False),
        (9, 1.0, True),
        (0, 0.0, False),
        (0, 0.1, True),
        (7, 0.7, False),
    ],
)
def test_completeness(present: int, completeness: float, violated: bool) -> None:
    feature = numeric("f", "Integral", [[1.0]], completeness=completeness)
    found = violations([feature], {"f": ["1"] * present + [None] * (10 - present)}, ALL_OFF)
    assert set(found) == ({("f", "completeness_check")} if violated else set())


def test_text_of_completeness() -> None:
    feature = numeric("f", "Integral", [[1.0]], completeness=0.95)
    found = violations([feature], {"f": ["1"] * 9 + [None]}, ALL_OFF)
    assert found["f", "completeness_check"] == (
        "Data completeness requirement is not met. Expected completeness: 95.0%. "
        "Observed: Only 90.0% of data is present."
    )


def test_no_completeness_in_the_file_asks_for_none() -> None:
    assert violations([numeric("f", "Integral", [[1.0]])], {"f": [None, None]}) == {}


# categorical_values_check: the share of present values within `domains` falls below domain_content_threshold.


@pytest.mark.parametrize(("threshold", "violated"), [(0.875, False), (0.88, True), (1.0, True), (0.0, False)])
def test_categorical_values(threshold: float, violated: bool) -> None:
    """7 of 8 present values are known: 87.5 %; a missing value is neither known nor unknown."""
    rows = {"state": ["TX"] * 6 + ["CA", "ON", None]}
    found = violations(
        [categorical("state", {"TX": 6, "CA": 2})], rows, {"domain_content_threshold": threshold} | ALL_OFF
    )
    assert set(found) == ({("state", "categorical_values_check")} if violated else set())
    if violated:
        assert found["state", "categorical_values_check"] == (
            f"Categorical values requirement is not met. Expected match: {threshold * 100}%. "
            "Observed: Only 87.5% of values are in the baseline's domain."
        )


def test_known_values_are_told_apart_by_case_and_space() -> None:
    found = violations(
        [categorical("f", {"a": 4})], {"f": ["a", "A", " a", "a "]}, {"domain_content_threshold": 0.26} | ALL_OFF
    )
    assert "Observed: Only 25.0%" in found["f", "categorical_values_check"]


# baseline_drift_check of numbers: the largest difference of the two distribution functions exceeds its threshold.


@pytest.mark.parametrize(
    ("method", "threshold", "distance"),
    [
        # The baseline is 1 to 8, the window 3 to 10: below 3 lie 2 of 8 values against none.
        ("Simple", 0.25, None),
        ("Simple", 0.2, "0.25"),
        ("linf_simple", 0.2, "0.25"),
        ("Simple", 0.0, "0.25"),
        # Robust: 0.25 - 1.8·sqrt((8 + 8) / (8·8)) = 0.25 - 0.9, and no less than 0, which does not exceed 0.
        ("Robust", 0.0, None),
        ("linf_robust", 0.0, None),
    ],
)
def test_numerical_distance(method: str, threshold: float, distance: str | None) -> None:
    rows = {"f": [str(value) for value in range(3, 11)]}
    config = distribution(comparison_method=method, comparison_threshold=threshold)
    found = violations([numeric("f", "Integral", [ONE_TO_EIGHT])], rows, config)
    text = f"Numerical distance: {distance} exceeds threshold: {threshold}"
    assert found == ({("f", "baseline_drift_check"): text} if distance else {})


def test_robust_distance_is_less_by_the_sampling_error() -> None:
    """All 100 values at 1, all 400 of the baseline at 0: 1 - 1.8·sqrt(500 / 40,000) = 1 - 0.2012461179749811."""
    feature = numeric("f", "Integral", [[0.0] * 400])
    found = violations([feature], {"f": ["1"] * 100}, distribution(comparison_threshold=0.79))
    value = re.fullmatch(r"Numerical distance: (.+) exceeds threshold: 0\.79", found["f", "baseline_drift_check"])
    assert value is not None
    assert float(value[1]) == pytest.approx(0.7987538820250189, rel=1e-15)
    assert violations([feature], {"f": ["1"] * 100}, distribution(comparison_threshold=0.8)) == {}


def test_a_value_of_level_one_stands_for_two() -> None:
    """The baseline is 1, 3, 3: a third of it lies below 3, as of the window."""
    feature = numeric("f", "Integral", [[1.0], [3.0]])
    config = distribution(comparison_method="Simple", comparison_threshold=0.0)
    assert violations([feature], {"f": ["1", "3", "3"]}, config) == {}
    found = violations([feature], {"f": ["1", "1", "3"]}, config)
    assert found == {("f", "baseline_drift_check"): "Numerical distance: 0.3333333333333333 exceeds threshold: 0.0"}


def test_the_description_of_drift_is_what_awss_samples_look_for() -> None:
    config = distribution(comparison_method="Simple", comparison_threshold=0.1)
    features = [numeric("f", "Integral", [ONE_TO_EIGHT]), categorical("g", {"a": 8})]
    found = violations(features, {"f": ["30"] * 8, "g": ["b"] * 8}, config)
    for name in ("f", "g"):
        seen = re.search("distance: (.+) exceeds threshold: (.+)", found[name, "baseline_drift_check"])
        assert seen is not None
        assert (float(seen[1]), float(seen[2])) == (1.0, 0.1)


# baseline_drift_check of categories: the largest difference of any value's share exceeds its threshold.


@pytest.mark.parametrize(
    ("values", "threshold", "distance"),
    [
        # 6/8 and 2/8 in the baseline; 4/8 and 4/8 in the window.
        ("TTTTCCCC", 0.25, None),
        ("TTTTCCCC", 0.2, "0.25"),
        # A new value has a share of 0 in the baseline: |0 - 4/8| is more than |6/8 - 3/8| and |2/8 - 1/8|.
        ("TTTCNNNN", 0.375, "0.5"),
        # A value that is gone has a share of 0 in the window: both shares move by 2/8.
        ("TTTTTTTT", 0.2, "0.25"),
        ("TTTTTTCC", 0.0, None),
    ],
)
def test_categorical_distance(values: str, threshold: float, distance: str | None) -> None:
    config = distribution(comparison_method="Simple", categorical_comparison_threshold=threshold)
    feature = categorical("f", {"T": 6, "C": 2}, string_constraints={})
    text = f"Categorical distance: {distance} exceeds threshold: {threshold}"
    assert violations([feature], {"f": list(values)}, config) == (
        {("f", "baseline_drift_check"): text} if distance else {}
    )


def test_robust_categorical_distance() -> None:
    """200 values against 200: 1 - 1.8·sqrt(400 / 40,000) = 1 - 0.18."""
    feature = categorical("f", {"a": 200}, string_constraints={})
    found = violations([feature], {"f": ["b"] * 200}, distribution(categorical_comparison_threshold=0.81))
    assert found == {("f", "baseline_drift_check"): "Categorical distance: 0.82 exceeds threshold: 0.81"}
    assert violations([feature], {"f": ["b"] * 200}, distribution(categorical_comparison_threshold=0.83)) == {}


def test_shares_of_categories_are_of_all_values_however_many_there_are() -> None:
    """Half of 24,000 values are known, the others differ all: |1 - 12,000 / 24,000|."""
    feature = categorical("f", {"a": 8}, string_constraints={})
    rows = {"f": ["a"] * 12_000 + [f"id-{index}" for index in range(12_000)]}
    found = violations([feature], rows, distribution(comparison_method="Simple", categorical_comparison_threshold=0.49))
    assert found == {("f", "baseline_drift_check"): "Categorical distance: 0.5 exceeds threshold: 0.49"}
    assert (
        violations([feature], rows, distribution(comparison_method="Simple", categorical_comparison_threshold=0.5))
        == {}
    )


@pytest.mark.parametrize(
    ("baseline", "window", "p_value"),
    [
        # 50 and 50 expected: 10²/50 + 10²/50 = 4, one degree of freedom: twice the upper tail of two standard errors.
        ({"a": 50, "b": 50}, {"a": 60, "b": 40}, math.erfc(2 / math.sqrt(2))),
        # Values that the baseline does not have are dropped, and it is scaled to what remains.
        ({"a": 500, "b": 500}, {"a": 60, "b": 40, "new": 300}, math.erfc(2 / math.sqrt(2))),
        # 50, 30, 20 expected: 100/50 + 100/30 + 0 = 16/3, two degrees: e^(-8/3).
        ({"a": 5, "b": 3, "c": 2}, {"a": 60, "b": 20, "c": 20}, math.exp(-8 / 3)),
        # 90, 6, 4 expected: of three no one may be below 5, so b and c are one, 10; 10²/90 + 10²/10 = 100/9.
        ({"a": 90, "b": 6, "c": 4}, {"a": 80, "b": 10, "c": 10}, math.erfc(math.sqrt(100 / 9 / 2))),
        # Of two each must be 10 at least: 95 and 5 become one, of which nothing can be said.
        ({"a": 95, "b": 5}, {"a": 50, "b": 50}, None),
        ({"a": 50, "b": 50}, {"new": 100}, None),
    ],
)  # fmt: skip
def test_chi_squared(baseline: dict[str, int], window: dict[str, int], p_value: float | None) -> None:
    feature = categorical("f", baseline, string_constraints={})
    rows = {"f": [value for value, count in window.items() for _ in range(count)]}

    def found(threshold: float) -> Texts:
        config = distribution(categorical_drift_method="ChiSquared", categorical_comparison_threshold=threshold)
        return violations([feature], rows, config)

    if p_value is None:
        assert found(1.0) == {}
        return
    assert found(p_value * 0.999) == {}
    text = found(p_value * 1.001)["f", "baseline_drift_check"]
    said = re.fullmatch(r"Categorical p-value: (.+) is below threshold: .+", text)
    assert said is not None
    assert float(said[1]) == pytest.approx(p_value, rel=1e-12)


def test_the_threshold_of_categories_is_that_of_numbers_where_a_file_has_only_that() -> None:
    """The files of 2021 have no other."""
    feature = categorical("f", {"T": 6, "C": 2}, string_constraints={})
    for threshold, violated in ((0.25, False), (0.2, True)):
        config = distribution(comparison_method="Simple", comparison_threshold=threshold)
        assert bool(violations([feature], {"f": list("TTTTCCCC")}, config)) is violated


# missing_column_check and extra_column_check: about the table as a whole.

THREE = [numeric(name, "Integral", [[1.0]]) for name in ("a", "b", "c")]
COUNTS = "Number of columns in current dataset: {}, Number of columns in baseline constraints: 3"


@pytest.mark.parametrize(
    ("columns", "missing", "extra"),
    [("abc", None, None), ("cab", None, None), ("ab", 2, None), ("c", 1, None), ("abcd", None, 4), ("abxyz", 5, 5)],
)
def test_missing_and_extra_columns(columns: str, missing: int | None, extra: int | None) -> None:
    expected = {}
    if missing:
        text = f"There are missing columns in current dataset. {COUNTS.format(missing)}"
        expected["", "missing_column_check"] = text
    if extra:
        expected["", "extra_column_check"] = f"There are extra columns in current dataset. {COUNTS.format(extra)}"
    assert violations(THREE, {name: ["1"] for name in columns}) == expected


# Precedence and switches.

DRIFTED = {"f": ["11"] * 7 + ["x", None]}


def test_a_failed_type_check_hides_the_drift_and_nothing_else() -> None:
    config = {"datatype_check_threshold": 0.875} | distribution(comparison_method="Simple")
    feature = numeric("f", "Integral", [ONE_TO_EIGHT], completeness=1.0)
    assert list(violations([feature], DRIFTED, config)) == [("f", "completeness_check"), ("f", "baseline_drift_check")]
    assert list(violations([feature], DRIFTED, config | {"datatype_check_threshold": 0.88})) == [
        ("f", "data_type_check"),
        ("f", "completeness_check"),
    ]


def test_an_unknown_value_does_not_hide_the_drift() -> None:
    found = violations([categorical("f", {"a": 8})], {"f": ["b"] * 8}, distribution(comparison_method="Simple"))
    assert list(found) == [("f", "categorical_values_check"), ("f", "baseline_drift_check")]


def test_a_violation_says_which_rows_it_is_about() -> None:
    features = [numeric("f", "Integral", [ONE_TO_EIGHT], completeness=1.0), categorical("g", {"b": 4, "a": 4})]
    rows: Rows = {"f": ["1", "2.0", None, "x"], "g": ["a", "b", "c", "a"]}
    offending = {(finding.column, finding.check): finding.offending for finding in found_violations(features, rows)}
    assert offending == {
        ("f", "data_type_check"): NotOfType("f", "Integral", strict=True),
        ("f", "completeness_check"): MissingValue("f"),
        ("g", "categorical_values_check"): NotAmong("g", ("a", "b")),
    }


def test_negative_numbers_violate_nothing() -> None:
    """`is_non_negative` has no check in the original."""
    assert violations([numeric("f", "Integral", [ONE_TO_EIGHT])], {"f": ["-1", "-2"]}, ALL_OFF) == {}


def test_what_a_file_does_not_say_is_as_sagemaker_writes_it() -> None:
    """Thresholds 1.0, and distances Robust against 0.1: 1 - 0.18 for 200 values, all of them changed."""
    features = [numeric("f", "Integral", [[1.0] * 200]), categorical("g", {"a": 200})]
    rows = {"f": ["2"] * 200, "g": ["a"] * 199 + ["b"]}
    assert violations(features, rows) == {
        ("f", "baseline_drift_check"): "Numerical distance: 0.82 exceeds threshold: 0.1",
        ("g", "categorical_values_check"): (
            "Categorical values requirement is not met. Expected match: 100.0%. "
            "Observed: Only 99.5% of values are in the baseline's domain."
        ),
    }


OFF: dict[str, Any] = {"evaluate_constraints": "Disabled"}


@pytest.mark.parametrize(
    "place",
    [
        {"monitoringConfigOverrides": OFF},
        {"monitoring_config_overrides": OFF},
        {"num_constraints": {"is_non_negative": True, "monitoring_config_overrides": OFF}},
        {"string_constraints": {"monitoring_config_overrides": OFF}},
    ],
    ids=["documentation", "SDK", "SDK in numbers", "SDK before it was mended"],
)
def test_a_disabled_feature_is_not_judged_at_all(place: dict[str, Any]) -> None:
    feature = numeric("f", "Integral", [ONE_TO_EIGHT], completeness=1.0, **place)
    other = numeric("g", "Integral", [ONE_TO_EIGHT], completeness=1.0)
    config = distribution(comparison_method="Simple")
    assert {name for name, _ in violations([feature, other], DRIFTED | {"g": DRIFTED["f"]}, config)} == {"g"}
    assert set(violations([feature, other], {"g": ["1"]}, ALL_OFF)) == set()
    assert set(violations([feature, other], {"f": ["1"]}, ALL_OFF)) == {("", "missing_column_check")}


def test_a_disabled_file_judges_nothing() -> None:
    feature = numeric("f", "Integral", [ONE_TO_EIGHT], completeness=1.0)
    assert violations([feature], DRIFTED | {"more": ["1"] * 9}, OFF) == {}
    assert violations([feature], {"more": ["1"] * 9}, OFF) == {}


def test_a_feature_may_be_enabled_in_a_disabled_file() -> None:
    on = {"monitoringConfigOverrides": {"evaluate_constraints": "Enabled"}}
    features = [
        numeric(name, "Integral", [ONE_TO_EIGHT], completeness=1.0, **more) for name, more in (("f", on), ("g", {}))
    ]
    assert set(violations(features, DRIFTED | {"g": DRIFTED["f"]}, OFF)) == {
        ("f", "data_type_check"),
        ("f", "completeness_check"),
    }


@pytest.mark.parametrize(
    ("overrides", "found"),
    [
        ({}, {"baseline_drift_check"}),
        ({"distribution_constraints": {"comparison_threshold": 0.25}}, set()),
        ({"distribution_constraints": {"comparison_method": "Robust"}}, set()),
        ({"distribution_constraints": {"perform_comparison": "Disabled"}}, set()),
        ({"datatype_check_threshold": 0.0}, {"baseline_drift_check"}),
    ],
)
def test_overrides_of_one_feature_leave_the_others_alone(overrides: dict[str, Any], found: set[str]) -> None:
    config = distribution(comparison_method="Simple", comparison_threshold=0.2)
    feature = numeric("f", "Integral", [ONE_TO_EIGHT], monitoringConfigOverrides=overrides)
    other = numeric("g", "Integral", [ONE_TO_EIGHT])
    shifted = [str(value) for value in range(3, 11)]
    expected = {("f", check) for check in found} | {("g", "baseline_drift_check")}
    assert set(violations([feature, other], {"f": shifted, "g": shifted}, config)) == expected
