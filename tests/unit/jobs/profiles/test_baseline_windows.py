"""What is counted of a baseline: all of it, its windows, its segments; and the file that keeps it."""

from __future__ import annotations

import io
import tracemalloc
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_monitor_jobs.errors import InputError
from model_monitor_jobs.profiles.baseline_profile import (
    BaselineProfile,
    lengths_of,
    read_baseline_profile,
    roles_of,
)
from model_monitor_jobs.profiles.baseline_windows import FEWEST_WINDOWS, MOST_WINDOWS, CountedBaseline, count_baseline
from model_monitor_jobs.profiles.counts import ColumnCounts
from model_monitor_jobs.profiles.segments import MOST_SEGMENTS, count_segments, segment_values
from model_monitor_jobs.profiles.table import Tracking, profile

START = datetime(2026, 1, 5, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TRACKING = {"x": Tracking(np.array([0.0, 1.0, 2.0])), "plan": Tracking(values=("a", "b"))}
SCALARS = ("rows", "present", "integral", "fractional", "whole", "boolean", "text")
UTC_ZONE, BERLIN = ZoneInfo("Etc/UTC"), ZoneInfo("Europe/Berlin")


def batch(rows: list[tuple[Any, Any, Any]], times: pa.DataType | None = None) -> pa.RecordBatch:
    moments, numbers, plans = zip(*rows, strict=True) if rows else ((), (), ())
    kind = times or pa.timestamp("us", "UTC")
    return pa.record_batch(
        {"time": pa.array(moments, kind), "x": pa.array(numbers, pa.float64()), "plan": pa.array(plans, pa.string())}
    )


def counted(
    batches: list[pa.RecordBatch], lengths: tuple[timedelta, ...] = (HOUR, DAY), **options: Any
) -> CountedBaseline:
    zone, segments = options.pop("zone", UTC_ZONE), options.pop("segments", {})
    return count_baseline(batches, options.pop("tracking", TRACKING), "time", lengths, zone, segments, **options)


def same(first: ColumnCounts, second: ColumnCounts) -> None:
    for name in (*SCALARS, "cells", "values", "step"):
        assert np.array_equal(getattr(first, name), getattr(second, name)), name


row = st.tuples(
    st.none() | st.integers(0, 24 * 60 * 9).map(lambda minutes: START + timedelta(minutes=minutes)),
    st.none() | st.sampled_from([-1.0, 0.0, 0.5, 1.0, 7.0]),
    st.none() | st.sampled_from("abc"),
)
rows = st.lists(row, max_size=40)


@settings(deadline=None)
@given(rows, st.integers(1, 7))
def test_windows_add_up_to_the_rows_with_a_time(everything: list[tuple[Any, Any, Any]], size: int) -> None:
    batches = [batch(everything[place : place + size]) for place in range(0, len(everything), size)]
    found = counted(batches, segments={"plan": ("a", "b")})
    stamped = counted([batch([row for row in everything if row[0] is not None])], segments={"plan": ("a", "b")})
    assert found.unstamped == sum(row[0] is None for row in everything)
    if len(everything) == found.unstamped:
        assert not found.windows, "there is no window of rows without a time"
        return
    assert [windows.length for windows in found.windows] == [HOUR, DAY]
    for windows, length in zip(found.windows, (HOUR, DAY), strict=True):
        expected = {
            int(row[0].timestamp() // length.total_seconds() * length.total_seconds()) for row in everything if row[0]
        }
        assert windows.starts.tolist() == sorted(expected)
        for key, columns in windows.counts.items():
            for name, counts in columns.items():
                same(counts.total(), stamped.whole[key][name])
    for key in (("plan", "a"), ("plan", "b")):
        of_segment = [row for row in everything if row[2] == key[1]]
        same(found.whole[key]["x"], counted([batch(of_segment)]).whole[()]["x"])


def test_windows_of_a_baseline_are_those_of_single_runs() -> None:
    random = np.random.default_rng(5)
    everything = [
        (START + timedelta(minutes=int(minute)), float(value), "a")
        for minute, value in zip(random.integers(0, 60 * 24 * 3, 2_000), random.normal(size=2_000), strict=True)
    ]
    found = counted([batch(everything)]).windows[1]
    for place, start in enumerate(found.starts.tolist()):
        own = [row for row in everything if start <= row[0].timestamp() < start + 86_400]
        same(found.counts[()]["x"].at(place), counted([batch(own)]).whole[()]["x"])


def test_of_many_windows_the_latest_are_kept() -> None:
    hours = [(START + timedelta(hours=n), 1.0, "a") for n in range(MOST_WINDOWS + 200)]
    np.random.default_rng(1).shuffle(hours)
    found = counted([batch(hours[:700]), batch(hours[700:])]).windows
    assert len(found[0].starts) == MOST_WINDOWS
    assert found[0].starts[-1] == (START + timedelta(hours=MOST_WINDOWS + 199)).timestamp()
    assert found[0].starts[0] == (START + timedelta(hours=200)).timestamp()
    assert found[0].counts[()]["x"].rows.tolist() == [1] * MOST_WINDOWS
    assert len(found[1].starts) == -(-(MOST_WINDOWS + 200) // 24)


@settings(deadline=None)
@given(st.lists(row, min_size=15, max_size=40), st.data(), st.integers(1, 7), st.integers(1, 5))
def test_which_windows_are_kept_and_what_they_count_does_not_depend_on_how_the_rows_came(
    everything: list[tuple[Any, Any, Any]], data: st.DataObject, size: int, most: int
) -> None:
    options: dict[str, Any] = {"lengths": (timedelta(minutes=15), HOUR, DAY), "zone": BERLIN}
    options["segments"] = {"plan": ("a", "b")}
    ascending = st.just(sorted(everything, key=lambda row: row[0] or START))
    shuffled = data.draw(ascending | st.permutations(everything))
    batches = [batch(shuffled[place : place + size]) for place in range(0, len(shuffled), size)]
    found, every = counted(batches, most_windows=most, **options), counted([batch(everything)], **options)
    assert found.unstamped == every.unstamped
    for key, columns in every.whole.items():
        for name, counts in columns.items():
            same(found.whole[key][name], counts)
    assert len(found.windows) == len(every.windows)
    for some, whole in zip(found.windows, every.windows, strict=True):
        assert some.starts.tolist() == whole.starts[-most:].tolist()
        for key, columns in whole.counts.items():
            for name, counts in columns.items():
                same(some.counts[key][name], counts.at(slice(-most, None)))


def test_how_finely_windows_are_counted_does_not_depend_on_how_the_rows_came() -> None:
    random = np.random.default_rng(7)
    crowded = [START - timedelta(hours=n) for n in range(60)]
    sparse = [START + timedelta(days=n) for n in range(1, 40)]
    everything = [(moment, float(random.normal()), "a") for moment in crowded + sparse]
    tracking = {"x": Tracking(np.linspace(-2, 2, 63)), "plan": Tracking(values=("a", "b"))}
    expected, steps = None, set()
    for size in (1, 7, 50, 99):
        for ordered in (everything, sorted(everything), [everything[n] for n in random.permutation(99)]):
            batches = [batch(list(ordered[place : place + size])) for place in range(0, 99, size)]
            found = counted(
                batches, tracking=tracking, most_windows=30, most_cells=5_000, segments={"plan": ("a", "b")}
            )
            expected = expected or found
            for one, other in zip(found.windows, expected.windows, strict=True):
                for key, columns in one.counts.items():
                    steps.add(columns["x"].step)
                    same(columns["x"], other.counts[key]["x"])
    assert len(steps) == 1
    assert steps != {1}


def test_memory_does_not_grow_with_the_number_of_windows() -> None:
    tracking = {f"x{n}": Tracking(np.linspace(0, 1, 100)) for n in range(4)}
    peaks = []
    for hours in (2 * MOST_WINDOWS, 20 * MOST_WINDOWS):
        moments = np.datetime64("1990-01-01", "us") + np.random.default_rng(1).permutation(hours) * 3_600_000_000
        numbers = pa.array(np.linspace(0, 1, hours))
        table = pa.table({"time": pa.array(moments), **dict.fromkeys(tracking, numbers)})
        tracemalloc.start()
        found = counted(table.to_batches(max_chunksize=5_000), tracking=tracking)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert [len(windows.starts) for windows in found.windows] == [MOST_WINDOWS, min(MOST_WINDOWS, -(-hours // 24))]
    assert peaks[1] < 3 * peaks[0], peaks


def test_with_very_many_segments_fewer_windows_are_kept() -> None:
    hours = [(START + timedelta(hours=n), 1.0, "a") for n in range(FEWEST_WINDOWS + 50)]
    found = counted([batch(hours)], most_cells=10).windows[0]
    assert found.starts.tolist() == [int(hour[0].timestamp()) for hour in hours[50:]]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["2026-01-05T10:59:59Z", "2026-01-05T12:00:00+01:00", "soon"], pa.string()),
        (["2026-01-05 10:00", "2026-01-05 11:30", None], pa.large_string()),
        ([datetime(2026, 1, 5, 10), datetime(2026, 1, 5, 11), None], pa.timestamp("s")),
        (
            [datetime(2026, 1, 5, 10, tzinfo=UTC), datetime(2026, 1, 5, 11, tzinfo=UTC), None],
            pa.timestamp("ns", "Asia/Tokyo"),
        ),
    ],
)
def test_times_may_be_texts_or_timestamps(values: list[Any], kind: pa.DataType) -> None:
    found = counted([batch([(value, 1.0, "a") for value in values], kind)])
    assert found.unstamped == 1
    assert found.windows[0].starts.tolist() == [(START + timedelta(hours=n)).timestamp() for n in (10, 11)]


def test_dates_are_days_and_numbers_are_no_times() -> None:
    found = counted([batch([(date(2026, 1, 5), 1.0, "a"), (date(2026, 1, 6), 1.0, "a")], pa.date32())], (DAY,))
    assert found.windows[0].starts.tolist() == [START.timestamp(), (START + DAY).timestamp()]
    assert counted([batch([(1_700_000_000, 1.0, "a")], pa.int64())]).unstamped == 1


def test_a_batch_may_lack_the_column_of_times_and_others() -> None:
    found = counted([batch([(START, 1.0, "a")]), pa.record_batch({"x": [2.0]})], segments={"plan": ("a", "b")})
    assert found.unstamped == 1
    assert found.whole[()]["x"].rows == 2
    assert found.whole[()]["plan"].missing == 1
    assert found.windows[0].counts[()]["x"].rows.tolist() == [1]


def test_times_that_stand_for_none_harm_nothing() -> None:
    odd = [
        (datetime(1, 1, 1), 1.0, "a"),
        (datetime(9999, 12, 31, 23, 59, 59), 1.0, "a"),
        (datetime(2026, 1, 5), 1.0, "a"),
    ]
    found = counted([batch(odd, pa.timestamp("us"))], (HOUR, DAY, timedelta(days=7)), zone=BERLIN)
    assert [len(windows.starts) for windows in found.windows] == [3, 3, 3]


def test_segments_are_the_most_frequent_values() -> None:
    values = [value for place in range(30) for value in [f"v{place:02}"] * (40 - place)] + [None] * 100
    plan = pa.array(values, pa.string())
    table = profile([pa.record_batch({"plan": plan, "x": pa.array(range(len(values)))})])
    chosen = segment_values(table, ["plan"])["plan"]
    assert chosen == tuple(f"v{place:02}" for place in range(MOST_SEGMENTS))
    batches = [
        pa.record_batch({"plan": column, "x": pa.array(range(len(values)))})
        for column in (plan, plan.dictionary_encode())
    ]
    batches.append(pa.record_batch({"x": [1]}))
    found = count_segments(batches, {"plan": chosen}, {"x": TRACKING["x"]})
    assert {key: int(columns["x"].rows) for key, columns in found.items()} == {
        ("plan", f"v{place:02}"): 2 * (40 - place) for place in range(MOST_SEGMENTS)
    }


def described() -> BaselineProfile:
    random = np.random.default_rng(2)
    everything = [(START + timedelta(hours=int(n % 50)), float(random.normal()), "abc"[n % 3]) for n in range(500)]
    found = counted([batch(everything)], zone=BERLIN, segments={"plan": ("a", "b")})
    roles = roles_of(["id", "time", "x", "plan"], ["x", "plan"], "time")
    return BaselineProfile(roles, "Europe/Berlin", TRACKING, found.whole, found.windows)


def test_profile_parquet_keeps_everything() -> None:
    made = described()
    content = made.to_parquet()
    assert content == described().to_parquet(), "the same profile gives the same bytes"
    assert lengths_of(content, "p") == (HOUR, DAY)
    for place, length in enumerate((HOUR, DAY)):
        read = read_baseline_profile(content, "p", length)
        assert (read.order, read.judged, read.without_timestamp) == (
            ("id", "time", "x", "plan"),
            ("x", "plan"),
            ("id", "x", "plan"),
        )
        assert (read.zone, read.segments) == (BERLIN, (("plan", "a"), ("plan", "b")))
        assert np.array_equal(read.tracking["x"].cuts, TRACKING["x"].cuts)  # type: ignore[arg-type]
        assert read.tracking["plan"].values == ("a", "b")
        for key, columns in made.whole.items():
            for name, counts in columns.items():
                same(read.whole[key][name], counts)
        (windows,) = read.windows
        assert windows.length == length
        assert np.array_equal(windows.starts, made.windows[place].starts)
        for key, columns in made.windows[place].counts.items():
            for name, counts in columns.items():
                same(windows.counts[key][name], counts)
    assert read_baseline_profile(content, "p").windows == []
    assert read_baseline_profile(content, "p", timedelta(hours=2)).windows == []


def test_sums_of_many_large_windows_do_not_overflow() -> None:
    made = described()
    large = made.windows[1].counts[()]["x"]
    factor = 2**31 // 200
    assert large.cells is not None
    large.cells = large.cells * factor
    read = read_baseline_profile(made.to_parquet(), "p", DAY).windows[0].counts[()]["x"]
    assert int(read.total().numbers) == int(read.summed(np.zeros(3, np.int64)).numbers[0]) == 500 * factor


@pytest.mark.parametrize("content", [b"", b"PAR1", b"not parquet at all"])
def test_a_file_that_is_no_profile_is_refused(content: bytes) -> None:
    with pytest.raises(InputError, match=r"s3://b/profile\.parquet: is not a profile of a baseline") as caught:
        read_baseline_profile(content, "s3://b/profile.parquet")
    assert caught.value.remedy == "make the Baseline again"


def test_a_table_of_another_kind_is_refused() -> None:
    buffer = io.BytesIO()
    pq.write_table(pa.table({"column": ["a"], "role": ["judged"], "cells": [[1]]}), buffer)
    for read in (read_baseline_profile, lengths_of):
        with pytest.raises(InputError, match="it has other columns"):
            read(buffer.getvalue(), "profile.parquet")


def test_a_damaged_profile_is_refused_or_harmless() -> None:
    content = described().to_parquet()
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    random = np.random.default_rng(3)
    refused = 0
    for _ in range(300):
        place = int(random.integers(len(content)))
        damaged = bytearray(content)
        damaged[place] ^= int(random.integers(1, 256))
        try:
            read = [read_baseline_profile(bytes(damaged), "p", length) for length in lengths_of(bytes(damaged), "p")]
        except InputError:
            refused += 1
            continue
        if place < footer:
            assert [profile.to_parquet() for profile in read] == [
                read_baseline_profile(content, "p", length).to_parquet() for length in (HOUR, DAY)
            ], place
    assert refused > 100


@pytest.mark.parametrize("zone", [b"../etc/passwd", b"Nowhere/Town", b"\xff"])
def test_a_profile_with_an_unknown_time_zone_is_refused(zone: bytes) -> None:
    buffer = io.BytesIO()
    table = pq.read_table(io.BytesIO(described().to_parquet()))
    pq.write_table(table.replace_schema_metadata({b"model_monitor.time_zone": zone}), buffer)
    with pytest.raises(InputError, match="is not a profile of a baseline"):
        read_baseline_profile(buffer.getvalue(), "p")


def test_counts_that_do_not_fit_their_cut_points_are_refused() -> None:
    made = described()
    made.whole[()]["x"].cells = np.zeros(3, dtype=np.int64)
    with pytest.raises(InputError, match="the counts of 'x' do not fit its cut points and values"):
        read_baseline_profile(made.to_parquet(), "p")
