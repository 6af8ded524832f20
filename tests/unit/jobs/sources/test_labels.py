"""Labels as SageMaker collects them and in tables: which are read, in which order, and what is told of the rest."""

from __future__ import annotations

import base64
import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_monitor_crds.ground_truth import GroundTruth
from model_monitor_crds.window import Window
from model_monitor_jobs.errors import ConfigurationError, InputError
from model_monitor_jobs.sources import ReadReport, label_blocks, labels
from model_monitor_jobs.sources.labels import labels_digest, read_labels
from model_monitor_jobs.sources.selection import LABEL, LABEL_KNOWN, RECORD_COUNT, RECORD_ID, RECORD_INDEX
from model_monitor_jobs.storage import Storage

TEN = datetime(2013, 2, 8, 10, tzinfo=UTC)
WINDOW = Window(TEN, TEN + timedelta(hours=1))
Row = tuple[str, str | None]


def record(data: str, id: Any = "e", encoding: str = "CSV") -> str:
    return json.dumps(
        {
            "groundTruthData": {"data": data, "encoding": encoding},
            "eventMetadata": {"eventId": id},
            "eventVersion": "0",
        },
        ensure_ascii=False,
    )


def write(root: Path, hour: str, lines: list[str], name: str = "a.jsonl") -> None:
    data = "".join(f"{line}\n" for line in lines).encode()
    path = root / hour / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)


def read(
    root: Path, path: str | None = None, as_of: datetime = TEN + timedelta(days=1), **settings: Any
) -> tuple[list[dict[str, Any]], ReadReport]:
    stream = read_labels(Storage(), GroundTruth(uri=f"file://{root}", **settings), path, WINDOW, as_of)
    return [row for batch in stream for row in batch.to_pylist()], stream.report


def pairs(rows: list[dict[str, Any]]) -> list[Row]:
    return [(row[RECORD_ID], row[LABEL]) for row in rows]


def labels_of(root: Path, lines: list[str], path: str | None = None) -> list[Row]:
    write(root, "2013/02/08/10", lines)
    rows, report = read(root, path)
    assert report.unreadable == 0, report.samples
    return pairs(rows)


def refused(root: Path, line: str, path: str | None = None) -> str:
    write(root, "2013/02/08/10", [line, record("1", "good")])
    rows, report = read(root, path)
    assert pairs(rows) == [("good", "1")]
    assert (report.unreadable, report.samples[0].line) == (1, 1)
    return report.samples[0].reason


# SageMaker's records: which files


@pytest.mark.parametrize("above", ["", "endpoint", "endpoint/AllTraffic"])
def test_folders_like_those_of_captures(tmp_path: Path, above: str) -> None:
    write(tmp_path / above, "2013/02/08/10", [record("1")], "a.jsonl.gz")
    assert pairs(read(tmp_path)[0]) == [("e", "1")]


def test_hours_from_the_windows_first_to_those_that_begin_before(tmp_path: Path) -> None:
    for hour in ("2013/02/08/09", "2013/02/08/10", "2013/02/08/23", "2013/02/09/00", "2013/02/09/10", "2013/02/09/11"):
        write(tmp_path, hour, [record(hour[-5:])])
    for as_of, last in ((TEN + timedelta(days=1), -2), (TEN + timedelta(days=1, microseconds=1), -1)):
        rows, report = read(tmp_path, as_of=as_of)
        assert [row[LABEL] for row in rows] == ["08/10", "08/23", "09/00", "09/10"][: len(rows)]
        assert len(rows) == 5 + last
        assert report.records == len(rows)
    assert read(tmp_path, as_of=TEN)[0] == []


def test_many_days_without_labels_are_not_asked_for(tmp_path: Path) -> None:
    class Counting(Storage):
        asked = 0

        def list(self, uri: str, *, recursive: bool = True) -> Any:
            self.asked += 1
            return super().list(uri, recursive=recursive)

    for hour in ("2013/02/08/10", "2013/02/30/10", "2019/11/01/00"):
        write(tmp_path, hour, [record(hour[:4])])
    storage, truth = Counting(), GroundTruth(uri=f"file://{tmp_path}")
    stream = read_labels(storage, truth, None, WINDOW, TEN + timedelta(days=13 * 365))
    assert [row[LABEL] for batch in stream for row in batch.to_pylist()] == ["2013", "2019"]
    assert storage.asked < 10


def test_later_hours_come_later_whatever_the_folders_above(tmp_path: Path) -> None:
    write(tmp_path / "a", "2013/02/08/11", [record("second")])
    write(tmp_path / "b", "2013/02/08/10", [record("first")])
    write(tmp_path / "a", "2013/02/08/12", [record("third"), record("fourth")])
    write(tmp_path / "a", "2013/02/08/12", [record("fifth")], "b.jsonl")
    assert [row[LABEL] for row in read(tmp_path)[0]] == ["first", "second", "third", "fourth", "fifth"]


def test_no_labels_at_all(tmp_path: Path) -> None:
    rows, report = read(tmp_path)
    assert (rows, report.records, report.files) == ([], 0, 0)


# SageMaker's records: what stands in them


def test_labels_as_written(tmp_path: Path) -> None:
    lines = [record(data, f"i{n}") for n, data in enumerate(["1", " yes ", "", "1.50", "ü", '"a, b"', "1\n"])]
    expected = ["1", " yes ", None, "1.50", "ü", "a, b", "1"]
    assert labels_of(tmp_path, lines) == [(f"i{n}", label) for n, label in enumerate(expected)]


def test_ids_that_are_numbers_or_odd(tmp_path: Path) -> None:
    ids = [58, "a,b", 'q"', "b\\", "\u2028", "ü"]
    assert labels_of(tmp_path, [record("1", id) for id in ids]) == [(str(id), "1") for id in ids]


def test_one_of_several_values_by_its_position(tmp_path: Path) -> None:
    assert labels_of(tmp_path, [record("a,b"), record("c")], "1") == [("e", "b"), ("e", "c")]
    assert "2 values for one label: (a, b); set spec.columns.groundTruth" in refused(tmp_path, record("a,b"))
    assert "no value 2" in refused(tmp_path, record("a,b"), "2")


@pytest.mark.parametrize(
    ("data", "path", "found"),
    [
        ("1", None, ["1"]),
        ("1.50", None, ["1.50"]),
        ('"yes"', None, ["yes"]),
        ("true", None, ["true"]),
        ("null", None, [None]),
        ('{"label": 1.0}', None, ["1.0"]),
        ('{"a": {"label": "x"}}', None, ["x"]),
        ('{"label": 1, "at": 2}', "label", ["1"]),
        ('{"a": [{"label": "x"}, 3]}', "a[0].label", ["x"]),
        ("[1, 0]", None, ["1", "0"]),
        ('[{"label": 1, "at": 2}, {"label": 0, "at": 2}]', "label", ["1", "0"]),
        ('{"labels": [{"v": "x"}, {"v": "y"}]}', "labels[*].v", ["x", "y"]),
        ('{"label": 1}\n{"label": 0}', None, ["1", "0"]),
        ("3", "label", ["3"]),
    ],
)
def test_json(tmp_path: Path, data: str, path: str | None, found: list[str | None]) -> None:
    coded = base64.b64encode(data.encode()).decode()
    by_type = json.loads(record(coded, "typed", "BASE64"))
    by_type["groundTruthData"]["observedContentType"] = "application/json"
    lines = [record(data, "e", "JSON"), json.dumps(by_type)]
    assert labels_of(tmp_path, lines, path) == [("e", label) for label in found] + [("typed", label) for label in found]


def test_base64_is_csv_unless_it_says_otherwise(tmp_path: Path) -> None:
    assert labels_of(tmp_path, [record(base64.b64encode(b"yes").decode(), encoding="BASE64")]) == [("e", "yes")]


def test_several_records(tmp_path: Path) -> None:
    write(tmp_path, "2013/02/08/10", [record("1", "a"), record("2\n3\n", "b"), record("[4, 5, 6]", "c", "JSON")])
    rows, report = read(tmp_path)
    assert [(r[RECORD_ID], r[LABEL], r[RECORD_INDEX], r[RECORD_COUNT]) for r in rows] == [
        ("a", "1", 0, 1),
        ("b", "2", 0, 2),
        ("b", "3", 1, 2),
        ("c", "4", 0, 3),
        ("c", "5", 1, 3),
        ("c", "6", 2, 3),
    ]
    assert report.records == 6


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "not JSON"),
        ("[1]", "must be an object"),
        ('{"groundTruthData": {"data": "1", "encoding": "CSV"}}', "no eventId"),
        ('{"groundTruthData": {"data": "1", "encoding": "CSV"}, "eventMetadata": {"eventId": ""}}', "no eventId"),
        ('{"eventMetadata": {"eventId": "e"}}', "groundTruthData has no data"),
        ('{"groundTruthData": {"data": 1, "encoding": "CSV"}, "eventMetadata": {"eventId": "e"}}', "has no data"),
        (record("1", encoding="XML"), "unknown encoding 'XML'"),
        (record('"1'), "not CSV"),
        (record("{", encoding="JSON"), "not JSON"),
        (record("*", encoding="BASE64"), "not base64"),
        (record("[]", encoding="JSON"), "no label in an empty array"),
        (record('{"a": 1, "b": 2}', encoding="JSON"), "2 values for one label"),
        (record("1").replace('"0"}', "NaN}"), "not JSON"),
        (record("1").replace('"0"}', '"\\ud800"}'), "not JSON"),
        (record("1") + record("2"), "not JSON"),
    ],
)
def test_what_can_not_be_read(tmp_path: Path, line: str, reason: str) -> None:
    assert reason in refused(tmp_path, line)


def test_a_path_that_finds_nothing(tmp_path: Path) -> None:
    assert "finds no label" in refused(tmp_path, record('{"a": 1, "b": 2}', encoding="JSON"), "c")


def test_what_is_no_path(tmp_path: Path) -> None:
    write(tmp_path, "2013/02/08/10", [record('{"a": 1, "b": 2}', encoding="JSON")])
    with pytest.raises(ConfigurationError, match=r"spec\.columns\.groundTruth: 'a\['"):
        read(tmp_path, "a[")


def test_a_file_that_breaks_off(tmp_path: Path) -> None:
    write(tmp_path, "2013/02/08/10", [record("1", f"i{n}") for n in range(1000)], "a.jsonl.gz")
    path = tmp_path / "2013/02/08/10/a.jsonl.gz"
    path.write_bytes(path.read_bytes()[:-100])
    rows, report = read(tmp_path)
    assert 0 < len(rows) < 1000
    assert list(report.broken) == [f"file://{path}"]


DATA = st.sampled_from(["1", "0", "", " ", "a,b", '"q"', "1\n2", "x\n", "[1, 2]", '{"a": 1}', "ü", "\ufeff1", "null"])
LINE = st.one_of(
    st.builds(record, DATA, st.sampled_from(["e", "f", "a,b", 'q"', "", 5, None, "ü"])),
    st.builds(record, DATA, st.just("e"), st.sampled_from(["CSV", "csv", "JSON", "BASE64", "XML"])),
    st.builds(record, st.just("1"), st.just("e")).map(lambda text: text.replace(", ", ",").replace(": ", ":")),
    st.builds(record, DATA, st.just("e")).map(lambda text: text[: len(text) // 2]),
    st.builds(record, DATA, st.just("e")).map(lambda text: text.replace('"0"}', 'Infinity, "x": {"y": [1e5]}}')),
    st.builds(record, DATA, st.just("e")).map(lambda text: text.replace('"eventVersion"', '"eventMetadata"')),
    st.builds(record, DATA, st.just("e")).map(lambda text: text.replace("eventId", "event\\u0049d")),
    st.sampled_from(["", " ", "{}", "[]", "null", '{"groundTruthData": [1]}', '{"eventMetadata": 3}', "{}{}"]),
)

PLAIN_DATA = st.sampled_from(["1", "0", "", "0.25", " ", "x\n", "\n", "a,b", "\ufeff1"])
PLAIN = st.builds(record, PLAIN_DATA, st.sampled_from(["e", "f", "a,b", ""]))
LINE_RUNS = st.one_of(st.lists(LINE, max_size=12), st.lists(PLAIN, max_size=20), st.lists(PLAIN | LINE, max_size=20))


@settings(max_examples=200, deadline=None)
@given(LINE_RUNS, st.sampled_from(["\n", "\r\n"]), st.booleans(), st.sampled_from([None, "1", "a"]))
def test_label_blocks_and_single_lines_agree(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], ending: str, ended: bool, path: str | None
) -> None:
    root = tmp_path_factory.mktemp("labels")
    file = root / "2013/02/08/10/a.jsonl"
    file.parent.mkdir(parents=True)
    file.write_bytes((ending.join(lines) + ending * ended).encode())

    def outcome() -> Any:
        rows, report = read(root, path)
        told = [(r[RECORD_ID], r[LABEL], r.get(RECORD_INDEX) or 0, r.get(RECORD_COUNT) or 1) for r in rows]
        return told, report.records, report.unreadable, report.samples

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(labels, "BLOCK_BYTES", 500)
        found = outcome()
        patch.setattr(label_blocks, "skeleton_of", lambda line: None)
        assert found == outcome()
        patch.setattr(label_blocks, "_read_by_arrow", lambda block, reader: None)
        assert found == outcome()


def test_usual_records_need_no_line_by_line_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labels, "_read_line", lambda *_: None)
    plain = [record(str(n), f"i{n}") for n in range(500)]
    objects = [record(json.dumps({"label": n}), f"j{n}", "JSON") for n in range(500)]
    expected = [(f"i{n}", str(n)) for n in range(500)] + [(f"j{n}", str(n)) for n in range(500)]
    assert labels_of(tmp_path, plain + objects) == expected


# Tables


def table(root: Path, format: str, columns: dict[str, list[Any]]) -> Path:
    path = root / "labels"
    rows = list(zip(*columns.values(), strict=True))
    if format == "CSV":
        cells = [list(columns), *(["" if value is None else str(value) for value in row] for row in rows)]
        path.write_text("".join(",".join(line) + "\n" for line in cells))
    elif format == "JSONLines":
        path.write_text("".join(json.dumps(dict(zip(columns, row, strict=True))) + "\n" for row in rows))
    else:
        pq.write_table(pa.table(columns), path)
    return path


FORMATS = pytest.mark.parametrize("format", ["CSV", "JSONLines", "Parquet"])


@FORMATS
def test_tables(tmp_path: Path, format: str) -> None:
    path = table(tmp_path, format, {"request": [7, 8, 9], "fraud": ["yes", None, "no"], "more": [1.5, 2.5, 3.5]})
    rows, report = read(path, format=format, columns={"id": "request", "label": "fraud"})
    assert rows == [
        {RECORD_ID: "7", LABEL: "yes"},
        {RECORD_ID: "8", LABEL: None},
        {RECORD_ID: "9", LABEL: "no"},
    ]
    assert (report.records, report.unreadable) == (3, 0)


@FORMATS
def test_rows_known_later_are_left_out(tmp_path: Path, format: str) -> None:
    as_of = TEN + timedelta(hours=2)
    times = ["2013-02-08T13:00:00+01:00", "2013-02-08T11:59:59.999999Z", "2013-02-01T00:00:00", "2014-01-01T00:00:00Z"]
    path = table(tmp_path, format, {"id": list("abcd"), "label": list("1234"), "at": times})
    rows, report = read(path, as_of=as_of, format=format, columns={"timestamp": "at"})
    assert pairs(rows) == [("b", "2"), ("c", "3")]
    assert [row[LABEL_KNOWN] for row in rows] == [
        int(moment.timestamp()) * 1_000_000 + moment.microsecond
        for moment in (as_of - timedelta(microseconds=1), datetime(2013, 2, 1, tzinfo=UTC))
    ]
    assert (report.outside_window, report.unreadable) == (2, 0)


@FORMATS
@pytest.mark.parametrize("field", ["id", "label", "timestamp"])
def test_a_missing_column_is_told_with_its_field(tmp_path: Path, format: str, field: str) -> None:
    names = {"id": "id", "label": "label", "timestamp": "at"}
    rows = {name: ["2013-02-08T10:00:00Z"] for key, name in names.items() if key != field}
    path = table(tmp_path, format, {**rows, "other": ["x"]})
    with pytest.raises(InputError, match=rf"no column '{names[field]}' \(spec\.groundTruth\.columns\.{field}\).*other"):
        read(path, format=format, columns=names)


def test_lines_may_lack_what_others_have(tmp_path: Path) -> None:
    (tmp_path / "labels").write_text('{"id": "a"}\n{"id": "b", "label": 1}\n{"label": 2}\n')
    rows, report = read(tmp_path / "labels", format="JSONLines")
    assert pairs(rows) == [("a", None), ("b", "1")]
    assert (report.unreadable, report.samples[0].line, report.samples[0].reason) == (1, 3, "no id in column 'id'")


def test_rows_without_an_id_or_a_time(tmp_path: Path) -> None:
    text = 'id,label,at\n,1,2013-02-08\nb,2,soon\nc,3,2013-02-08\n"",4,2013-02-08\n'
    (tmp_path / "labels").write_text(text)
    rows, report = read(tmp_path / "labels", format="CSV", columns={"timestamp": "at"})
    assert pairs(rows) == [("c", "3")]
    assert report.unreadable == 3
    assert sorted(sample.line for sample in report.samples) == [2, 3, 5]


def test_ids_of_other_types(tmp_path: Path) -> None:
    """What pandas makes of whole numbers beside a missing one."""
    pq.write_table(pa.table({"id": [1.0, None, 2.0], "label": [True, False, None]}), tmp_path / "labels")
    rows, report = read(tmp_path / "labels", format="Parquet")
    assert (pairs(rows), report.unreadable) == ([("1", "true"), ("2", None)], 1)
    ids = pa.array(["x", "y"]).dictionary_encode()
    pq.write_table(pa.table({"id": ids, "label": [1.5, 2.0]}), tmp_path / "labels")
    assert pairs(read(tmp_path / "labels", format="Parquet")[0]) == [("x", "1.5"), ("y", "2")]


def test_columns_without_names(tmp_path: Path) -> None:
    (tmp_path / "labels").write_text("a;1\nb;2\n")
    settings: dict[str, Any] = {"csv": {"header": False, "delimiter": ";"}, "columns": {"id": "0", "label": "1"}}
    assert pairs(read(tmp_path / "labels", format="CSV", **settings)[0]) == [("a", "1"), ("b", "2")]


# Whether anything came


def test_a_digest_of_what_would_be_read(tmp_path: Path) -> None:
    truth = GroundTruth(uri=f"file://{tmp_path}")
    as_of = TEN + timedelta(hours=3)

    def digest() -> str:
        return labels_digest(Storage(), truth, WINDOW, as_of)

    found = [digest()]
    write(tmp_path, "2013/02/08/12", [record("1")])
    found.append(digest())
    write(tmp_path, "2013/02/08/12", [record("1"), record("2")])
    found.append(digest())
    assert len(set(found)) == 3
    write(tmp_path, "2013/02/08/09", [record("1")])
    write(tmp_path, "2013/02/08/13", [record("1")])
    assert digest() == found[-1]
