"""Distances between distributions as Deequ computes them, the engine of SageMaker's data quality monitor.

Formulas: `Distance.scala` of awslabs/deequ. Its robust form subtracts what samples of n and m values may differ by.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model_monitor_jobs.profiles.sketch import Doubles, QuantileSketch

ROBUST_FACTOR: Final = 1.8
"""What SageMaker's robust comparison multiplies the sampling error with (a level of .003)."""
_ENOUGH_EXPECTED: Final = {2: 10.0}
_FEW_EXPECTED: Final = 5.0
_FEW_SHARE: Final = 0.2


def numerical_distance(
    current: QuantileSketch, baseline: QuantileSketch, *, robust: bool, factor: float = ROBUST_FACTOR
) -> float:
    """Largest difference of the two distribution functions (Kolmogorov–Smirnov), at most 1; neither may be empty."""
    (values, weights), (reference, reference_weights) = current.weighted(), baseline.weighted()
    points = np.concatenate((values, reference))
    difference = _shares_up_to(points, values, weights) - _shares_up_to(points, reference, reference_weights)
    simple = float(np.max(np.abs(difference), initial=0.0))
    return _robust(simple, int(weights.sum()), int(reference_weights.sum()), factor) if robust else simple


def categorical_distance(
    current: Mapping[str, int],
    baseline: Mapping[str, int],
    *,
    robust: bool,
    factor: float = ROBUST_FACTOR,
    total: int | None = None,
) -> float:
    """Largest difference of any category's share (L-infinity), at most 1.

    `total` is how many values the window has, where `current` does not count every one of them.
    """
    count = sum(current.values()) if total is None else total
    reference = sum(baseline.values())
    simple = max(
        (abs(current.get(key, 0) / count - baseline.get(key, 0) / reference) for key in {*current, *baseline}),
        default=0.0,
    )
    return _robust(simple, count, reference, factor) if robust else simple


def chi_squared_p_value(current: Mapping[str, int], baseline: Mapping[str, int]) -> float:
    """P-value of Pearson's test that the window has the baseline's shares; NaN where there is no statistic."""
    from scipy.special import chdtrc

    statistic, degrees = chi_squared_statistic(current, baseline)
    return float(chdtrc(degrees, statistic)) if degrees else math.nan


def chi_squared_statistic(current: Mapping[str, int], baseline: Mapping[str, int]) -> tuple[float, int]:
    """Pearson's statistic of the window against the baseline's shares, and its degrees of freedom.

    Categories that the baseline does not have are left out, and rare ones are merged, the smallest into the second
    smallest, until Cochran's rule holds. NaN and 0 where fewer than two categories remain.
    """
    observed = {key: float(count) for key, count in current.items() if key in baseline}
    total, reference = sum(observed.values()), sum(baseline.values())
    pairs = [(count * total / reference, observed.get(key, 0.0)) for key, count in sorted(baseline.items())]
    while len(pairs) >= 2 and not _enough([expected for expected, _ in pairs]):
        first, second, *rest = sorted(pairs)
        pairs = [(first[0] + second[0], first[1] + second[1]), *rest]
    if len(pairs) < 2:
        return math.nan, 0
    return sum((seen - expected) ** 2 / expected for expected, seen in pairs), len(pairs) - 1


def _enough(expected: list[float]) -> bool:
    if len(expected) in _ENOUGH_EXPECTED:
        return min(expected) >= _ENOUGH_EXPECTED[len(expected)]
    return sum(value < _FEW_EXPECTED for value in expected) <= int(_FEW_SHARE * len(expected))


def _shares_up_to(points: Doubles, values: Doubles, weights: NDArray[np.int64]) -> Doubles:
    cumulative = np.concatenate(([0], np.cumsum(weights)))
    return np.asarray(cumulative[np.searchsorted(values, points, side="right")] / cumulative[-1], dtype=np.float64)


def _robust(simple: float, count: int, reference: int, factor: float) -> float:
    return max(0.0, simple - factor * math.sqrt((count + reference) / (count * reference)))
