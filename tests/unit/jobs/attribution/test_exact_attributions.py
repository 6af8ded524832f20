"""Exact values by the shap package, against our own sum over all coalitions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neighbors import KNeighborsRegressor

from model_monitor_jobs.attribution.background import Background
from model_monitor_jobs.attribution.exact import explain_exactly
from model_monitor_jobs.attribution.kernel_shap import KernelShap, explain
from model_monitor_jobs.errors import ConfigurationError

Doubles = NDArray[np.float64]

_RANDOM = np.random.RandomState(3)
X = _RANDOM.normal(size=(120, 4))
NUMBER = X[:, 0] - 2 * X[:, 1] * X[:, 2]
CLASS = (NUMBER > 0).astype(int)


def batch(values: Doubles) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array(values[:, place]) for place in range(4)], names=list("abcd"))


BACKGROUND = Background(batch(X[:3]), np.array([0.5, 0.3, 0.2]))


@pytest.mark.parametrize(
    ("estimator", "use_logit"),
    [
        (LinearRegression().fit(X, NUMBER), False),
        (RandomForestRegressor(8, random_state=1).fit(X, NUMBER), False),
        (RandomForestClassifier(8, random_state=1).fit(X, CLASS), False),
        (GradientBoostingClassifier(n_estimators=8, random_state=1).fit(X, CLASS), True),
    ],
    ids=lambda value: type(value).__name__,
)
def test_they_are_the_definitions(estimator: Any, use_logit: bool) -> None:
    found = explain_exactly(estimator, batch(X[10:14]), BACKGROUND, use_logit=use_logit)
    outputs = len(found.expected)

    def model(rows: pa.RecordBatch) -> Doubles:
        matrix = np.column_stack([column.to_numpy() for column in rows.columns])
        if use_logit:
            return np.asarray(estimator.decision_function(matrix)).reshape(-1, 1)
        answers = estimator.predict_proba(matrix) if hasattr(estimator, "predict_proba") else estimator.predict(matrix)
        return np.asarray(answers, dtype=float).reshape(len(matrix), -1)[:, -outputs:]

    # All 2^4 - 2 coalitions fit, so that the values are the definition's.
    oracle = explain(batch(X[10:14]), BACKGROUND, model, KernelShap(64))
    assert found.local == pytest.approx(oracle.local, abs=1e-6)
    assert found.expected == pytest.approx(oracle.expected, abs=1e-6)


def test_log_odds_of_a_linear_classifier() -> None:
    estimator = LogisticRegression().fit(X, CLASS)
    found = explain_exactly(estimator, batch(X[10:14]), BACKGROUND, use_logit=True)
    centre = BACKGROUND.weights @ X[:3]
    assert found.local[0] == pytest.approx(estimator.coef_[0] * (X[10:14] - centre))
    assert found.expected[0] == pytest.approx(float(estimator.intercept_[0] + estimator.coef_[0] @ centre))


@pytest.mark.parametrize(
    ("estimator", "use_logit", "said"),
    [
        (LogisticRegression().fit(X, CLASS), False, "set shap.useLogit"),
        (GradientBoostingClassifier(n_estimators=4).fit(X, CLASS), False, "set shap.useLogit"),
        (RandomForestClassifier(4, random_state=1).fit(X, CLASS), True, "adds up no log odds"),
        (KNeighborsRegressor().fit(X, NUMBER), False, "can't explain a KNeighborsRegressor"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_it_can_not_do_is_said(estimator: Any, use_logit: bool, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        explain_exactly(estimator, batch(X[10:14]), BACKGROUND, use_logit=use_logit)
    assert said in f"{caught.value.message} {caught.value.remedy}"


def test_texts_are_no_features_of_an_estimator() -> None:
    rows = pa.RecordBatch.from_pydict({"a": ["x"], "b": [1.0], "c": [1.0], "d": [1.0]})
    with pytest.raises(ConfigurationError, match="'a' is no number"):
        explain_exactly(LinearRegression().fit(X, NUMBER), rows, BACKGROUND, use_logit=False)
