"""Shapley values by their definition, from the worth of all 2^20 coalitions."""

from __future__ import annotations

from math import comb

import numpy as np
from numpy.typing import NDArray

from benchmarks.attribution import setting

Doubles = NDArray[np.float64]

_STEP = 2_048


def shapley_values(count: int) -> Doubles:
    """Of the first rows, (count, features)."""
    return np.array([_values(row) for row in setting.rows(count)])


def _values(row: Doubles) -> Doubles:
    """Shapley 1953: Σ |S|! (n-|S|-1)! / n! (v(S and the feature) - v(S)) over all S without the feature."""
    count, background = setting.FEATURES, setting.background()
    numbers = np.arange(2**count)
    worth = np.empty(len(numbers))
    for start in range(0, len(numbers), _STEP):
        members = (numbers[start : start + _STEP, np.newaxis] >> np.arange(count) & 1).astype(bool)
        composed = np.where(members[:, np.newaxis, :], row, background).reshape(-1, count)
        worth[start : start + _STEP] = setting.answer(composed).reshape(-1, len(background)).mean(axis=1)
    sizes = np.bitwise_count(numbers)
    weights = np.array([1 / (count * comb(count - 1, size)) for size in range(count)])
    found = np.empty(count)
    for feature in range(count):
        without = numbers[numbers >> feature & 1 == 0]
        found[feature] = weights[sizes[without]] @ (worth[without | 1 << feature] - worth[without])
    return found
