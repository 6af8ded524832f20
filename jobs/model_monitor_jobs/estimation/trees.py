"""Gradient-boosted trees that are the same for the same rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor


def classifier(iterations: int, leaves: int, categorical: list[bool]) -> HistGradientBoostingClassifier:
    """So many trees with so many leaves each; `categorical` says of each column whether it holds codes."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(**_settings(iterations, leaves, categorical))


def regressor(iterations: int, leaves: int, categorical: list[bool]) -> HistGradientBoostingRegressor:
    """As `classifier`."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    return HistGradientBoostingRegressor(**_settings(iterations, leaves, categorical))


def _settings(iterations: int, leaves: int, categorical: list[bool]) -> dict[str, Any]:
    return {
        "max_iter": iterations,
        "max_leaf_nodes": leaves,
        "categorical_features": categorical,
        "early_stopping": False,
        "random_state": 0,
    }
