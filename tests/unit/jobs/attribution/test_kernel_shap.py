"""Kernel SHAP against Shapley values that follow from their definition, and against its axioms."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from model_monitor_jobs.attribution.background import Background
from model_monitor_jobs.attribution.kernel_shap import BLOCK, Attributions, KernelShap, explain
from model_monitor_jobs.attribution.progress import Progress
from model_monitor_jobs.errors import ConfigurationError, InputError

Doubles = NDArray[np.float64]


def table(values: Doubles) -> pa.RecordBatch:
    names = [f"f{place}" for place in range(values.shape[1])]
    return pa.RecordBatch.from_arrays([pa.array(column) for column in values.T], names=names)


def matrix(rows: pa.RecordBatch) -> Doubles:
    return np.column_stack([column.to_numpy(zero_copy_only=False) for column in rows.columns])


def curved(values: Doubles) -> Doubles:
    return np.asarray(1 / (1 + np.exp(-(values[:, 0] * values[:, 1] + np.abs(values[:, -1]) - values.sum(axis=1)))))


def model(function: Callable[[Doubles], Doubles]) -> Callable[[pa.RecordBatch], Doubles]:
    def answer(rows: pa.RecordBatch) -> Doubles:
        found = function(matrix(rows))
        return found if found.ndim == 2 else found[:, np.newaxis]

    return answer


def shapley(
    function: Callable[[Doubles], Doubles],
    row: Doubles,
    background: Doubles,
    weights: Doubles,
    link: Callable[[float], float] = float,
) -> Doubles:
    """Shapley 1953: what a feature adds to those before it, averaged over all orders of the features."""
    count = len(row)

    def worth(members: tuple[int, ...]) -> float:
        composed = background.copy()
        composed[:, list(members)] = row[list(members)]
        return link(float(weights @ function(composed)))

    found = np.zeros(count)
    orders = [*itertools.permutations(range(count))]
    for order in orders:
        for place, feature in enumerate(order):
            found[feature] += worth(order[: place + 1]) - worth(order[:place])
    return found / len(orders)


def values(count: int, features: int, seed: int) -> Doubles:
    return np.asarray(np.random.RandomState(seed).standard_normal((count, features)))


@pytest.mark.parametrize("features", [2, 3, 4, 5])
def test_all_coalitions_give_the_values_of_the_definition(features: int) -> None:
    rows, background = values(4, features, 1), values(3, features, 2)
    weights = np.array([0.5, 0.3, 0.2])
    found = explain(table(rows), Background(table(background), weights), model(curved), KernelShap())
    for row, local in zip(rows, found.local[0], strict=True):
        assert local == pytest.approx(shapley(curved, row, background, weights), abs=1e-12)
    assert found.expected == pytest.approx([weights @ curved(background)], abs=1e-15)


def test_log_odds_are_those_of_the_mean_probability() -> None:
    rows, background = values(3, 4, 3), values(2, 4, 4)
    weights = np.array([0.5, 0.5])
    found = explain(table(rows), Background.of(table(background)), model(curved), KernelShap(use_logit=True))
    for row, local in zip(rows, found.local[0], strict=True):
        expected = shapley(curved, row, background, weights, lambda p: math.log(p / (1 - p)))
        assert local == pytest.approx(expected, abs=1e-11)


def test_a_hand_computed_game() -> None:
    # The glove game: features 0 and 1 are left gloves, 2 is the right one; a pair is worth 1 (Shapley: 1/6, 1/6, 2/3).
    def pair(rows: Doubles) -> Doubles:
        return np.minimum(1.0, rows[:, 0] + rows[:, 1]) * rows[:, 2]

    found = explain(table(np.ones((1, 3))), Background.of(table(np.zeros((1, 3)))), model(pair), KernelShap())
    assert found.local[0, 0] == pytest.approx([1 / 6, 1 / 6, 2 / 3], abs=1e-12)


@settings(max_examples=25)
@given(
    features=st.integers(2, 14),
    samples=st.integers(1, 300),
    seed=st.integers(0, 2**31 - 1),
)
def test_a_linear_model_is_exact_however_few_coalitions_are_drawn(features: int, samples: int, seed: int) -> None:
    slopes, rows, background = values(1, features, seed)[0], values(3, features, seed + 1), values(2, features, 9)
    found = explain(
        table(rows), Background.of(table(background)), model(lambda x: x @ slopes), KernelShap(samples, seed=seed)
    )
    assert found.local[0] == pytest.approx(slopes * (rows - background.mean(axis=0)), abs=1e-8)


@settings(max_examples=25)
@given(features=st.integers(1, 14), samples=st.integers(1, 200), seed=st.integers(0, 2**31 - 1))
def test_values_sum_up_to_what_moved_the_answer(features: int, samples: int, seed: int) -> None:
    rows, background = values(3, features, seed), values(2, features, seed + 1)
    two = model(lambda x: np.column_stack([np.tanh(x.sum(axis=1)), x.prod(axis=1)]))
    found = explain(table(rows), Background.of(table(background)), two, KernelShap(samples))
    moved = two(table(rows)) - two(table(background)).mean(axis=0)
    assert pytest.approx(moved, abs=1e-9) == found.local.sum(axis=2).T


@settings(max_examples=20)
@given(features=st.integers(3, 10), seed=st.integers(0, 1_000))
def test_features_that_play_the_same_part_have_the_same_value(features: int, seed: int) -> None:
    rows = values(2, features, seed)
    rows[:, 1] = rows[:, 0]
    found = explain(
        table(rows),
        Background.of(table(np.zeros((1, features)))),
        model(lambda x: np.tanh(x[:, 0] + x[:, 1]) * np.cos(x[:, 2:].sum(axis=1))),
        KernelShap(2**features),
    )
    assert found.local[0, :, 0] == pytest.approx(found.local[0, :, 1], abs=1e-10)


def test_a_feature_that_does_not_vary_has_no_value_and_is_not_asked_for() -> None:
    asked = []

    def counting(rows: pa.RecordBatch) -> Doubles:
        asked.append(rows.num_rows)
        return model(curved)(rows)

    rows, background = values(1, 12, 5), values(2, 12, 6)
    explain(table(rows), Background.of(table(background)), counting, KernelShap(500))
    varying = sum(asked)
    asked.clear()
    background[:, 4:] = rows[:, 4:]
    found = explain(table(rows), Background.of(table(background)), counting, KernelShap(500))
    assert (found.local[0, 0, 4:] == 0).all()
    assert sum(asked) <= 3 + 2 * 2**4 < varying
    few = shapley(
        lambda x: curved(np.column_stack([x, np.repeat(rows[:, 4:], len(x), axis=0)])),
        rows[0, :4],
        background[:, :4],
        np.full(2, 0.5),
    )
    # With 12 features 500 coalitions are not all; of the 4 that vary, they are.
    assert found.local[0, 0, :4] == pytest.approx(few, abs=0.01)


def test_sampled_coalitions_are_near_the_exact_values_and_nearer_when_there_are_more() -> None:
    rows, background = values(10, 12, 7), values(4, 12, 8)
    exact = explained(rows, background, KernelShap(2**12))
    errors = [
        float(
            np.mean([np.abs(explained(rows, background, KernelShap(n, seed=s)).local - exact.local) for s in range(4)])
        )
        for n in (60, 240, 960)
    ]
    assert errors[0] > 1.5 * errors[1] > 2.25 * errors[2]
    assert errors[1] < 0.1 * np.abs(exact.local).mean()


def explained(rows: Doubles, background: Doubles, settings: KernelShap) -> Attributions:
    return explain(table(rows), Background.of(table(background)), model(curved), settings)


def test_texts_booleans_and_missing_values_are_features_as_well() -> None:
    schema = pa.schema([("city", pa.string()), ("new", pa.bool_()), ("age", pa.int64())])
    rows = pa.RecordBatch.from_pylist([{"city": "Oslo", "new": True, "age": None}, {"city": None, "age": 3}], schema)
    background = pa.RecordBatch.from_pylist([{"city": "Bern", "new": False, "age": 5}], schema)

    def answer(batch: pa.RecordBatch) -> Doubles:
        points = [
            10.0 * (row["city"] == "Oslo") + 3.0 * (row["new"] is True) + (7.0 if row["age"] is None else row["age"])
            for row in batch.to_pylist()
        ]
        return np.array(points)[:, np.newaxis]

    found = explain(rows, Background.of(background), answer, KernelShap())
    assert found.local[0] == pytest.approx(np.array([[10.0, 3.0, 2.0], [0.0, 0.0, -2.0]]), abs=1e-10)
    assert found.features == ("city", "new", "age")


def test_dictionaries_are_texts() -> None:
    cities = pa.array(["Oslo", None, "Bern"])
    numbers = pa.array([1.0, 2.0, 3.0])
    background = Background.of(pa.RecordBatch.from_pydict({"city": ["Rome"], "n": [0.0]}))

    def answer(batch: pa.RecordBatch) -> Doubles:
        return np.array([[len(row["city"] or "") * row["n"]] for row in batch.to_pylist()])

    texts, coded = (
        explain(pa.RecordBatch.from_arrays([city, numbers], names=["city", "n"]), background, answer, KernelShap())
        for city in (cities, cities.dictionary_encode())
    )
    assert np.array_equal(texts.local, coded.local)
    # Both lengths are 4; without a city 4 · 2 is missing, half of it to each.
    assert texts.local[0] == pytest.approx(np.array([[0, 4], [-4, 4], [0, 12]]), abs=1e-12)


def test_the_background_may_have_its_columns_in_another_order() -> None:
    rows, background = values(2, 3, 1), values(2, 3, 2)
    turned = table(background).select(["f2", "f0", "f1"])
    found = explain(table(rows), Background.of(turned), model(curved), KernelShap())
    assert np.array_equal(found.local, explained(rows, background, KernelShap()).local)


def test_the_same_input_gives_the_same_bytes() -> None:
    rows, background = values(5, 14, 1), values(3, 14, 2)
    first, second = (explained(rows, background, KernelShap(100)).local for _ in range(2))
    assert first.tobytes() == second.tobytes()
    assert not np.array_equal(first, explained(rows, background, KernelShap(100, seed=1)).local)


class BreakOffError(Exception):
    pass


def test_a_run_that_broke_off_asks_for_the_rest_only() -> None:
    rows, background = table(values(3 * BLOCK + 5, 5, 1)), Background.of(table(values(2, 5, 2)))
    whole = explain(rows, background, model(curved), KernelShap())
    kept: list[bytes] = []
    asked = 0

    def breaking(batch: pa.RecordBatch) -> Doubles:
        if len(kept) == 2:
            raise BreakOffError
        return model(curved)(batch)

    with pytest.raises(BreakOffError):
        explain(rows, background, breaking, KernelShap(), None, lambda progress: kept.append(progress.to_bytes()))

    def counting(batch: pa.RecordBatch) -> Doubles:
        nonlocal asked
        asked += batch.num_rows
        return model(curved)(batch)

    resumed = explain(rows, background, counting, KernelShap(), Progress.from_bytes(kept[-1], "progress"))
    assert resumed.local.tobytes() == whole.local.tobytes()
    left = BLOCK + 5
    assert asked == 2 + left + left * (2**5 - 2) * 2


@pytest.mark.parametrize("change", ["rows", "background", "samples", "model"])
def test_progress_of_something_else_is_not_used(change: str) -> None:
    rows, background = values(BLOCK, 5, 1), values(2, 5, 2)
    kept: list[Progress] = []
    explain(table(rows), Background.of(table(background)), model(curved), KernelShap(20), None, kept.append)
    if change == "rows":
        rows = rows + 1
    if change == "background":
        background = background + 1
    asked = model(lambda x: curved(x) + 1) if change == "model" else model(curved)
    chosen = KernelShap(30 if change == "samples" else 20)
    fresh = explain(table(rows), Background.of(table(background)), asked, chosen)
    found = explain(table(rows), Background.of(table(background)), asked, chosen, kept[-1])
    assert found.local.tobytes() == fresh.local.tobytes()
    assert not np.array_equal(found.local[0], kept[-1].blocks[0][0])


def test_what_is_no_progress_is_refused() -> None:
    with pytest.raises(InputError, match=r"progress\.arrow: is no progress"):
        Progress.from_bytes(b"something else", "progress.arrow")


def test_what_can_not_be_explained_is_said() -> None:
    rows, background = table(values(2, 3, 1)), Background.of(table(values(2, 3, 2)))
    with pytest.raises(ConfigurationError, match="no column 'f2'"):
        explain(rows, Background.of(background.rows.select(["f0", "f1"])), model(curved), KernelShap())
    text = background.rows.set_column(1, "f1", pa.array(["a", "b"]))
    with pytest.raises(ConfigurationError, match="'f1' is no double"):
        explain(rows, Background.of(text), model(curved), KernelShap())
    with pytest.raises(InputError, match="use_logit: the model answers 2"):
        explain(rows, background, model(lambda x: np.full(len(x), 2.0)), KernelShap(use_logit=True))
    with pytest.raises(InputError, match="no row"):
        explain(rows.slice(0, 0), background, model(curved), KernelShap())
    with pytest.raises(ConfigurationError, match="num_samples: 0"):
        explain(rows, background, model(curved), KernelShap(0))
