"""Which features are taken from the row that is explained, and which from the background."""

from __future__ import annotations

import math
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

Masks = NDArray[np.bool_]
"""(pairs, features): one coalition of each pair, that with the first feature; the other is its complement."""

SEED: Final = 20_220_711
_FEW: Final = 8
"""Times as many as are drawn: up to there all are enumerated, so that none is drawn twice."""


def default_samples(features: int) -> int:
    """Coalitions where nobody says how many, as in the package shap."""
    return 2 * features + 2_048


def make_coalitions(features: int, samples: int, seed: int = SEED) -> Masks:
    """Pairs of about `samples` coalitions, at least the 2·features of single features and their complements.

    Sizes of which all coalitions fit are enumerated, from the outside in (Lundberg, Lee 2017); the other sizes have
    equal parts of what is left (Musco, Witter 2024), drawn at random and each pair once. Complements come in pairs
    (Covert, Lee 2021): in their differences interactions of even order cancel out.
    """
    sizes = [*range(1, features // 2 + 1)]
    left = max(samples // 2, features)
    random = np.random.RandomState(seed)
    found: list[Masks] = []
    while sizes:
        count = _pairs(features, sizes[0])
        fit = sum(_pairs(features, size) for size in sizes) <= left
        if sizes[0] > 1 and count > left // len(sizes) and not fit:
            break
        found.append(_all(features, sizes.pop(0)))
        left -= count
    for place, size in enumerate(sizes):
        drawn = _drawn(random, features, size, left * (place + 1) // len(sizes) - left * place // len(sizes))
        found.append(drawn)
    return distinct(np.concatenate(found)) if found else np.zeros((0, features), dtype=bool)


def distinct(masks: Masks) -> Masks:
    """The pairs that any coalitions are of, each once and in a fixed order; that of all features is left out."""
    turned = np.unique(masks ^ ~masks[:, :1], axis=0)
    return np.asarray(turned[~turned.all(axis=1)])


def is_complete(masks: Masks) -> bool:
    """Whether distinct pairs are all that there are."""
    features = masks.shape[1]
    return bool(len(masks) == 2 ** (features - 1) - 1)


def _pairs(features: int, size: int) -> int:
    return math.comb(features, size) // (2 if 2 * size == features else 1)


def _all(features: int, size: int) -> Masks:
    members = np.array(list(combinations(range(features), size)))
    if 2 * size == features:
        members = members[members[:, 0] == 0]
    masks = np.zeros((len(members), features), dtype=bool)
    np.put_along_axis(masks, members, True, axis=1)
    return masks


def _drawn(random: np.random.RandomState, features: int, size: int, count: int) -> Masks:
    if _pairs(features, size) <= _FEW * count:
        return _all(features, size)[random.permutation(_pairs(features, size))[:count]]
    members = np.argsort(random.random_sample((count, features)), axis=1, kind="stable")[:, :size]
    masks = np.zeros((count, features), dtype=bool)
    np.put_along_axis(masks, members, True, axis=1)
    return masks
