"""Rows become contingency tables that add up to those of the whole, in any order, and can be taken away again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_monitor_jobs.profiles.bias import (
    MOST_VALUES,
    UNKNOWN,
    BiasCounts,
    BiasProblem,
    BiasProfile,
    BiasRows,
    DecodedBias,
    Facet,
    Selection,
    decode_bias,
)
from model_monitor_jobs.profiles.hashes import Hashes, hash_numbers

GROUPS = 4
Rows = dict[str, list[str | None]]
SEX, AGE = Facet("sex", Selection(values=("F",))), Facet("age", Selection(threshold=40.0))
PROBLEM = BiasProblem((SEX, AGE), Selection(values=("1", "2")), stratified_by="job", every_label=True)


def hashes(count: int, start: int = 0) -> Hashes:
    return hash_numbers(np.arange(start, start + count, dtype=np.float64))


def frame(seed: int, count: int, jobs: int = 4) -> Rows:
    random = np.random.RandomState(seed)
    made = {
        "sex": random.choice(["F", "M", "O"], count),
        "age": random.randint(18, 80, count).astype(str),
        "job": random.choice([f"job {place}" for place in range(jobs)], count),
        "label": random.choice(["0", "1", "2"], count),
        "answer": random.choice(["0", "1", "2"], count),
    }
    return {
        name: [
            None if missing else str(value) for value, missing in zip(values, random.rand(count) < 0.15, strict=True)
        ]
        for name, values in made.items()
    }


def some(rows: Rows, start: int, stop: int) -> Rows:
    return {name: values[start:stop] for name, values in rows.items()}


def present(values: list[str | None]) -> list[str]:
    return [value for value in values if value is not None]


def decoded(rows: Rows, problem: BiasProblem = PROBLEM, start: int = 0) -> DecodedBias:
    columns = {name: pa.array(values, type=pa.string()) for name, values in rows.items()}
    features = {name: columns[name] for name in ("sex", "age", "job")}
    return decode_bias(problem, features, columns["label"], columns["answer"], None, hashes(len(rows["sex"]), start))


def counted(rows: BiasRows, codes: Any, problem: BiasProblem = PROBLEM, groups: int = GROUPS) -> BiasCounts:
    made = BiasCounts.empty(problem, groups)
    made.update(rows, np.asarray(codes, dtype=np.int64))
    return made


def same(left: BiasCounts, right: BiasCounts) -> bool:
    mine, theirs = left.arrays(), right.arrays()
    return mine.keys() == theirs.keys() and all(np.array_equal(mine[name], theirs[name]) for name in mine)


def outcome(value: Any) -> int:
    return UNKNOWN if value is None else int(value in ("1", "2"))


def cells(rows: Rows, codes: Any) -> Iterator[tuple[Any, ...]]:
    """Each row that counts, as a person would read it."""
    for place, code in enumerate(codes):
        row = {name: values[place] for name, values in rows.items()}
        sides = (row["sex"] == "F", float(row["age"] or 0) > 40)
        given = (row["sex"] is not None, row["age"] is not None)
        if outcome(row["label"]) != UNKNOWN or outcome(row["answer"]) != UNKNOWN:
            yield code, sides, given, outcome(row["label"]), outcome(row["answer"]), row["job"], row["label"]


def test_counts_are_those_of_a_loop_over_the_rows() -> None:
    rows = frame(1, 400)
    codes = np.random.RandomState(2).randint(0, GROUPS, 400)
    found = decoded(rows)
    counts = counted(found.rows, codes[found.kept])
    table, missing = np.zeros_like(counts.table), np.zeros_like(counts.missing)
    strata, labels = sorted(set(present(rows["job"]))), ["0", "1", "2"]
    by_stratum = np.zeros((GROUPS, 2, len(strata), 2, 2, 2), dtype=np.int64)
    by_label = np.zeros((GROUPS, 2, 3, 2), dtype=np.int64)
    for code, sides, given_values, label, answer, job, written in cells(rows, codes):
        for facet in range(2):
            side = int(sides[facet])
            table[code, facet, side, label, answer] += 1
            missing[code, facet] += not given_values[facet]
            if job is not None and label != UNKNOWN:
                by_stratum[code, facet, strata.index(job), 0, side, label] += 1
            if job is not None and answer != UNKNOWN:
                by_stratum[code, facet, strata.index(job), 1, side, answer] += 1
            if written is not None:
                by_label[code, facet, labels.index(written), side] += 1
    np.testing.assert_array_equal(counts.table, table)
    np.testing.assert_array_equal(counts.missing, missing)
    assert counts.strata == tuple(strata)
    assert counts.label_values == tuple(labels)
    assert counts.by_stratum is not None
    assert counts.by_label is not None
    np.testing.assert_array_equal(counts.by_stratum, by_stratum)
    np.testing.assert_array_equal(counts.by_label, by_label)
    assert counts.rows.sum() == len(list(cells(rows, codes))) == found.kept.sum()
    assert counts.labelled.sum() == len(present(rows["label"])) == 400 - found.unlabelled
    assert counts.answered.sum() == len(present(rows["answer"])) == 400 - found.unanswered


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.lists(st.integers(0, 40), min_size=2, max_size=5), st.data())
def test_parts_add_up_to_the_whole(seed: int, sizes: list[int], data: Any) -> None:
    """Each part has strata of its own, and they come in any order."""
    parts, codes = [], []
    random = np.random.RandomState(seed)
    for place, size in enumerate(sizes):
        parts.append(decoded(frame(seed + place, size, jobs=random.randint(1, 9)), start=1_000 * place).rows)
        codes.append(random.randint(-1, GROUPS, len(parts[-1])))
    whole = BiasCounts.empty(PROBLEM, GROUPS)
    for part, code in zip(parts, codes, strict=True):
        whole.update(part, code)
    merged = BiasCounts.empty(PROBLEM, GROUPS)
    for place in data.draw(st.permutations(range(len(parts)))):
        merged.merge(counted(parts[place], codes[place]))
    assert same(merged, whole)
    rest = whole.less(counted(parts[0], codes[0]))
    again = BiasCounts.empty(PROBLEM, GROUPS)
    for part, code in zip(parts[1:], codes[1:], strict=True):
        again.update(part, code)
    for name in ("table", "missing"):
        np.testing.assert_array_equal(rest.parts()[name], again.parts()[name])
    again.merge(counted(parts[0], codes[0]))
    assert same(again, whole)


def test_groups_are_chosen_added_up_and_taken_away() -> None:
    found = decoded(frame(3, 200))
    codes = np.random.RandomState(4).randint(0, GROUPS, len(found.rows))
    counts = counted(found.rows, codes)
    pairs = np.array([0, 1, 0, 1])
    assert same(counts.summed(pairs), counted(found.rows, pairs[codes], groups=2))
    assert same(counts.total(), counted(found.rows, np.zeros_like(codes), groups=1))
    assert same(counts.at(2), counts.at([2]))
    assert same(counts.at(slice(0, 2)), counts.at([0, 1]))
    rest = counts.total().less(counts)
    np.testing.assert_array_equal(rest.rows, counts.rows.sum() - counts.rows)
    counts.grow(6)
    assert counts.groups == 6
    assert counts.rows[4:].tolist() == [0, 0]


def test_a_facet_stands_for_itself() -> None:
    rows = frame(3, 400)
    found = decoded(rows).rows
    codes = np.arange(len(found)) % GROUPS
    counts = counted(found, codes)
    for place, facet in enumerate(PROBLEM.facets):
        alone = replace(PROBLEM, facets=(facet,))
        expected = counted(decoded(rows, alone).rows, codes, alone)
        assert same(counts.of_facet(place), expected)
        assert counts.of_facet(place).problem == alone
        assert counts.of_facet(place, strata=False).by_stratum is None


def test_counts_are_stored_and_read() -> None:
    found = decoded(frame(5, 100))
    counts = counted(found.rows, np.zeros(len(found.rows)))
    again = BiasCounts.from_arrays(PROBLEM, counts.arrays())
    assert same(again, counts)
    assert (again.strata, again.label_values) == (counts.strata, counts.label_values)
    plain = BiasProblem((SEX,), Selection(values=("1",)))
    found = decoded(frame(6, 50), plain)
    counts = counted(found.rows, np.zeros(len(found.rows)), plain)
    assert same(BiasCounts.from_arrays(plain, counts.arrays()), counts)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"table": np.zeros((4, 2, 2, 3, 2), dtype=np.int64)}, "table is int64 of shape"),
        ({"table": np.zeros((4, 2, 2, 3, 3))}, "table is float64"),
        ({"more": np.zeros(4)}, "arrays .*more"),
        ({"strata": np.frombuffer(b'["b", "a"]', dtype=np.uint8)}, "strata is no list"),
    ],
)
def test_other_arrays_are_refused(change: dict[str, Any], message: str) -> None:
    found = decoded(frame(5, 100))
    arrays = counted(found.rows, np.zeros(len(found.rows))).arrays()
    with pytest.raises(ValueError, match=message):
        BiasCounts.from_arrays(PROBLEM, arrays | change)
    with pytest.raises(ValueError, match="strata is missing"):
        BiasCounts.from_arrays(PROBLEM, {name: array for name, array in arrays.items() if name != "strata"})


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_too_many_strata_are_none_and_the_rest_is_counted(order: tuple[int, ...]) -> None:
    size = MOST_VALUES // 2 + 1
    parts = []
    for part in range(3):
        rows = frame(part, size)
        rows["job"] = [f"job {part % 2} {place}" for place in range(size)]
        rows["label"] = ["0"] * size
        found = decoded(rows, start=part * size)
        parts.append(counted(found.rows, np.zeros(size)))
    merged = BiasCounts.empty(PROBLEM, GROUPS)
    for place in order:
        merged.merge(parts[place])
    assert merged.by_stratum is None
    assert merged.strata == ()
    assert merged.rows.tolist() == [3 * size, 0, 0, 0]
    assert merged.by_label is not None
    assert same(BiasCounts.from_arrays(PROBLEM, merged.arrays()), merged)
    assert parts[0].by_stratum is not None
    assert merged.less(parts[0]).by_stratum is None


def test_counts_of_other_problems_or_groups_are_refused() -> None:
    counts = BiasCounts.empty(PROBLEM, GROUPS)
    with pytest.raises(ValueError, match="another problem"):
        counts.merge(BiasCounts.empty(BiasProblem((SEX,), Selection(values=("1",))), GROUPS))
    with pytest.raises(ValueError, match="4 groups and 3"):
        counts.merge(BiasCounts.empty(PROBLEM, 3))
    found = decoded(frame(1, 10))
    with pytest.raises(ValueError, match="group 4 of 4"):
        counts.update(found.rows, np.full(len(found.rows), 4))
    with pytest.raises(ValueError, match="at least one facet"):
        BiasProblem((), Selection(values=("1",)))


def test_a_profile_is_the_same_in_parts() -> None:
    rows = frame(7, 300)
    whole, merged = BiasProfile.empty(PROBLEM), BiasProfile.empty(PROBLEM)
    whole.update(decoded(rows))
    for start in range(0, 300, 100):
        part = BiasProfile.empty(PROBLEM)
        part.update(decoded(some(rows, start, start + 100), start=start))
        merged.merge(part)
    assert same(merged.counts, whole.counts)
    assert merged.rows == whole.rows
    oldest = max(
        int(age or 0)
        for age, label, answer in zip(rows["age"], rows["label"], rows["answer"], strict=True)
        if label is not None or answer is not None
    )
    assert merged.facet_text(1) == whole.facet_text(1) == f"(40, {oldest}]"
    assert (whole.facet_text(0), whole.label_text) == ("F", "1,2")
