"""Pairs of coalitions: all where they fit, else each size as often."""

from __future__ import annotations

import itertools
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_monitor_jobs.attribution.coalitions import distinct, is_complete, make_coalitions


@pytest.mark.parametrize("features", [2, 3, 6, 7])
def test_where_all_fit_each_pair_is_there_once(features: int) -> None:
    made = make_coalitions(features, 2**features - 2)
    assert is_complete(made)
    both = {tuple(mask) for mask in np.concatenate([made, ~made]).tolist()}
    every = set(itertools.product([False, True], repeat=features))
    assert both == every - {(False,) * features, (True,) * features}


@settings(max_examples=50)
@given(features=st.integers(2, 40), samples=st.integers(1, 400), seed=st.integers(0, 2**31 - 1))
def test_of_any_number_of_coalitions_the_invariants_hold(features: int, samples: int, seed: int) -> None:
    made = make_coalitions(features, samples, seed)
    assert made[:, 0].all()
    assert not made.all(axis=1).any()
    assert len(np.unique(made, axis=0)) == len(made) <= max(samples // 2, features)
    sizes = made.sum(axis=1)
    singles = np.minimum(sizes, features - sizes) == 1
    # Two features have one pair.
    assert singles.sum() == (features if features > 2 else 1)


def test_nearly_all_of_the_samples_are_used_and_all_sizes() -> None:
    for features, samples in ((20, 500), (20, 2_088), (45, 300)):
        made = make_coalitions(features, samples)
        assert 0.95 * samples / 2 <= len(made) <= samples / 2
        counts = np.bincount(np.minimum(made.sum(axis=1), (~made).sum(axis=1)), minlength=features // 2 + 1)
        left = [count for size, count in enumerate(counts) if size > 1 and count < comb(features, size)]
        assert max(left) - min(left) <= 3 + 0.1 * max(left)


def test_coalitions_of_some_features_are_told_apart_by_these() -> None:
    masks = np.array([[True, True, False], [True, False, False], [True, False, True], [False, False, True]])
    assert distinct(masks[:, 1:]).tolist() == [[True, False]]
    assert distinct(masks).tolist() == [[True, False, False], [True, False, True], [True, True, False]]
