"""Twenty features of a model, each a function of a hidden standard normal, so that all shift by the same measure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri
from scipy.stats import poisson

Doubles = NDArray[np.float64]

OUTLIER = 1e6
_CUTS = 255
_TAILS = (1e-6, 1e-5, 1e-4, 1e-3)


class Kind(StrEnum):
    """What the values of a feature are."""

    CONTINUOUS = "continuous"
    DISCRETE = "discrete"
    CATEGORICAL = "categorical"


@dataclass(frozen=True)
class Feature:
    """`values` are all that can occur: value i while the hidden normal lies between `edges` i and i+1.

    The last one never occurs by itself: it is the outlier of a number, the new value of a category. A continuous
    feature is cut into 264 values, finest in the tails. `cuts` are the baseline's cut points.
    """

    name: str
    kind: Kind
    values: Doubles
    edges: Doubles
    cuts: Doubles
    missing: float

    @property
    def numeric(self) -> bool:
        """Whether it is a number."""
        return self.kind is not Kind.CATEGORICAL

    def probabilities(self, means: Doubles, spread: float) -> Doubles:
        """Of the values, for windows whose hidden normal has these means: windows by values."""
        below = ndtr((self.edges[np.newaxis, :] - means[:, np.newaxis]) / spread)
        return np.diff(below, axis=1, append=1.0)


def twenty_features() -> list[Feature]:
    """Five normal, four log-normal, four discrete, three with many zeros or two values, four categorical."""
    missing = (0.0, 0.02, 0.0, 0.1, 0.0)
    features = [_continuous(f"normal_{i}", missing[i], exponential=False) for i in range(5)]
    features += [_continuous(f"lognormal_{i}", missing[i], exponential=True) for i in range(4)]
    features += [
        _discrete("dice", np.full(6, 1 / 6), 0.0),
        _discrete("hour", np.full(24, 1 / 24), 0.02),
        _discrete("purchases", poisson.pmf(np.arange(12), 2.0), 0.0),
        _discrete("age", poisson.pmf(np.arange(100), 40.0), 0.05),
        _discrete("is_member", np.array([0.7, 0.3]), 0.0),
        _discrete("is_fraud", np.array([0.98, 0.02]), 0.0),
        _discrete("refunds", np.array([0.95, 0.03, 0.01, 0.005, 0.005]), 0.02),
        _categorical("channel", np.full(5, 0.2), 0.0),
        _categorical("plan", np.array([0.5, 0.25, 0.15, 0.08, 0.02]), 0.02),
        _categorical("state", 1 / np.arange(1, 51), 0.0),
        _categorical("product", np.full(50, 1 / 50), 0.1),
    ]
    return features


def _continuous(name: str, missing: float, exponential: bool) -> Feature:
    quantiles = np.arange(1, _CUTS + 1) / (_CUTS + 1)
    inner = np.unique(np.concatenate([_TAILS, quantiles, 1 - np.array(_TAILS)]))
    bounds = np.concatenate([[0.0], inner, [1.0]])
    middles = ndtri((bounds[1:] + bounds[:-1]) / 2)
    edges = np.concatenate([[-np.inf], ndtri(inner), [np.inf]])
    scale = np.exp if exponential else np.positive
    return Feature(name, Kind.CONTINUOUS, np.append(scale(middles), OUTLIER), edges, scale(ndtri(quantiles)), missing)


def _discrete(name: str, shares: Doubles, missing: float) -> Feature:
    values = np.arange(len(shares), dtype=np.float64)
    return Feature(name, Kind.DISCRETE, np.append(values, OUTLIER), _edges(shares), values, missing)


def _categorical(name: str, shares: Doubles, missing: float) -> Feature:
    values = np.arange(len(shares) + 1, dtype=np.float64)
    return Feature(name, Kind.CATEGORICAL, values, _edges(shares), np.empty(0), missing)


def _edges(shares: Doubles) -> Doubles:
    return np.concatenate([[-np.inf], ndtri(np.cumsum(shares / shares.sum())[:-1]), [np.inf]])
