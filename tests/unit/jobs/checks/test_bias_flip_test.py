"""The flip test against a loop over all pairs of rows."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from model_monitor_jobs.checks.bias.flip_test import flip_test
from model_monitor_jobs.checks.bias.measured import measure_flips
from model_monitor_jobs.profiles.bias import BiasProblem, Facet, Flips, FlipSample, Selection, decode_bias
from model_monitor_jobs.profiles.hashes import hash_numbers

SEX, AGE = Facet("sex", Selection(values=("F",))), Facet("age", Selection(threshold=40.0))
PROBLEM = BiasProblem((SEX, AGE), Selection(values=("1",)))


def table(seed: int, count: int) -> dict[str, Any]:
    random = np.random.RandomState(seed)
    return {
        "sex": random.choice(["F", "M"], count),
        "age": random.permutation(np.arange(18, 18 + count)),
        "income": random.rand(count) * 50,
        "debt": random.rand(count) * 50,
        "answer": random.choice(["0", "1"], count),
    }


def sample(rows: dict[str, Any], names: tuple[str, ...] = ("sex", "age", "income", "debt")) -> FlipSample:
    columns = {name: pa.array(values.tolist()) for name, values in rows.items()}
    hashes = hash_numbers(np.arange(len(rows["answer"]), dtype=np.float64))
    made = FlipSample(names, 2)
    made.update(columns, decode_bias(PROBLEM, columns, None, columns["answer"], None, hashes), hashes)
    return made


def by_hand(rows: dict[str, Any], sides: Any, names: tuple[str, ...], neighbours: int) -> tuple[int, int]:
    features = np.stack([rows[name] for name in names], axis=1)
    answers, favoured, disfavoured = rows["answer"].astype(int), 0, 0
    for row in np.flatnonzero(sides):
        distances = sorted(
            (float(np.linalg.norm(features[row] - features[other])), other) for other in np.flatnonzero(~sides)
        )
        votes = Counter(answers[other] for _, other in distances[:neighbours])
        expected = max(votes, key=lambda answer: votes[answer])
        favoured += int(answers[row] > expected)
        disfavoured += int(answers[row] < expected)
    return favoured, disfavoured


def test_flips_are_those_of_a_loop() -> None:
    rows = table(1, 120)
    sides = rows["sex"] == "F"
    found = flip_test(sample(rows), SEX, 0)
    assert (found.favoured, found.disfavoured) == by_hand(rows, sides, ("age", "income", "debt"), 5)
    assert found.value == (found.favoured - found.disfavoured) / sides.sum()
    assert (found.rows, found.neighbours, found.seen) == (sides.sum(), (~sides).sum(), 120)


def test_its_standard_error_is_that_of_the_test_in_groups() -> None:
    rows = table(6, 800)
    sides, codes = rows["sex"] == "F", hash_numbers(np.arange(800, dtype=np.float64)) % np.uint64(16)
    means = []
    for code in range(16):
        own = {name: values[codes == code] for name, values in rows.items()}
        favoured, disfavoured = by_hand(own, sides[codes == code], ("age", "income", "debt"), 5)
        means.append((favoured - disfavoured) / sides[codes == code].sum())
    assert min(np.bincount(codes.astype(int), ~sides)) >= 10
    found = flip_test(sample(rows), SEX, 0)
    assert found.groups == 16
    assert found.spread == pytest.approx(np.std(means, ddof=1) / 4)


@pytest.mark.parametrize("share", [0.2, 0.8])
def test_the_chance_of_the_neighbours_is_part_of_it(share: float) -> None:
    """Of many samples, the values spread no more than their standard errors say."""
    random, values, errors = np.random.RandomState(7), [], []
    for _ in range(40):
        sex = np.where(random.rand(400) < share, "F", "M")
        income = random.normal(size=400)
        answer = (random.rand(400) < 1 / (1 + np.exp(-2 * income))).astype(int).astype(str)
        found = flip_test(sample({"sex": sex, "income": income, "answer": answer}, ("sex", "income")), SEX, 0)
        values.append(found.value)
        errors.append(measure_flips(found).standard_error)
    assert 0.4 < np.std(values, ddof=1) / np.sqrt(np.mean(np.square(errors))) < 1.15


def test_its_numbers_are_kept() -> None:
    found = flip_test(sample(table(8, 100)), SEX, 0)
    assert Flips.of_numbers(found.numbers) == found
    assert Flips.of_numbers(Flips(0, 0, 0, 5, 5, error="Facet set is empty").numbers).error


@pytest.mark.parametrize(("advantaged", "neighbours"), [(9, 1), (10, 5)])
def test_of_few_advantaged_rows_one_neighbour_decides(advantaged: int, neighbours: int) -> None:
    rows = table(2, 40)
    rows["sex"] = np.array(["M"] * advantaged + ["F"] * (40 - advantaged))
    found = flip_test(sample(rows), SEX, 0)
    expected = by_hand(rows, rows["sex"] == "F", ("age", "income", "debt"), neighbours)
    assert (found.favoured, found.disfavoured) == expected


def test_text_beside_the_facet_is_an_error() -> None:
    found = flip_test(sample(table(3, 50)), AGE, 1)
    assert found.error == "FlipTest does not support non-numeric columns"
    assert np.isnan(found.value)
    assert flip_test(sample(table(3, 50), ("age", "income", "debt")), AGE, 1).error == ""


@pytest.mark.parametrize(
    ("sex", "error"), [(["M"] * 30, "Facet set is empty"), (["F"] * 30, "Negated Facet set is empty")]
)
def test_an_empty_side_is_an_error(sex: list[str], error: str) -> None:
    assert flip_test(sample(table(4, 30) | {"sex": np.array(sex)}), SEX, 0).error == error


def test_missing_features_are_an_error() -> None:
    rows = table(5, 30)
    rows["income"][3] = np.nan
    assert flip_test(sample(rows), SEX, 0).error == "Input X contains NaN."
    assert flip_test(sample(rows, ("sex",)), SEX, 0).error == "there are no columns of features"
