"""The same rows give the same bytes however they come, and bytes give the same profile."""

from __future__ import annotations

import pickle

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_monitor_jobs.profiles.table import ProfileRequest, TableProfile, Tracking, merge_profiles, profile

CELLS = st.none() | st.sampled_from(["1", "2.5", "007", "5.0", "-3", "1e3", "a", "true", "", " 5", ".5"])
ROWS = st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=60)
CUTS = np.array([-1.0, 0.0, 2.5])
REQUEST = ProfileRequest(tracking={"a": Tracking(CUTS, ("a", "5.0", "never"))}, block_rows=7)


def batch(rows: list[tuple[str | None, str | None]], *, wide: bool = True) -> pa.RecordBatch:
    columns = {"a": pa.array([row[0] for row in rows], pa.string())}
    if wide:
        columns["b"] = pa.array([row[1] for row in rows], pa.string())
    return pa.record_batch(columns)


@given(ROWS, st.lists(st.integers(1, 20), min_size=1, max_size=6))
def test_batch_sizes_show_in_no_byte(rows: list[tuple[str | None, str | None]], sizes: list[int]) -> None:
    parts: list[list[tuple[str | None, str | None]]] = []
    start = 0
    while start < len(rows):
        size = sizes[len(parts) % len(sizes)]
        parts.append(rows[start : start + size])
        start += size
    assert profile(map(batch, parts), REQUEST).to_bytes() == profile([batch(rows)], REQUEST).to_bytes()


@pytest.mark.parametrize("size", [1_000, 4_096, 30_000])
def test_batch_sizes_of_many_rows_show_in_no_byte(size: int) -> None:
    whole = many_rows(30_000, 1)
    request = ProfileRequest(block_rows=8_192)
    expected = profile(whole.to_batches(), request).to_bytes()
    assert profile(whole.to_batches(max_chunksize=size), request).to_bytes() == expected


def test_where_the_type_changes_a_block_ends_whatever_the_batches() -> None:
    numbers, texts = pa.record_batch({"x": [1, 2, 3]}), pa.record_batch({"x": ["4", "y"]})
    whole = profile([numbers, texts], REQUEST)
    single = [one.slice(row, 1) for one in (numbers, texts) for row in range(one.num_rows)]
    assert profile(single, REQUEST).to_bytes() == whole.to_bytes()
    assert (whole.columns["x"].integral, whole.columns["x"].text) == (4, 1)


def test_dictionaries_give_what_plain_texts_give() -> None:
    first, second = pa.array(["a", "b", "a"]), pa.array(["b", "c", None])
    plain = [pa.record_batch({"x": values}) for values in (first, second)]
    encoded = [pa.record_batch({"x": values.dictionary_encode()}) for values in (first, second)]
    assert profile(encoded).to_bytes() == profile(plain).to_bytes()


def test_a_column_of_nulls_is_a_column() -> None:
    table = profile([pa.record_batch({"x": pa.nulls(3), "y": [1, 2, 3]})])
    assert list(table.columns) == ["x", "y"]
    assert (table.missing("x"), table.columns["x"].inferred_type) == (3, "Unknown")


@given(ROWS)
def test_bytes_give_the_profile_back(rows: list[tuple[str | None, str | None]]) -> None:
    made = profile([batch(rows)], REQUEST, ordinal=3)
    again = TableProfile.from_bytes(made.to_bytes())
    assert again.to_bytes() == made.to_bytes()
    assert (again.rows, again.order, list(again.columns)) == (made.rows, made.order, list(made.columns))
    for name, column in made.columns.items():
        assert again.columns[name].frequencies.counts == column.frequencies.counts
        assert again.columns[name].frequencies.distinct == column.frequencies.distinct
        assert again.columns[name].inferred_type == column.inferred_type


def test_a_profile_that_was_sent_goes_on_as_if_it_had_not_been() -> None:
    parts = [profile(many_rows(30_000, part).to_batches(), ordinal=part) for part in range(3)]
    sent = [TableProfile.from_bytes(part.to_bytes()) for part in parts]
    assert merge_profiles(sent).to_bytes() == merge_profiles(parts).to_bytes()


def test_other_bytes_are_no_profile() -> None:
    with pytest.raises(ValueError, match="no profile of this version"):
        TableProfile.from_bytes(b"PAR1")


def test_a_request_can_be_sent() -> None:
    again = pickle.loads(pickle.dumps(REQUEST))
    assert profile([batch([("a", "1")])], again).to_bytes() == profile([batch([("a", "1")])], REQUEST).to_bytes()


@given(st.lists(st.lists(st.tuples(CELLS, CELLS), max_size=15), max_size=9))
def test_parts_add_up_to_the_whole(parts: list[list[tuple[str | None, str | None]]]) -> None:
    rows = [row for part in parts for row in part]
    whole = profile([batch(rows)], REQUEST)
    merged = merge_profiles(
        profile([batch(part)] if part else [], REQUEST, ordinal=ordinal) for ordinal, part in enumerate(parts)
    )
    assert merged.rows == whole.rows
    for name, column in merged.columns.items():
        ours, theirs = column.counts(merged.rows), whole.columns[name].counts(whole.rows)
        assert {key: getattr(ours, key) for key in ("rows", "present", "integral", "fractional", "whole", "text")} == {
            key: getattr(theirs, key) for key in ("rows", "present", "integral", "fractional", "whole", "text")
        }
        assert column.frequencies.counts == whole.columns[name].frequencies.counts
    if "a" in merged.columns:
        ours, theirs = merged.columns["a"].counts(merged.rows), whole.columns["a"].counts(whole.rows)
        assert ours.cells is not None
        assert ours.values is not None
        assert theirs.cells is not None
        assert theirs.values is not None
        assert ours.cells.tolist() == theirs.cells.tolist()
        assert ours.values.tolist() == theirs.values.tolist()
        texts = [row[0] for row in rows]
        assert ours.values.tolist() == [texts.count("a"), texts.count("5.0"), 0]


@pytest.mark.parametrize("parts", [1, 2, 5, 8])
def test_parts_are_merged_in_one_tree(parts: int) -> None:
    """Two workers that merged what they have would give other bytes: (0, 1), (2, 3) and so on is what is promised."""

    def part(ordinal: int) -> TableProfile:
        return profile(many_rows(6_000, ordinal).to_batches(), ordinal=ordinal)

    def tree(first: int, count: int) -> TableProfile:
        if count == 1:
            return part(first)
        half = 1 << (count - 1).bit_length() - 1
        left = tree(first, half)
        left.merge(tree(first + half, count - half))
        return left

    assert merge_profiles(map(part, range(parts))).to_bytes() == tree(0, parts).to_bytes()


def many_rows(rows: int, seed: int) -> pa.Table:
    random = np.random.default_rng(seed)
    return pa.table(
        {
            "typed": pa.array(random.normal(size=rows), mask=random.random(rows) < 0.1),
            "text": pa.array(np.round(random.normal(size=rows), 4).astype(str)).cast(pa.string()),
            "few": pa.array(random.integers(0, 9, rows).astype(str)).cast(pa.string()),
            "many": pa.array([f"user-{number}" for number in random.integers(0, 10**9, rows)]),
        }
    )


NUMBERS_ONLY = ProfileRequest(tracking={"a": Tracking(CUTS), "b": Tracking(CUTS)}, block_rows=7)


@given(st.lists(ROWS, min_size=1, max_size=5), st.sampled_from([REQUEST, NUMBERS_ONLY]))
def test_putting_away_between_merges_shows_in_no_byte(
    parts: list[list[tuple[str | None, str | None]]], request: ProfileRequest
) -> None:
    def profiles() -> list[TableProfile]:
        return [profile([batch(rows)], request, ordinal=place) for place, rows in enumerate(parts)]

    stored = [part.to_bytes() for part in profiles()]
    while len(stored) > 1:
        pairs = [stored[place : place + 2] for place in range(0, len(stored), 2)]
        stored = [merge_profiles(map(TableProfile.from_bytes, pair)).to_bytes() for pair in pairs]
    assert merge_profiles(profiles()).to_bytes() == stored[0]


@given(ROWS)
def test_passing_over_the_texts_of_numbers_changes_no_count(rows: list[tuple[str | None, str | None]]) -> None:
    counted = profile([batch(rows)], ProfileRequest(tracking={"a": Tracking(CUTS, ("never",))}, block_rows=7))
    passed_over = profile([batch(rows)], NUMBERS_ONLY)
    one, other = counted.columns["a"], passed_over.columns["a"]
    first, second = one.counts(len(rows)), other.counts(len(rows))
    assert (first.present, first.integral, first.fractional, first.whole, first.boolean, first.text) == (
        second.present,
        second.integral,
        second.fractional,
        second.whole,
        second.boolean,
        second.text,
    )
    assert first.cells is not None
    assert second.cells is not None
    assert first.cells.tolist() == second.cells.tolist()
    assert one.moments.count == other.moments.count
    assert one.frequencies.total == other.frequencies.total
    # Texts of one number are one value where numbers are told by their value.
    assert other.frequencies.distinct <= one.frequencies.distinct
    assert other.frequencies.exact == (one.moments.count == 0)
    texts = {text: count for text, count in one.frequencies.counts.items() if text in ("", "a", "true", ".5")}
    assert dict(other.frequencies.counts) == texts
