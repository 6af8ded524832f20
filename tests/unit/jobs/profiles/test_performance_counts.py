"""Counts of parts add up to those of the whole, in any order, and can be taken away again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_monitor_jobs.errors import ConfigurationError
from model_monitor_jobs.profiles.performance import (
    BinaryCounts,
    ErrorSketches,
    LabelledRows,
    MulticlassCounts,
    Overall,
    PerformanceCounts,
    Problem,
    RegressionCounts,
    ScoreTable,
    counts_from_arrays,
    empty_counts,
    empty_overall,
    overall_from_arrays,
)

GROUPS = 5
NAMES = ("ant", "bee", "cat", "dog")
Parts = Mapping[str, Any]
Case = tuple[Problem, bool, Callable[[np.random.RandomState, int], LabelledRows]]


def binary(random: np.random.RandomState, count: int, *, scored: bool = True) -> LabelledRows:
    score = np.round(random.beta(0.4, 0.7, count), random.choice([1, 3, 15]))
    actual = (random.rand(count) < score).astype(np.int64)
    predicted = (score > 0.5).astype(np.int64)
    return LabelledRows(actual, predicted, score if scored else None, random.randint(0, 64, count), ("0", "1"))


def multiclass(random: np.random.RandomState, count: int, *, scored: bool = True) -> LabelledRows:
    """Rows that each know only some of the classes."""
    size = random.randint(1, len(NAMES) + 1)
    classes = tuple(sorted(random.choice(NAMES, size, replace=False).tolist()))
    score = random.dirichlet(np.full(size, 0.7), count).reshape(count, size)
    actual, predicted = random.randint(0, size, count), score.argmax(axis=1) if count else np.zeros(0, dtype=np.int64)
    return LabelledRows(actual, predicted, score if scored else None, random.randint(0, 64, count), classes)


def regression(random: np.random.RandomState, count: int) -> LabelledRows:
    actual = random.normal(1e6, 3, count)
    return LabelledRows(actual, actual + random.normal(0.5, 2, count), None, random.randint(0, 64, count))


CASES: dict[str, Case] = {
    "binary": (Problem("BinaryClassification", ("0", "1")), True, binary),
    "binary without scores": (
        Problem("BinaryClassification", ("0", "1")),
        False,
        lambda random, count: binary(random, count, scored=False),
    ),
    "multiclass": (Problem("MulticlassClassification", ("bee",)), True, multiclass),
    "multiclass without probabilities": (
        Problem("MulticlassClassification"),
        False,
        lambda random, count: multiclass(random, count, scored=False),
    ),
    "regression": (Problem("Regression"), False, regression),
}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


def empty(case: Case, groups: int = GROUPS) -> PerformanceCounts:
    return empty_counts(case[0], groups, scored=case[1], shift=1e6 if case[0].type == "Regression" else 0.0)


def drawn(case: Case, seed: int, count: int) -> tuple[LabelledRows, Any]:
    random = np.random.RandomState(seed)
    return case[2](random, count), random.randint(-1, GROUPS, count)


def counted(case: Case, *draws: tuple[LabelledRows, Any]) -> PerformanceCounts:
    made = empty(case)
    for rows, codes in draws:
        made.update(rows, codes)
    return made


def assert_same(first: PerformanceCounts, second: PerformanceCounts) -> None:
    """Whole numbers exactly, sums up to rounding; a class without any row does not matter."""
    classes = tuple(sorted({*first.problem.classes, *second.problem.classes}))
    if isinstance(first, MulticlassCounts) and isinstance(second, MulticlassCounts):
        first, second = first.with_classes(classes), second.with_classes(classes)
    assert first.problem == second.problem
    assert first.parts().keys() == second.parts().keys()
    for name, part in first.parts().items():
        other = second.parts()[name]
        assert part.dtype == other.dtype
        if part.dtype == np.int64:
            assert np.array_equal(part, other), name
        else:
            np.testing.assert_allclose(part, other, rtol=1e-9, atol=1e-9 * max(1.0, np.abs(part).max(initial=0)))


SEEDS = st.tuples(st.integers(0, 1000), st.integers(0, 40))


@given(st.sampled_from(sorted(CASES)), st.lists(SEEDS, min_size=3, max_size=3))
def test_parts_add_up(name: str, seeds: list[tuple[int, int]]) -> None:
    case = CASES[name]
    first, second, third = (drawn(case, *seed) for seed in seeds)
    whole = counted(case, first, second, third)
    merged, other = counted(case, first), counted(case, second)
    other.merge(counted(case, third))
    merged.merge(other)
    assert_same(merged, whole)
    turned = counted(case, third)
    turned.merge(counted(case, first))
    turned.merge(counted(case, second))
    assert_same(turned, whole)
    assert_same(whole.less(counted(case, second)), counted(case, first, third))
    assert whole.rows.tolist() == [
        sum(int((codes == group).sum()) for _, codes in (first, second, third)) for group in range(GROUPS)
    ]


def test_groups_are_kept_apart_and_summed(case: Case) -> None:
    rows, codes = drawn(case, 7, 300)
    made = counted(case, (rows, codes))
    for group in range(GROUPS):
        only = empty(case, 1)
        within = codes == group
        only.update(rows.at(within), np.zeros(int(within.sum()), dtype=np.int64))
        assert_same(made.at(group), only)
    assert_same(made.at([3, 1]), made.summed(np.array([2, 1, 2, 0, 2])).at([0, 1]))
    assert_same(made.summed(np.array([1, 0, 1, 0, 0])).total(), made.total())
    assert made.total().groups == 1
    assert_same(made.total().less(made).at(2), made.at([0, 1, 3, 4]).total())


def test_groups_are_added_as_they_come(case: Case) -> None:
    rows, codes = drawn(case, 3, 100)
    made = empty(case, 2)
    early = (codes >= 0) & (codes < 2)
    made.update(rows.at(early), codes[early])
    made.grow(GROUPS)
    made.grow(1)
    made.update(rows.at(~early), codes[~early])
    assert_same(made, counted(case, (rows, codes)))
    with pytest.raises(ValueError, match="group 4 of 2"):
        empty(case, 2).update(rows, codes)


def test_what_is_stored_goes_on(case: Case) -> None:
    made = counted(case, drawn(case, 1, 200))
    arrays = {name: array.copy() for name, array in made.arrays().items()}
    for array in arrays.values():
        array.flags.writeable = False
    again = counts_from_arrays(case[0], arrays)
    assert_same(again, made)
    again.update(*drawn(case, 2, 50))
    made.update(*drawn(case, 2, 50))
    assert_same(again, made)


def test_other_arrays_are_refused(case: Case) -> None:
    made = counted(case, drawn(case, 1, 20)).arrays()
    name = next(iter(made))
    with pytest.raises(ValueError, match="arrays"):
        counts_from_arrays(case[0], {**made, "more": made[name]})
    with pytest.raises(ValueError, match=f"{name} is float32"):
        counts_from_arrays(case[0], made | {name: made[name].astype(np.float32)})
    with pytest.raises(ValueError, match="of shape"):
        counts_from_arrays(case[0], made | {name: made[name][..., np.newaxis]})


def test_counts_of_other_parts_do_not_merge() -> None:
    scored, plain = (counted(CASES[name], drawn(CASES[name], 1, 9)) for name in ("binary", "binary without scores"))
    with pytest.raises(ValueError, match="with scores and without"):
        scored.merge(plain)
    with pytest.raises(ValueError, match="rows with scores, and counts without"):
        plain.update(*drawn(CASES["binary"], 1, 9))
    with pytest.raises(ValueError, match="5 groups and 1"):
        scored.merge(scored.total())
    with pytest.raises(ValueError, match="shifted"):
        RegressionCounts.empty(Problem("Regression"), 1).merge(
            RegressionCounts.empty(Problem("Regression"), 1, shift=2)
        )


def test_too_many_classes_are_refused() -> None:
    made = MulticlassCounts.empty(Problem("MulticlassClassification"), 1)
    for start in (0, 600):
        classes = tuple(sorted(f"{n}" for n in range(start, start + 600)))
        places = np.arange(600)
        rows = LabelledRows(places, places, None, places % 64, classes)
        if start:
            with pytest.raises(ConfigurationError, match="more than 1,000 classes"):
                made.update(rows, np.zeros(600, dtype=np.int64))
        else:
            made.update(rows, np.zeros(600, dtype=np.int64))


def test_cells_are_finer_at_both_ends() -> None:
    made = BinaryCounts.empty(Problem("BinaryClassification", ("0", "1")), 1, scored=True)
    score = np.array([0.0, 1e-7, 1.1e-6, 1e-5, 0.5, 0.501, 1 - 1e-5, 1 - 1e-7, 1.0])
    rows = LabelledRows(np.ones(9, dtype=np.int64), np.ones(9, dtype=np.int64), score, np.zeros(9, dtype=np.int64))
    made.update(rows, rows.blocks)
    assert made.cells is not None
    filled = made.cells[0, :, 1]
    assert (filled[0], filled[-1]) == (2, 2)
    assert np.flatnonzero(filled)[[0, -1]].tolist() == [0, 255]
    assert filled.max() == 2
    assert filled.sum() == 9


def parts_of(overall: Overall) -> Parts:
    return overall.arrays()


@given(st.sampled_from(["binary", "multiclass", "regression"]), st.lists(SEEDS, min_size=3, max_size=3))
def test_overall_parts_merge_and_are_stored(name: str, seeds: list[tuple[int, int]]) -> None:
    problem, scored, _ = CASES[name]
    draws = [drawn(CASES[name], *seed)[0] for seed in seeds]
    whole, merged = (empty_overall(problem, scored=scored) for _ in range(2))
    assert whole is not None
    assert merged is not None
    for rows in draws:
        whole.update(rows)
        part = empty_overall(problem, scored=scored)
        assert part is not None
        part.update(rows)
        merged.merge(overall_from_arrays(problem, part.arrays()))
    for key, array in parts_of(whole).items():
        assert np.array_equal(array, parts_of(merged)[key]), key
    again = overall_from_arrays(problem, parts_of(whole))
    again.update(draws[0])
    whole.update(draws[0])
    for key, array in parts_of(whole).items():
        assert np.array_equal(array, parts_of(again)[key]), key


def test_overall_parts_are_of_one_kind() -> None:
    assert empty_overall(Problem("BinaryClassification", ("0", "1"))) is None
    for name, stored in (("binary", ErrorSketches()), ("multiclass", ScoreTable()), ("regression", ScoreTable())):
        problem, _, _ = CASES[name]
        own = empty_overall(problem, scored=True)
        assert own is not None
        with pytest.raises(ValueError, match="different problems"):
            own.merge(stored)
        with pytest.raises(ValueError, match=r"missing|no table"):
            overall_from_arrays(problem, stored.arrays())
