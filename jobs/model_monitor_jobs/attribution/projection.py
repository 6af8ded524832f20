"""From answers to coalitions to Shapley values: one matrix for all rows.

With z = +1 for features in a coalition and -1 for others, half the difference d(z) between the answers to a coalition
and to its complement is a sum of main effects and of interactions of three, five and more features. Kernel SHAP
(Lundberg, Lee 2017) fits main effects by least squares and takes interactions for noise that is independent from
coalition to coalition. They are not: coalitions that are alike share them. Here they are a random field with the
covariance that follows from interactions of a size being alike, and the Shapley values are its best linear unbiased
prediction (universal kriging, Matheron 1969).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model_monitor_jobs.attribution.coalitions import Masks, is_complete

Doubles = NDArray[np.float64]

LARGEST_ORDER: Final = 9
"""Of interactions that are thought of one by one."""
RUGGEDNESS: Final = 3.0
"""Interactions of an order have together a variance of about this to the power of the order, divided by its factorial:
smooth models have less of the larger orders, models with steps more."""
UNEXPLAINED: Final = 1e-3
"""Of the variance of interactions, what is independent from coalition to coalition: those of larger orders."""


@dataclass(frozen=True)
class Projection:
    """`differences` is (features, pairs), `gain` is (features,)."""

    differences: Doubles
    gain: Doubles

    @classmethod
    def of(cls, masks: Masks) -> Projection:
        """Of distinct pairs: exact where they are all, which is Shapley's definition; else the best prediction."""
        from threadpoolctl import threadpool_limits

        # Sums are in the same order on any number of cores.
        with threadpool_limits(1):
            return _defined(masks) if is_complete(masks) else _predicted(masks)

    def values(self, differences: Doubles, gains: Doubles) -> Doubles:
        """Shapley values (features, answers) of half the differences in pairs, (pairs, answers), and of the answers'
        distances from the background's, (answers,), which the values sum up to."""
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1):
            found = self.differences @ differences + self.gain[:, np.newaxis] * gains
        return np.asarray(found + (gains - found.sum(axis=0)) / len(found))


def _defined(masks: Masks) -> Projection:
    """Shapley 1953: the coalition T adds v(T)·(t-1)!(n-t)!/n! to its members' values, and takes off others'."""
    features = masks.shape[1]
    shares = np.array([0.0] + [1 / (size * math.comb(features, size)) for size in range(1, features + 1)])
    sizes = masks.sum(axis=1)
    differences = np.where(masks.T, 2 * shares[sizes], -2 * shares[features - sizes])
    return Projection(differences, np.full(features, 1 / features))


def _predicted(masks: Masks) -> Projection:
    features = masks.shape[1]
    # The pair of all features and of none is known as well: it is half the gain.
    signs = np.where(np.vstack([masks, np.ones((1, features), dtype=bool)]), 1.0, -1.0)
    orders = range(3, min(features, LARGEST_ORDER) + 1, 2)
    weights = {order: (RUGGEDNESS / features) ** order for order in orders}
    total = sum(weight * math.comb(features, order) for order, weight in weights.items()) or 1.0
    distances = np.rint((features - signs @ signs.T) / 2).astype(np.int64)
    covariance = _sums(features, {order: weight / total for order, weight in weights.items()})[distances]
    covariance[np.diag_indices(len(signs) - 1)] += UNEXPLAINED
    # A feature has an equal part of each of its interactions, of which the others' signs decide the sign.
    parts = _sums(features - 1, {order - 1: 2 * weight / (order * total) for order, weight in weights.items()})
    negative = (signs < 0).sum(axis=1)
    shared = signs * parts[negative[:, np.newaxis] - (signs < 0)]
    size = len(signs)
    system = np.zeros((size + features, size + features))
    system[:size, :size] = covariance
    system[:size, size:], system[size:, :size] = signs, signs.T
    solved = np.linalg.solve(system, np.vstack([shared, 2 * np.eye(features)]))[:size].T
    return Projection(np.ascontiguousarray(solved[:, :-1]), solved[:, -1] / 2)


def _sums(features: int, weights: dict[int, float]) -> Doubles:
    """Weighted sums of elementary symmetric polynomials (Krawtchouk's) of signs, by the number of negative ones."""
    return np.array(
        [
            sum(
                weight * (-1) ** odd * math.comb(negative, odd) * math.comb(features - negative, order - odd)
                for order, weight in weights.items()
                for odd in range(min(order, negative) + 1)
            )
            for negative in range(features + 1)
        ],
        dtype=np.float64,
    )
