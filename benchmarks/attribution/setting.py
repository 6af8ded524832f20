"""The model that both explain, its rows and its background."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

FEATURES = 20
BACKGROUND = 20
SAMPLES = 2 * FEATURES + 2_048
"""What shap takes where nobody says how many."""
_SEED = 20_220_711


def answer(rows: Doubles) -> Doubles:
    """Probabilities: a sigmoid of a linear part, an interaction and a fold."""
    slopes = 0.5 * np.random.RandomState(_SEED).standard_normal(FEATURES)
    sums = rows @ slopes + 0.8 * rows[:, 0] * rows[:, 1] + 0.6 * np.abs(rows[:, 2])
    return np.asarray(1 / (1 + np.exp(-sums)))


def rows(count: int) -> Doubles:
    """The first of always the same rows."""
    return np.asarray(np.random.RandomState(_SEED + 1).standard_normal((count, FEATURES)))


def background() -> Doubles:
    """Rows that stand in for what is left out."""
    return np.asarray(np.random.RandomState(_SEED + 2).standard_normal((BACKGROUND, FEATURES)))
