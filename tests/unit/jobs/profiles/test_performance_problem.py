"""Labels have one form, however they are written, and a binary problem knows which one is positive."""

from __future__ import annotations

import pyarrow as pa
import pytest

from model_monitor_jobs.errors import ConfigurationError
from model_monitor_jobs.profiles.performance.problem import canonical_labels, find_classes, joined_classes


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("1", "1"),
        ("1.0", "1"),
        ("1.", "1"),
        ("1e0", "1"),
        ("+1", "1"),
        (" 1 ", "1"),
        ("-0", "0"),
        ("-3.00", "-3"),
        ("1.5", "1.5"),
        ("15e-1", "15e-1"),
        ("007", "007"),
        ("123456789012345678901", "123456789012345678901"),
        ("1e999", "1e999"),
        ("True", "true"),
        ("FALSE", "false"),
        ("Yes", "Yes"),
        ("New York ", "New York"),
        ("nan", "nan"),
        ("", None),
        ("  ", None),
        (None, None),
    ],
)
def test_a_label_has_one_form(text: str | None, form: str | None) -> None:
    found = canonical_labels(pa.array(["x", text, text], type=pa.string()))
    assert found.to_pylist() == ["x", form, form]
    assert found.type == pa.string()


def test_no_labels_have_no_form() -> None:
    assert canonical_labels(pa.array([], type=pa.string())).to_pylist() == []


@pytest.mark.parametrize(
    ("labels", "positive", "classes"),
    [
        (["0", "1.0", " 1"], None, ("0", "1")),
        (["1"], None, ("0", "1")),
        (["True", "false"], None, ("false", "true")),
        (["no", "yes"], "yes", ("no", "yes")),
        (["no"], "yes", ("no", "yes")),
        (["0", "1"], "0", ("1", "0")),
        (["0"], "0", ("1", "0")),
        (["1.0", ""], "1", ("0", "1")),
    ],
)
def test_the_positive_label_is_found(labels: list[str], positive: str | None, classes: tuple[str, str]) -> None:
    assert find_classes(labels, positive) == classes


@pytest.mark.parametrize(
    ("labels", "positive", "said"),
    [
        (["no", "yes"], None, 'unclear; found "no", "yes"; set modelQuality.positiveLabel'),
        (["a", "b", "c"], None, 'a binary problem has two labels; found "a", "b", "c"'),
        ([str(n) for n in range(12)], "1", "and 2 more"),
        (["no", "yes"], "maybe", 'no label is "maybe"; found "no", "yes"'),
        (["yes"], "yes", 'all labels are "yes"; which is the other one is unknown'),
        ([" "], None, "there are no labels"),
    ],
)
def test_what_is_unclear_is_said(labels: list[str], positive: str | None, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        find_classes(labels, positive)
    assert said in str(caught.value)


def test_more_than_a_thousand_classes_are_no_classes() -> None:
    assert len(joined_classes([str(n) for n in range(1000)], ["5"])) == 1000
    with pytest.raises(ConfigurationError, match=r"more than 1,000 classes: .* Regression"):
        joined_classes([str(n) for n in range(1000)], ["x"])
