"""Batch folders: where ids are found, outputs by their selectors, and predictions in files of their own."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model_monitor_crds.window import Window
from model_monitor_jobs.errors import InputError
from model_monitor_jobs.sources import CSVDialect, RecordStream
from model_monitor_jobs.sources.batch import read_batch
from model_monitor_jobs.sources.batch_pairs import read_beside
from model_monitor_jobs.sources.selection import RECORD_ID, Selection
from model_monitor_jobs.storage import Storage

IDS = Selection(ids=True)
NO_HEADER = CSVDialect(header=False)
UUID = "0a1b2c3d-0000-4000-8000-00000000000{}"
HOUR = Window(datetime(2026, 3, 1, 10, tzinfo=UTC), datetime(2026, 3, 1, 11, tzinfo=UTC))


def rows(stream: RecordStream) -> list[dict[str, Any]]:
    return [{k: v for k, v in row.items() if v is not None} for batch in stream for row in batch.to_pylist()]


def batch(path: Path, format: Any = "CSV", selection: Selection = IDS, **more: Any) -> list[dict[str, Any]]:
    return rows(read_batch(Storage(), str(path), format, selection=selection, **more))


# Ids


@pytest.mark.parametrize("format", ["CSV", "JSONLines", "Parquet"])
def test_a_named_column_or_the_usual_one(tmp_path: Path, format: str) -> None:
    columns = {"n": ["1", "2"], "key": ["k1", "k2"], "SageMakerInferenceId": ["s1", "s2"]}
    if format == "CSV":
        text = ["n,key,SageMakerInferenceId", *map(",".join, zip(*columns.values(), strict=True))]
        (tmp_path / "f").write_text("\n".join(text))
    elif format == "JSONLines":
        lines = [json.dumps(dict(zip(columns, row, strict=True))) for row in zip(*columns.values(), strict=True)]
        (tmp_path / "f").write_text("\n".join(lines))
    else:
        pq.write_table(pa.table(columns), tmp_path / "f")
    assert [row[RECORD_ID] for row in batch(tmp_path / "f", format)] == ["s1", "s2"]
    assert [row[RECORD_ID] for row in batch(tmp_path / "f", format, id="key")] == ["k1", "k2"]
    only = Selection(ids=True, outputs={"prediction": "n"}, columns=frozenset())
    assert batch(tmp_path / "f", format, only) == [{"n": "1", RECORD_ID: "s1"}, {"n": "2", RECORD_ID: "s2"}]
    with pytest.raises(InputError, match=r"no column 'k' \(spec\.columns\.id\).*n, key, SageMakerInferenceId"):
        batch(tmp_path / "f", format, id="k")


def test_the_last_but_one_column_without_names(tmp_path: Path) -> None:
    lines = [f"{n},0.{n},{UUID.format(n)},2026-03-01T10:00:00Z" for n in range(3)]
    (tmp_path / "f").write_text("\n".join(lines))
    assert [row[RECORD_ID] for row in batch(tmp_path / "f", csv=NO_HEADER)] == [UUID.format(n) for n in range(3)]
    (tmp_path / "f").write_text("\n".join(f"{n},0.{n},{UUID.format(n)},0" for n in range(3)))
    assert all(RECORD_ID not in row for row in batch(tmp_path / "f", csv=NO_HEADER))
    assert [row[RECORD_ID] for row in batch(tmp_path / "f", csv=NO_HEADER, id="0")] == ["0", "1", "2"]


def test_no_ids_at_all(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("a,b\n1,2\n")
    (found,) = read_batch(Storage(), str(tmp_path / "f"), "CSV", selection=IDS)
    assert found.column(RECORD_ID).to_pylist() == [None]
    assert batch(tmp_path / "f", selection=Selection()) == [{"a": "1", "b": "2"}]


def test_only_rows_of_the_window(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("id,t\na,2026-03-01T09:59:59Z\nb,2026-03-01T10:00:00Z\n")
    assert [row[RECORD_ID] for row in batch(tmp_path / "f", id="id", window=HOUR, timestamp="t")] == ["b"]


# Outputs


def test_outputs_of_a_batch_transform(tmp_path: Path) -> None:
    lines = [
        {"SageMakerOutput": {"score": 0.5, "p": [1, 2]}, "features": [7], "score": 9, "SageMakerInferenceId": "a"},
        {"SageMakerOutput": {"score": 1.0}, "features": [8], "SageMakerInferenceId": "b"},
    ]
    (tmp_path / "f").write_text("\n".join(map(json.dumps, lines)))
    outputs = {"a": "score", "b": "p[1]", "c": "SageMakerOutput.p[0]", "d": "p.0"}
    found = batch(tmp_path / "f", "JSONLines", Selection(True, outputs, frozenset({"input.score", "features.0"})))
    expected = {"score": "0.5", "p[1]": "2", "SageMakerOutput.p[0]": "1", "p.0": "1", "input.score": "9"}
    assert found == [
        expected | {"features.0": "7", RECORD_ID: "a"},
        {"score": "1.0", "features.0": "8", RECORD_ID: "b"},
    ]


@pytest.mark.parametrize(
    ("line", "found"),
    [({"SageMakerOutput": 0.5}, "0.5"), ({"SageMakerOutput": [0.5, 1]}, "0.5"), ([0.5, 1], "0.5"), (0.5, "0.5")],
)
def test_positions_in_outputs(tmp_path: Path, line: Any, found: str) -> None:
    (tmp_path / "f").write_text(json.dumps(line))
    assert batch(tmp_path / "f", "JSONLines", Selection(outputs={"prediction": "0"}, columns=frozenset())) == [
        {"0": found}
    ]


def test_a_name_need_be_no_path(tmp_path: Path) -> None:
    (tmp_path / "f").write_text('{"a b[": 1}\n{"a": 1}\n')
    selection = Selection(outputs={"prediction": "a b["}, columns=frozenset({"a"}))
    assert batch(tmp_path / "f", "JSONLines", selection) == [{"a b[": "1"}, {"a": "1"}]


def test_columns_that_there_are(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("a,b\n1,2\n")
    selection = Selection(outputs={"prediction": "p"}, columns=frozenset({"b"}))
    stream = read_batch(Storage(), str(tmp_path / "f"), "CSV", selection=selection)
    assert rows(stream) == [{"b": "2"}]
    assert list(stream.report.columns) == ["a", "b"]


# Predictions beside


def beside(root: Path, format: Any = "CSV", selection: Selection = IDS, **more: Any) -> list[dict[str, Any]]:
    stream = read_beside(Storage(), str(root / "in"), str(root / "out"), format, selection=selection, **more)
    return rows(stream)


def files(root: Path, data: dict[str, str], answers: dict[str, str]) -> None:
    for folder, found in (("in", data), ("out", answers)):
        (root / folder).mkdir(exist_ok=True)
        for name, text in found.items():
            (root / folder / name).write_text(text)


def test_rows_beside_rows(tmp_path: Path) -> None:
    data = {f"f{n}.csv": f"a,score\n{n}0,x\n{n}1,y\n" for n in range(2)}
    answers = {f"f{n}.csv.out": f"score,more\n0.{n},m\n0.{n}5,m\n" for n in range(2)}
    files(tmp_path, data, answers)
    selection = Selection(outputs={"probability": "score"}, columns=frozenset({"a", "input.score"}))
    assert beside(tmp_path, selection=selection) == [
        {"a": "00", "input.score": "x", "score": "0.0"},
        {"a": "01", "input.score": "y", "score": "0.05"},
        {"a": "10", "input.score": "x", "score": "0.1"},
        {"a": "11", "input.score": "y", "score": "0.15"},
    ]
    assert beside(tmp_path, selection=Selection())[0] == {"a": "00", "score": "x", "output.score": "0.0", "more": "m"}


def test_positions_in_predictions_without_names(tmp_path: Path) -> None:
    files(tmp_path, {"f": "1,2\n3,4\n"}, {"f.out": f"no,0.5,{UUID.format(1)},2026-03-01T10:00:00Z\nyes,0.75,x,y\n"})
    found = beside(tmp_path, selection=Selection(True, {"probability": "1"}), csv=NO_HEADER)
    assert found[0] == {
        "0": "1",
        "input.1": "2",
        "2": "no",
        "1": "0.5",
        "4": UUID.format(1),
        "5": "2026-03-01T10:00:00Z",
        RECORD_ID: UUID.format(1),
    }


def test_json_predictions(tmp_path: Path) -> None:
    files(tmp_path, {"f": '{"a": 1, "id": "x"}\n'}, {"f.out": '{"p": {"score": [0.25]}}\n'})
    selection = Selection(True, {"probability": "p | score[0]"}, frozenset({"a"}))
    assert beside(tmp_path, "JSONLines", selection, id="id") == [{"a": "1", "p | score[0]": "0.25", RECORD_ID: "x"}]
    files(tmp_path, {}, {"f.out": "0.5\n"})
    assert beside(tmp_path, "JSONLines", Selection(outputs={"p": "0"}, columns=frozenset())) == [{"0": "0.5"}]


def test_blocks_of_other_sizes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from model_monitor_jobs.sources import csv_files

    monkeypatch.setattr(csv_files, "BLOCK_BYTES", 500)
    files(
        tmp_path,
        {"f": "a,long\n" + "".join(f"{n},{'x' * (n % 50)}\n" for n in range(1000))},
        {"f.out": "p\n" + "".join(f"{n}\n" for n in range(1000))},
    )
    found = beside(tmp_path, selection=Selection(outputs={"p": "p"}, columns=frozenset({"a"})))
    assert found == [{"a": str(n), "p": str(n)} for n in range(1000)]


def test_only_rows_of_the_window_beside_their_predictions(tmp_path: Path) -> None:
    files(tmp_path, {"f": "t\n2026-03-01T09:59:59Z\n2026-03-01T10:00:00Z\nsoon\n"}, {"f.out": "p\n1\n2\n3\n"})
    stream = read_beside(
        Storage(),
        str(tmp_path / "in"),
        str(tmp_path / "out"),
        "CSV",
        selection=Selection(outputs={"p": "p"}, columns=frozenset()),
        window=HOUR,
        timestamp="t",
    )
    assert rows(stream) == [{"p": "2"}]
    assert (stream.report.outside_window, stream.report.unreadable, stream.report.records) == (1, 1, 1)
    assert stream.report.files == 2


def test_other_numbers_are_refused(tmp_path: Path) -> None:
    files(tmp_path, {"f": "a\n1\n2\n"}, {"f.out": "p\n1\n"})
    with pytest.raises(InputError, match=r"in/f has 2 rows but .*out/f\.out has 1; each row"):
        beside(tmp_path)
    files(tmp_path, {"f": "a\n1\n"}, {"f.out": "p\n1\n2\n3\n"})
    with pytest.raises(InputError, match=r"in/f has 1 rows but .*out/f\.out has 3"):
        beside(tmp_path)
    files(tmp_path, {"g": "a\n1\n"}, {})
    with pytest.raises(InputError, match=r"2 files at .*in but 1 at .*out"):
        beside(tmp_path)


def test_rows_that_can_not_be_read_have_no_partner(tmp_path: Path) -> None:
    files(tmp_path, {"f": "a,b\n1,2\n3\n5,6\n"}, {"f.out": "p\n1\n2\n"})
    with pytest.raises(InputError, match=r"in/f: 1 rows can't be read, so .* \(line 3: "):
        beside(tmp_path)
