"""Clusters of a dataset as a background."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from model_monitor_jobs.attribution.background import Background, cluster
from model_monitor_jobs.errors import ConfigurationError, InputError

RANDOM = np.random.RandomState


def batch(**columns: object) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict(columns)


def test_separate_groups_are_found_with_their_shares() -> None:
    random = RANDOM(1)
    centres = np.repeat([[0.0, 1_000.0], [50.0, 5_000.0], [90.0, -3_000.0]], [60, 30, 10], axis=0)
    points = centres + random.standard_normal(centres.shape)
    shuffled = points[random.permutation(100)]
    found = cluster(batch(a=shuffled[:, 0], b=shuffled[:, 1]), 3)
    assert found.weights == pytest.approx([0.6, 0.3, 0.1])
    made = np.column_stack([found.rows.column(0), found.rows.column(1)])
    assert made == pytest.approx(np.array([[0, 1_000], [50, 5_000], [90, -3_000]]), abs=1)


def test_centres_are_values_of_the_data() -> None:
    values = RANDOM(2).randint(0, 5, 200)
    flags = (RANDOM(3).random_sample(200) < 0.3).astype(np.int64)
    found = cluster(batch(a=values, b=flags), 4)
    assert found.rows.column(0).type == pa.int64()
    assert set(found.rows.column(0).to_pylist()) <= set(values.tolist())
    assert set(found.rows.column(1).to_pylist()) <= {0, 1}


def test_texts_and_booleans_are_clustered_by_their_most_frequent_values() -> None:
    random = RANDOM(4)
    kinds = np.repeat(["red", "blue"], [70, 30])
    numbers = np.where(kinds == "red", 1.0, 9.0) + 0.1 * random.standard_normal(100)
    flags = kinds == "blue"
    found = cluster(batch(kind=kinds.tolist(), number=numbers, flag=flags.tolist()), 2)
    assert found.rows.column("kind").to_pylist() == ["red", "blue"]
    assert found.rows.column("flag").to_pylist() == [False, True]
    assert found.weights == pytest.approx([0.7, 0.3])


def test_only_texts() -> None:
    found = cluster(batch(a=["x"] * 6 + ["y"] * 4, b=["u"] * 6 + ["v"] * 4), 2)
    assert found.rows.to_pylist() == [{"a": "x", "b": "u"}, {"a": "y", "b": "v"}]


def test_missing_values_do_not_stop_it() -> None:
    numbers = pa.array([1.0, None, 1.2, 9.0, 9.1, None, 9.2, 1.1])
    texts = pa.array(["a", "a", None, "b", "b", "b", "b", "a"])
    found = cluster(pa.RecordBatch.from_arrays([numbers, texts], names=["n", "t"]), 2)
    assert sorted(found.rows.column("t").to_pylist()) == ["a", "b"]
    coded = cluster(pa.RecordBatch.from_arrays([numbers, texts.dictionary_encode()], names=["n", "t"]), 2)
    assert coded.rows.equals(found.rows)
    assert found.rows.column("n").null_count == 0


def test_there_are_no_more_clusters_than_distinct_rows() -> None:
    found = cluster(batch(a=[1.0, 1.0, 2.0, 2.0, 2.0]), 12)
    assert found.rows.column("a").to_pylist() == [2.0, 1.0]
    assert found.weights.tolist() == [0.6, 0.4]


def test_the_same_data_give_the_same_clusters() -> None:
    data = batch(a=RANDOM(5).standard_normal(300), b=RANDOM(6).standard_normal(300))
    first, second = cluster(data, 7), cluster(data, 7)
    assert first.rows.equals(second.rows)
    assert first.weights.tobytes() == second.weights.tobytes()


def test_no_rows_are_refused() -> None:
    empty = batch(a=pa.array([], pa.float64()))
    with pytest.raises(InputError, match="no rows to cluster"):
        cluster(empty, 2)
    with pytest.raises(ConfigurationError, match="no rows"):
        Background.of(empty)
