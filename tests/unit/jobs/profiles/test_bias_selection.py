"""Which rows a selection means, how Clarify writes it, and Clarify's rules of data type."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from model_monitor_jobs.errors import ConfigurationError
from model_monitor_jobs.profiles.bias import Selection, is_continuous, read_selection, selections
from model_monitor_jobs.profiles.column import ColumnProfile

ONE = Selection(values=("1",))


def profile(values: pa.Array) -> ColumnProfile:
    made = ColumnProfile.empty("age")
    made.update(values)
    return made


def texts(values: list[Any]) -> pa.Array:
    return pa.array([None if value is None else str(value) for value in values], type=pa.string())


@pytest.mark.parametrize(
    ("column", "chosen", "present"),
    [
        (["1", "0", None, " 1.0", "", "1e0", "x"], [1, 0, 0, 1, 0, 1, 0], [1, 1, 0, 1, 0, 1, 1]),
        ([1, 0, None, 2], [1, 0, 0, 0], [1, 1, 0, 1]),
        ([1.0, math.nan, 1.5, None], [1, 0, 0, 0], [1, 0, 1, 0]),
        ([], [], []),
        ([None, None], [0, 0], [0, 0]),
    ],
    ids=["texts", "integers", "floats", "empty", "nulls"],
)
def test_values_are_compared_as_labels_are(column: list[Any], chosen: list[int], present: list[int]) -> None:
    marked = ONE.marked(pa.array(column, type=pa.string() if not column else None))
    assert marked.chosen.tolist() == [bool(flag) for flag in chosen]
    assert marked.present.tolist() == [bool(flag) for flag in present]


def test_a_boolean_is_its_text() -> None:
    assert Selection(values=("True",)).marked(pa.array([True, False, None])).chosen.tolist() == [True, False, False]


def test_dictionaries_and_large_strings_are_texts() -> None:
    column = pa.array(["F", "M", None, "F"])
    expected = [True, False, False, True]
    female = Selection(values=("F",))
    assert female.marked(column.dictionary_encode()).chosen.tolist() == expected
    assert female.marked(column.cast(pa.large_string())).chosen.tolist() == expected


@pytest.mark.parametrize("kind", ["texts", "numbers"])
def test_a_threshold_is_exclusive(kind: str) -> None:
    numbers = [39.5, 40, 40.25, None, 75]
    column = texts([*numbers, "old"]) if kind == "texts" else pa.array(numbers, type=pa.float64())
    marked = Selection(threshold=40).marked(column)
    assert marked.chosen[:5].tolist() == [False, False, True, False, True]
    assert marked.present[:5].tolist() == [True, True, True, False, True]
    assert not marked.present[5:].any()
    assert marked.numbers is not None
    np.testing.assert_array_equal(marked.numbers[:5], [39.5, 40, 40.25, math.nan, 75])


@pytest.mark.parametrize(
    ("threshold", "numbers"),
    [(40, [18, 75]), (40, [18.5, 75.25]), (40.5, [18, 75]), (0.5, [0, 1]), (80, [18, 75]), (-3, [-10, -1])],
)
def test_an_interval_is_written_as_pandas_writes_it(threshold: float, numbers: list[float]) -> None:
    """Clarify's text is pandas' interval over threshold and maximum in ascending order."""
    expected = str(pd.IntervalIndex.from_breaks(sorted([threshold, max(numbers)]))[0])
    whole = all(float(number).is_integer() for number in numbers)
    assert Selection(threshold=threshold).text(float(max(numbers)), whole=whole) == expected


@pytest.mark.parametrize(
    ("selection", "text"),
    [
        (Selection(values=("F",)), "F"),
        (Selection(values=("b", "c")), "b,c"),
        (Selection(threshold=40.0), "(40, 75]"),
        (Selection(threshold=-1.5e-7), "(-1.5e-07, 75.0]"),
    ],
)
def test_what_is_written_is_read(selection: Selection, text: str) -> None:
    assert selection.text(75.0) == text
    assert read_selection(text).key == selection.key


@pytest.mark.parametrize("text", ["(40, 75]", "(40.0, 80.5]", "( 40 ,]", "(40, inf]"])
def test_the_maximum_of_an_interval_is_passed_over(text: str) -> None:
    assert read_selection(text) == Selection(threshold=40.0)


def test_without_numbers_an_interval_has_no_end() -> None:
    assert Selection(threshold=40).text() == "(40, ]"
    assert read_selection("(40, ]").threshold == 40


@pytest.mark.parametrize("text", ["40", "[40, 75]", "(40, 75)", "(a, b]"])
def test_all_else_are_values(text: str) -> None:
    assert read_selection(text).threshold is None


def test_equal_values_are_one_selection() -> None:
    assert Selection(values=("1.0", "True")).key == Selection(values=("true", "1")).key
    assert Selection(values=("1",)).key != Selection(threshold=1.0).key


@pytest.mark.parametrize("wrong", [{}, {"values": ("1",), "threshold": 1.0}, {"threshold": math.inf}])
def test_a_selection_is_values_or_a_threshold(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"either values or a threshold|not finite"):
        Selection(**wrong)


@pytest.mark.parametrize(
    ("values", "given", "continuous"),
    [
        (["F", "M"] * 10, 1, False),
        ([True, False] * 10, 1, False),
        ([0.5, 1.0] * 50, 1, True),
        (list(range(50)), 1, True),
        (list(range(50)), 2, False),
        ([0, 1] * 19, 1, True),
        ([0, 1] * 20, 1, True),
        ([0, 1] * 21, 1, False),
        ([], 1, False),
    ],
    ids=["text", "boolean", "fraction", "distinct", "two given", "2 of 38", "2 of 40", "2 of 42", "nothing"],
)
def test_clarifys_data_types(values: list[Any], given: int, continuous: bool) -> None:
    assert is_continuous(profile(pa.array(values, type=None if values else pa.string())), given) is continuous
    lower = [str(value).lower() if isinstance(value, bool) else value for value in values]
    assert is_continuous(profile(texts(lower)), given) is continuous


def test_given_values_select_by_the_columns_type() -> None:
    ages, sexes = profile(pa.array(list(range(18, 90)))), profile(pa.array(["F", "M"] * 50))
    assert selections(ages, [40], "facet") == [Selection(threshold=40.0)]
    assert selections(ages, ["40"], "facet") == [Selection(threshold=40.0)]
    assert selections(ages, [40, 41], "facet") == [Selection(values=("40", "41"))]
    assert selections(sexes, ["F"], "facet") == [Selection(values=("F",))]
    assert selections(profile(pa.array([0, 1] * 50)), [0], "facet") == [Selection(values=("0",))]


def test_without_given_values_each_value_is_compared_with_all_others() -> None:
    column = profile(pa.array(["M", "O", "F"] * 20))
    assert selections(column, [], "facet") == [Selection(values=(value,)) for value in ("F", "M", "O")]


@pytest.mark.parametrize(
    ("values", "given", "message"),
    [
        (list(range(50)), [], "facet: column 'age' has numbers, and no threshold is given"),
        (list(range(50)), ["old"], "facet: 'old' is no number"),
        ([f"v{place}" for place in range(21)], [], "facet: column 'age' has 21 values"),
        ([None], [], "facet: column 'age' has 0 values"),
    ],
)
def test_what_selects_nothing_is_refused(values: list[Any], given: list[Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        selections(profile(pa.array(values, type=pa.string() if values == [None] else None)), given, "facet")
