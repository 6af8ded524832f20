"""Files as people send them: each kind of trouble has one clear outcome, and nothing is missing silently."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model_monitor_crds.window import Window
from model_monitor_jobs.errors import InputError
from model_monitor_jobs.sources import (
    CSVDialect,
    ReadReport,
    csv_files,
    json_lines,
    parquet_files,
    read_capture,
    read_dataset,
)
from model_monitor_jobs.sources.blocks import Block
from model_monitor_jobs.storage import Storage

Format = Literal["CSV", "JSONLines", "Parquet"]
Row = dict[str, Any]
HEADERLESS = CSVDialect(header=False)


def read(
    folder: Path, files: dict[str, bytes], format: Format = "CSV", dialect: CSVDialect | None = None
) -> tuple[list[Row], ReadReport]:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    stream = read_dataset(Storage(), str(folder), format, csv=dialect or CSVDialect())
    return [row for batch in stream for row in batch.to_pylist()], stream.report


TEXT = {
    "CSV": "a,b\n" + "".join(f"{number},é\n" for number in range(20)),
    "JSONLines": "".join(json.dumps({"a": str(number), "b": "é"}, ensure_ascii=False) + "\n" for number in range(20)),
}
ROWS = [{"a": str(number), "b": "é"} for number in range(20)]


class TestEncodings:
    @pytest.mark.parametrize("format", ["CSV", "JSONLines"])
    @pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
    def test_wide_characters_are_named(self, tmp_path: Path, format: Format, encoding: str) -> None:
        wide = "UTF-32" if encoding == "utf-32" else "UTF-16"
        files = {"1": TEXT[format].encode(), "2": TEXT[format].encode(encoding)}
        rows, report = read(tmp_path, files, format)
        assert rows == ROWS
        assert report.unreadable == 1
        (note,) = report.notes
        assert f"{tmp_path}/2 could not be read whole" in note
        assert f"the file is {wide} text, where UTF-8 text is expected" in note

    def test_latin_1_costs_the_lines_that_have_it(self, tmp_path: Path) -> None:
        rows, report = read(tmp_path, {"f": "a,b\n1,x\n2,é\n3,y\n".encode("latin-1")})
        assert [row["a"] for row in rows] == ["1", "3"]
        (sample,) = report.samples
        assert (sample.line, sample.text) == (3, "2,\ufffd")
        assert sample.reason.startswith("not UTF-8 (byte 0xE9")

    def test_a_latin_1_header_says_what_it_would_be(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"not UTF-8 \(byte 0xE9.*write the file as UTF-8.*'é,b'"):
            read(tmp_path, {"f": "é,b\n1,x\n".encode("latin-1")})

    @pytest.mark.parametrize("format", ["CSV", "JSONLines"])
    def test_every_file_may_begin_with_a_byte_order_mark(self, tmp_path: Path, format: Format) -> None:
        content = b"\xef\xbb\xbf" + TEXT[format].encode()
        rows, report = read(tmp_path, {"1": content, "2": content, "3.gz": gzip.compress(content)}, format)
        assert rows == ROWS * 3
        assert report.unreadable == 0

    def test_nul_bytes_are_characters_like_others(self, tmp_path: Path) -> None:
        rows, report = read(tmp_path, {"f": b"a,b\n1,\x00\n\x00\x00,2\n"})
        assert rows == [{"a": "1", "b": "\x00"}, {"a": "\x00\x00", "b": "2"}]
        assert report.unreadable == 0


class TestWrongFiles:
    @pytest.mark.parametrize(
        ("name", "content", "reason"),
        [
            ("f.csv", gzip.compress(TEXT["CSV"].encode()), "compressed with gzip, though its name does not end in .gz"),
            ("f.csv.gz", TEXT["CSV"].encode(), "not compressed with gzip, though its name ends in .gz"),
            ("f.csv", b"PK\x03\x04 and so on", "a ZIP archive"),
            ("f.csv", b"\0" * 4096, "nothing but zero bytes"),
            ("f.csv.gz", b"\0" * 4096, "nothing but zero bytes"),
        ],
    )
    @pytest.mark.parametrize("format", ["CSV", "JSONLines"])
    def test_what_is_no_text_is_named(
        self, tmp_path: Path, name: str, content: bytes, reason: str, format: Format
    ) -> None:
        rows, report = read(tmp_path, {name: content}, format)
        assert (rows, report.unreadable, list(report.broken)) == ([], 1, [f"{tmp_path}/{name}"])
        assert reason in report.notes[0]

    @pytest.mark.parametrize("format", ["CSV", "JSONLines"])
    def test_parquet_taken_for_text(self, tmp_path: Path, format: Format) -> None:
        pq.write_table(pa.table({"a": [1]}), tmp_path / "f")
        rows, report = read(tmp_path, {}, format)
        assert rows == []
        assert "a Parquet file" in report.notes[0]

    @pytest.mark.parametrize("format", ["CSV", "JSONLines", "Parquet"])
    def test_empty_files_have_no_rows(self, tmp_path: Path, format: Format) -> None:
        rows, report = read(tmp_path, {"1": b"", "2": b""}, format)
        assert (rows, report.unreadable, report.notes, report.files) == ([], 0, [], 2)

    @pytest.mark.parametrize(
        "content", [b"\n\n\r\n", b"\r\r", b"a,b\n", b"a,b", b"\xef\xbb\xbf", b"\xef\xbb\xbfa,b\r\n"]
    )
    def test_blank_lines_and_lone_headers_have_no_rows(self, tmp_path: Path, content: bytes) -> None:
        rows, report = read(tmp_path, {"f": content})
        assert (rows, report.unreadable, report.notes) == ([], 0, [])


class TestBrokenFiles:
    @pytest.mark.parametrize("format", ["CSV", "JSONLines"])
    def test_what_a_truncated_file_lacks_is_noted(self, tmp_path: Path, format: Format) -> None:
        numbers = [random.Random(number).random() for number in range(20_000)]
        lines = [f"{x}\n" if format == "CSV" else f'{{"a": {x}}}\n' for x in numbers]
        content = gzip.compress(("a\n" * (format == "CSV") + "".join(lines)).encode())
        rows, report = read(tmp_path, {"1.gz": content[: len(content) // 2], "2.gz": content}, format)
        whole = len(rows) - 20_000
        assert [row["a"] for row in rows] == [str(x) for x in numbers[:whole] + numbers]
        assert report.unreadable == 1
        line = whole + (2 if format == "CSV" else 1)
        (note,) = report.notes
        assert f"1.gz could not be read whole: it ends before line {line}: the compressed file is cut off" in note

    def test_damage_in_the_middle_keeps_what_lies_before(self, tmp_path: Path) -> None:
        numbers = [str(random.Random(number).random()) for number in range(50_000)]
        content = bytearray(gzip.compress(("a\n" + "\n".join(numbers) + "\n").encode()))
        middle = len(content) // 2
        content[middle : middle + 64] = bytes(64)
        rows, report = read(tmp_path, {"f.gz": bytes(content)})
        found = [row["a"] for row in rows]
        # Damage may garble some lines before it shows.
        assert len(found) > 15_000
        assert found[:15_000] == numbers[:15_000]
        assert list(report.broken) == [f"{tmp_path}/f.gz"]
        assert "damaged" in report.notes[0]

    def test_half_written_parquet(self, tmp_path: Path) -> None:
        pq.write_table(pa.table({"a": range(1000)}), tmp_path / "1")
        content = (tmp_path / "1").read_bytes()
        rows, report = read(tmp_path, {"2": content[:-100]}, "Parquet")
        assert len(rows) == 1000
        assert "2 could not be read whole: it ends before row 1: not readable as Parquet" in report.notes[0]

    def test_a_damaged_row_group_costs_its_rows_only(self, tmp_path: Path) -> None:
        table = pa.table({"a": range(10_000), "b": [f"text {number % 7}" for number in range(10_000)]})
        buffer = io.BytesIO()
        pq.write_table(table, buffer, row_group_size=1000)
        content = bytearray(buffer.getvalue())
        place = pq.ParquetFile(io.BytesIO(content)).metadata.row_group(4).column(0).data_page_offset
        content[place : place + 40] = bytes(255 - byte for byte in content[place : place + 40])
        rows, report = read(tmp_path, {"f": bytes(content)}, "Parquet")
        assert [row["a"] for row in rows] == [*range(4000), *range(5000, 10_000)]
        assert report.unreadable == 1000
        assert "1000 rows from row 4001 on are missing" in report.notes[0]

    def test_pages_that_fail_their_checksum(self, tmp_path: Path) -> None:
        values = [random.Random(number).random() for number in range(1000)]
        buffer = io.BytesIO()
        options: dict[str, Any] = {"compression": "none", "use_dictionary": False, "write_page_checksum": True}
        pq.write_table(pa.table({"a": values}), buffer, **options)
        content = bytearray(buffer.getvalue())
        content[4000] ^= 1
        rows, report = read(tmp_path, {"f": bytes(content)}, "Parquet")
        assert (rows, report.unreadable) == ([], 1000)

    def test_parquet_text_that_is_none_costs_its_row(self, tmp_path: Path) -> None:
        texts = pa.array([b"ok", b"\xff", None, b"fine"], pa.binary()).view(pa.string())
        pq.write_table(pa.table({"s": texts, "n": range(4)}), tmp_path / "f")
        rows, report = read(tmp_path, {}, "Parquet")
        assert rows == [{"s": "ok", "n": 0}, {"s": None, "n": 2}, {"s": "fine", "n": 3}]
        assert [(sample.line, sample.reason) for sample in report.samples] == [(2, "not UTF-8 in column 's'")]


class TestHeaders:
    @pytest.mark.parametrize("first", ["0.5,1.5,Rome", "-3,17,x", "1e3,2", "5.1,3.5,1.4,.2,setosa"])
    def test_data_where_a_header_was_promised(self, tmp_path: Path, first: str) -> None:
        with pytest.raises(InputError, match=r"f: the first line looks like data.*set csv\.header to false"):
            read(tmp_path, {"f": f"{first}\n{first}\n".encode()})

    def test_numbers_twice_in_a_promised_header(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"more than one column is named '1'.*csv\.header to false"):
            read(tmp_path, {"f": b"1,1,0\n1,0,0\n"})

    @pytest.mark.parametrize("header", ["0,1,2", "2019,2020,2021", "a,0.5,c", "v1.0,x,y", "a,,"])
    def test_odd_names_are_names(self, tmp_path: Path, header: str) -> None:
        rows, _ = read(tmp_path, {"f": f"{header}\n7,8,9\n".encode()})
        assert list(rows[0].values()) == ["7", "8", "9"]

    @pytest.mark.parametrize(("header", "noted"), [("1,85,66", True), ("0,1,2", False), ("2019,x,2021", False)])
    def test_whole_numbers_as_names_are_noted(self, tmp_path: Path, header: str, noted: bool) -> None:
        _, report = read(tmp_path, {"f": f"{header}\n7,8,9\n".encode()})
        assert [
            f"{tmp_path}/f: all columns have numbers as names: '1', '85', '66'" in note for note in report.notes
        ] == ([True] if noted else [])

    def test_a_header_where_none_was_promised(self, tmp_path: Path) -> None:
        content = "age,income,city\n" + "31,4.5,Rome\n" * 5
        with pytest.raises(InputError, match=r"looks like a header.*'age', 'income', 'city'; set csv\.header to true"):
            read(tmp_path, {"f": content.encode()}, dialect=HEADERLESS)

    @pytest.mark.parametrize(
        "content",
        [
            "x,y\n" * 20,
            "NA,null,Rome\n" + "31,4.5,Rome\n" * 5,
            "red,Rome,7\n" + "31,4.5,8\n" * 5,
            "red,Rome\n1,Paris\n2,Bonn\n3,Kyiv\n",
            "n/a,high\n" + "31,low\n" * 9,
        ],
    )
    def test_a_row_of_text_is_a_row(self, tmp_path: Path, content: str) -> None:
        rows, _ = read(tmp_path, {"f": content.encode()}, dialect=HEADERLESS)
        assert list(rows[0].values()) == content.split("\n", maxsplit=1)[0].split(",")

    def test_a_wrong_delimiter_without_header(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"every line is one cell, the first is '1;2;x'.*csv\.delimiter.*';'"):
            read(tmp_path, {"f": b"1;2;x\n" * 30}, dialect=HEADERLESS)
        (tmp_path / "f").unlink()
        assert len(read(tmp_path, {"g": b"yes; indeed\nno\n" * 10}, dialect=HEADERLESS)[0]) == 20


class TestQuotes:
    def test_quoted_newlines_in_files_larger_than_a_block(self, tmp_path: Path) -> None:
        table = [[str(number), f'{"x" * (number % 40)}\n"{number}"\n', "z"] for number in range(120_000)]
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\n").writerows([["a", "b", "c"], *table])
        content = text.getvalue().encode()
        assert len(content) > csv_files.BLOCK_BYTES
        rows, report = read(tmp_path, {"f": content})
        assert report.unreadable == 0
        assert [list(row.values()) for row in rows] == table

    def test_any_border_within_a_file(self, monkeypatch: pytest.MonkeyPatch) -> None:
        content = b'\xef\xbb\xbfa,b\r\n1,"x\r\n""y"", z"\r\n\r\n"2",\xc3\xa9\r\n3\r\n4,"\n"\r\n'
        expected = [("1", 'x\r\n"y", z'), ("2", "é"), ("4", "\n")]
        for size in range(1, len(content) + 2):
            monkeypatch.setattr(csv_files, "BLOCK_BYTES", size)
            report = ReadReport()
            blocks = list(csv_files.read(io.BytesIO(content), "f", CSVDialect(), report))
            cells = [tuple(row.values()) for block in blocks for row in block.batch.to_pylist()]
            assert (size, cells, report.unreadable) == (size, expected, 1)
            assert report.samples[0].line == 6

    def test_one_open_quote_in_many_rows_costs_one_line(self, tmp_path: Path) -> None:
        lines = [f'{number},"t{number}"\n' if number % 3 else f"{number},t{number}\n" for number in range(300_000)]
        lines[1000] = '1000,"open\n'
        rows, report = read(tmp_path, {"f": ("a,b\n" + "".join(lines)).encode()})
        assert len(rows) == 299_999
        assert report.unreadable == 1
        assert all(row["b"] == f"t{row['a']}" for row in rows)
        assert [(sample.line, sample.text) for sample in report.samples] == [(1002, '1000,"open')]


class LongLine(io.RawIOBase):
    """A file with one long line in it, made while it is read."""

    def __init__(self, before: bytes, length: int, after: bytes) -> None:
        super().__init__()
        self._parts: list[bytes | int] = [before, length, after]

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        for index, part in enumerate(self._parts):
            if part:
                taken = min(size, part if isinstance(part, int) else len(part))
                self._parts[index] = part - taken if isinstance(part, int) else part[taken:]
                return b"x" * taken if isinstance(part, int) else part[:taken]
        return b""


@contextmanager
def memory_below(limit: int) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < limit
    finally:
        tracemalloc.stop()


class TestLongLines:
    @staticmethod
    def blocks(format: str, length: int, report: ReadReport) -> Iterator[Block]:
        if format == "JSONLines":
            stream: Any = LongLine(b'{"a": "1"}\n{"a": "', length, b'"}\n{"a": "2"}\n')
            return json_lines.read(stream, "f", report)
        quote = b'"' if format == "quoted" else b""
        stream = LongLine(b"a,b\n1,y\n" + quote, length, quote + b",y\n2,y\n")
        return csv_files.read(stream, "f", CSVDialect(), report)

    @pytest.mark.parametrize("format", ["CSV", "quoted", "JSONLines"])
    def test_ten_megabytes_are_a_value(self, format: str) -> None:
        report = ReadReport()
        lengths = [
            len(cell) for block in self.blocks(format, 10 << 20, report) for cell in block.batch["a"].to_pylist()
        ]
        assert (lengths, report.unreadable) == ([1, 10 << 20, 1], 0)

    @pytest.mark.parametrize("format", ["CSV", "quoted", "JSONLines"])
    def test_a_hundred_megabytes_are_unreadable_in_bounded_memory(self, format: str) -> None:
        report = ReadReport()
        with memory_below(100 << 20):
            found = [cell for block in self.blocks(format, 100 << 20, report) for cell in block.batch["a"].to_pylist()]
        assert found == ["1", "2"]
        (sample,) = report.samples
        assert (report.unreadable, sample.line) == (1, 2 if format == "JSONLines" else 3)
        assert sample.reason == "the line is longer than 16777216 bytes"
        assert len(sample.text) == 200

    def test_an_endless_header(self) -> None:
        stream: Any = LongLine(b"a,", 100 << 20, b"\n1,2\n")
        with memory_below(120 << 20), pytest.raises(InputError, match="the header is longer than 16777216 bytes"):
            list(csv_files.read(stream, "f", CSVDialect(), ReadReport()))


class TestJSONLines:
    def test_a_json_document_is_recognized(self, tmp_path: Path) -> None:
        _, report = read(tmp_path, {"f": b'[{"a": 1}, {"a": 2}]\n'}, "JSONLines")
        assert "the file seems to be one JSON document" in report.samples[0].reason

    def test_lone_returns_are_recognized(self, tmp_path: Path) -> None:
        _, report = read(tmp_path, {"f": b'{"a": 1}\r{"a": 2}\r'}, "JSONLines")
        assert "lone carriage return" in report.samples[0].reason

    def test_a_schema_that_changes_within_a_file(self, tmp_path: Path) -> None:
        content = b'{"a": 1, "b": 2}\n{"a": "x", "c": [1]}\n{"b": {"d": null}}\n{"a": 1.50}\r\n'
        rows, report = read(tmp_path, {"f": content}, "JSONLines")
        found = [{name: cell for name, cell in row.items() if cell is not None} for row in rows]
        assert found == [{"a": "1", "b": "2"}, {"a": "x", "c.0": "1"}, {}, {"a": "1.50"}]
        assert report.unreadable == 0


EVENT = (
    b'{"captureData":{"endpointInput":{"data":"%d,x","encoding":"CSV"}},'
    b'"eventMetadata":{"inferenceTime":"2026-03-01T10:15:00Z"}}\n'
)
HOUR = Window(datetime(2026, 3, 1, 10, tzinfo=UTC), datetime(2026, 3, 1, 11, tzinfo=UTC))


class TestCaptures:
    @staticmethod
    def read(folder: Path, files: dict[str, bytes]) -> tuple[list[str], ReadReport]:
        hour = folder / "2026/03/01/10"
        hour.mkdir(parents=True)
        for name, content in files.items():
            (hour / name).write_bytes(content)
        stream = read_capture(Storage(), str(folder), HOUR, expected=["a", "b"])
        return [cell for batch in stream for cell in batch["a"].to_pylist()], stream.report

    def test_every_file_may_begin_with_a_byte_order_mark(self, tmp_path: Path) -> None:
        content = b"\xef\xbb\xbf" + b"".join(EVENT % number for number in range(500))
        values, report = self.read(tmp_path, {"1.jsonl": content, "2.jsonl.gz": gzip.compress(content)})
        assert values == [*map(str, range(500))] * 2
        assert report.unreadable == 0

    @pytest.mark.parametrize("content", [(EVENT % 1).decode().encode("utf-16"), b"\0" * 5000, gzip.compress(EVENT % 1)])
    def test_what_is_no_text_is_named(self, tmp_path: Path, content: bytes) -> None:
        values, report = self.read(tmp_path, {"1.jsonl": EVENT % 0, "2.jsonl": content})
        assert (values, report.unreadable) == (["0"], 1)
        assert "2.jsonl could not be read whole: it ends before line 1: the file is" in report.notes[0]

    def test_what_a_truncated_file_lacks_is_noted(self, tmp_path: Path) -> None:
        content = gzip.compress(b"".join(EVENT % random.Random(number).getrandbits(60) for number in range(20_000)))
        values, report = self.read(tmp_path, {"1.jsonl.gz": content[: len(content) // 2]})
        assert 5_000 < len(values) < 15_000
        assert report.unreadable == 1
        assert f"it ends before line {len(values) + 1}: the compressed file is cut off" in report.notes[0]

    def test_a_line_of_a_hundred_megabytes(self, tmp_path: Path) -> None:
        long = b'{"x":"' + b"y" * (100 << 20) + b'"}\n'
        hour = tmp_path / "2026/03/01/10"
        hour.mkdir(parents=True)
        (hour / "1.jsonl").write_bytes(EVENT % 1 + long + EVENT % 2)
        del long
        stream = read_capture(Storage(), str(tmp_path), HOUR, expected=["a", "b"])
        with memory_below(120 << 20):
            assert [cell for batch in stream for cell in batch["a"].to_pylist()] == ["1", "2"]
        assert [(sample.line, sample.reason) for sample in stream.report.samples] == [
            (2, "the line is longer than 16777216 bytes")
        ]


class TestSchemas:
    def test_a_schema_that_changes_between_files(self, tmp_path: Path) -> None:
        rows, report = read(tmp_path, {"1": b"a,b\n1,2\n", "2": b"b,c\nx,y\n", "3": b"B\n5\n"})
        found = [{name: cell for name, cell in row.items() if cell is not None} for row in rows]
        assert found == [{"a": "1", "b": "2"}, {"b": "x", "c": "y"}, {"B": "5"}]
        assert report.unreadable == 0

    def test_types_that_change_between_parquet_files(self, tmp_path: Path) -> None:
        tables = [pa.table({"a": [1, 2]}), pa.table({"a": ["x"]}), pa.table({"a": [0.5], "b": [True]})]
        for number, table in enumerate(tables):
            pq.write_table(table, tmp_path / str(number))
        rows, _ = read(tmp_path, {}, "Parquet")
        assert [row["a"] for row in rows] == [1, 2, "x", 0.5]

    def test_ten_thousand_columns(self, tmp_path: Path) -> None:
        header, row = (",".join(cells).encode() for cells in ([f"c{i}" for i in range(10_000)], ["1"] * 10_000))
        rows, report = read(tmp_path, {"f": b"\n".join([header, row, row, row + b",1"])})
        assert [len(found) for found in rows] == [10_000, 10_000]
        assert report.samples[0].reason == "10001 columns instead of 10000"

    def test_numbers_stay_as_they_were_written(self, tmp_path: Path) -> None:
        cells = ["1_000", ".5", "1.", "NaN", "inf", "-0", str(2**70), "9" * 400, "1e999", "2013-02-08", " 1", "0x1F"]
        rows, report = read(tmp_path, {"f": ("a\n" + "\n".join(cells) + "\n").encode()})
        assert [row["a"] for row in rows] == cells
        assert report.unreadable == 0

    def test_parquet_types_become_few(self, tmp_path: Path) -> None:
        columns = {
            "list": pa.array([[1, 2], None]),
            "map": pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int8())),
            "blob": pa.array([b"\xff", b"text"]),
            "large": pa.array(["x", None], pa.large_string()),
            "half": pa.array([1.5, None], pa.float16()),
            "nothing": pa.nulls(2),
            "span": pa.array([10**9 + 1, None], pa.duration("ns")),
            "clock": pa.array([1, None], pa.time64("ns")),
            "words": pa.array(["x", "y"]).dictionary_encode(),
        }
        pq.write_table(pa.table(columns), tmp_path / "f")
        (batch,) = [block.batch for block in parquet_files.read((tmp_path / "f").open("rb"), "f", ReadReport())]
        kinds = dict(zip(batch.schema.names, batch.schema.types, strict=True))
        text = [name for name, kind in kinds.items() if kind == pa.string()]
        assert text == ["list", "map", "blob", "large", "span", "clock"]
        assert kinds["half"] == pa.float32()
        assert batch["list"].to_pylist() == ["[1, 2]", None]
        assert batch["blob"].to_pylist() == ["b'\\xff'", "text"]
