"""Captured traffic: layout, windows, encodings, several records in an event, names."""

from __future__ import annotations

import base64
import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_monitor_crds.window import Window
from model_monitor_jobs.errors import InputError
from model_monitor_jobs.sources import ReadReport, capture_batches, capture_hours, read_capture
from model_monitor_jobs.storage import Storage

TEN = datetime(2013, 2, 8, 10, tzinfo=UTC)
WINDOW = Window(TEN, TEN + timedelta(hours=1))
Row = dict[str, str | None]


def side(data: str, encoding: str = "CSV", content_type: str = "text/csv") -> dict[str, str]:
    return {"observedContentType": content_type, "data": data, "encoding": encoding}


def event(
    inputs: str | dict[str, str] | None = None,
    outputs: str | dict[str, str] | None = None,
    time: str | None = "2013-02-08T10:30:00Z",
) -> dict[str, Any]:
    data: dict[str, Any] = {}
    if inputs is not None:
        data["endpointInput"] = side(inputs) if isinstance(inputs, str) else inputs
    if outputs is not None:
        data["endpointOutput"] = side(outputs) if isinstance(outputs, str) else outputs
    metadata = {"eventId": "e"} | ({"inferenceTime": time} if time else {})
    return {"captureData": data, "eventMetadata": metadata, "eventVersion": "0"}


def as_json(value: object) -> dict[str, str]:
    return side(value if isinstance(value, str) else json.dumps(value), "JSON", "application/json")


def write(root: Path, hour: str, events: list[Any], name: str = "00-00.jsonl") -> Path:
    lines = [item if isinstance(item, bytes) else json.dumps(item).encode() for item in events]
    path = root / hour / name
    path.parent.mkdir(parents=True, exist_ok=True)
    data = b"".join(line + b"\n" for line in lines)
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


def read(root: Path, expected: list[str] | None = None, window: Window = WINDOW) -> tuple[list[Row], ReadReport]:
    stream = read_capture(Storage(), str(root), window, expected=expected)
    return [row for batch in stream for row in batch.to_pylist()], stream.report


def rows_of(root: Path, events: list[Any], expected: list[str] | None = None) -> list[Row]:
    write(root, "2013/02/08/10", events)
    return read(root, expected)[0]


# Layout and window


@pytest.mark.parametrize("above", ["", "endpoint", "endpoint/AllTraffic"])
def test_the_years_may_lie_up_to_two_levels_below(tmp_path: Path, above: str) -> None:
    write(tmp_path / above, "2013/02/08/10", [event("1")])
    assert read(tmp_path)[0] == [{"0": "1"}]


def test_deeper_years_are_not_found(tmp_path: Path) -> None:
    write(tmp_path / "a/b/c", "2013/02/08/10", [event("1")])
    with pytest.raises(InputError, match=r"no captured data at all in .*yyyy/mm/dd/hh"):
        read(tmp_path)


def test_inference_time_is_the_truth(tmp_path: Path) -> None:
    times = ["09:59:59.999Z", "10:00:00Z", "10:59:59Z", "11:00:00Z", "11:30:00+01:00", "10:15:00"]
    events = [event(str(index), time=f"2013-02-08T{time}") for index, time in enumerate(times)]
    write(tmp_path, "2013/02/08/10", events[:2])
    write(tmp_path, "2013/02/08/11", events[2:])
    write(tmp_path, "2013/02/08/09", [event("early folder")])
    write(tmp_path, "2013/02/08/12", [event("late folder")])
    rows, report = read(tmp_path)
    assert [row["0"] for row in rows] == ["1", "2", "4", "5"]
    assert (report.records, report.outside_window, report.files) == (4, 2, 2)


def test_a_window_that_ends_within_an_hour_reads_the_hour_after(tmp_path: Path) -> None:
    for hour in (10, 11, 12, 13):
        write(tmp_path, f"2013/02/08/{hour}", [event(str(hour))])
    window = Window(TEN + timedelta(minutes=15), TEN + timedelta(minutes=75))
    assert [row["0"] for row in read(tmp_path, window=window)[0]] == ["10", "11", "12"]


def test_without_inference_time_the_folder_decides(tmp_path: Path) -> None:
    write(tmp_path, "2013/02/08/10", [event("in", time=None)])
    write(tmp_path, "2013/02/08/11", [event("out", time=None)])
    rows, report = read(tmp_path)
    assert rows == [{"0": "in"}]
    assert report.outside_window == 1


def test_a_day_over_midnight_in_order(tmp_path: Path) -> None:
    start = datetime(2013, 2, 27, 22, tzinfo=UTC)
    hours = [start + timedelta(hours=index) for index in range(30)]
    for hour in hours:
        write(tmp_path, f"{hour:%Y/%m/%d/%H}", [event(f"{hour:%d-%H}", time=hour.isoformat())])
    (tmp_path / "2013/02/28/05/notes.txt").write_text("no capture")
    (tmp_path / "2013/02/28/05/_tmp.jsonl").write_text("no capture")
    rows, report = read(tmp_path, window=Window(start, start + timedelta(hours=29)))
    assert [row["0"] for row in rows] == [f"{hour:%d-%H}" for hour in hours[:29]]
    assert report.unreadable == 0


def test_no_data_says_which_hours_exist(tmp_path: Path) -> None:
    write(tmp_path / "ep/v", "2013/02/01/00", [event("1")])
    write(tmp_path / "ep/v", "2013/02/07/23", [event("1")])
    (tmp_path / "ep/v/2014/01").mkdir(parents=True)
    window = Window(datetime(2013, 2, 9, tzinfo=UTC), datetime(2013, 2, 10, tzinfo=UTC))
    with pytest.raises(InputError) as error:
        read(tmp_path, window=window)
    assert str(error.value) == (
        f"no captured data between 2013-02-09T00:00Z and 2013-02-10T00:00Z in {tmp_path}; "
        "data exists for 2013-02-01T00 to 2013-02-07T23"
    )
    hours = capture_hours(Storage(), str(tmp_path))
    assert hours.first == datetime(2013, 2, 1, tzinfo=UTC)
    assert hours.last == datetime(2013, 2, 7, 23, tzinfo=UTC)
    assert hours.count == 2


def test_files_without_a_record_in_the_window_are_the_same_error(tmp_path: Path) -> None:
    write(tmp_path, "2013/02/08/10", [])
    write(tmp_path, "2013/02/08/11", [event("1", time="2013-02-08T11:00:00Z")])
    with pytest.raises(InputError, match=r"no captured data between .* data exists for 2013-02-08T10 to 2013-02-08T11"):
        read(tmp_path)
    write(tmp_path, "2013/02/08/10", [b"{"])
    with pytest.raises(InputError, match=r"1 events can't be read, the first in .*00-00\.jsonl line 1: not JSON"):
        read(tmp_path)


def test_capture_hours_of_a_long_time_are_not_counted(tmp_path: Path) -> None:
    for day in range(1, 29):
        for month in (1, 2):
            (tmp_path / f"2013/{month:02}/{day:02}/00").mkdir(parents=True)
    hours = capture_hours(Storage(), str(tmp_path))
    assert (str(hours), hours.count) == ("2013-01-01T00 to 2013-02-28T00", None)
    assert str(capture_hours(Storage(), str(tmp_path / "none"))) == "no hour"


# Payloads


def test_gzip_and_a_truncated_one(tmp_path: Path) -> None:
    write(tmp_path, "2013/02/08/10", [event(str(i * 7919 % 10007)) for i in range(2_000)], "a.jsonl.gz")
    assert len(read(tmp_path)[0]) == 2_000
    path = tmp_path / "2013/02/08/10/a.jsonl.gz"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    rows, report = read(tmp_path)
    assert [row["0"] for row in rows] == [str(i * 7919 % 10007) for i in range(len(rows))]
    assert 200 < len(rows) < 1_900
    assert report.unreadable == 1
    assert "cut off" in report.samples[0].reason


@pytest.mark.parametrize(
    ("inputs", "outputs", "expected"),
    [
        ("1,2", "0.9", [{"0": "0.9", "1": "1", "2": "2"}]),
        ("1,2\n", "0.9\r\n", [{"0": "0.9", "1": "1", "2": "2"}]),
        ("1,2", None, [{"0": "1", "1": "2"}]),
        (None, "0.9", [{"0": "0.9"}]),
        ("1,\n3,4\n", "5\n6\n", [{"0": "5", "1": "1", "2": None}, {"0": "6", "1": "3", "2": "4"}]),
        ('"a,""b\n",2', "1", [{"0": "1", "1": 'a,"b\n', "2": "2"}]),
        ('"",2', "1", [{"0": "1", "1": None, "2": "2"}]),
        (as_json([1, 2.50]), as_json([[True]]), [{"0": "true", "1": "1", "2": "2.5"}]),
        (as_json("[1.50, null]"), None, [{"0": "1.50", "1": None}]),
        (as_json({"a": {"b": 1}}), "7", [{"0": "7", "a.b": "1"}]),
        (as_json({"a": 1}), as_json({"a": 2, "s": 3}), [{"a": "1", "output.a": "2", "s": "3"}]),
        (as_json([{"a": 1}, {"a": 2}]), as_json([8, 9]), [{"0": "8", "a": "1"}, {"0": "9", "a": "2"}]),
        (
            as_json({"instances": [{"features": [1]}, {"features": [2]}]}),
            as_json({"predictions": [8, 9]}),
            [{"0": "8", "1": "1"}, {"0": "9", "1": "2"}],
        ),
        (as_json('{"a": 1}\n{"a": 2}\n'), "8\n9", [{"0": "8", "a": "1"}, {"0": "9", "a": "2"}]),
        (as_json('{\n "a": 1\n}'), None, [{"a": "1"}]),
        (as_json("3"), as_json("[8, 9]"), [{"0": "8", "1": "9", "2": "3"}]),
        (as_json({"features": [1], "id": "x"}), None, [{"features.0": "1", "id": "x"}]),
        (as_json('{"a": "x\u2028y"}\n{"a": "z"}'), None, [{"a": "x\u2028y"}, {"a": "z"}]),
    ],
)
def test_payloads(tmp_path: Path, inputs: Any, outputs: Any, expected: list[Row]) -> None:
    assert rows_of(tmp_path, [event(inputs, outputs)]) == expected


@pytest.mark.parametrize(
    ("content_type", "text", "expected"),
    [
        ("text/csv; charset=utf-8", "é,2\n", {"0": "é", "1": "2"}),
        ("application/json", '{"a": 1.0}', {"a": "1.0"}),
        ("application/jsonlines", '{"a": 1}\n', {"a": "1"}),
    ],
)
def test_base64(tmp_path: Path, content_type: str, text: str, expected: Row) -> None:
    payload = side(base64.b64encode(text.encode()).decode(), "BASE64", content_type)
    assert rows_of(tmp_path, [event(payload)]) == [expected]


def test_batch_transform_output(tmp_path: Path) -> None:
    def transform(value: str, encoding: str = "JSON") -> dict[str, Any]:
        return {"captureData": {"batchTransformOutput": {"data": value, "encoding": encoding}}}

    rows = rows_of(
        tmp_path,
        [
            transform('{"SageMakerOutput": {"score": 0.90}, "features": [1, 2]}'),
            transform('{"SageMakerOutput": [5], "a": 3}'),
            transform("1,2", "CSV"),
        ],
    )
    assert [{name: cell for name, cell in row.items() if cell is not None} for row in rows] == [
        {"score": "0.90", "0": "1", "1": "2"},
        {"0": "5", "a": "3"},
        {"0": "1", "1": "2"},
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "not JSON"),
        (b"[]", "must be an object"),
        (b'{"a": "\xff"}', "not JSON"),
        ({"eventMetadata": {}}, "no captureData"),
        (event(), "neither endpointInput nor endpointOutput"),
        (event("1", time="soon"), "inferenceTime 'soon' is no time"),
        (event(side("1", "XML")), "endpointInput: unknown encoding 'XML'"),
        (event("1", side("1", "BASE64", "image/png")), "endpointOutput: not base64"),
        (event(side("MQ==", "BASE64", "image/png")), "content type 'image/png' can't be read"),
        (event(side("/w==", "BASE64", "text/csv")), "not UTF-8"),
        (event('"a"b'), "endpointInput: not CSV"),
        (event('"a'), "endpointInput: not CSV"),
        (event(as_json("{")), "endpointInput: not JSON"),
        (event(as_json('{"a": 1}\n{"a"')), "endpointInput: not JSON"),
        (event("1\n2", "8"), "2 input records but 1 output records"),
        (event(""), "no record in the event"),
        (event({"encoding": "CSV"}), "endpointInput has no data"),
        (event(as_json([[{"a": 1}]])), "an object among values without names"),
    ],
)
def test_an_unreadable_event_costs_only_itself(tmp_path: Path, line: Any, reason: str) -> None:
    path = write(tmp_path, "2013/02/08/10", [event("1"), b"", line, event("2")])
    rows, report = read(tmp_path)
    assert [row["0"] for row in rows] == ["1", "2"]
    (sample,) = report.samples
    assert (report.unreadable, sample.file, sample.line) == (1, str(path), 3)
    assert reason in sample.reason


# Names


@pytest.mark.parametrize(
    ("inputs", "outputs", "expected", "names"),
    [
        ("1,2", "9", ["p", "a", "b"], {"p": "9", "a": "1", "b": "2"}),
        ("1,2", "9", ["a", "b"], {"a": "1", "b": "2"}),
        ("1,2", "9", ["p", "a"], {"p": "1", "a": "2"}),
        ("1,2,3", "9", ["p", "a"], {"p": "9", "a": "1", "2": "2", "3": "3"}),
        ("1", "9", ["p", "a", "b", "c"], {"p": "9", "a": "1"}),
        ("1,2", None, ["p", "a", "b"], {"p": "1", "a": "2"}),
        (as_json({"a": 1, "b": 2}), "9", ["p", "a", "b"], {"p": "9", "a": "1", "b": "2"}),
        (as_json({"features": [1, 2]}), as_json({"p": 9}), ["p", "a", "b"], {"p": "9", "a": "1", "b": "2"}),
        (as_json([1, 2]), as_json({"a": 9}), ["a", "b"], {"output.a": "9", "a": "1", "b": "2"}),
        (as_json([1, 2]), as_json({"score": 9}), ["a", "b"], {"score": "9", "a": "1", "b": "2"}),
        ("1", as_json({"1": 9}), ["1"], {"1": "1", "output.1": "9"}),
    ],
)
@pytest.mark.parametrize("count", [1, 300])
def test_names(
    tmp_path: Path, inputs: Any, outputs: Any, expected: list[str], names: dict[str, str], count: int
) -> None:
    """The same by the way of single records and by that of long plain runs."""
    assert rows_of(tmp_path, [event(inputs, outputs)] * count, expected) == [names] * count


def test_dropped_outputs_are_noted_once(tmp_path: Path) -> None:
    write(tmp_path, "2013/02/08/10", [event("1,2", "9"), event("1,2", "9,9")] * 3)
    rows, report = read(tmp_path, ["a", "b"])
    assert rows == [{"a": "1", "b": "2"}] * 6
    assert [note.split(":")[0] for note in report.notes] == [
        "the 1 output values of a record are left out",
        "the 2 output values of a record are left out",
    ]


# Everything adds up

EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("plain"), st.integers(1, 3), st.booleans()),
        st.tuples(st.just("quoted"), st.integers(1, 3), st.booleans()),
        st.tuples(st.just("json"), st.integers(1, 3), st.booleans()),
        st.tuples(st.just("bad"), st.integers(0, 3), st.booleans()),
    ),
    min_size=1,
    max_size=40,
)


@settings(max_examples=100, deadline=None)
@given(events=EVENTS, worth=st.sampled_from([2, 5, 256]), compress=st.booleans())
def test_what_was_written_adds_up(
    tmp_path_factory: pytest.TempPathFactory, events: list[tuple[str, int, bool]], worth: int, compress: bool
) -> None:
    root = tmp_path_factory.mktemp("capture")
    lines: list[Any] = [event("first")]
    inside, outside, bad = ["first"], 0, 0
    for number, (kind, width, within) in enumerate(events):
        time = "2013-02-08T10:30:00Z" if within else "2013-02-08T09:30:00Z"
        cell = f"e{number}"
        text = {"plain": cell, "quoted": f'"{cell}"', "json": f'["{cell}"', "bad": '"x'}[kind]
        text += ",1" * (width - 1) + ("]" if kind == "json" else "")
        lines.append(event(as_json(text) if kind == "json" else text, time=time))
        if not within:
            outside += 1
        elif kind == "bad":
            bad += 1
        else:
            inside.append(cell)
    write(root, "2013/02/08/10", lines, "a.jsonl.gz" if compress else "a.jsonl")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(capture_batches, "_WORTH_A_BATCH", worth)
        rows, report = read(root)
    assert [row["0"] for row in rows] == inside
    assert (report.records, report.outside_window, report.unreadable) == (len(inside), outside, bad)
