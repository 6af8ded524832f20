"""The quick ways to read a block of texts against Deequ's regular expressions, value by value."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_monitor_jobs.profiles.column import ColumnProfile
from model_monitor_jobs.profiles.text_types import count_plain, read_plain, split_plain

# Deequ's own expressions; Java's \d is ASCII, and Scala's pattern match needs the whole text.
FRACTIONAL = re.compile(r"(-|\+)? ?\d+((\.\d+)|((\.\d+)?[Ee][-+]?\d+))", re.ASCII)
INTEGRAL = re.compile(r"(-|\+)? ?\d+", re.ASCII)

ODD = st.text(alphabet="0159.eE+- _/\n٣５,truefalsinN", max_size=9) | st.sampled_from(
    [
        "",
        ".",
        "-",
        "-.5",
        ".5",
        "5.",
        "-5.",
        "1.2.3",
        "--1",
        "1-2",
        "5-",
        "1e5",
        "1E+05",
        "+5",
        " 5",
        "- 5",
        "inf",
        "1/2",
        "0x1p3",
        "true",
        "9" * 400,
        "1e999",
        "-1e999",
        "1_000",
        "nan",
    ]
)
PLAIN = st.from_regex(r"\A-?[0-9]{1,12}(\.[0-9]{1,6})?\Z")


def number(text: str) -> float:
    return float(text.replace(" ", ""))


@given(
    st.lists(st.none() | PLAIN | st.sampled_from([".5", "5.", "-.5"]), max_size=6) | st.lists(ODD | PLAIN, max_size=5)
)
def test_what_is_read_quickly_is_what_deequ_reads(texts: list[str | None]) -> None:
    array = pa.array(texts, pa.string())
    for values in (array, array.cast(pa.large_string()), pa.concat_arrays([pa.array(["x"]), array]).slice(1)):
        found = read_plain(values)
        if found is None:
            assert (
                any(text is None or not re.fullmatch(r"-?\d+(\.\d+)?", text, re.ASCII) for text in texts) or not texts
            )
            continue
        present = [text for text in texts if text is not None]
        assert all(FRACTIONAL.fullmatch(text) or INTEGRAL.fullmatch(text) for text in present)
        assert found.fractional == sum(1 for text in present if FRACTIONAL.fullmatch(text))
        expected = [np.nan if text is None else number(text) for text in texts]
        np.testing.assert_array_equal(found.numbers, expected)


def test_a_null_with_bytes_of_its_own_is_no_number() -> None:
    """Arrow lets a null slot have content; it must count neither as a point nor as a number."""
    bytes_of = pa.array(["1.5", "2.5", "3"])
    validity = pa.py_buffer(bytes([0b101]))
    values = pa.Array.from_buffers(pa.string(), 3, [validity, *bytes_of.buffers()[1:]])
    assert read_plain(values) is None
    column = ColumnProfile.empty("x")
    column.update(values)
    assert (column.present, column.fractional, column.integral) == (2, 1, 1)


@given(st.lists(ODD | PLAIN, max_size=8))
def test_what_is_split_off_is_numbers_only(texts: list[str]) -> None:
    array = pa.array(texts, pa.string())
    plain, rest = split_plain(array)
    kept = plain.values.to_pylist()
    assert count_plain(array) == len(kept)
    assert all(FRACTIONAL.fullmatch(text) or INTEGRAL.fullmatch(text) for text in kept)
    assert plain.fractional == sum(1 for text in kept if FRACTIONAL.fullmatch(text))
    assert plain.numbers.tolist() == [number(text) for text in kept]
    assert sorted(kept + rest.to_pylist()) == sorted(texts)


@pytest.mark.parametrize("digits", [0, 3], ids=["integral", "fractional"])
@pytest.mark.parametrize("rows", [300, 3_000])
@settings(max_examples=30)
@given(st.lists(ODD | st.none(), max_size=12))
def test_a_block_of_numbers_with_a_few_others_is_typed_value_by_value(
    rows: int, digits: int, others: list[str | None]
) -> None:
    texts = [*(f"{value / 10**digits:.{digits}f}" for value in range(-5, rows)), *others]
    column = ColumnProfile.empty("x")
    column.update(pa.array(texts, pa.string()))
    present = [text for text in texts if text is not None]
    integral = [text for text in present if INTEGRAL.fullmatch(text)]
    fractional = [text for text in present if FRACTIONAL.fullmatch(text)]
    boolean = sum(text in ("true", "false") for text in present)
    assert (column.present, column.integral, column.fractional) == (len(present), len(integral), len(fractional))
    assert (column.boolean, column.text) == (boolean, len(present) - len(integral) - len(fractional) - boolean)
    assert column.whole == sum(number(text) == np.floor(number(text)) for text in fractional)
    finite = [value for value in map(number, integral + fractional) if np.isfinite(value)]
    assert column.moments.count == column.sketch.count == len(finite)
    assert (column.moments.minimum, column.moments.maximum) == (min(finite), max(finite))
    assert column.frequencies.total == len(present)
    if column.frequencies.exact:
        assert column.frequencies.counts == {text: present.count(text) for text in set(present)}
