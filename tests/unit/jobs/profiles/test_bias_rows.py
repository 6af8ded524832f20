"""Labels, answers and facets of single rows, as text and as typed columns."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from model_monitor_jobs.profiles.bias import (
    NEGATIVE,
    POSITIVE,
    UNKNOWN,
    BiasProblem,
    BiasProfile,
    DecodedBias,
    Facet,
    Selection,
    decode_bias,
)
from model_monitor_jobs.profiles.hashes import hash_numbers
from model_monitor_jobs.profiles.performance import block_of

AGE = Facet("age", Selection(threshold=40.0))
PROBLEM = BiasProblem((AGE,), Selection(values=("1",)))
ABOVE = BiasProblem((AGE,), Selection(threshold=0.5))


def decoded(
    problem: BiasProblem, label: Any = None, prediction: Any = None, probability: Any = None, age: Any = None
) -> DecodedBias:
    given = [column for column in (label, prediction, probability) if column is not None]
    count = len(given[0])
    columns = {} if age is None else {"age": pa.array(age)}
    label, prediction, probability = (
        None if column is None else pa.array(column) for column in (label, prediction, probability)
    )
    return decode_bias(
        problem, columns, label, prediction, probability, hash_numbers(np.arange(count, dtype=np.float64))
    )


def test_a_label_that_is_not_positive_is_negative() -> None:
    found = decoded(PROBLEM, label=["1", "0", "maybe", None, "", "1.0"], prediction=["1"] * 6)
    assert found.rows.label.tolist() == [POSITIVE, NEGATIVE, NEGATIVE, UNKNOWN, UNKNOWN, POSITIVE]
    assert (found.unlabelled, found.invalid_labels.rows) == (2, 0)


def test_rows_without_label_and_answer_are_left_out() -> None:
    found = decoded(PROBLEM, label=["1", None, None], prediction=[None, "0", None], age=[50, 30, 99])
    assert found.kept.tolist() == [True, True, False]
    assert found.rows.label.tolist() == [POSITIVE, UNKNOWN]
    assert found.rows.predicted.tolist() == [UNKNOWN, NEGATIVE]
    assert found.rows.disadvantaged.tolist() == [[True, False]]
    assert found.extents.maxima[0] == 50
    np.testing.assert_array_equal(found.rows.blocks, block_of(hash_numbers(np.array([0.0, 1.0]))))


def test_a_probability_is_positive_above_its_threshold_only() -> None:
    found = decoded(PROBLEM, probability=["0.5", "0.50001", "0", None, "1.5", "high"])
    assert found.rows.predicted.tolist() == [NEGATIVE, POSITIVE, NEGATIVE]
    assert found.unanswered == 1
    assert found.invalid_answers.texts == {"1.5": 1, "high": 1}
    assert found.unlabelled == 6


def test_a_prediction_goes_before_a_probability() -> None:
    found = decoded(PROBLEM, prediction=["0", "1"], probability=["0.9", "0.1"])
    assert found.rows.predicted.tolist() == [NEGATIVE, POSITIVE]


@pytest.mark.parametrize("column", [["0.5", "0.75", "x", None, " "], [0.5, 0.75, None, math.nan, math.nan]])
def test_labels_above_a_threshold_are_numbers(column: list[Any]) -> None:
    found = decoded(ABOVE, label=column, prediction=[0.1, 0.6, 0.2, 0.3, 0.4])
    assert found.rows.label.tolist() == [NEGATIVE, POSITIVE, UNKNOWN, UNKNOWN, UNKNOWN]
    assert found.rows.predicted.tolist() == [NEGATIVE, POSITIVE, NEGATIVE, NEGATIVE, NEGATIVE]
    assert found.invalid_labels.texts == ({"x": 1} if "x" in column else {})
    assert found.unlabelled == 3 - found.invalid_labels.rows


def test_a_facet_without_a_value_is_advantaged_and_counted() -> None:
    found = decoded(PROBLEM, label=["1"] * 4, age=["41", "old", None, "40"])
    assert found.rows.disadvantaged.tolist() == [[True, False, False, False]]
    assert found.rows.given.tolist() == [[True, False, False, True]]


def test_a_facet_whose_column_is_not_there_is_missing() -> None:
    profile = BiasProfile.empty(PROBLEM)
    profile.update(decoded(PROBLEM, label=["1", "0"]))
    assert profile.counts.missing.sum() == 2
    assert profile.facet_text(0) == "(40, ]"


def test_the_label_too_is_named_by_its_threshold() -> None:
    profile = BiasProfile.empty(ABOVE)
    profile.update(decoded(ABOVE, label=[0.25, 1.0], prediction=[0.0, 2.0], age=[20, 71]))
    assert (profile.label_text, profile.facet_text(0)) == ("(0.5, 1.0]", "(40, 71]")


def test_texts_and_typed_columns_are_the_same_rows() -> None:
    random = np.random.RandomState(1)
    ages, labels = random.randint(18, 80, 200), random.randint(0, 2, 200)
    typed = decoded(PROBLEM, label=labels, prediction=labels[::-1].copy(), age=ages)
    texts = decoded(PROBLEM, label=labels.astype(str), prediction=labels[::-1].astype(str), age=ages.astype(str))
    for name in ("disadvantaged", "given", "label", "predicted", "blocks"):
        np.testing.assert_array_equal(getattr(typed.rows, name), getattr(texts.rows, name))
    np.testing.assert_array_equal(typed.rows.disadvantaged[0], ages > 40)
