"""Columns become rows with labels; what can't be used is counted once, by its first fault."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from model_monitor_jobs.profiles.hashes import hash_numbers
from model_monitor_jobs.profiles.performance import Decoded, Problem, block_of, decode, decode_answers

BINARY = Problem("BinaryClassification", ("0", "1"), 0.8)
MULTICLASS = Problem("MulticlassClassification", ("a", "c"))
REGRESSION = Problem("Regression")


def texts(*values: str | None) -> pa.Array:
    return pa.array(values, type=pa.string())


def decoded(
    problem: Problem,
    label: pa.Array,
    prediction: pa.Array | None = None,
    probability: pa.Array | None = None,
    probabilities: dict[str, pa.Array] | None = None,
) -> Decoded:
    hashes = hash_numbers(np.arange(len(label), dtype=np.float64))
    found = decode(problem, label, prediction, probability, probabilities, hashes)
    wrong = found.invalid_labels.rows + found.invalid_answers.rows + found.unlabelled + found.unanswered
    assert len(found.rows) + wrong == len(label)
    assert int(found.kept.sum()) == len(found.rows)
    assert np.array_equal(found.rows.blocks, block_of(hashes[found.kept]))
    return found


@pytest.mark.parametrize(
    ("label", "probability"),
    [
        (texts("1", "0.0", "TRUE", None, "1"), texts("0.9", " .8 ", "0.1", "0.2", "8e-1")),
        (pa.array([1, 0, 7, None, 1]), pa.array([0.9, 0.8, 0.1, 0.2, 0.8])),
        (pa.array([1.0, 0.0, 7.0, float("nan"), 1.0]), pa.array([0.9, 0.8, 0.1, 0.2, 0.8])),
        (texts("1", "0", "x", " ", "1").dictionary_encode(), texts("0.9", "0.8", "0.1", "0.2", "0.8")),
        (texts("1", "0", "x", "", "1").cast(pa.large_string()), texts("0.9", "0.8", "0.1", "0.2", "0.8")),
    ],
)
def test_a_probability_above_the_threshold_is_positive(label: pa.Array, probability: pa.Array) -> None:
    """Strictly above, as in SageMaker."""
    found = decoded(BINARY, label, probability=probability)
    assert found.rows.actual.tolist() == [1, 0, 1]
    assert found.rows.predicted.tolist() == [1, 0, 0]
    assert found.rows.score is not None
    assert found.rows.score.tolist() == [0.9, 0.8, 0.8]
    assert (found.unlabelled, found.invalid_labels.rows) == (1, 1)


def test_booleans_of_parquet_are_true_and_false() -> None:
    problem = Problem("BinaryClassification", ("false", "true"))
    found = decoded(problem, pa.array([True, False, None]), texts("True", "true", "false"))
    assert found.rows.actual.tolist() == [1, 0]
    assert found.rows.predicted.tolist() == [1, 1]
    assert found.rows.score is None


def test_a_given_prediction_is_followed() -> None:
    found = decoded(BINARY, texts("1", "1", "0"), texts("0", None, "1"), texts("0.9", "0.9", "0.1"))
    assert found.rows.predicted.tolist() == [0, 1, 1]


def test_each_fault_is_counted_once_and_named() -> None:
    label = texts("1", "maybe", None, "0", "1", "0", "1", "maybe", "0")
    probability = texts("0.5", "7", "7", "1.5", "nan", None, "high", "0.5", "-0.1")
    found = decoded(BINARY, label, probability=probability)
    assert found.kept.tolist() == [True] + [False] * 8
    assert found.invalid_labels.texts == {"maybe": 2}
    assert found.invalid_answers.texts == {"1.5": 1, "nan": 1, "high": 1, "-0.1": 1}
    assert (found.unlabelled, found.unanswered) == (1, 1)


def test_a_prediction_that_is_neither_class_is_invalid() -> None:
    found = decoded(BINARY, texts("1", "0", "1"), texts("2", "1.0", None))
    assert found.rows.predicted.tolist() == [1]
    assert found.invalid_answers.texts == {"2": 1}
    assert found.unanswered == 1


def test_named_texts_are_bounded() -> None:
    found = decoded(BINARY, texts(*(f"label {n}" * 20 for n in range(50))), texts(*["1"] * 50))
    assert found.invalid_labels.rows == 50
    assert len(found.invalid_labels.texts) == 20
    assert max(map(len, found.invalid_labels.texts)) == 80
    found.invalid_labels.merge(decoded(BINARY, texts("other", "other"), texts("1", "1")).invalid_labels)
    assert (found.invalid_labels.rows, len(found.invalid_labels.texts)) == (52, 20)


def test_new_classes_are_added_in_order() -> None:
    found = decoded(MULTICLASS, texts("c", "b", "a", None), texts("a", "c", "d", "e"))
    assert found.rows.classes == ("a", "b", "c", "d", "e")
    assert [found.rows.classes[place] for place in found.rows.actual] == ["c", "b", "a"]
    assert [found.rows.classes[place] for place in found.rows.predicted] == ["a", "c", "d"]
    assert found.invalid_labels.rows == 0


def test_the_most_probable_class_is_the_answer() -> None:
    probabilities = {"c": texts("0.5", "0.2", "0.5"), "a": texts("0.25", "0.8", "0.5")}
    found = decoded(MULTICLASS, texts("b", "a", "c"), probabilities=probabilities)
    assert found.rows.classes == ("a", "b", "c")
    assert found.rows.predicted.tolist() == [2, 0, 0]
    assert found.rows.score is not None
    assert found.rows.score.tolist() == [[0.25, 0, 0.5], [0.8, 0, 0.2], [0.5, 0, 0.5]]


def test_every_class_needs_its_probability() -> None:
    probabilities = {"a": texts("0.5", None, "0.5"), "c": texts("0.5", "x", "2")}
    found = decoded(MULTICLASS, texts("a", "a", "a"), texts("a", "a", "a"), probabilities=probabilities)
    assert found.kept.tolist() == [True, False, False]
    assert (found.unanswered, found.invalid_answers.texts) == (1, {"2": 1})


@pytest.mark.parametrize("kind", ["text", "double", "integer"])
def test_a_regressions_numbers_are_finite(kind: str) -> None:
    values: list[Any] = [1, 2, None, 4]
    answers: list[Any] = [1, None, 3, 5]
    if kind == "text":
        label, answer = (texts(*(None if v is None else f"{v}.0" for v in side)) for side in (values, answers))
    else:
        to = pa.float64() if kind == "double" else pa.int64()
        label, answer = pa.array(values, type=to), pa.array(answers, type=to)
    found = decoded(REGRESSION, label, answer)
    assert found.rows.actual.tolist() == [1, 4]
    assert found.rows.predicted.tolist() == [1, 5]
    assert (found.unlabelled, found.unanswered) == (1, 1)


def test_what_is_no_finite_number_is_invalid() -> None:
    label = texts("1", "inf", "NaN", "1_000", "3", "2")
    found = decoded(REGRESSION, label, texts("1", "1", "1", "1", "-Infinity", "+2"))
    assert found.rows.actual.tolist() == [1, 2]
    assert found.invalid_labels.texts == {"inf": 1, "NaN": 1, "1_000": 1}
    assert found.invalid_answers.texts == {"-Infinity": 1}


def test_answers_are_read_without_labels() -> None:
    found = decode_answers(BINARY, None, texts("0.9", "x", "0.5"), None)
    assert found.valid.tolist() == [True, False, True]
    assert found.predicted.tolist() == [1, 0, 0]
    assert found.score is not None
    assert np.isnan(found.score[1])
    with pytest.raises(ValueError, match="answers need predictions"):
        decode_answers(BINARY, None, None, None)
