"""Features as the model gets them."""

from __future__ import annotations

import pyarrow as pa
import pytest

from model_monitor_jobs.attribution.feature_types import FeatureType, columns_of, type_of, typed_rows


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1", "2", None], "integral"),
        (["1.0", "2"], "integral"),
        (["1.5", "2"], "fractional"),
        ([1, 2], "integral"),
        ([1.5], "fractional"),
        ([True, None], "boolean"),
        (["true", "x"], "text"),
        (["7"] * 96 + ["?"] * 4, "integral"),
        (["7"] * 90 + ["?"] * 10, "text"),
        ([None, None], "text"),
    ],
)
def test_a_type_is_that_of_its_values(values: list[object], expected: FeatureType) -> None:
    assert type_of(pa.array(values)) == expected


def test_rows_get_the_types_of_the_baseline_and_strays_are_counted() -> None:
    batch = pa.RecordBatch.from_pydict(
        {"n": ["3", "x", None], "f": ["1.5", "2", "nan"], "b": ["True", "false", "?"], "t": [1, 2, 3]}
    )
    types: dict[str, FeatureType] = {"t": "text", "n": "integral", "f": "fractional", "b": "boolean", "gone": "text"}
    found, strays = typed_rows(batch, types)
    assert found.schema.names == [*types]
    assert found.to_pydict() == {
        "t": ["1", "2", "3"],
        "n": [3, None, None],
        "f": [1.5, 2.0, None],
        "b": [True, False, None],
        "gone": [None, None, None],
    }
    assert strays == {"n": 1, "f": 1, "b": 1}


def test_whole_numbers_stay_whole_unless_one_is_not() -> None:
    whole, _ = typed_rows(pa.RecordBatch.from_pydict({"n": ["1", "2"]}), {"n": "integral"})
    other, _ = typed_rows(pa.RecordBatch.from_pydict({"n": ["1", "2.5"]}), {"n": "integral"})
    assert whole.schema.field("n").type == pa.int64()
    assert other.to_pydict() == {"n": [1.0, 2.5]}


def test_columns_of_mixed_values_are_texts() -> None:
    found = columns_of({"a": [1, "x", None], "b": [1.0, 2, 3]})
    assert found.to_pydict() == {"a": ["1", "x", None], "b": [1.0, 2.0, 3.0]}
