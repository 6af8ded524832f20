"""Partial dependence, with scikit-learn's brute force as the oracle."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.inspection import partial_dependence as of_sklearn

from model_monitor_jobs.attribution.partial_dependence import (
    MOST_CATEGORIES,
    PartialDependence,
    chosen_features,
    partial_dependence,
)

Doubles = NDArray[np.float64]


def rows(count: int = 80) -> pa.RecordBatch:
    random = np.random.RandomState(7)
    return pa.RecordBatch.from_pydict(
        {
            "a": random.normal(size=count),
            "b": random.randint(0, 4, count),
            "c": random.choice(["x", "y", "z"], count, p=[0.6, 0.3, 0.1]),
        }
    )


def model(batch: pa.RecordBatch) -> Doubles:
    a, b = (batch.column(place).to_numpy(zero_copy_only=False).astype(float) for place in (0, 1))
    c = np.array([{"x": 0.0, "y": 1.0, "z": 5.0}[text] for text in batch.column(2).to_pylist()])
    found = a * b + c
    return np.column_stack([found, -found])


class _Wrapped(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """The first output as an estimator of numbers; the third column is the place of a text."""

    def fit(self, values: Doubles, answers: Doubles) -> _Wrapped:
        self.fitted_ = True
        return self

    def predict(self, values: Doubles) -> Doubles:
        return np.asarray(values[:, 0] * values[:, 1] + np.array([0.0, 1.0, 5.0])[values[:, 2].astype(int)])


@pytest.mark.parametrize(("feature", "place"), [("a", 0), ("b", 1)])
def test_numbers_as_scikit_learn_has_them(feature: str, place: int) -> None:
    batch = rows()
    found = partial_dependence(batch, feature, model, 6)
    assert found is not None
    codes = np.array([["x", "y", "z"].index(text) for text in batch.column(2).to_pylist()], dtype=float)
    matrix = np.column_stack([batch.column(0).to_numpy(), batch.column(1).to_numpy().astype(float), codes])
    estimator = _Wrapped().fit(matrix, codes)
    oracle = of_sklearn(
        estimator, matrix, [place], custom_values={place: np.array(found.values, dtype=float)}, method="brute"
    )
    assert found.answers[0] == pytest.approx(oracle["average"][0])
    assert found.answers[1] == pytest.approx(-oracle["average"][0])
    assert sum(found.shares) == pytest.approx(1)


def test_few_numbers_are_taken_as_they_are_and_stay_whole() -> None:
    found = partial_dependence(rows(), "b", model, 6)
    assert found is not None
    assert found.values == (0, 1, 2, 3)
    assert all(isinstance(value, int) for value in found.values)


def test_categories_are_the_most_frequent_ones() -> None:
    batch = rows()
    found = partial_dependence(batch, "c", model, 6)
    assert found is not None
    assert (found.values, found.numeric) == (("x", "y", "z"), False)
    mean = float(np.mean(batch.column(0).to_numpy() * batch.column(1).to_numpy()))
    assert found.answers[0] == pytest.approx([mean, mean + 1, mean + 5])
    many = pa.RecordBatch.from_pydict({"a": [f"v{place}" for place in range(50)]})
    answers = partial_dependence(many, "a", lambda batch: np.zeros((batch.num_rows, 1)), 6)
    assert answers is not None
    assert len(answers.values) == MOST_CATEGORIES


def test_a_feature_without_values_has_none() -> None:
    batch = pa.RecordBatch.from_pydict({"a": pa.array([None, None], pa.float64())})
    assert partial_dependence(batch, "a", lambda batch: np.zeros((batch.num_rows, 1)), 6) is None


def test_it_is_read_as_it_was_written() -> None:
    found = partial_dependence(rows(), "c", model, 6)
    assert found is not None
    again = PartialDependence.of_document(found.document())
    assert (again.feature, again.values, again.shares) == (found.feature, found.values, found.shares)
    assert np.array_equal(again.answers, found.answers)
    with pytest.raises(ValueError, match="answers"):
        PartialDependence.of_document(found.document() | {"shares": [1.0]})


def test_without_names_the_leading_features_are_chosen() -> None:
    sizes = {"a": 0.1, "b": -0.4, "c": 0.2}
    assert chosen_features([], 2, sizes) == ["b", "c"]
    assert chosen_features(["a"], 2, sizes) == ["a"]
