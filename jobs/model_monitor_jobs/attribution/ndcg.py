"""Whether features are in the baseline's order: normalised discounted cumulative gain (Järvelin, Kekäläinen 2002)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]


def ndcg(baseline: Doubles, current: Doubles) -> float:
    """NDCG as Clarify computes it: the baseline's attributions are the gains, in the order of the current ones.

    DCG = Σ gain(i-th feature) / log2(i + 1), divided by its largest value. Both are (features,), of the same features;
    their sizes count, not their signs. Features that are tied have their mean gain (McSherry, Najork 2008), so that the
    order of columns does not matter. From 0 to 1; NaN when the baseline attributes nothing to any feature.
    """
    gains, scores = np.abs(baseline), np.abs(current)
    discounts = 1 / np.log2(np.arange(2, len(gains) + 2))
    ideal = float(np.sort(gains)[::-1] @ discounts)
    if not ideal > 0:
        return float("nan")
    _, ties, counts = np.unique(-scores, return_inverse=True, return_counts=True)
    means = np.bincount(ties, weights=gains) / counts
    ends = np.cumsum(counts)
    discounted = np.cumsum(discounts)[ends - 1]
    return min(1.0, float(means @ np.diff(discounted, prepend=0.0)) / ideal)
