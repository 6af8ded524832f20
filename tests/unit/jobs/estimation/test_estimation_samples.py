"""Rows as features, and the sample of a baseline's rows."""

from __future__ import annotations

import io
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_monitor_jobs.errors import InputError
from model_monitor_jobs.estimation.features import Encoder, FeatureColumn, Features
from model_monitor_jobs.estimation.sampler import FEWEST_ROWS, MOST_ROWS, Sampler, sample_rows
from model_monitor_jobs.estimation.samples import UNSTAMPED, ReferenceSample


def batch(**columns: pa.Array) -> pa.RecordBatch:
    return pa.record_batch(columns)


def test_a_column_is_numeric_when_nearly_all_its_texts_are_numbers() -> None:
    numbers = pa.array([str(place) for place in range(95)] + ["unknown"] * 5 + [None])
    assert FeatureColumn.learn("x", numbers).categories is None
    assert FeatureColumn.learn("x", pa.array(["1"] * 94 + ["unknown"] * 6)).categories == ("1", "unknown")


def test_typed_columns_and_texts_are_read_alike() -> None:
    typed = batch(amount=pa.array([1.5, None, float("inf"), -2.0]), open=pa.array([True, False, None, True]))
    texts = batch(amount=pa.array(["1.5", None, "", "-2"]), open=pa.array(["true", "false", None, "true"]))
    encoder = Encoder.learn(typed, ["amount", "open"])
    expected = [[1.5, 0], [np.nan, 1], [np.nan, np.nan], [-2, 0]]
    np.testing.assert_array_equal(encoder.encode(typed).values, expected)
    np.testing.assert_array_equal(encoder.encode(texts).values, expected)


def test_categories_are_coded_by_frequency_and_unknown_ones_together() -> None:
    reference = batch(city=pa.array(["Rome"] * 3 + ["Oslo"] * 2 + ["Bonn"] * 2))
    encoder = Encoder.learn(reference, ["city"])
    assert encoder.columns[0].categories == ("Rome", "Bonn", "Oslo")
    window = batch(city=pa.array(["Oslo", "Paris", None, "Lima"]).dictionary_encode())
    np.testing.assert_array_equal(encoder.encode(window).values[:, 0], [2, 3, np.nan, 3])


def test_no_more_categories_than_trees_can_split() -> None:
    names = pa.array([f"c{place:04}" for place in range(500)] * 2)
    encoder = Encoder.learn(batch(city=names), ["city"])
    codes = encoder.encode(batch(city=names)).values
    assert codes.max() == 200
    assert (codes == 200).sum() == 600


def test_a_column_that_a_window_lacks_is_missing() -> None:
    encoder = Encoder.learn(batch(a=pa.array([1, 2]), b=pa.array(["x", "y"])), ["a", "b"])
    values = encoder.encode(batch(a=pa.array([7]))).values
    np.testing.assert_array_equal(values, [[7, np.nan]])


@settings(max_examples=40, deadline=None)
@given(
    hashes=st.lists(st.integers(0, 30), max_size=60),
    cuts=st.lists(st.integers(0, 60), max_size=4),
    most=st.integers(1, 20),
)
def test_parts_of_a_stream_sample_as_the_whole_does(hashes: list[int], cuts: list[int], most: int) -> None:
    places = sorted({0, len(hashes), *(cut for cut in cuts if cut < len(hashes))})
    merged = Sampler(most)
    for start, end in pairwise(places):
        part = Sampler(most)
        for row in range(start, end):
            part.add(batch(row=pa.array([row])), np.array([hashes[row]], dtype=np.uint64))
        merged.merge(part)
    expected = sorted(range(len(hashes)), key=lambda row: (hashes[row], row))[:most]
    sample, kept = merged.sample()
    assert merged.rows == len(hashes)
    assert ([] if sample is None else sample["row"].to_pylist()) == expected
    assert kept.tolist() == [hashes[row] for row in expected]


def test_a_sampler_holds_no_more_than_twice_its_rows() -> None:
    sampler = Sampler(100)
    generator = np.random.RandomState(1)
    for _ in range(50):
        hashes = generator.randint(0, 2**63, size=70).astype(np.uint64)
        sampler.add(batch(x=pa.array(np.arange(70))), hashes)
        assert sum(held.num_rows for held in sampler._batches) < 200


def test_wide_tables_are_sampled_less() -> None:
    assert [sample_rows(columns) for columns in (0, 1, 40, 100, 5_000)] == [
        MOST_ROWS,
        MOST_ROWS,
        50_000,
        20_000,
        FEWEST_ROWS,
    ]


def sample(kind: str) -> ReferenceSample:
    generator = np.random.RandomState(3)
    values = np.column_stack([generator.normal(size=40), generator.randint(0, 3, size=40)])
    values[5] = np.nan
    features = Features((FeatureColumn("amount"), FeatureColumn("city", ("Oslo", "Röm"))), values)
    if kind == "Regression":
        times = generator.randint(0, 2**40, size=40).astype(np.int64)
        times[3] = UNSTAMPED
        return ReferenceSample(features, generator.normal(size=40), generator.normal(size=40), None, times=times)
    classes = ("0", "1") if kind == "BinaryClassification" else ("a", "b", "c")
    actual, predicted = (generator.randint(0, len(classes), size=40) for _ in range(2))
    score = generator.random_sample(40) if len(classes) == 2 else generator.dirichlet([1, 1, 1], size=40)
    return ReferenceSample(features, actual, predicted, score, classes)


@pytest.mark.parametrize("kind", ["BinaryClassification", "MulticlassClassification", "Regression"])
def test_a_sample_survives_its_file(kind: str) -> None:
    written = sample(kind)
    content = written.to_parquet()
    read = ReferenceSample.read(content, "s3://bucket/sample.parquet")
    assert read.features.columns == written.features.columns
    np.testing.assert_array_equal(read.features.values, written.features.values)
    for name in ("actual", "predicted", "score", "times"):
        one, other = getattr(read, name), getattr(written, name)
        assert (one is None) == (other is None)
        if one is not None:
            np.testing.assert_array_equal(one, other)
            assert one.dtype == other.dtype
    assert read.classes == written.classes
    assert read.to_parquet() == content


@pytest.mark.parametrize("place", [0.02, 0.2, 0.5, 0.9, 0.99])
def test_a_damaged_file_is_named(place: float) -> None:
    content = bytearray(sample("BinaryClassification").to_parquet())
    start = int(len(content) * place)
    content[start : start + 40] = bytes(40)
    with pytest.raises(InputError, match=r"s3://bucket/sample\.parquet: is not a sample"):
        ReferenceSample.read(bytes(content), "s3://bucket/sample.parquet")


def test_other_files_are_refused() -> None:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"actual": [1.0]}), sink)
    for content in (b"", b"PAR1", sink.getvalue().to_pybytes()):
        with pytest.raises(InputError, match="make the Baseline again"):
            ReferenceSample.read(content, "file:///sample.parquet")


def test_labels_without_a_class_are_refused() -> None:
    written = sample("MulticlassClassification")
    wrong = ReferenceSample(written.features, written.actual + 1, written.predicted, written.score, written.classes)
    with pytest.raises(InputError, match="label without a class"):
        ReferenceSample.read(wrong.to_parquet(), "file:///sample.parquet")


@pytest.mark.parametrize("times", [pa.array([None] * 40, pa.int64()), pa.array(["noon"] * 40)])
def test_times_that_are_none_are_refused(times: pa.Array) -> None:
    table = pq.read_table(io.BytesIO(sample("Regression").to_parquet()))
    sink = io.BytesIO()
    pq.write_table(table.set_column(table.column_names.index("time"), "time", times), sink)
    with pytest.raises(InputError, match="a row has no time"):
        ReferenceSample.read(sink.getvalue(), "file:///sample.parquet")
