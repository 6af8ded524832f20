"""Exact Shapley values of linear models and of ensembles of trees, by the shap package."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from model_monitor_jobs.attribution.background import Background
from model_monitor_jobs.attribution.kernel_shap import Attributions
from model_monitor_jobs.errors import ConfigurationError, InputError

Doubles = NDArray[np.float64]


def explain_exactly(estimator: Any, rows: pa.RecordBatch, background: Background, *, use_logit: bool) -> Attributions:
    """The Shapley values of rows under the interventional game that Kernel SHAP samples (Lundberg et al. 2020).

    They are linear in the background, so those against each of its rows are weighted. Explained are the
    sums that the model makes: numbers, probabilities of a forest, or, with `use_logit`, log odds of a linear classifier
    and of boosted trees. Raises ConfigurationError where shap is not installed, or can't explain
    this estimator so.
    """
    try:
        import shap
    except ImportError as error:
        raise ConfigurationError(
            "model.estimator: the package shap is not installed", remedy="add it to the image, or name a callable"
        ) from error
    names = tuple(rows.schema.names)
    matrix, others = _matrix(rows), _matrix(background.rows)
    local, expected = None, None
    for weight, other in zip(background.weights, others, strict=True):
        values, base = _values(shap, estimator, matrix, other[np.newaxis], use_logit=use_logit)
        local = weight * values if local is None else local + weight * values
        expected = weight * base if expected is None else expected + weight * base
    if local is None or expected is None:
        raise InputError("the background has no rows")
    return Attributions(names, local, expected)


def _values(
    shap: Any, estimator: Any, rows: Doubles, background: Doubles, *, use_logit: bool
) -> tuple[Doubles, Doubles]:
    """(outputs, rows, features) and (outputs,)"""
    if hasattr(estimator, "coef_"):
        _check_scale(estimator, use_logit=use_logit, log_odds=hasattr(estimator, "predict_proba"))
        explainer = shap.LinearExplainer(estimator, shap.maskers.Independent(background, max_samples=len(background)))
        return _shaped(explainer.shap_values(rows), explainer.expected_value, len(rows))
    try:
        explainer = shap.TreeExplainer(estimator, background, feature_perturbation="interventional", model_output="raw")
    except Exception as error:
        raise ConfigurationError(
            f"model.estimator: shap can't explain a {type(estimator).__name__}: {error}",
            remedy="name a function that predicts as model.callable",
        ) from error
    _check_scale(estimator, use_logit=use_logit, log_odds=explainer.model.tree_output == "log_odds")
    return _shaped(explainer.shap_values(rows, check_additivity=False), explainer.expected_value, len(rows))


def _check_scale(estimator: Any, *, use_logit: bool, log_odds: bool) -> None:
    """Raise ConfigurationError where the sums that a model makes are not what shall be explained.

    Of sums of log odds shap gives probabilities too, but only by scaling their values, which is not exact.
    """
    name = type(estimator).__name__
    if log_odds and not use_logit:
        raise ConfigurationError(
            f"model.estimator: exact values of a {name} are those of its log odds",
            remedy="set shap.useLogit, or name its predict_proba as model.callable",
        )
    if use_logit and not log_odds:
        raise ConfigurationError(f"shap.useLogit: a {name} adds up no log odds", remedy="leave it out")


def _shaped(values: Any, base: Any, rows: int) -> tuple[Doubles, Doubles]:
    """shap puts the outputs last, or leaves them out where there is one."""
    found = np.asarray(values, dtype=np.float64)
    found = found[np.newaxis] if found.ndim == 2 else np.moveaxis(found, -1, 0)
    expected = np.atleast_1d(np.asarray(base, dtype=np.float64))
    if found.shape[:2] != (len(expected), rows):
        raise InputError(f"model.estimator: shap gave values of shape {found.shape} for {rows} rows")
    return found, expected


def _matrix(rows: pa.RecordBatch) -> Doubles:
    """Raises ConfigurationError for a feature that is no number."""
    columns = []
    for name, column in zip(rows.schema.names, rows.columns, strict=True):
        try:
            numbers = column.cast(pa.float64())
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise ConfigurationError(
                f"model.estimator: the feature {name!r} is no number", remedy="name a callable that takes it"
            ) from error
        columns.append(numbers.to_numpy(zero_copy_only=False))
    return np.column_stack(columns)
