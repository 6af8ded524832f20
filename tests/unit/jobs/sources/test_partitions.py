"""Partitions: the same rows and the same report as reading each file whole, wherever the files are cut."""

from __future__ import annotations

import csv
import gzip
import io
import json
import pickle
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model_monitor_jobs.errors import InputError
from model_monitor_jobs.sources import CSVDialect, DatasetFormat, ReadReport, RecordStream, partitions, read_dataset
from model_monitor_jobs.sources.dataset import DatasetReader
from model_monitor_jobs.sources.partitions import Piece, PieceGroup, byte_ranges, group
from model_monitor_jobs.sources.ranges import csv_cut
from model_monitor_jobs.storage import Entry, Storage

Rows = list[dict[str, Any]]


def read(stream: RecordStream) -> tuple[Rows, ReadReport]:
    rows = [{k: v for k, v in row.items() if v is not None} for batch in stream for row in batch.to_pylist()]
    return rows, stream.report


def facts(report: ReadReport) -> tuple[Any, ...]:
    return report.records, report.unreadable, report.files, report.bytes, report.samples, report.notes, report.reasons


def whole_and_in_parts(
    folder: Path, format: DatasetFormat, step: int, dialect: CSVDialect | None = None
) -> tuple[tuple[Rows, ReadReport], tuple[Rows, ReadReport], int]:
    dialect = dialect or CSVDialect()
    storage = Storage()
    whole = read_dataset(storage, str(folder), format, csv=dialect)
    assert len(whole.partitions) == 1
    entries = storage.list(str(folder))
    reader = DatasetReader(storage, format, dialect, None, None, None)
    parts = partitions.PartitionedStream(
        lambda: group(entries, reader, lambda entry: byte_ranges(entry, step), most=step)
    )
    return read(whole), read(parts), len(parts.partitions)


CELL = st.one_of(
    st.sampled_from(["", "1", "2.5", "a,b", 'say "x"', "two\nlines", '"', '","', "\n", '""', "é", "a\r\nb"]),
    st.text(st.sampled_from('ab",\n1'), max_size=12),
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(CELL, CELL), min_size=1, max_size=60),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from(["\n", "\r\n"]),
    st.integers(2, 400),
)
def test_csv_in_parts_has_the_same_rows(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], quoting: Any, ending: str, step: int
) -> None:
    folder = tmp_path_factory.mktemp("csv")
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=quoting, lineterminator=ending)
    writer.writerow(["first", "second"])
    writer.writerows(rows)
    (folder / "a.csv").write_bytes(text.getvalue().encode())
    size = (folder / "a.csv").stat().st_size
    # Evidence of a whole step is what the real step has: a mebibyte of quotes.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("model_monitor_jobs.sources.dataset.csv_cut", lambda delimiter: exact_cut(folder / "a.csv", step))
        whole, parts, count = whole_and_in_parts(folder, "CSV", step)
    assert parts[0] == whole[0]
    assert facts(parts[1]) == facts(whole[1])
    assert count > 1 or size <= 2 * step


def exact_cut(path: Path, step: int) -> Any:
    """Cuts told by all quotes before them."""
    content = path.read_bytes()
    borders = [0]
    quoted = False
    for index, value in enumerate(content):
        quoted ^= value == ord('"')
        if value == ord("\n") and not quoted:
            borders.append(index + 1)
    borders.append(len(content))

    def cut(stream: Any, place: int) -> int | None:
        found = next(border for border in borders if border >= place)
        return found if found <= place + step else None

    return cut


WORDS = st.text(st.sampled_from("abc 1\n,"), min_size=1, max_size=30)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(WORDS, st.sampled_from(["", "x", 'say "x" now', "1.5"]), WORDS), min_size=30, max_size=60),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.integers(1, 500),
)
def test_a_cut_of_csv_is_the_beginning_of_a_record(rows: Any, quoting: Any, place: int) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=quoting, lineterminator="\n")
    borders = {0}
    for row in rows:
        writer.writerow(row)
        borders.add(len(text.getvalue()))
    content = text.getvalue().encode()
    found = csv_cut(",")(io.BytesIO(content), place)
    assert found is None or found in borders
    assert found is None or found >= place


def test_stray_quotes_give_no_cut() -> None:
    content = b'5" pipe,1\n6" pipe,2\n' * 100
    assert csv_cut(",")(io.BytesIO(content), 500) in (None, len(content))


LINES = st.lists(
    st.sampled_from([b'{"a": 1}', b'{"a": "x", "b": 2.50}', b"", b"nonsense", b"[1, 2]", b"  ", b'{"a"', b"\xff"]),
    min_size=1,
    max_size=60,
)


@settings(max_examples=200, deadline=None)
@given(LINES, st.booleans(), st.integers(2, 100))
def test_json_lines_in_parts_give_the_same_rows_and_lines(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], ended: bool, step: int
) -> None:
    folder = tmp_path_factory.mktemp("jsonl")
    (folder / "a.jsonl").write_bytes(b"\n".join(lines) + (b"\n" if ended else b""))
    whole, parts, _ = whole_and_in_parts(folder, "JSONLines", step)
    assert parts[0] == whole[0]
    assert facts(parts[1]) == facts(whole[1])


def test_bad_lines_of_later_parts_have_their_number_in_the_file(tmp_path: Path) -> None:
    lines = ["a,b", *(f"{index},x" for index in range(1000)), "one,two,three", "7,y"]
    (tmp_path / "a.csv").write_text("\n".join(lines) + "\n")
    whole, parts, count = whole_and_in_parts(tmp_path, "CSV", 1000)
    assert count > 5
    assert parts[1].samples[0].line == 1002
    assert facts(parts[1]) == facts(whole[1])


def test_csv_without_a_header_keeps_its_names_in_all_parts(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("".join(f"{index},x\n" for index in range(1000)))
    whole, parts, count = whole_and_in_parts(tmp_path, "CSV", 1000, CSVDialect(header=False))
    assert count > 5
    assert parts[0] == whole[0]


def test_a_bad_header_is_the_same_error_in_parts(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,a\n" + "1,2\n" * 1000)
    reader = DatasetReader(Storage(), "CSV", CSVDialect(), None, None, None)
    (entry,) = Storage().list(str(tmp_path))
    for piece in byte_ranges(entry, 1000) or []:
        with pytest.raises(InputError, match="more than one column is named 'a'"):
            list(PieceGroup(0, (piece,), reader).read(ReadReport()))


def test_parquet_is_cut_by_row_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = pa.table({"n": list(range(5000)), "t": [f"text {index}" for index in range(5000)]})
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet", row_group_size=500)
    monkeypatch.setattr("model_monitor_jobs.sources.dataset.PARTITION_BYTES", 10_000)
    reader = DatasetReader(Storage(), "Parquet", CSVDialect(), None, None, None)
    (entry,) = Storage().list(str(tmp_path))
    pieces = reader.split(entry)
    assert pieces is not None
    assert len(pieces) > 2
    report = ReadReport()
    batches = list(PieceGroup(0, (pieces[0],), reader).read(report))
    for piece in pieces[1:]:
        batches += PieceGroup(0, (piece,), reader).read(report)
    assert pa.Table.from_batches(batches).equals(table)
    assert (report.files, report.records, report.bytes) == (1, 5000, entry.size)


def test_wide_files_are_cut_into_longer_ranges(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model_monitor_jobs.sources.dataset.PARTITION_BYTES", 10_000)
    ranges = {}
    for width in (2, 600, 2_000):
        path = tmp_path / f"{width}.csv"
        lines = [",".join(f"c{place}" for place in range(width))]
        lines += [",".join(map(str, range(width)))] * (100_000 // width)
        path.write_text("\n".join(lines) + "\n")
        (found,) = Storage().list(str(path))
        reader = DatasetReader(Storage(), "CSV", CSVDialect(), None, None, None)
        pieces = reader.split(found)
        assert pieces is not None
        ranges[width] = pieces[0].step
        report = ReadReport()
        rows = sum(batch.num_rows for piece in pieces for batch in PieceGroup(0, (piece,), reader).read(report))
        assert rows == report.records == 100_000 // width
    assert ranges == {2: 10_000, 600: 20_000, 2_000: 40_000}


def entry(name: str, size: int) -> Entry:
    return Entry(f"s3://b/{name}", name, size, None)


def test_small_files_come_together_and_large_ones_in_pieces() -> None:
    entries = [entry("a.csv", 10), entry("b.csv", 95), entry("c.csv", 1), entry("d.csv", 450), entry("e.csv", 1)]
    groups = group(entries, None, lambda item: byte_ranges(item, 100), most=100)  # type: ignore[arg-type]
    described = [[(piece.entry.path, piece.start, piece.last) for piece in part.pieces] for part in groups]
    large = [[("d.csv", start, start == 400)] for start in (0, 100, 200, 300, 400)]
    assert described == [
        [("a.csv", 0, False), ("b.csv", 0, False)],
        [("c.csv", 0, False)],
        *large,
        [("e.csv", 0, False)],
    ]
    assert [part.ordinal for part in groups] == list(range(8))


def test_a_compressed_file_is_never_cut_and_counts_for_more() -> None:
    entries = [entry(f"{index}.jsonl.gz", 30) for index in range(3)] + [entry("z.jsonl.gz", 1000)]
    groups = group(entries, None, byte_ranges, most=100)  # type: ignore[arg-type]
    assert [len(part.pieces) for part in groups] == [1, 1, 1, 1]
    assert all(piece.whole for part in groups for piece in part.pieces)


def test_a_partition_can_be_sent(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.jsonl.gz").write_bytes(gzip.compress(json.dumps({"n": number}).encode()))
    stream = read_dataset(Storage({"pvc://data": tmp_path}), "pvc://data", "JSONLines")
    (partition,) = pickle.loads(pickle.dumps(list(stream.partitions)))
    rows = [row for batch in partition.read(ReadReport()) for row in batch.to_pylist()]
    assert rows == [{"n": "0"}, {"n": "1"}, {"n": "2"}]


def test_a_file_that_is_gone_is_noted_once(tmp_path: Path) -> None:
    reader = DatasetReader(Storage(), "CSV", CSVDialect(), None, None, None)
    report = ReadReport()
    gone = Entry(str(tmp_path / "gone.csv"), "gone.csv", 3000, None)
    for start in (0, 1000, 2000):
        assert not list(reader.read([Piece(gone, start, 1000)], report))
    assert report.notes == [f"{gone.uri} was removed while the files were read"]
