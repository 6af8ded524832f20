"""What earlier results tell: since when, and at what cost it is found out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_monitor_crds.alert import Check
from model_monitor_jobs.errors import StorageUnavailable
from model_monitor_jobs.runs.history import (
    MOST_BYTES,
    MOST_LISTINGS,
    EarlierCheck,
    EarlierResult,
    History,
    earlier_results,
    judged_windows,
    parse_result,
    streak,
)
from model_monitor_jobs.runs.outcome import results_folder
from model_monitor_jobs.storage import Storage

TICK = datetime(2026, 3, 1, 5, tzinfo=UTC)
AGE = Check("age", "baseline_drift_check")


def document(verdict: str, ratio: float | None, segment: tuple[str, str] | None = None) -> dict[str, Any]:
    finding: dict[str, Any] = {"column": "age", "check": "baseline_drift_check", "verdict": verdict}
    finding |= {"ratio": ratio} if ratio is not None else {}
    finding |= {"segment": {"column": segment[0], "value": segment[1]}} if segment else {}
    window = {"start": "2026-02-28T00:00:00Z", "end": "2026-03-01T00:00:00Z"}
    return {"status": {"window": window}, "findings": [finding]}


def write(folder: Path, tick: datetime, content: bytes | None = None) -> None:
    target = Path(results_folder(str(folder), "hourly", tick, ""))
    target.mkdir(parents=True)
    (target / "execution.json").write_bytes(content or orjson.dumps(document("Violation", 2.0)))


class CountingStorage(Storage):
    """Counts what it is asked, and fails below a folder."""

    def __init__(self, broken: str = "nowhere") -> None:
        super().__init__()
        self.listings = 0
        self.reads = 0
        self._broken = broken

    def folders(self, uri: str) -> list[str]:
        self.listings += 1
        if self._broken in uri:
            raise StorageUnavailable(f"{uri}: no answer")
        return super().folders(uri)

    def read_bytes(self, uri: str) -> bytes:
        self.reads += 1
        return super().read_bytes(uri)


def test_the_latest_results_before_a_tick_are_read_oldest_first(tmp_path: Path) -> None:
    for hours in range(-2, 40):
        write(tmp_path, TICK - timedelta(hours=hours))
    storage = CountingStorage()
    found = earlier_results(storage, str(tmp_path), "hourly", TICK, limit=20)
    expected = [TICK - timedelta(hours=hours) for hours in range(20, 0, -1)]
    assert [result.scheduled_time for result in found.results] == expected
    assert (found.skipped, found.whole) == (0, False)
    assert storage.reads == 20
    # Year, two months, their latest days, and a look for one more.
    assert storage.listings <= 8
    assert found.results[0].start == datetime(2026, 2, 28, tzinfo=UTC)


def test_off_the_hour_and_across_years(tmp_path: Path) -> None:
    midnight = datetime(2026, 1, 1, tzinfo=UTC)
    ticks = [midnight + timedelta(minutes=minutes) for minutes in (-30, 0, 30)]
    for tick in ticks:
        write(tmp_path, tick)
    found = earlier_results(Storage(), str(tmp_path), "hourly", ticks[2])
    assert [result.scheduled_time for result in found.results] == ticks[:2]
    assert found.whole


def test_other_folders_are_no_results(tmp_path: Path) -> None:
    write(tmp_path, TICK - timedelta(hours=1))
    for name in ("on-demand/by-hand", "2026/13/40/99", "2026/03/notes", "9999/01/01/00", "2026/03/01/04-30x"):
        (tmp_path / "hourly" / name).mkdir(parents=True)
    found = earlier_results(Storage(), str(tmp_path), "hourly", TICK)
    assert [result.scheduled_time for result in found.results] == [TICK - timedelta(hours=1)]


def test_what_cannot_be_read_is_skipped_and_counted(tmp_path: Path) -> None:
    write(tmp_path, TICK - timedelta(hours=1))
    write(tmp_path, TICK - timedelta(hours=2), b'{"findings": [')
    write(tmp_path, TICK - timedelta(hours=3), b"[]")
    (tmp_path / "hourly/2026/03/01/01").mkdir()
    found = earlier_results(Storage(), str(tmp_path), "hourly", TICK)
    assert (len(found.results), found.skipped, found.whole) == (1, 3, True)


def test_no_results_and_no_store_are_no_history(tmp_path: Path) -> None:
    assert earlier_results(Storage(), str(tmp_path / "absent"), "hourly", TICK) == History()
    write(tmp_path, TICK - timedelta(hours=1))
    found = earlier_results(CountingStorage("hourly"), str(tmp_path), "hourly", TICK)
    assert found == History(whole=False)


def test_a_sparse_history_is_looked_through_within_bounds(tmp_path: Path) -> None:
    for days in range(1, 120):
        (tmp_path / f"hourly/{TICK - timedelta(days=days):%Y/%m/%d}").mkdir(parents=True)
    storage = CountingStorage()
    found = earlier_results(storage, str(tmp_path), "hourly", TICK)
    assert (storage.listings, found.results, found.whole) == (MOST_LISTINGS, (), False)


def test_time_that_is_up_ends_the_search(tmp_path: Path) -> None:
    for hours in range(1, 20):
        write(tmp_path, TICK - timedelta(hours=hours))
    instants = iter([0.0, *[1.0] * 6, *[9.0] * 100])
    storage = CountingStorage()
    found = earlier_results(storage, str(tmp_path), "hourly", TICK, clock=lambda: next(instants))
    assert not found.whole
    assert storage.reads < 19


def test_large_results_are_read_until_it_is_enough(tmp_path: Path) -> None:
    large = orjson.dumps(document("Violation", 2.0) | {"notes": ["x" * (MOST_BYTES // 4)]})
    for hours in range(1, 20):
        write(tmp_path, TICK - timedelta(hours=hours), large)
    found = earlier_results(Storage(), str(tmp_path), "hourly", TICK)
    assert len(found.results) == 8
    assert found.results[-1].scheduled_time == TICK - timedelta(hours=1)
    assert not found.whole


def test_segments_have_checks_of_their_own() -> None:
    found = parse_result(orjson.dumps(document("Violation", 3.0, ("carrier", "UA"))), TICK)
    check = Check("age", "baseline_drift_check", ("carrier", "UA"))
    assert found.checks == {check: EarlierCheck(True, True, 3.0)}
    (window,) = judged_windows(History((found,)))
    assert window.violated == {check}


def test_windows_that_judged_nothing_do_not_count() -> None:
    found = parse_result(orjson.dumps(document("InsufficientData", 0.5)), TICK)
    assert judged_windows(History((found,))) == []


@pytest.mark.parametrize("content", [b"", b"null", b"{}", b'{"findings": 3}', b"\xff"])
def test_a_file_that_is_no_result_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_result(content, TICK)


NAMES = st.sampled_from(["findings", "status", "window", "column", "segment", "ratio", "start"])
VALUES = st.recursive(
    st.none() | st.text() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner),
)


@given(st.binary(max_size=60) | VALUES.map(orjson.dumps))
def test_no_content_makes_it_crash(content: bytes) -> None:
    try:
        parse_result(content, TICK)
    except ValueError:
        return


def history_of(verdicts: str, whole: bool) -> History:
    """V for a violation, P for a pass, - for not judged, . for a run without the check; the latest last."""
    results = []
    for place, verdict in enumerate(verdicts):
        check = {AGE: EarlierCheck(verdict in "VP", verdict == "V")} if verdict != "." else {}
        results.append(EarlierResult(TICK - timedelta(hours=len(verdicts) - place), None, None, check))
    return History(tuple(results), whole=whole)


@pytest.mark.parametrize(
    ("verdicts", "whole", "windows", "first", "open_"),
    [
        ("", True, 1, None, False),
        ("", False, 1, None, True),
        ("P", False, 1, None, False),
        ("V", True, 2, 1, False),
        ("PVV", False, 3, 2, False),
        ("VPV-.V", False, 3, 4, False),
        ("VV", False, 3, 2, True),
        ("-V", False, 2, 1, True),
    ],
)
def test_a_streak_counts_judged_windows(
    verdicts: str, whole: bool, windows: int, first: int | None, open_: bool
) -> None:
    found = streak(history_of(verdicts, whole), AGE)
    assert (found.windows, found.open) == (windows, open_)
    assert (found.first.scheduled_time if found.first else None) == (TICK - timedelta(hours=first) if first else None)
