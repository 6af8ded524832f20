"""Datasets by URI: files, folders, globs, formats, windows."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model_monitor_crds.window import Window
from model_monitor_jobs.errors import ConfigurationError, InputError
from model_monitor_jobs.sources import RecordStream, read_dataset
from model_monitor_jobs.storage import Storage

WINDOW = Window(datetime(2013, 2, 8, tzinfo=UTC), datetime(2013, 2, 9, tzinfo=UTC))


def rows(stream: RecordStream) -> list[dict[str, object]]:
    return [row for batch in stream for row in batch.to_pylist()]


def test_nothing_found_names_the_uri(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"no file found at {tmp_path}/none"):
        read_dataset(Storage(), f"{tmp_path}/none", "CSV")


def test_unknown_format(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="format: 'XML'"):
        read_dataset(Storage(), str(tmp_path), "XML")  # type: ignore[arg-type]


def test_glob_takes_what_matches(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv", "c.txt"):
        (tmp_path / name).write_text(f"x\n{name}\n")
    assert rows(read_dataset(Storage(), f"{tmp_path}/*.csv", "CSV")) == [{"x": "a.csv"}, {"x": "b.csv"}]


@pytest.mark.parametrize("format", ["CSV", "JSONLines"])
def test_window_by_text(tmp_path: Path, format: str) -> None:
    times = [
        "2013-02-07T23:59:59Z",
        "2013-02-08T00:00:00Z",
        "2013-02-08 12:00:00",
        "2013-02-09T00:30:00+01:00",
        "2013-02-08",
        "2013-02-09T00:00:00Z",
        "soon",
        "",
    ]
    if format == "CSV":
        text = "t,n\n" + "".join(f"{time},{index}\n" for index, time in enumerate(times))
    else:
        text = "".join(f'{{"t": "{time}", "n": {index}}}\n' for index, time in enumerate(times)) + '{"n": 8}\n'
    (tmp_path / "f").write_text(text)
    stream = read_dataset(Storage(), f"{tmp_path}/f", format, window=WINDOW, timestamp="t")  # type: ignore[arg-type]
    assert [row["n"] for row in rows(stream)] == ["1", "2", "3", "4"]
    report = stream.report
    assert (report.records, report.outside_window) == (4, 2)
    first = 8 if format == "CSV" else 7
    assert [sample.line for sample in report.samples] == list(range(first, first + report.unreadable))
    assert report.unreadable == (2 if format == "CSV" else 3)
    assert report.samples[0].text == "soon"


def test_window_column_missing(tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match=r"f\.csv: there is no column 't'.*a, b"):
        rows(read_dataset(Storage(), f"{tmp_path}/f.csv", "CSV", window=WINDOW, timestamp="t"))


@pytest.mark.parametrize("kind", [pa.timestamp("us", "UTC"), pa.timestamp("ns"), pa.timestamp("ms", "Europe/Berlin")])
def test_parquet_keeps_types_and_windows(tmp_path: Path, kind: pa.DataType) -> None:
    moments = [datetime(2013, 2, 7, 23, 59, tzinfo=UTC), datetime(2013, 2, 8, tzinfo=UTC), None]
    values = pa.array(moments, pa.timestamp("us", "UTC"))
    times = values.cast(kind) if kind.tz else values.cast(pa.timestamp("us")).cast(kind)
    pq.write_table(pa.table({"t": times, "n": pa.array([1, 2, 3], pa.int16())}), tmp_path / "f.parquet")
    stream = read_dataset(Storage(), f"{tmp_path}/f.parquet", "Parquet", window=WINDOW, timestamp="t")
    (batch,) = list(stream)
    assert batch.schema.types == [kind, pa.int16()]
    assert batch.column("n").to_pylist() == [2]
    assert (stream.report.outside_window, stream.report.unreadable) == (1, 1)
    assert stream.report.samples[0].line == 3


def test_parquet_structs_are_flattened(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [{"b": {"c": 1}}, None], "d": ["x", "y"]}), tmp_path / "f.parquet")
    stream = read_dataset(Storage(), str(tmp_path), "Parquet")
    assert rows(stream) == [{"a.b.c": 1, "d": "x"}, {"a.b.c": None, "d": "y"}]


def test_parquet_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "1.parquet").write_bytes(b"not parquet at all")
    (tmp_path / "2.parquet").write_bytes(b"")
    pq.write_table(pa.table({"a": [1]}), tmp_path / "3.parquet")
    stream = read_dataset(Storage(), str(tmp_path), "Parquet")
    assert rows(stream) == [{"a": 1}]
    assert stream.report.unreadable == 1
    assert "not readable as Parquet" in stream.report.samples[0].reason


def test_parquet_batches_are_bounded(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": list(range(150_000))}), tmp_path / "f.parquet")
    sizes = [batch.num_rows for batch in read_dataset(Storage(), str(tmp_path), "Parquet")]
    assert (sum(sizes), max(sizes)) == (150_000, 65_536)


def test_leaving_early_releases_the_files(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    (tmp_path / "f.csv").write_text("a\n" + "1\n" * 200_000)
    for _ in read_dataset(Storage(), f"{tmp_path}/f.csv", "CSV", scratch=scratch):
        break
    assert list(scratch.iterdir()) == []


def test_a_file_removed_meanwhile_is_left_out(tmp_path: Path) -> None:
    for name in ("1", "2"):
        (tmp_path / name).write_text(f"a\n{name}\n")
    stream = read_dataset(Storage(), str(tmp_path), "CSV")
    (tmp_path / "1").unlink()
    assert rows(stream) == [{"a": "2"}]
    assert "1 was removed" in stream.report.notes[0]
