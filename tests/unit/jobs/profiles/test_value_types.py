"""Types of texts against Deequ's regular expressions, and what the numbers among them are."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_monitor_jobs.profiles.table import profile
from model_monitor_jobs.profiles.text_types import classify

# Deequ's own expressions; Java's \d is ASCII, and Scala's pattern match needs the whole text.
FRACTIONAL = re.compile(r"(-|\+)? ?\d+((\.\d+)|((\.\d+)?[Ee][-+]?\d+))", re.ASCII)
INTEGRAL = re.compile(r"(-|\+)? ?\d+", re.ASCII)
BOOLEAN = re.compile(r"(true|false)")


def deequ(text: str) -> str:
    if FRACTIONAL.fullmatch(text):
        return "Fractional"
    if INTEGRAL.fullmatch(text):
        return "Integral"
    return "Boolean" if BOOLEAN.fullmatch(text) else "String"


def typed(text: str) -> str:
    found = classify(pa.array([text]))
    kinds = {"Integral": found.integral, "Fractional": found.fractional, "Boolean": found.boolean}
    named = [kind for kind, is_kind in kinds.items() if is_kind[0]]
    assert len(named) <= 1
    return named[0] if named else "String"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("5", "Integral"),
        ("-5", "Integral"),
        ("+5", "Integral"),
        ("+ 1", "Integral"),
        (" 5", "Integral"),
        ("007", "Integral"),
        ("5.0", "Fractional"),
        ("- 5.5", "Fractional"),
        ("1e5", "Fractional"),
        ("1.5E-3", "Fractional"),
        (".5", "String"),
        ("1.", "String"),
        ("1_000", "String"),
        ("1,5", "String"),
        ("  5", "String"),
        ("5 ", "String"),
        ("5\n", "String"),
        ("inf", "String"),
        ("nan", "String"),
        ("0x10", "String"),
        ("٣", "String"),
        ("５", "String"),
        ("", "String"),
        ("true", "Boolean"),
        ("TRUE", "String"),
    ],
)
def test_the_type_of_a_text(text: str, kind: str) -> None:
    assert typed(text) == kind
    assert deequ(text) == kind


@given(st.text(alphabet="0159.eE+- _\n٣truefals", max_size=9))
def test_types_are_deequs(text: str) -> None:
    assert typed(text) == deequ(text)


@given(st.lists(st.from_regex(r"\A[-+]?[ ]?[0-9]{1,12}(\.[0-9]{1,6})?([eE][-+]?[0-9]{1,2})?\Z"), min_size=1))
def test_numbers_are_those_that_python_reads(texts: list[str]) -> None:
    expected = [float(text.replace(" ", "")) for text in texts]
    assert classify(pa.array(texts)).numbers.tolist() == expected


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "2", None], "Integral"),
        (["1", "2.5"], "Fractional"),
        (["1", "2.5", "x"], "String"),
        (["true", "false"], "String"),
        (["true", "1"], "String"),
        ([None, None], "Unknown"),
        ([1, 2], "Integral"),
        ([1.0, 2.0], "Fractional"),
        ([True, None], "String"),
        ([b"\xff"], "String"),
        ([[1, 2], [3]], "String"),
    ],
)
def test_the_type_of_a_column(values: list[object], kind: str) -> None:
    table = profile([pa.record_batch([pa.array(values)], names=["x"])])
    assert table.columns["x"].inferred_type == kind
    assert table.missing("x") == values.count(None)


def test_floats_that_are_no_number_are_missing() -> None:
    table = profile([pa.record_batch([pa.array([1.0, float("nan"), float("inf"), None])], names=["x"])])
    assert (table.columns["x"].present, table.missing("x")) == (1, 3)


def test_a_number_beyond_doubles_is_present_but_not_among_the_numbers() -> None:
    column = profile([pa.record_batch([pa.array(["1e999", "2.5"])], names=["x"])]).columns["x"]
    assert (column.present, column.fractional, column.moments.count) == (2, 2, 1)
    assert np.isfinite(column.moments.sum)
