"""A user edits constraints.json by hand: the next run follows it, or says where it can't, and what was expected."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from model_monitor_jobs.errors import InputError
from model_monitor_jobs.sagemaker.constraints import Constraints, read_constraints
from model_monitor_jobs.sagemaker.statistics import read_statistics

URI = "s3://acme/churn/constraints.json"


def document() -> dict[str, Any]:
    return {
        "version": 0.0,
        "features": [
            {
                "name": "age",
                "inferred_type": "Integral",
                "completeness": 1.0,
                "num_constraints": {"is_non_negative": True},
            },
            {
                "name": "state",
                "inferred_type": "String",
                "completeness": 0.9,
                "string_constraints": {"domains": ["TX"]},
            },
            {"name": "id", "inferred_type": "String"},
        ],
        "monitoring_config": {
            "evaluate_constraints": "Enabled",
            "emit_metrics": "Enabled",
            "datatype_check_threshold": 1.0,
            "domain_content_threshold": 1.0,
            "distribution_constraints": {
                "perform_comparison": "Enabled",
                "comparison_threshold": 0.1,
                "comparison_method": "Robust",
            },
        },
    }


def edited(place: str, value: Any) -> dict[str, Any]:
    """The document with a value at a place such as `features[0].name`."""
    made = document()
    parts = [int(part) if part.isdigit() else part for part in re.split(r"[.\[\]]+", place) if part]
    within: Any = made
    for part in parts[:-1]:
        within = within.setdefault(part, {}) if isinstance(part, str) else within[part]
    within[parts[-1]] = value
    return made


def read(content: str | bytes | dict[str, Any] | list[Any]) -> Constraints:
    if isinstance(content, dict | list):
        content = json.dumps(content, indent=1)
    return read_constraints(content.encode() if isinstance(content, str) else content, URI)


def refused(content: str | bytes | dict[str, Any] | list[Any]) -> str:
    """What is said of a file that can't be followed, after the file's name."""
    with pytest.raises(InputError) as caught:
        read(content)
    said = str(caught.value)
    assert said.startswith(f"{URI}: ")
    return said.removeprefix(f"{URI}: ")


OVERRIDES = "features[0].monitoringConfigOverrides"
COMPARISON = "monitoring_config.distribution_constraints"
SWITCH = "expected 'Enabled' or 'Disabled', found"
SHARE = "expected a number from 0 to 1, found"
AGE, STATE = '(feature "age")', '(feature "state")'


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        ("features[0].completeness", 1.5, f"{SHARE} 1.5 {AGE}"),
        ("features[0].completeness", -0.1, f"{SHARE} -0.1 {AGE}"),
        ("features[0].completeness", "0,1", f'{SHARE} "0,1"; write 0.1 {AGE}'),
        ("features[0].completeness", [1], f"{SHARE} [1] {AGE}"),
        ("features[0].completeness", float("nan"), f"{SHARE} NaN {AGE}"),
        ("features[0].num_constraints.is_non_negative", "no", f'expected true or false, found "no" {AGE}'),
        ("features[0].num_constraints", True, f"expected an object in {{ }}, found true {AGE}"),
        ("features[1].string_constraints.domains", "TX, CA", f'expected a list in [ ], found "TX, CA" {STATE}'),
        ("features[1].string_constraints.domains[0]", 7, f"expected a text in double quotes, found 7 {STATE}"),
        ("features[2].name", None, "expected a text in double quotes, found null"),
        ("features[2]", "id", 'expected an object in { }, found "id"'),
        ("features", {}, "expected a list in [ ], found {}"),
        ("monitoring_config.datatype_check_threshold", 100, f"{SHARE} 100"),
        ("monitoring_config.evaluate_constraints", "disabled", f'{SWITCH} "disabled"; did you mean Disabled?'),
        ("monitoring_config.evaluate_constraints", False, f"{SWITCH} false"),
        (f"{COMPARISON}.comparison_threshold", float("inf"), "expected a number of at least 0, found Infinity"),
        (f"{OVERRIDES}.emit_metrics", "off", f'{SWITCH} "off" {AGE}'),
        (COMPARISON, None, "expected an object in { }, found null"),
        (
            f"{OVERRIDES}.distribution_constraints.comparison_threshold",
            -1,
            f"expected a number of at least 0, found -1 {AGE}",
        ),
        (
            f"{COMPARISON}.comparison_method",
            "KS",
            "expected 'Simple', 'Robust', 'linf_simple' or 'linf_robust', found \"KS\"",
        ),
        (
            "features[0].inferred_type",
            "integral",
            "expected 'Integral', 'Fractional', 'String' or 'Unknown', found \"integral\"; "
            f"did you mean Integral? {AGE}",
        ),
    ],
)
def test_a_wrong_value_is_answered_with_its_place_and_what_was_expected(place: str, value: Any, said: str) -> None:
    assert refused(edited(place, value)) == f"{place}: {said}"


def test_a_long_value_is_cut() -> None:
    said = refused(edited("features[0].completeness", "x" * 500))
    assert said.startswith('features[0].completeness: expected a number from 0 to 1, found "xxx')
    assert len(said) < 200


def test_what_is_missing_is_said_to_be() -> None:
    made = document()
    del made["features"][1]["inferred_type"]
    assert refused(made) == 'features[1].inferred_type: is missing (feature "state")'
    assert refused({"version": 0}) == "features: is missing"


def test_the_first_of_several_faults_is_told_and_how_many_there_are() -> None:
    made = edited("features[0].completeness", 2)
    made["features"][1]["completeness"] = made["features"][2]["inferred_type"] = "x"
    assert refused(made).endswith("; 2 more of the file's values are wrong")


ANYWHERE = "monitoring_config or, for one feature, in its monitoringConfigOverrides"


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (f"{COMPARISON}.comparision_threshold", "unknown key; did you mean comparison_threshold?"),
        # So the documentation misspelt it for years.
        (f"{COMPARISON}.comparion_method", "unknown key; did you mean comparison_method?"),
        ("features[0].completness", f"unknown key; did you mean completeness? {AGE}"),
        ("features[0].nmae", f"unknown key; did you mean name? {AGE}"),
        ("features[0].monitoringConfigOverride", f"unknown key; did you mean monitoringConfigOverrides? {AGE}"),
        ("features[0].MonitoringConfigOverrides", f"unknown key; did you mean monitoringConfigOverrides? {AGE}"),
        ("features[0].COMPLETENESS", f"unknown key; did you mean completeness? {AGE}"),
        ("features[1].string_constraints.domain", f"unknown key; did you mean domains? {STATE}"),
        ("monitoringConfig", "unknown key; did you mean monitoring_config?"),
        # The right key in the wrong place has no effect either.
        (f"{OVERRIDES}.comparison_threshold", f"has no effect here; it belongs in distribution_constraints {AGE}"),
        ("features[0].evaluate_constraints", f"has no effect here; it belongs in {ANYWHERE} {AGE}"),
        ("emit_metrics", f"has no effect here; it belongs in {ANYWHERE}"),
        ("features[1].domains", f"has no effect here; it belongs in string_constraints {STATE}"),
    ],
)
def test_a_key_that_would_silently_have_no_effect_is_an_error(place: str, said: str) -> None:
    assert refused(edited(place, 0.5)) == f"{place}: {said}"


@pytest.mark.parametrize(
    "place",
    [
        "owner",
        "features[0].description",
        "features[0]._completeness",
        "features[0].//",
        "features[0].#name",
        "monitoring_config.since",
        f"{COMPARISON}.note",
    ],
)
def test_other_unknown_keys_pass(place: str) -> None:
    assert read(edited(place, "anything")).features[0].completeness == 1.0


def test_a_name_stands_once() -> None:
    said = refused(edited("features[2].name", "age"))
    assert said == 'features[2].name: "age" stands there again, after features[0]; keep one of them'


def test_a_key_stands_once() -> None:
    text = json.dumps(document())
    twice = text.replace('"completeness": 0.9,', '"completeness": 0.9, "completeness": 0.5,')
    assert refused(twice) == '"completeness" stands twice in feature "state"; keep one of them'
    config = text.replace('"emit_metrics"', '"evaluate_constraints": "Disabled", "emit_metrics"')
    assert refused(config) == '"evaluate_constraints" stands twice; keep one of them'


TEXT = json.dumps(document(), indent=1)


@pytest.mark.parametrize(
    ("right", "wrong", "line", "said"),
    [
        ('"completeness": 1.0,', '"completeness": 1.0,,', 7, "expected a key in double quotes"),
        ('negative": true', 'negative": true,', 10, "a comma with nothing behind it; remove it"),
        ('negative": true', 'negative": True', 9, "expected a value: a text in double quotes, a number, true"),
        ('"Integral",', '"Integral"', 7, "expected a comma or a closing bracket before this"),
        ('"completeness": 0.9', '"completeness": .9', 15, "expected a value: a text in double quotes, a number"),
        ('"name": "age"', "'name': 'age'", 5, "expected a key in double quotes"),
        ('"age",', '"age,', 5, "a text is not closed on its line, or has a control character in it"),
        ('"age",', '"age", // years', 5, "expected a key in double quotes"),
        ('"name": "age"', '"name" "age"', 5, "expected a colon between key and value"),
        ('"age"', r'"C:\data"', 5, "a backslash in a text is written twice"),
    ],
)
def test_what_is_no_json_is_answered_with_line_and_column(right: str, wrong: str, line: int, said: str) -> None:
    assert right in TEXT
    assert re.match(rf"line {line}, column [1-9]\d*: no JSON: {said}", refused(TEXT.replace(right, wrong, 1)))


def test_a_comma_in_a_number_is_told_from_one_between_values() -> None:
    said = refused(TEXT.replace('"completeness": 0.9', '"completeness": 0,9'))
    assert said.startswith("line 15, column 22: no JSON: expected a key in double quotes")
    assert said.endswith('(at: "completeness": 0,9,); numbers are written with a point')


def test_a_file_that_ends_too_early_or_too_late() -> None:
    assert "no JSON: the file ends too early: a bracket or a quote is not closed" in refused(TEXT[:200])
    assert "no JSON: something stands behind the end of the document" in refused(TEXT + "}")
    assert refused("") == refused(" \n") == "the file is empty"
    assert refused("[" * 100_000).startswith("line 1, column ")


def test_byte_order_marks_are_read_over() -> None:
    for content in (TEXT.encode("utf-8-sig"), TEXT.encode("utf-16")):
        assert [feature.name for feature in read(content).features] == ["age", "state", "id"]


def test_what_is_no_text_is_answered_with_the_byte() -> None:
    latin = TEXT.replace("age", "Größe").encode("latin-1")
    assert refused(latin) == f"byte {latin.index(0xF6) + 1} is not UTF-8; save the file as UTF-8"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ({"version": 0.0, "dataset": {"item_count": 1}, "features": []}, "a statistics.json"),
        ({"features": [{"name": "a", "inferred_type": "String", "string_statistics": {}}]}, "a statistics.json"),
        ({"violations": []}, "a constraint_violations.json"),
        ({"version": 0.0, "binary_classification_constraints": {}}, "a constraints.json of a model quality monitor"),
        ({"version": "1.0", "explanations": {}}, "an analysis.json of a bias or explainability monitor"),
        ({"captureData": {}, "eventMetadata": {}}, "a record of captured data"),
    ],
)  # fmt: skip
def test_another_of_sagemakers_files_is_recognized(content: dict[str, Any], kind: str) -> None:
    expected = f"is {kind}; a constraints.json was expected here; check which URI is given for which file"
    assert refused(content) == expected


def test_constraints_are_no_statistics() -> None:
    with pytest.raises(InputError, match=r"x.json: is a constraints.json; a statistics.json was expected here"):
        read_statistics(TEXT.encode(), "x.json")


@pytest.mark.parametrize(("content", "found"), [("[]", "[]"), ("7", "7"), ('"x"', '"x"'), ("null", "null")])
def test_a_file_is_an_object(content: str, found: str) -> None:
    assert refused(content) == f"the file: expected an object in {{ }}, found {found}"


def test_numbers_may_stand_in_quotes() -> None:
    """As the original's own reader lets them."""
    made = read(edited(f"{COMPARISON}.comparison_threshold", "0.5"))
    assert made.config(made.features[0]).distribution_constraints.comparison_threshold == 0.5


def test_a_documented_override_goes_before_those_of_the_sdk() -> None:
    made = edited(OVERRIDES, {"datatype_check_threshold": 0.5})
    made["features"][0]["monitoring_config_overrides"] = {
        "datatype_check_threshold": 0.6,
        "domain_content_threshold": 0.7,
    }
    made["features"][0]["num_constraints"]["monitoring_config_overrides"] = {
        "domain_content_threshold": 0.8,
        "emit_metrics": "Disabled",
    }
    constraints = read(made)
    config = constraints.config(constraints.features[0])
    assert (config.datatype_check_threshold, config.domain_content_threshold) == (0.5, 0.7)
    assert config.emit_metrics == "Disabled"
    assert config.distribution_constraints.comparison_threshold == 0.1
    other = constraints.config(constraints.features[1])
    assert (other.datatype_check_threshold, other.emit_metrics) == (1.0, "Enabled")


def test_nothing_said_is_what_sagemaker_writes() -> None:
    constraints = read({"features": [{"name": "a", "inferred_type": "Unknown"}]})
    config = constraints.config(constraints.features[0])
    assert (config.evaluate_constraints, config.emit_metrics) == ("Enabled", "Enabled")
    assert (config.datatype_check_threshold, config.domain_content_threshold) == (1.0, 1.0)
    comparison = config.distribution_constraints
    assert (comparison.perform_comparison, comparison.comparison_threshold, comparison.robust) == ("Enabled", 0.1, True)
    assert (comparison.categorical_comparison_threshold, comparison.categorical_drift_method) == (0.1, "LInfinity")


@pytest.mark.parametrize(
    ("file", "feature", "expected"),
    [
        ({}, {}, 0.2),
        ({"categorical_comparison_threshold": 0.3}, {}, 0.3),
        ({}, {"comparison_threshold": 0.4}, 0.4),
        ({"categorical_comparison_threshold": 0.3}, {"comparison_threshold": 0.4}, 0.3),
        ({}, {"categorical_comparison_threshold": 0.5}, 0.5),
        ({"categorical_comparison_threshold": 0.3}, {"categorical_comparison_threshold": 0.5}, 0.5),
    ],
)
def test_the_threshold_of_categories_is_the_general_one_unless_either_level_says_more(
    file: dict[str, float], feature: dict[str, float], expected: float
) -> None:
    made = edited(COMPARISON, {"comparison_threshold": 0.2} | file)
    made["features"][1]["monitoringConfigOverrides"] = {"distribution_constraints": feature}
    constraints = read(made)
    config = constraints.config(constraints.features[1])
    assert config.distribution_constraints.categorical_comparison_threshold == expected
