"""What is kept of columns with more values than can be counted: how much memory, and how wrong it may be."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_monitor_jobs.profiles.column import ColumnProfile
from model_monitor_jobs.profiles.distinct import MOST_HASHES, DistinctValues
from model_monitor_jobs.profiles.frequencies import KEPT_VALUES, MOST_BYTES, Frequencies
from model_monitor_jobs.profiles.hashes import hash_numbers, hash_texts
from model_monitor_jobs.profiles.table import merge_profiles, profile


def skewed(seed: int, rows: int = 40_000) -> list[str]:
    """About half of the values are distinct; some are very frequent."""
    random = np.random.default_rng(seed)
    frequent = np.minimum(random.zipf(1.2, rows // 2), 10**7).astype(str).tolist()
    return [*frequent, *(f"{seed}-{number}" for number in range(rows // 2))]


def frequencies_of(values: list[str], block: int = 10_000, tracked: tuple[str, ...] = ()) -> Frequencies:
    made = Frequencies(tracked)
    for start in range(0, len(values), block):
        made.update(pa.array(values[start : start + block]))
    return made


@pytest.mark.parametrize("parts", [1, 2, 9])
def test_every_count_is_within_what_is_promised(parts: int) -> None:
    values = [skewed(seed) for seed in range(parts)]
    made = frequencies_of(values[0])
    for part in values[1:]:
        made.merge(frequencies_of(part))
    exact = Counter(value for part in values for value in part)
    kept = made.kept
    texts = kept.texts.to_pylist()
    assert not made.exact
    assert made.total == exact.total()
    assert 0 < len(texts) <= KEPT_VALUES
    assert made.unlisted <= made.total / (KEPT_VALUES + 1)
    for text, seen, missed in zip(texts, kept.seen.tolist(), kept.missed.tolist(), strict=True):
        assert seen <= exact[text] <= seen + missed, text
    assert max(count for text, count in exact.items() if text not in texts) <= made.unlisted
    assert made.distinct == pytest.approx(len(exact), rel=0.06)


def test_values_that_come_late_or_just_below_notice_are_bounded_too() -> None:
    """Sixty values that are in every block, always less often than a thousand others that were there first."""
    first = [f"first-{number}" for number in range(1_001)] * 40
    later = [f"later-{number}" for number in range(600)] * 16 + [f"once-{number}" for number in range(9_500)]
    made = frequencies_of(first + later * 6, block=len(later))
    exact = Counter(first + later * 6)
    kept = dict(zip(made.kept.texts.to_pylist(), made.kept.seen.tolist(), strict=True))
    assert max(count for text, count in exact.items() if text not in kept) <= made.unlisted
    assert made.unlisted <= made.total / (KEPT_VALUES + 1)


def test_what_is_just_below_notice_in_every_part_is_bounded_in_the_whole() -> None:
    """A value that no part keeps must be possible in the whole as often as in all parts together."""
    part = ["below"] * 39 + [f"kept-{number}" for number in range(KEPT_VALUES)] * 41
    part += [f"once-{number}" for number in range(10_000)]
    made = frequencies_of(part, len(part))
    for _ in range(4):
        made.merge(frequencies_of(part, len(part)))
    assert "below" not in made.counts
    assert 5 * 39 <= made.unlisted <= made.total / (KEPT_VALUES + 1)
    assert made.counts["kept-7"] == 5 * 41


@settings(max_examples=12)
@given(st.lists(st.integers(0, 3), min_size=2, max_size=4), st.randoms(use_true_random=False))
def test_tracked_values_are_exact_in_any_order_of_merging(seeds: list[int], random: object) -> None:
    tracked = ("1", "0-77", "never", "2")
    parts = [skewed(seed, 12_000) for seed in seeds]
    random.shuffle(parts)  # type: ignore[attr-defined]
    made = frequencies_of(parts[0], 6_000, tracked)
    for part in parts[1:]:
        made.merge(frequencies_of(part, 6_000, tracked))
    exact = Counter(value for part in parts for value in part)
    assert made.tracked_counts().tolist() == [exact[value] for value in tracked]
    assert made.counts["1"] == exact["1"]


@pytest.mark.parametrize(
    "length", [pytest.param(12, id="a million of 12 letters"), pytest.param(100_000, id="many of 100,000 letters")]
)
def test_memory_is_bounded(length: int) -> None:
    rows = 1_000_000 if length == 12 else 400

    def batches() -> Iterator[pa.RecordBatch]:
        for start in range(0, rows, 50_000):
            numbers = pa.array(np.arange(start, min(start + 50_000, rows))).cast(pa.string())
            texts = pc.utf8_rpad(pc.utf8_lpad(numbers, 12, "0"), length, "x")
            yield pa.record_batch({"x": texts})

    tracemalloc.start()
    held = pa.total_allocated_bytes()
    try:
        table = profile(batches())
        taken = tracemalloc.get_traced_memory()[0] + pa.total_allocated_bytes() - held
    finally:
        tracemalloc.stop()
    assert taken < 2_000_000
    assert len(table.to_bytes()) < 1_000_000
    assert table.columns["x"].frequencies.distinct == pytest.approx(rows, rel=0.05)


def test_long_texts_are_exact_while_they_fit() -> None:
    fit, none = frequencies_of(["x" * (MOST_BYTES // 2), "y"]), frequencies_of(["x" * MOST_BYTES, "y"])
    assert fit.exact
    assert not none.exact
    assert none.distinct == 2
    assert list(none.counts) == []


def test_parts_merged_the_other_way_round_keep_the_same() -> None:
    parts = [skewed(seed, 30_000) for seed in range(2)]
    forward, back = frequencies_of(parts[0]), frequencies_of(parts[1])
    forward.merge(frequencies_of(parts[1]))
    back.merge(frequencies_of(parts[0]))
    assert forward.counts == back.counts
    assert (forward.distinct, forward.unlisted) == (back.distinct, back.unlisted)


@pytest.mark.parametrize("count", [100, MOST_HASHES - 1, 20_000, 1_000_000])
def test_distinct_numbers_are_counted(count: int) -> None:
    distinct = DistinctValues()
    for block in np.array_split(np.arange(count) * 0.1, 7):
        distinct.update(hash_numbers(block))
        distinct.update(hash_numbers(block[::-1]))
    assert distinct.estimate == pytest.approx(count, rel=0 if count < MOST_HASHES else 0.05)


def test_zeros_are_one_number_and_an_integer_is_its_double() -> None:
    assert len(set(hash_numbers(np.array([0.0, -0.0])).tolist())) == 1
    whole, half = profile([pa.record_batch({"x": list(range(5_000))})]), profile([pa.record_batch({"x": [1.0, 0.5]})])
    assert merge_profiles([whole, half]).columns["x"].frequencies.distinct == pytest.approx(5_001, rel=0.05)


@given(st.lists(st.text(max_size=90), unique=True, max_size=30))
def test_hashes_of_texts_follow_from_the_text_alone(texts: list[str]) -> None:
    together = hash_texts(pa.array(texts, pa.string())).tolist()
    assert len(set(together)) == len(texts)
    assert together == [hash_texts(pa.array(["before", text, "after"])).tolist()[1] for text in texts]
    assert together == hash_texts(pa.array(["", *texts], pa.large_string()).slice(1)).tolist()


def test_numbers_before_a_text_count_as_values() -> None:
    column = ColumnProfile.empty("x", tracked=())
    column.update(pa.array([str(number) for number in range(5_000)]))
    column.update(pa.array(["x"] * 40))
    assert column.inferred_type == "String"
    assert column.frequencies.distinct == pytest.approx(5_001, rel=0.05)
    assert column.frequencies.counts == {"x": 40}
    assert column.frequencies.total == 5_040


def test_few_numbers_that_turn_out_to_be_texts_have_all_their_counts() -> None:
    column = ColumnProfile.empty("x")
    column.update(pa.array(["1", "2", "007", "2"] * 500))
    column.update(pa.array(["x"]))
    assert column.frequencies.counts == {"2": 1_000, "007": 500, "1": 500, "x": 1}
    assert column.frequencies.distinct == 4
