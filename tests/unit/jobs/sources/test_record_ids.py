"""Captured records with ids, and outputs by selectors: however lines are written, blocks and single lines agree."""

from __future__ import annotations

import base64
import gzip
import json
import pickle
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model_monitor_crds.window import Window
from model_monitor_jobs.errors import ConfigurationError, InputError
from model_monitor_jobs.sources import ReadReport, capture, capture_batches, capture_scan, read_capture
from model_monitor_jobs.sources.selection import RECORD_COUNT, RECORD_ID, RECORD_INDEX, Selection
from model_monitor_jobs.sources.selectors import absent_output
from model_monitor_jobs.storage import Storage

TEN = datetime(2013, 2, 8, 10, tzinfo=UTC)
WINDOW = Window(TEN, TEN + timedelta(hours=1))
IN_TIME = "2013-02-08T10:30:00Z"
IDS = Selection(ids=True)
PLACES = (RECORD_INDEX, RECORD_COUNT)


def side(data: Any, encoding: str = "CSV") -> dict[str, str]:
    text = data if isinstance(data, str) else json.dumps(data)
    return {"observedContentType": "text/csv", "data": text, "encoding": "CSV" if isinstance(data, str) else "JSON"} | (
        {"encoding": encoding} if encoding != "CSV" else {}
    )


def event(inputs: Any, outputs: Any, time: str | None = IN_TIME, **metadata: Any) -> dict[str, Any]:
    data = {}
    if inputs is not None:
        data["endpointInput"] = side(inputs)
    if outputs is not None:
        data["endpointOutput"] = side(outputs)
    return {"captureData": data, "eventMetadata": metadata | ({"inferenceTime": time} if time else {})}


def write(root: Path, events: list[Any], name: str = "a.jsonl") -> None:
    lines = [item if isinstance(item, str) else json.dumps(item, ensure_ascii=False) for item in events]
    data = "".join(f"{line}\n" for line in lines).encode()
    path = root / "2013/02/08/10" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)


def read(
    root: Path, selection: Selection = IDS, expected: list[str] | None = None
) -> tuple[list[dict[str, Any]], ReadReport]:
    stream = read_capture(Storage(), str(root), WINDOW, expected=expected, selection=selection)
    rows = [{k: v for k, v in row.items() if v is not None} for batch in stream for row in batch.to_pylist()]
    return rows, stream.report


def selected(root: Path, events: list[Any], outputs: dict[str, str], **more: Any) -> list[dict[str, Any]]:
    write(root, events)
    return read(root, Selection(outputs=outputs, columns=frozenset(more.pop("columns", ()))), **more)[0]


# Ids


def test_the_callers_id_before_sagemakers(tmp_path: Path) -> None:
    events = [
        event("1", "0.5", eventId="e1", inferenceId="i1"),
        event("2", "0.5", eventId="e2"),
        event("3", "0.5", inferenceId="i3"),
        event("4", "0.5", eventId="e4", inferenceId=""),
        event("5", "0.5", eventId="e5", inferenceId=None),
        event("6", "0.5", eventId="e6", inferenceId=58),
        event("7", "0.5"),
        event("8", "0.5", eventId=True),
    ]
    write(tmp_path, events)
    rows, _ = read(tmp_path)
    assert [row.get(RECORD_ID) for row in rows] == ["i1", "e2", "i3", "e4", "e5", "58", None, None]
    assert [row["1"] for row in rows] == [str(number) for number in range(1, 9)]


@pytest.mark.parametrize("make", [lambda n: f"a,{n}", lambda n: f'q"{n}', lambda n: f"ü{n}", lambda n: f"b\\{n} "])
def test_ids_of_any_text(tmp_path: Path, make: Any) -> None:
    write(tmp_path, [event(f"{n},x", "0.5", inferenceId=make(n), eventId="e") for n in range(1000)])
    rows, _ = read(tmp_path)
    assert [(row["1"], row[RECORD_ID]) for row in rows] == [(str(n), make(n)) for n in range(1000)]


def test_plain_traffic_with_ids_needs_no_parser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, [event(f"{n},x", "0.5", inferenceId=f"a,{n}", eventId="e") for n in range(1000)])
    monkeypatch.setattr(capture._Events, "_read_line", lambda *_: iter(()))
    rows, _ = read(tmp_path)
    assert [row[RECORD_ID] for row in rows] == [f"a,{n}" for n in range(1000)]


def test_several_records_in_an_event(tmp_path: Path) -> None:
    events = [
        event("1\n2\n3", "0.1\n0.2\n0.3", inferenceId="csv"),
        event({"instances": [[4], [5]]}, {"predictions": [0.4, 0.5]}, inferenceId="json"),
        event("6", "0.6", inferenceId="one"),
    ]
    write(tmp_path, events)
    rows, _ = read(tmp_path)
    places = [(row[RECORD_ID], row.get(RECORD_INDEX, 0), row.get(RECORD_COUNT, 1), row["0"]) for row in rows]
    assert places == [
        ("csv", 0, 3, "0.1"),
        ("csv", 1, 3, "0.2"),
        ("csv", 2, 3, "0.3"),
        ("json", 0, 2, "0.4"),
        ("json", 1, 2, "0.5"),
        ("one", 0, 1, "0.6"),
    ]


def test_places_stand_beside_their_records_in_full_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from model_monitor_jobs.sources import rows as rows_module

    monkeypatch.setattr(rows_module, "MAXIMUM_ROWS", 5)
    events = [event("\n".join(f"{n}.{k}" for k in range(n % 4 + 1)), None, eventId=f"e{n}") for n in range(20)]
    write(tmp_path, events)
    rows, _ = read(tmp_path)
    for row in rows:
        number, place = row["0"].split(".")
        assert row[RECORD_ID] == f"e{number}"
        assert row.get(RECORD_INDEX, 0) == int(place)
        assert row.get(RECORD_COUNT, 1) == int(number) % 4 + 1
    assert len(rows) == sum(n % 4 + 1 for n in range(20))


def test_no_ids_unless_asked_for(tmp_path: Path) -> None:
    write(tmp_path, [event("1\n2", "3\n4", eventId="e")])
    assert read(tmp_path, Selection())[0] == [{"0": "3", "1": "1"}, {"0": "4", "1": "2"}]


# Selectors


def test_positions_in_csv(tmp_path: Path) -> None:
    events = [event(f"{n},y", f"1,0.{n}", eventId=f"e{n}") for n in range(600)]
    rows = selected(tmp_path, events, {"probability": "1", "prediction": "0"})
    assert rows == [{"0": "1", "1": f"0.{n}"} for n in range(600)]


def test_where_only_positions_are_wanted_the_inputs_may_differ(tmp_path: Path) -> None:
    events = [event(",".join("x" * (1 + n % 3)), f"0.{n}", eventId=f"e{n}") for n in range(600)]
    write(tmp_path, events)
    selection = Selection(ids=True, outputs={"prediction": "0"}, columns=frozenset())
    rows, report = read(tmp_path, selection, ["a", "b", "c"])
    assert rows == [{"0": f"0.{n}", RECORD_ID: f"e{n}"} for n in range(600)]
    assert report.unreadable == 0


def test_outputs_of_other_numbers_of_values_are_read_one_by_one(tmp_path: Path) -> None:
    events = [event("a", f"0.{n}" + ",9" * (n % 500 == 7), eventId=f"e{n}") for n in range(1000)]
    write(tmp_path, events)
    rows, _ = read(tmp_path, Selection(ids=True, outputs={"prediction": "0"}, columns=frozenset()))
    assert rows == [{"0": f"0.{n}", RECORD_ID: f"e{n}"} for n in range(1000)]


def test_the_other_values_take_the_expected_names(tmp_path: Path) -> None:
    """Outputs that are not selected shift no input, and no selected one is dropped."""
    events = [event(f"{n},y", f"label,0.{n}", eventId="e") for n in range(600)]
    rows = selected(tmp_path, events, {"probability": "1"}, expected=["a", "b"], columns=("a", "b", "0"))
    assert rows == [{"0": "label", "1": f"0.{n}", "a": str(n), "b": "y"} for n in range(600)]
    rows = selected(tmp_path, events, {"probability": "1"}, expected=["p", "a", "b"], columns=("a", "b", "p"))
    assert rows == [{"p": "label", "1": f"0.{n}", "a": str(n), "b": "y"} for n in range(600)]


def test_what_the_baseline_names_goes_by_its_name(tmp_path: Path) -> None:
    events = [event(f"{n},y", f"0.{n}", eventId="e") for n in range(600)]
    rows = selected(tmp_path, events, {"probability": "p"}, expected=["p", "a", "b"], columns=("b",))
    assert rows == [{"p": f"0.{n}", "b": "y"} for n in range(600)]


def test_no_other_value_is_taken_for_a_selected_one(tmp_path: Path) -> None:
    rows = selected(tmp_path, [event("1,2", None)], {"prediction": "0"}, columns=("1", "position.0"))
    assert rows == [{"position.0": "1", "1": "2"}]
    rows = selected(tmp_path, [event("1,2", {"p": 3})], {"prediction": "p"}, expected=["p", "a", "b"], columns=("a",))
    assert rows == [{"a": "1", "p": "3"}]


def test_names_mean_the_output(tmp_path: Path) -> None:
    events = [event({"score": 1, "a": 2}, {"score": 0.25, "nested": {"p": [3, 4]}})]
    rows = selected(tmp_path, events, {"prediction": "score", "probability": "nested.p.1"}, columns=("input.score",))
    assert rows == [{"score": "0.25", "nested.p.1": "4", "input.score": "1"}]


def test_positions_in_json_arrays(tmp_path: Path) -> None:
    events = [event({"instances": [[1], [2]]}, {"predictions": [[0.1, 0.9], [0.75, 0.25]]}), event("5", "0.5,0.50")]
    rows = selected(tmp_path, events, {"probability": "1"})
    assert rows == [{"1": "0.9"}, {"1": "0.25"}, {"1": "0.50"}]


@pytest.mark.parametrize(
    ("path", "outputs", "found"),
    [
        ("predictions[*].score", {"predictions": [{"score": 0.5}, {"score": 1}]}, ["0.5", "1"]),
        ("predictions[0].score", {"predictions": [{"score": 0.5}]}, ["0.5"]),
        ("predictions[0].score", {"predictions": [{"score": 0.5}, {"score": 1}]}, [None, None]),
        ("scores[1]", {"predictions": [{"scores": [1, 2]}, {"scores": [3, 4]}]}, ["2", "4"]),
        ("max(scores)", {"predictions": [{"scores": [1, 20]}, {"scores": [3, 4.5]}]}, ["20", "4.5"]),
        ("scores[?@ > `2`]", {"predictions": [{"scores": [1, 2.5]}, {"scores": [3, 4]}]}, ["2.5", None]),
        ("top.good", {"top": {"good": True}}, ["true"]),
        ("labels", {"predictions": [{"labels": ["a"]}, {"labels": ["b"]}]}, ["a", "b"]),
        ("nothing", {"predictions": [{"score": 0.5}]}, [None]),
        ("[1]", [0.25, 0.75], ["0.75"]),
    ],
)
def test_paths(tmp_path: Path, path: str, outputs: Any, found: list[str | None]) -> None:
    inputs = {"instances": [[n] for n in range(len(found))]}
    write(tmp_path, [event(inputs, outputs)])
    rows, _ = read(tmp_path, Selection(ids=True, outputs={"prediction": path}, columns=frozenset({"0", "1"})))
    assert [row.get(path) for row in rows] == found


def test_a_path_into_csv(tmp_path: Path) -> None:
    rows = selected(tmp_path, [event("1,2", f"x,0.{n}") for n in range(600)], {"probability": "[1]"})
    assert rows == [{"[1]": f"0.{n}"} for n in range(600)]


def test_a_path_into_base64_and_json_lines(tmp_path: Path) -> None:
    text = '{"p": {"score": 1}}\n{"p": {"score": 0.5}}'
    coded = {
        "observedContentType": "application/jsonlines",
        "data": base64.b64encode(text.encode()).decode(),
        "encoding": "BASE64",
    }
    plain = {"observedContentType": "application/jsonlines", "data": text, "encoding": "JSON"}
    metadata = {"inferenceTime": IN_TIME}
    events = [{"captureData": {"endpointOutput": answer}, "eventMetadata": metadata} for answer in (coded, plain)]
    rows = selected(tmp_path, events, {"prediction": "p.score", "probability": "p | score"})
    assert rows == [{"p.score": "1", "p | score": "1"}, {"p.score": "0.5", "p | score": "0.5"}] * 2


def test_a_batch_transforms_output(tmp_path: Path) -> None:
    joined = {"SageMakerOutput": {"score": 0.5, "more": [1]}, "features": [1, 2]}
    alone = {"score": 0.25}
    events = [
        {
            "captureData": {"batchTransformOutput": side(data)},
            "eventMetadata": {"eventId": "e", "inferenceTime": IN_TIME},
        }
        for data in (joined, alone)
    ]
    rows = selected(tmp_path, events, {"a": "score", "b": "SageMakerOutput.score", "c": "more[0]"}, columns=("x",))
    assert rows == [{"score": "0.5", "SageMakerOutput.score": "0.5", "more[0]": "1"}, {"score": "0.25"}]


def test_a_name_need_be_no_path(tmp_path: Path) -> None:
    events = [event("1", {"my score!": 1}), event("1", {"x": 1})]
    rows = selected(tmp_path, events, {"prediction": "my score!"}, columns=("x",))
    assert rows == [{"my score!": "1"}, {"x": "1"}]


def test_an_output_that_is_nowhere_is_told_with_its_field() -> None:
    error = absent_output("spec.columns.probability", "a b[", ["p", "q"], "s3://b/k")
    assert isinstance(error, ConfigurationError)
    assert re.match(r"spec\.columns\.probability: 'a b\[' is neither .* s3://b/k nor a JMESPath; .*: p, q$", str(error))
    for selector in ("0", "a.b"):
        error = absent_output("spec.columns.prediction", selector, map(str, range(30)), "s3://b/k")
        assert isinstance(error, InputError)
        assert f"no record of s3://b/k has an output '{selector}'; name one of: 0, 1" in str(error)
        assert "19, …" in str(error)


def test_a_selector_that_is_nowhere_is_no_column(tmp_path: Path) -> None:
    write(tmp_path, [event(f"{n}", "0.5", eventId="e") for n in range(600)])
    rows, report = read(tmp_path, Selection(ids=True, outputs={"probability": "3"}, columns=frozenset()), ["p", "a"])
    assert rows == [{RECORD_ID: "e"}] * 600
    assert list(report.columns) == ["p", "a"]
    write(tmp_path, [event({"a": 1}, {"p": 1})])
    _, report = read(tmp_path, Selection(ids=True, outputs={"probability": "q"}, columns=frozenset()))
    assert list(report.columns) == ["a", "p"]


def test_a_reader_can_be_sent_to_another_process(tmp_path: Path) -> None:
    write(tmp_path, [event({"a": 1}, {"p": [1, 2]}, eventId="e")])
    stream = read_capture(Storage(), str(tmp_path), WINDOW, selection=Selection(True, {"prediction": "p[1]"}))
    (partition,) = pickle.loads(pickle.dumps(stream.partitions))
    (batch,) = partition.read(ReadReport())
    assert batch.column("p[1]").to_pylist() == ["2"]


# However lines are written

CELLS = st.sampled_from(["1", "-2.5", "", "a b", "é"])
RECORDS = st.lists(CELLS, min_size=1, max_size=3).map(",".join)
TEXTS = st.sampled_from(["e", "3f2", "", "ü", "a,b", "a\\b", 'q"q', "\u2028"])
TIMES = st.sampled_from([IN_TIME, "2013-02-08T10:30:01Z", "2013-02-08T09:59:59Z", "2013-02-08T11:30:00+01:00", "soon"])


def line(inputs: Any, outputs: Any, time: str, ids: dict[str, Any]) -> str:
    return json.dumps(event(inputs, outputs, time, **ids), ensure_ascii=False)


METADATA: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.fixed_dictionaries({"eventId": TEXTS, "inferenceId": TEXTS}),
    st.fixed_dictionaries({"inferenceId": TEXTS, "eventId": TEXTS, "customAttributes": st.just(["x", "y"])}),
    st.fixed_dictionaries({"eventId": TEXTS}),
    st.fixed_dictionaries({"eventId": TEXTS, "inferenceId": st.sampled_from([None, 5, 0, [], "x"])}),
    st.just({}),
)
USUAL = st.builds(line, RECORDS, RECORDS, TIMES, METADATA)
ODD = st.one_of(
    st.builds(line, st.none(), RECORDS, TIMES, METADATA),
    st.builds(line, RECORDS, st.none(), TIMES, METADATA),
    st.builds(line, st.sampled_from(["1,2\n3,4", '"a,b",2']), st.sampled_from(["1\n2", "3"]), TIMES, METADATA),
    st.builds(line, st.just({"a": 1}), st.just({"p": 0.5, "a": [2]}), TIMES, METADATA),
    st.builds(line, RECORDS, RECORDS, TIMES, METADATA).map(lambda text: text[: len(text) // 2]),
    st.sampled_from(["", "{", '{"captureData": {}, "eventMetadata": "inferenceId"}']),
)
LINES = st.one_of(
    st.lists(USUAL, min_size=1, max_size=8),
    st.builds(lambda text, times: [text] * times, USUAL | ODD, st.integers(1, 12)),
    st.lists(ODD, min_size=1, max_size=3),
)
FILES = st.lists(LINES, max_size=6).map(lambda parts: [text for part in parts for text in part])
SELECTIONS = st.sampled_from(
    [
        Selection(ids=True),
        Selection(ids=True, outputs={"prediction": "0"}, columns=frozenset()),
        Selection(ids=True, outputs={"prediction": "0", "probability": "1"}, columns=frozenset({"a", "x"})),
        Selection(ids=True, outputs={"prediction": "y"}, columns=frozenset({"b"})),
        Selection(ids=True, outputs={"prediction": "p", "probability": "a"}),
        Selection(outputs={"probability": "2"}, columns=frozenset()),
    ]
)


def outcome(root: Path, selection: Selection, expected: list[str] | None) -> Any:
    stream = read_capture(Storage(), str(root), WINDOW, expected=expected, selection=selection)
    rows: list[Any] = []
    error = ""
    try:
        for batch in stream:
            for row in batch.to_pylist():
                # Places may stand beside single records, too.
                alone = row.get(RECORD_COUNT) == 1
                rows.append({k: v for k, v in row.items() if v is not None and not (alone and k in PLACES)})
    except InputError as raised:
        error = str(raised)
    report = stream.report
    return rows, error, (report.records, report.unreadable, report.outside_window, report.samples)


@pytest.fixture(scope="module")
def small_blocks() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(capture, "BLOCK_BYTES", 3000)
        patch.setattr(capture_scan, "_SMALLEST_BYTES", 400)
        patch.setattr(capture_scan, "_MOST_PASSED_OVER", 2)
        patch.setattr(capture_batches, "_WORTH_A_BATCH", 4)
        yield


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(FILES, SELECTIONS, st.sampled_from([None, ["y", "a", "b"], ["a", "b"], ["y", "p", "q", "r"]]))
def test_blocks_and_single_lines_agree_on_ids(
    tmp_path_factory: pytest.TempPathFactory,
    small_blocks: None,
    lines: list[str],
    selection: Selection,
    expected: list[str] | None,
) -> None:
    root = tmp_path_factory.mktemp("capture")
    write(root, lines)
    found = outcome(root, selection, expected)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(capture_scan, "skeleton_of", lambda line: None)
        assert found == outcome(root, selection, expected)
        # One record a batch: nothing depends on what stands beside it.
        patch.setattr(capture_batches, "_WORTH_A_BATCH", 10**9)
        assert found == outcome(root, selection, expected)
