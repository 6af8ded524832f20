"""CSV comes back exactly as Python's csv module wrote it, and what is broken is counted, line by line."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from model_monitor_jobs.errors import ConfigurationError, InputError
from model_monitor_jobs.sources import CSVDialect, ReadReport, csv_blocks, csv_files, read_dataset
from model_monitor_jobs.sources.records import MAXIMUM_CELLS, MAXIMUM_ROWS
from model_monitor_jobs.storage import Storage

Row = tuple[str | None, ...]
DEFAULT = CSVDialect()


def read(
    data: bytes, dialect: CSVDialect = DEFAULT, name: str = "t.csv"
) -> tuple[list[str], list[Row], list[int], ReadReport]:
    report = ReadReport()
    columns: list[str] = []
    rows: list[Row] = []
    lines: list[int] = []
    for block in csv_files.read(io.BytesIO(data), name, dialect, report):
        columns = block.batch.schema.names
        assert all(kind == pa.string() for kind in block.batch.schema.types)
        rows += zip(*(column.to_pylist() for column in block.batch.columns), strict=True)
        lines += [block.line_of(row) for row in range(block.batch.num_rows)]
    return columns, rows, lines, report


def rows_of(data: bytes, dialect: CSVDialect = DEFAULT) -> list[Row]:
    return read(data, dialect)[1]


@pytest.fixture
def tiny_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_files, "BLOCK_BYTES", 24)


CELL = st.text(st.one_of(st.sampled_from('",\n\r\ufeff é☃\x00'), st.characters(codec="utf-8")), max_size=8)
TABLES = st.integers(1, 5).flatmap(
    lambda columns: st.lists(st.lists(CELL, min_size=columns, max_size=columns), min_size=1, max_size=12)
)


@settings(max_examples=300, deadline=None)
@given(
    table=TABLES,
    line_end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    block_bytes=st.sampled_from([7, 64, 1 << 20]),
)
@example(table=[["\ufeffa"], ["b"]], line_end="\n", quoting=csv.QUOTE_MINIMAL, block_bytes=7)
def test_written_rows_come_back(table: list[list[str]], line_end: str, quoting: int, block_bytes: int) -> None:
    if line_end == "\n" and "\r" in "".join(cell for row in table for cell in row):
        # The csv module quotes a return only where it is part of its own line end.
        quoting = csv.QUOTE_ALL
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator=line_end, quoting=quoting)  # type: ignore[arg-type]
    starts = []
    for row in [[f"c{index}" for index in range(len(table[0]))], *table]:
        starts.append(text.getvalue().count("\n") + 1)
        writer.writerow(row)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_files, "BLOCK_BYTES", block_bytes)
        columns, rows, lines, report = read(text.getvalue().encode())
    assert rows == [tuple(cell or None for cell in row) for row in table]
    assert columns == [f"c{index}" for index in range(len(table[0]))]
    assert report.unreadable == 0
    if "\r" not in "".join(cell for row in table for cell in row):
        assert lines == starts[1:]


@settings(max_examples=300, deadline=None)
@given(
    pieces=st.lists(st.sampled_from([b'"', b",", b"\n", b"\r\n", b"a", b"1", b"\xff", "é".encode()]), max_size=40),
    block_bytes=st.sampled_from([5, 1 << 20]),
)
def test_nothing_is_lost_in_broken_text(pieces: list[bytes], block_bytes: int) -> None:
    """Every physical line is blank, part of a row, or counted as unreadable."""
    body = b"".join(pieces)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_files, "BLOCK_BYTES", block_bytes)
        if block_bytes < 100:
            patch.setattr(csv_blocks, "_BYTES_ONE_BY_ONE", 4)
            patch.setattr(csv_blocks, "_LINES_ONE_BY_ONE", 1)
        _, rows, lines, report = read(b"x,y\n" + body)
    physical = body.split(b"\n")
    blank = sum(not line.strip(b"\r") for line in physical)
    quoted_newlines = sum((cell or "").count("\n") for row in rows for cell in row)
    # A blank line within quotes, or within a record that is counted, belongs to that record.
    found = len(rows) + quoted_newlines + report.unreadable
    assert len(physical) - blank <= found <= len(physical)
    assert lines == sorted(set(lines))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_files, "BLOCK_BYTES", 3)
        again = read(b"x,y\n" + body)
    assert (again[1:3], again[3].unreadable) == ((rows, lines), report.unreadable)


def test_block_borders_change_nothing(tiny_blocks: None) -> None:
    data = b"a,b\n" + b"".join(b'%d,"x\n%d"\n' % (i, i) for i in range(50)) + b'bad"x\n"open,1\nlast,1\n'
    _, rows, lines, report = read(data)
    assert rows == [(str(i), f"x\n{i}") for i in range(50)] + [("last", "1")]
    assert lines == [*range(2, 102, 2), 104]
    assert [(s.line, s.reason) for s in report.samples] == [
        (102, "1 columns instead of 2"),
        (103, "a quote is never closed"),
    ]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"a,b\n1,2\n3,4\n", [("1", "2"), ("3", "4")]),
        (b"a,b\r\n1,2\r\n", [("1", "2")]),
        (b"a,b\n1,2\r\n3,4\n", [("1", "2"), ("3", "4")]),
        (b"a,b\r1,2\r", [("1", "2")]),
        (b"\xef\xbb\xbfa,b\n1,2", [("1", "2")]),
        (b'"a\nq",b\n1,2\n', [("1", "2")]),
        (b'a,b\n"",2\n,\n', [(None, "2"), (None, None)]),
        (b"\na,b\n\n1,2\n\n", [("1", "2")]),
        (b"a\n1\n\n2\n", [("1",), ("2",)]),
        (b'a\n""\n', [(None,)]),
        (b"a,b\n 1 ,NULL\n0.10,NaN\n", [(" 1 ", "NULL"), ("0.10", "NaN")]),
        (b"a,b\n", []),
        (b"", []),
        (b"\n\n", []),
    ],
)
def test_cells_are_the_text_as_written(data: bytes, expected: list[Row]) -> None:
    _, rows, _, report = read(data)
    assert rows == expected
    assert report.unreadable == 0


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"1", "1 columns instead of 2"),
        (b"1,2,3", "3 columns instead of 2"),
        (b"\xff,2", "not UTF-8"),
        (b'"a"b,2', "a quote is out of place"),
        (b'"a,2', "a quote is"),
    ],
)
@pytest.mark.parametrize("quoted", [b"x", b'"x"'])
def test_a_bad_line_costs_only_itself(line: bytes, reason: str, quoted: bytes) -> None:
    _, rows, lines, report = read(b"a,b\n" + quoted + b",1\n\n" + line + b"\n4,5\n6,7\n")
    assert rows == [("x", "1"), ("4", "5"), ("6", "7")]
    assert lines == [2, 5, 6]
    assert report.unreadable == 1
    (sample,) = report.samples
    assert (sample.file, sample.line) == ("t.csv", 4)
    assert reason in sample.reason
    assert sample.text == line.decode(errors="replace")


def test_a_bad_record_over_several_lines_counts_its_lines() -> None:
    _, rows, _, report = read(b'a,b\n"1\n1",2,3\n4,5\n')
    assert rows == [("4", "5")]
    assert report.unreadable == 2


def test_lone_returns_end_lines_beside_quotes() -> None:
    _, rows, lines, report = read(b'a,b\r"1",2\r3\r4,5\n6,7\n')
    assert (rows, lines) == ([("1", "2"), ("4", "5"), ("6", "7")], [2, 4, 5])
    assert [sample.line for sample in report.samples] == [3]


def test_an_open_quote_does_not_swallow_the_file() -> None:
    body = b"".join(b"%d,x\n" % i for i in range(30_000))
    _, rows, _, report = read(b"a,b\n1,2\n" + b'"open,2\n' + body)
    assert len(rows) == 30_001
    assert [(s.line, s.text) for s in report.samples] == [(3, '"open,2')]


def test_samples_are_few_and_short() -> None:
    _, _, _, report = read(b"a,b\n" + b"x" * 500 + b"\n" + b"1\n" * 100)
    assert report.unreadable == 101
    assert len(report.samples) == 20
    assert len(report.samples[0].text) == 200


def test_without_header_columns_are_positions() -> None:
    columns, rows, lines, _ = read(b"1,2\n3,4\n", CSVDialect(header=False))
    assert (columns, rows, lines) == (["0", "1"], [("1", "2"), ("3", "4")], [1, 2])
    columns, rows, _, report = read(b'"a"b,1\n3,4\n', CSVDialect(header=False))
    assert (columns, rows, report.unreadable) == (["0", "1"], [("3", "4")], 1)


def test_a_column_without_name_gets_its_position() -> None:
    assert read(b",b\n1,2\n")[0] == ["0", "b"]


def test_a_doubled_column_name_is_an_error() -> None:
    with pytest.raises(InputError, match=r"t\.csv: more than one column is named 'a'.*csv\.header"):
        read(b"a,b,a\n1,2,3\n")


def test_an_unreadable_header_is_an_error() -> None:
    with pytest.raises(InputError, match="the header can't be read as CSV: not UTF-8"):
        read(b"\xff,b\n1,2\n")


def test_names_that_differ_in_case_only_stay_apart() -> None:
    assert read(b"a,A\n1,2\n")[:2] == (["a", "A"], [("1", "2")])


def test_delimiter() -> None:
    assert rows_of(b'a;b\n1,5;"x;y"\n', CSVDialect(delimiter=";")) == [("1,5", "x;y")]
    assert rows_of(b"a\tb\n1\t\n", CSVDialect(delimiter="\t")) == [("1", None)]
    for delimiter in ("", "::", '"', "\n", "§"):
        with pytest.raises(ConfigurationError, match=r"csv\.delimiter"):
            csv_files.check_dialect(CSVDialect(delimiter=delimiter))


def test_gzip_several_members() -> None:
    data = gzip.compress(b"a,b\n1,2\n") + gzip.compress(b"3,4\n")
    assert read(data, name="t.csv.gz")[1] == [("1", "2"), ("3", "4")]


def test_truncated_gzip_keeps_what_is_readable() -> None:
    body = b"a,b\n" + b"".join(b"%d,%d\n" % (i, i * 7919 % 10007) for i in range(20_000))
    data = gzip.compress(body)
    _, rows, _, report = read(data[: len(data) // 2], name="t.csv.gz")
    assert rows == [(str(i), str(i * 7919 % 10007)) for i in range(len(rows))]
    assert 5_000 < len(rows) < 15_000
    (sample,) = report.samples
    assert report.unreadable == 1
    assert sample.line == len(rows) + 2
    assert "cut off" in sample.reason


def test_damaged_gzip() -> None:
    body = b"a,b\n" + b"".join(b"%d,%d\n" % (i, i * 7919 % 10007) for i in range(20_000))
    data = bytearray(gzip.compress(body))
    data[-6] ^= 255
    _, rows, _, report = read(bytes(data), name="t.csv.gz")
    assert len(rows) == 20_000
    assert "damaged" in report.samples[0].reason


def test_batches_are_bounded() -> None:
    report = ReadReport()
    data = io.BytesIO(b"a\n" + b"1\n" * 150_000)
    sizes = [b.batch.num_rows for b in csv_files.read(data, "t", CSVDialect(), report)]
    assert sum(sizes) == 150_000
    assert max(sizes) <= MAXIMUM_ROWS
    wide = b",".join(b"c%d" % i for i in range(3_000)) + b"\n" + (b"1," * 2_999 + b"1\n") * 1_500
    blocks = [b.batch for b in csv_files.read(io.BytesIO(wide), "t", CSVDialect(), report)]
    assert sum(b.num_rows for b in blocks) == 1_500
    assert max(b.num_rows * b.num_columns for b in blocks) <= MAXIMUM_CELLS


def test_lines_of_rows_after_ragged_ones() -> None:
    parsed = csv_blocks.parse(b"1,2\n\n3\n4,5\n6\n7,8\n", ["a", "b"], CSVDialect(), 10, True, lambda *_: None)
    assert parsed.block is not None
    assert [parsed.block.line_of(row) for row in range(3)] == [10, 13, 15]


def test_files_are_matched_by_name(tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_text("a,b\n1,2\n")
    (tmp_path / "2.csv").write_text("b,a\n4,3\n")
    (tmp_path / "3.csv").write_text("")
    (tmp_path / "_SUCCESS").write_text("")
    stream = read_dataset(Storage(), str(tmp_path), "CSV")
    assert [row for batch in stream for row in batch.to_pylist()] == [{"a": "1", "b": "2"}, {"b": "4", "a": "3"}]
    assert (stream.report.files, stream.report.records, stream.report.bytes) == (3, 2, 16)
    assert sum(batch.num_rows for batch in stream) == 2
    assert stream.report.records == 2
