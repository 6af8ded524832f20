"""The sample of the flip test is the same rows in whatever parts they came."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from model_monitor_jobs.profiles.bias import BiasProblem, Facet, FlipSample, Selection, decode_bias
from model_monitor_jobs.profiles.hashes import hash_numbers

PROBLEM = BiasProblem((Facet("sex", Selection(values=("F",))),), Selection(values=("1",)))
COLUMNS = ("sex", "income", "member", "note")


def table(count: int) -> dict[str, Any]:
    random = np.random.RandomState(5)
    income = np.round(random.rand(count) * 100, 1).astype(str).tolist()
    return {
        "sex": random.choice(["F", "M"], count).tolist(),
        "income": [None if place % 50 == 7 else value for place, value in enumerate(income)],
        "member": random.choice(["true", "false"], count).tolist(),
        "note": [f"note {place}" for place in range(count)],
        "answer": [None if place % 3 == 2 else str(place % 2) for place in range(count)],
    }


def sampled(rows: dict[str, Any], start: int, stop: int, most: int | None) -> FlipSample:
    columns = {name: pa.array(values[start:stop], type=pa.string()) for name, values in rows.items()}
    hashes = hash_numbers(np.arange(start, stop, dtype=np.float64))
    sample = FlipSample(COLUMNS, 1, most)
    sample.update(columns, decode_bias(PROBLEM, columns, None, columns["answer"], None, hashes), hashes)
    return sample


def test_a_small_window_is_its_own_sample() -> None:
    rows = table(90)
    sample = sampled(rows, 0, 90, None)
    answered = [place for place in range(90) if rows["answer"][place] is not None]
    assert sample.seen == len(sample.rows.predicted) == len(answered) == 60
    assert sample.rows.predicted.tolist() == [int(rows["answer"][place]) for place in answered]
    assert sample.rows.disadvantaged[0].tolist() == [rows["sex"][place] == "F" for place in answered]
    expected = [np.nan if rows["income"][place] is None else float(rows["income"][place]) for place in answered]
    np.testing.assert_array_equal(sample.rows.features[:, 1], expected)
    np.testing.assert_array_equal(sample.rows.features[:, 2], [rows["member"][place] == "true" for place in answered])
    assert sample.text_columns == ("sex", "note")


@pytest.mark.parametrize("step", [1_000, 300, 77])
def test_a_sample_is_the_same_in_parts(step: int) -> None:
    rows = table(1_000)
    whole = sampled(rows, 0, 1_000, 100)
    merged, one = FlipSample(COLUMNS, 1, 100), FlipSample(COLUMNS, 1, 100)
    for start in range(0, 1_000, step):
        stop = min(1_000, start + step)
        merged.merge(sampled(rows, start, stop, 100))
        columns = {name: pa.array(values[start:stop], type=pa.string()) for name, values in rows.items()}
        hashes = hash_numbers(np.arange(start, stop, dtype=np.float64))
        one.update(columns, decode_bias(PROBLEM, columns, None, columns["answer"], None, hashes), hashes)
    for other in (merged, one):
        assert (other.seen, other.text_columns) == (whole.seen, whole.text_columns)
        np.testing.assert_array_equal(other.rows.features, whole.rows.features)
        np.testing.assert_array_equal(other.rows.predicted, whole.rows.predicted)
        np.testing.assert_array_equal(other.rows.disadvantaged, whole.rows.disadvantaged)
    answered = np.array([place for place in range(1_000) if rows["answer"][place] is not None])
    hashes = hash_numbers(answered.astype(np.float64))
    np.testing.assert_array_equal(whole.rows.hashes, hashes[np.sort(np.argsort(hashes)[:100])])


def test_typed_booleans_are_features() -> None:
    columns = {"sex": pa.array(["F", "M"]), "member": pa.array([True, False]), "answer": pa.array(["1", "0"])}
    hashes = hash_numbers(np.arange(2, dtype=np.float64))
    sample = FlipSample(("member", "income"), 1)
    sample.update(columns, decode_bias(PROBLEM, columns, None, columns["answer"], None, hashes), hashes)
    np.testing.assert_array_equal(sample.rows.features, [[1, np.nan], [0, np.nan]])
    assert sample.text_columns == ()


def test_many_columns_make_a_smaller_sample() -> None:
    assert FlipSample(COLUMNS, 1).most_rows == 10_000
    assert FlipSample([f"x{place}" for place in range(2_000)], 1).most_rows == 1_000


def test_samples_of_other_columns_are_refused() -> None:
    with pytest.raises(ValueError, match="other columns"):
        FlipSample(COLUMNS, 1).merge(FlipSample(("sex",), 1))
