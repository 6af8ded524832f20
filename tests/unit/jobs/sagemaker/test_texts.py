"""Numbers in violations are written as Java's `Double.toString` does; the expected texts are from its documentation's
rules and from real files of SageMaker."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_monitor_jobs.sagemaker.texts import number, percentage


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (1, "1.0"),
        (0.1, "0.1"),
        (0.001, "0.001"),
        (0.0009, "9.0E-4"),
        (3.3640191298478506e-05, "3.3640191298478506E-5"),
        (9999999.0, "9999999.0"),
        (1e7, "1.0E7"),
        (-12345678.5, "-1.23456785E7"),
        (1e300, "1.0E300"),
        (5e-324, "5.0E-324"),
        (0.2711598746081505, "0.2711598746081505"),
        (math.nan, "NaN"),
        (math.inf, "Infinity"),
        (-math.inf, "-Infinity"),
    ],
)
def test_numbers(value: float, text: str) -> None:
    assert number(value) == text


def test_percentages_of_real_files() -> None:
    assert percentage(353 / 354) == "99.71751412429379%"
    assert percentage(6701 / 6721) == "99.70242523434013%"
    assert percentage(1.0) == "100.0%"
    assert percentage(0.0) == "0.0%"


@given(st.floats(allow_nan=False))
def test_numbers_read_back(value: float) -> None:
    assert float(number(value).replace("Infinity", "inf")) == value
