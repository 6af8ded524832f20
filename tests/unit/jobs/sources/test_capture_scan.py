"""Captured lines taken apart in blocks give what reading them one by one gives: rows, order, counts, samples."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model_monitor_crds.window import Window
from model_monitor_jobs.errors import InputError
from model_monitor_jobs.sources import ReadReport, capture, capture_batches, capture_scan, read_capture
from model_monitor_jobs.sources.capture_scan import PlainText, Scanner
from model_monitor_jobs.sources.capture_skeleton import skeleton_of
from model_monitor_jobs.storage import Storage

TEN = datetime(2013, 2, 8, 10, tzinfo=UTC)
WINDOW = Window(TEN, TEN + timedelta(hours=1))


def line(
    inputs: str = "1,2", outputs: str | None = "0.5", time: str | None = "2013-02-08T10:30:00Z", **more: Any
) -> str:
    data: dict[str, Any] = {"endpointInput": {"observedContentType": "text/csv", "data": inputs, "encoding": "CSV"}}
    if outputs is not None:
        data["endpointOutput"] = {"observedContentType": "text/csv", "data": outputs, "encoding": "CSV"}
    metadata = {"eventId": more.pop("id", "e")} | ({"inferenceTime": time} if time is not None else {})
    return json.dumps({"captureData": data, "eventMetadata": metadata, **more}, ensure_ascii=False)


CELLS = st.sampled_from(["1", "-2.5", "", "a b", "é", "true", "1e5", "x'y"])
RECORDS = st.lists(CELLS, min_size=1, max_size=3).map(",".join)
IDS = st.sampled_from(["e", "3f2", "", "ü", "a\\b", 'q"q'])
TIMES = st.sampled_from(
    [
        "2013-02-08T10:30:00Z",
        "2013-02-08T10:30:01Z",
        "2013-02-08T09:59:59Z",
        "2013-02-08T10:60:00Z",
        "2013-02-08T10:3x:00Z",
        "2013-02-08T24:00:00Z",
        "2013-02-08T11:30:00+01:00",
        "2013-02-08 10:00:00",
        "2013-02-30T10:00:00Z",
        "soon",
        "",
    ]
)
USUAL = st.builds(line, RECORDS, RECORDS, TIMES, id=IDS)
ODD = st.one_of(
    st.builds(line, RECORDS, RECORDS, st.none()),
    st.builds(line, RECORDS, st.none(), TIMES),
    st.builds(line, RECORDS.map(lambda text: text + "\n"), RECORDS.map(lambda text: text + "\r\n"), TIMES),
    st.builds(line, st.sampled_from(['"a,b",2', "1,2\n3,4", "\ufeff1,2", "", "\n", "a\tb,1"]), RECORDS, TIMES),
    st.builds(line, RECORDS, RECORDS, TIMES, eventVersion=st.sampled_from(["0", '"', "{", 1, None, ["a", "b"]])),
    st.builds(line, RECORDS, RECORDS, TIMES).map(lambda text: text.replace('"CSV"', '"JSON"')),
    st.builds(line, RECORDS, RECORDS, TIMES).map(lambda text: text.replace('"endpointInput"', '"endpointOutput"')),
    st.builds(line, RECORDS, RECORDS, TIMES).map(lambda text: text[: len(text) // 2]),
    st.builds(line, RECORDS, RECORDS, TIMES).map(lambda text: text.replace(", ", " ,\t")),
    st.sampled_from(
        ["", "  ", "{", "null", "[1]", "\0", '{"captureData": 1}', '{"captureData": {}, "eventMetadata": 3}']
    ),
)
LINES = st.one_of(
    st.lists(USUAL, min_size=1, max_size=12),
    st.builds(lambda text, times: [text] * times, USUAL | ODD, st.integers(1, 12)),
    st.lists(ODD, min_size=1, max_size=3),
)
FILES = st.lists(LINES, max_size=8).map(lambda parts: [text for part in parts for text in part])


def outcome(root: Path, expected: list[str] | None) -> tuple[Any, ...]:
    stream = read_capture(Storage(), str(root), WINDOW, expected=expected)
    rows: list[Any] = []
    error = ""
    try:
        rows = [{k: v for k, v in row.items() if v is not None} for batch in stream for row in batch.to_pylist()]
    except InputError as raised:
        error = str(raised)
    report: ReadReport = stream.report
    # A ragged record within a block is named after the block's others, so remarks may come in another order.
    counts = (report.records, report.unreadable, report.outside_window, report.samples, sorted(report.notes))
    return rows, error, counts


@pytest.fixture(autouse=True, scope="module")
def small_blocks() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(capture, "BLOCK_BYTES", 3000)
        patch.setattr(capture_scan, "_SMALLEST_BYTES", 400)
        patch.setattr(capture_scan, "_MOST_PASSED_OVER", 2)
        patch.setattr(capture_batches, "_WORTH_A_BATCH", 4)
        yield


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    FILES,
    st.sampled_from(["\n", "\n", "\r\n"]),
    st.booleans(),
    st.booleans(),
    st.sampled_from([None, ["y", "a", "b"], ["a", "b"], ["y", "p", "q", "r"]]),
)
def test_blocks_and_single_lines_agree(
    tmp_path_factory: pytest.TempPathFactory,
    lines: list[str],
    ending: str,
    ended: bool,
    compressed: bool,
    expected: list[str] | None,
) -> None:
    root = tmp_path_factory.mktemp("capture")
    data = ending.join(lines).encode() + (ending.encode() if ended else b"")
    path = root / "2013/02/08/10" / ("a.jsonl.gz" if compressed else "a.jsonl")
    path.parent.mkdir(parents=True)
    path.write_bytes(gzip.compress(data) if compressed else data)
    found = outcome(root, expected)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(capture_scan, "skeleton_of", lambda line: None)
        assert found == outcome(root, expected)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(USUAL.map(str.encode), min_size=3, max_size=20),
    st.lists(st.tuples(st.integers(0), st.integers(0, 255)), min_size=1, max_size=4),
)
def test_changed_bytes_are_never_passed_over(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], changes: list[tuple[int, int]]
) -> None:
    root = tmp_path_factory.mktemp("capture")
    data = bytearray(b"\n".join(lines) + b"\n")
    for place, value in changes:
        data[place % len(data)] = value
    path = root / "2013/02/08/10/a.jsonl"
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    found = outcome(root, ["y", "a", "b"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(capture_scan, "skeleton_of", lambda line: None)
        assert found == outcome(root, ["y", "a", "b"])


def scanned(lines: list[str]) -> list[PlainText | capture_scan.Lines]:
    block = bytearray("".join(f"{text}\n" for text in lines).encode())
    return list(
        Scanner(WINDOW, lambda inputs, outputs: ("output", "input") if outputs else ("input",)).scan(block, 1, True)
    )


@pytest.mark.parametrize(
    "make",
    [
        lambda index: line(f"{index},é", f"{index / 7}", id=str(index)),
        lambda index: line(f"{index},2\n", f"{index / 7}\n", id=str(index)),
        lambda index: line(f"{index}", None, id=str(index)),
        lambda index: line(f"{index}", "1,2,3", None),
        lambda index: line(f"{index}", f"{index},{index * index}"),
        lambda index: line(f"{index}", "1" * (1 + index), id="1" * (index % 3)),
        lambda index: line(f"{index}", "1", f"2013-02-08T10:30:{index % 60:02}.{index:03}Z"),
    ],
)
def test_lines_of_one_writer_need_no_parser(make: Any) -> None:
    (part,) = scanned([make(index) for index in range(200)])
    assert isinstance(part, PlainText)
    assert part.rows == 200


def test_a_stray_line_costs_its_neighbours_only() -> None:
    lines = [line(str(index)) for index in range(200)]
    lines[77] = "{"
    parts = scanned(lines)
    one_by_one = sum(len(part.lines) for part in parts if isinstance(part, capture_scan.Lines))
    assert one_by_one < 10
    assert sum(part.rows for part in parts if isinstance(part, PlainText)) == 200 - one_by_one


def test_an_escaped_quote_has_no_skeleton() -> None:
    assert skeleton_of(line(id='"').encode()) is None
    assert skeleton_of(line().encode()) is not None
