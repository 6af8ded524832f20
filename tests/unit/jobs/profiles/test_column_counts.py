"""Counts add up, whatever is put together or taken away."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from model_monitor_jobs.profiles.counts import ColumnCounts

SCALARS = ("rows", "present", "integral", "fractional", "whole", "boolean", "text")


def counts(windows: int, cuts: int, seed: int) -> ColumnCounts:
    random = np.random.default_rng(seed)
    scalars: dict[str, Any] = {name: random.integers(0, 50, windows) for name in SCALARS}
    return ColumnCounts(
        **scalars,
        cells=random.integers(0, 9, (windows, 2 * cuts + 1)),
        values=random.integers(0, 9, (windows, 3)),
    )


def same(first: ColumnCounts, second: ColumnCounts) -> bool:
    return all(np.array_equal(getattr(first, each.name), getattr(second, each.name)) for each in fields(ColumnCounts))


shapes = {"windows": st.integers(1, 12), "cuts": st.integers(1, 40), "seed": st.integers(0, 1000)}


@given(**shapes, groups=st.integers(1, 5))
def test_sums_of_groups_are_the_sums_of_their_windows(windows: int, cuts: int, seed: int, groups: int) -> None:
    every = counts(windows, cuts, seed)
    numbers = np.random.default_rng(seed).integers(0, groups, windows)
    _, numbers = np.unique(numbers, return_inverse=True)
    summed = every.summed(numbers.astype(np.int64))
    for group in range(int(numbers.max()) + 1):
        assert same(summed.at(group), every.at(numbers == group).total())
    whole = every.total()
    added = every.at(0)
    for place in range(1, windows):
        added.add(every.at(place))
    assert same(whole, added)
    assert added.numbers == whole.numbers == every.cells.sum()  # type: ignore[union-attr]


@given(**shapes)
def test_what_is_taken_away_and_put_back_leaves_the_same(windows: int, cuts: int, seed: int) -> None:
    every, other = counts(windows, cuts, seed), counts(windows, cuts, seed + 1)
    rest = every.less(other)
    rest.add(other)
    assert same(rest, every)
    places = list(range(0, windows, 2))
    without = every.without(places).total()
    without.add(every.at(places).total())
    assert same(without, every.total())


@given(**shapes, step=st.sampled_from([2, 4, 8, 16]))
def test_coarser_counts_are_those_on_every_so_many_cut_points(windows: int, cuts: int, seed: int, step: int) -> None:
    every = counts(windows, cuts, seed)
    coarse = every.coarser(step)
    assert coarse.cells is not None
    assert every.cells is not None
    assert coarse.cells.shape == (windows, 2 * (cuts // step) + 1)
    fine, rough = np.cumsum(every.cells, axis=1), np.cumsum(coarse.cells, axis=1)
    for place in range(cuts // step):
        cut = step * (place + 1) - 1
        assert np.array_equal(rough[:, 2 * place], fine[:, 2 * cut]), "values below the cut point"
        assert np.array_equal(rough[:, 2 * place + 1], fine[:, 2 * cut + 1]), "values up to the cut point"
    assert np.array_equal(coarse.numbers, every.numbers)


def test_a_count_that_was_added_to_counts_its_numbers_anew() -> None:
    first, second = counts(1, 2, 1).at(0), counts(1, 2, 2).at(0)
    before = int(first.numbers)
    first.add(second)
    assert first.numbers == before + second.numbers
