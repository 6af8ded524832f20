"""Joining records with labels gives what a plain dictionary gives, in memory and in files alike."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_monitor_jobs.profiles.hashes import hash_numbers, hash_texts
from model_monitor_jobs.sources import label_buckets, label_join, label_match
from model_monitor_jobs.sources.label_blocks import label_batch
from model_monitor_jobs.sources.label_join import join_labels
from model_monitor_jobs.sources.label_match import Coverage
from model_monitor_jobs.sources.selection import (
    LABEL,
    LABEL_KNOWN,
    RECORD_COUNT,
    RECORD_HASH,
    RECORD_ID,
    RECORD_INDEX,
)


@dataclass(frozen=True)
class Event:
    id: str | None
    values: tuple[str | None, ...]
    known: int = 0


def batches(events: list[Event], name: str, sizes: list[int], *, timed: bool = False) -> list[pa.RecordBatch]:
    """Events in batches of so many in turn; places stand only in batches that need them."""
    found: list[pa.RecordBatch] = []
    start = 0
    while start < len(events):
        size = sizes[len(found) % len(sizes)]
        part = events[start : start + size]
        start += size
        rows = [(event, index) for event in part for index in range(len(event.values))]
        columns = {
            RECORD_ID: pa.array([event.id for event, _ in rows], pa.string()),
            name: pa.array([event.values[index] for event, index in rows], pa.string()),
        }
        if any(len(event.values) > 1 for event in part):
            columns[RECORD_INDEX] = pa.array([index for _, index in rows], pa.int32())
            columns[RECORD_COUNT] = pa.array([len(event.values) for event, _ in rows], pa.int32())
        if timed:
            columns[LABEL_KNOWN] = pa.array([event.known for event, _ in rows], pa.int64())
        found.append(pa.RecordBatch.from_pydict(columns))
    return found


def by_dictionary(records: list[Event], labels: list[Event]) -> tuple[Counter[Any], Coverage]:
    counts = Coverage(labels=len(labels))
    latest: dict[str | None, Event] = {}
    window = {event.id for event in records if event.id is not None}
    for event in sorted(labels, key=lambda event: event.known):
        if event.id not in window:
            counts.orphaned += 1
            continue
        counts.relabelled += event.id in latest
        latest[event.id] = event
    rows: Counter[Any] = Counter()
    seen: set[Any] = set()
    used = set()
    for event in records:
        label = latest.get(event.id)
        for index, value in enumerate(event.values):
            counts.records += 1
            counts.without_id += event.id is None
            counts.repeated += (event.id, index) in seen
            if event.id is not None:
                seen.add((event.id, index))
            given = None
            if label is not None and len(label.values) in (1, len(event.values)):
                given = label.values[index if len(label.values) > 1 else 0]
                counts.matched += given is not None
                counts.empty += given is None
                used.add(event.id)
            rows[event.id, value, given] += 1
    counts.used = len(used)
    counts.mismatched = len(latest) - len(used)
    return rows, counts


def joined(records: list[Any], labels: list[Any], **options: Any) -> tuple[Counter[Any], Coverage, list[Any]]:
    join = join_labels(records, labels, **options)
    order = [
        (row[RECORD_ID], row["value"], row[LABEL], row[RECORD_HASH]) for batch in join for row in batch.to_pylist()
    ]
    return Counter(row[:3] for row in order), join.counts, order


@pytest.fixture(scope="module", autouse=True)
def few_bits() -> Any:
    """So few that a filter lets through what it need not."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(label_join, "_FILTER_BITS", 6)
        yield


IDS = st.sampled_from([None, "a", "b", "c", "d", "é", "x,y", "i" * 80])
VALUES = st.sampled_from([None, "0", "1", "é"])
RECORDS = st.builds(Event, IDS, st.lists(VALUES, min_size=1, max_size=3).map(tuple))
LABELS = st.builds(Event, IDS.filter(bool), st.lists(VALUES, min_size=1, max_size=3).map(tuple), st.integers(0, 2))
SIZES = st.lists(st.integers(1, 5), min_size=1, max_size=3)


@settings(max_examples=150, deadline=None)
@given(st.lists(RECORDS, max_size=20), st.lists(LABELS, max_size=20), SIZES, SIZES, st.booleans())
def test_what_a_dictionary_gives(
    records: list[Event], labels: list[Event], sizes: list[int], other_sizes: list[int], timed: bool
) -> None:
    known = labels if timed else [Event(event.id, event.values) for event in labels]
    rows, counts = by_dictionary(records, known)
    sides = batches(records, "value", sizes), batches(known, LABEL, other_sizes, timed=timed)
    in_memory = joined(*sides)
    spilled = joined(*sides, memory_bytes=200)
    for found, coverage, _ in (in_memory, spilled):
        assert found == rows
        assert coverage == counts
        assert coverage.records == coverage.matched + coverage.unmatched
        assert coverage.labels == coverage.used + coverage.mismatched + coverage.relabelled + coverage.orphaned
    assert sorted(in_memory[2], key=repr) == sorted(spilled[2], key=repr)
    assert spilled[2] == joined(*sides, memory_bytes=200)[2]
    assert [row[:2] for row in in_memory[2]] == [(event.id, value) for event in records for value in event.values]


@settings(max_examples=100, deadline=None)
@given(st.lists(RECORDS, max_size=15), st.lists(LABELS, max_size=15), SIZES)
def test_ids_of_one_hash_stay_apart(records: list[Event], labels: list[Event], sizes: list[int]) -> None:
    rows, counts = by_dictionary(records, [Event(event.id, event.values) for event in labels])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(label_join, "hash_texts", lambda ids: np.full(len(ids), 7, np.uint64))
        for memory in (10_000, 200):
            sides = batches(records, "value", sizes), batches(labels, LABEL, sizes)
            found, coverage, _ = joined(*sides, memory_bytes=memory)
            assert (found, coverage) == (rows, counts)


def many(count: int, repeats: int = 1) -> list[Event]:
    return [Event(f"id-{number // repeats}", (str(number),)) for number in range(count)]


def test_files_are_divided_again_and_removed(tmp_path: Path) -> None:
    records, labels = many(3000), [Event(f"id-{n}", ("1",)) for n in range(0, 6000, 2)]
    rows, counts = by_dictionary(records, labels)
    seen: list[int] = []
    with pytest.MonkeyPatch.context() as patch:
        deep = label_buckets.Buckets._divided

        def divided(self: Any, *arguments: Any) -> Any:
            seen.append(self._depth)
            return deep(self, *arguments)

        patch.setattr(label_buckets.Buckets, "_divided", divided)
        sides = batches(records, "value", [64]), batches(labels, LABEL, [64])
        found, coverage, _ = joined(*sides, memory_bytes=2000, scratch=tmp_path)
    assert (found, coverage) == (rows, counts)
    assert 0 in seen
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("repeats", [1, 5000])
def test_no_more_rows_at_once_than_memory_holds(repeats: int) -> None:
    """Be the ids many, or one that stands in all records."""
    records, labels = many(5000, repeats), many(5000, repeats)
    rows, counts = by_dictionary(records, labels)
    held: list[int] = []
    with pytest.MonkeyPatch.context() as patch:
        for name in ("_chunk", "_take"):
            plain = getattr(label_match.Matcher, name)

            def measured(self: Any, batches: Any, plain: Any = plain, **options: Any) -> Any:
                held.append(sum(b.num_rows for b in batches) if isinstance(batches, list) else batches.num_rows)
                return plain(self, batches, **options)

            patch.setattr(label_match.Matcher, name, measured)
        sides = batches(records, "value", [50]), batches(labels, LABEL, [50])
        found, coverage, _ = joined(*sides, memory_bytes=10_000)
    assert (found, coverage) == (rows, counts)
    # A row takes some thirty bytes.
    assert max(held) < 1000


def test_labels_of_other_windows_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(label_join, "_FILTER_BITS", 20)
    kept: list[int] = []
    add = label_buckets.Buckets.add

    def counted(self: Any, side: int, batch: pa.RecordBatch) -> None:
        if side == label_buckets.LABELS:
            kept.append(batch.num_rows)
        add(self, side, batch)

    monkeypatch.setattr(label_buckets.Buckets, "add", counted)
    labels = [Event(f"id-{n}", ("1",)) for n in range(20_000)]
    _, counts, _ = joined(batches(many(100), "value", [100]), batches(labels, LABEL, [1000]))
    assert (counts.used, counts.orphaned) == (100, 19_900)
    assert 100 <= sum(kept) < 200


def test_hashes_are_of_the_id_or_of_the_records_number() -> None:
    events = [Event("a", ("1",)), Event(None, ("2", "3")), Event("b", ("4",)), Event(None, ("5",))]
    for options in ({}, {"memory_bytes": 1}):
        _, _, order = joined(batches(events, "value", [1, 2]), [], **options)
        by_value = {value: hashed for _, value, _, hashed in order}
        texts = hash_texts(pa.array(["a", "b"])).tolist()
        numbers = hash_numbers(np.array([1.0, 2.0, 4.0])).tolist()
        assert by_value == dict(zip("14235", [*texts, *numbers], strict=True))


def test_columns_may_differ() -> None:
    one = pa.RecordBatch.from_pydict({"value": ["1"], RECORD_ID: ["a"], "n": pa.array([1], pa.int64())})
    other = pa.RecordBatch.from_pydict({RECORD_ID: ["b"], "value": ["2"], "n": pa.array([0.5])})
    third = pa.RecordBatch.from_pydict({RECORD_ID: ["c"], "value": ["3"]})
    labels = [label_batch(pa.array(["a", "b", "c"]), pa.array(["x", "y", "z"]))]
    for memory in (10_000, 1):
        rows = [
            row for batch in join_labels([one, other, third], labels, memory_bytes=memory) for row in batch.to_pylist()
        ]
        assert sorted((row["value"], row.get("n"), row[LABEL]) for row in rows) == [
            ("1", 1, "x"),
            ("2", 0.5, "y"),
            ("3", None, "z"),
        ]


def test_every_iteration_reads_anew() -> None:
    join = join_labels(batches(many(10), "value", [3]), batches(many(10), LABEL, [3]))
    first = [batch.to_pylist() for batch in join]
    assert [batch.to_pylist() for batch in join] == first
    assert (join.counts.records, join.counts.matched) == (10, 10)
