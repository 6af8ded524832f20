"""Whatever bytes come: no reader crashes, and every physical line is a row, blank, or counted."""

from __future__ import annotations

import csv
import gzip
import io
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_monitor_crds.window import Window, parse_time
from model_monitor_jobs.errors import InputError
from model_monitor_jobs.profiles.instants import instants
from model_monitor_jobs.sources import CSVDialect, ReadReport, csv_files, json_lines, parquet_files, read_capture
from model_monitor_jobs.sources.blocks import Block
from model_monitor_jobs.sources.identified import identified_capture
from model_monitor_jobs.storage import Storage

ALWAYS = Window(datetime(2013, 2, 8, 10, tzinfo=UTC), datetime(2013, 2, 8, 11, tzinfo=UTC))
SNIPPETS = st.sampled_from(
    [b'"', b",", b"\n", b"\r", b"\r\n", b"\0", b"1", b"a", b"{", b"}", b'{"a":', b"[", b"\xff", b"\xef\xbb\xbf", b"\\u"]
)
BYTES = st.one_of(st.binary(max_size=200), st.lists(SNIPPETS, max_size=40).map(b"".join))


def rows_of(blocks: Iterator[Block]) -> tuple[int, list[int]]:
    lines = [block.line_of(row) for block in blocks for row in range(block.batch.num_rows)]
    return len(lines), lines


@settings(max_examples=300, deadline=None)
@given(BYTES, st.booleans(), st.sampled_from([3, 50, 1 << 20]), st.booleans())
def test_any_bytes_as_csv(data: bytes, header: bool, block_bytes: int, zipped: bool) -> None:
    report = ReadReport()
    content, name = (gzip.compress(data), "f.gz") if zipped else (data, "f")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_files, "BLOCK_BYTES", block_bytes)
        try:
            blocks = list(csv_files.read(io.BytesIO(content), name, CSVDialect(header=header), report))
        except InputError:
            return
    if report.broken:
        assert report.unreadable == 1
        return
    physical = len(data.removeprefix(b"\xef\xbb\xbf").splitlines())
    cells = [cell or "" for block in blocks for row in block.batch.to_pylist() for cell in row.values()]
    within = sum(len(cell.encode().splitlines()) - 1 for cell in cells if cell)
    rows, lines = rows_of(iter(blocks))
    assert lines == sorted(set(lines))
    assert rows + report.unreadable <= physical
    if b'"' not in data:
        blank = sum(not line for line in data.removeprefix(b"\xef\xbb\xbf").splitlines())
        assert rows + report.unreadable + blank + bool(header and physical > blank) == physical
        assert within <= 0 or b"\r" in data


@settings(max_examples=300, deadline=None)
@given(BYTES)
def test_any_bytes_as_json_lines(data: bytes) -> None:
    report = ReadReport()
    rows, lines = rows_of(json_lines.read(io.BytesIO(data), "f", report))
    if report.broken:
        assert (rows, report.unreadable) == (0, 1)
        return
    text = data.removeprefix(b"\xef\xbb\xbf")
    physical = text.split(b"\n")
    assert rows + report.unreadable == sum(bool(line.strip()) for line in physical)
    assert lines == sorted(set(lines))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.one_of(
            BYTES,
            st.sampled_from(
                EVENTS := [
                    b'{"captureData":{"endpointInput":{"data":"1,2","encoding":"CSV"}},"eventMetadata":{"eventId":"e"}}',
                    b'{"captureData":{"endpointInput":{"data":"[1]","encoding":"JSON"}},"eventMetadata":null}',
                    b'{"captureData":{"endpointOutput":{"data":"x","encoding":"CSV"}},"eventMetadata":{"inferenceTime":"never"}}',
                    b'{"captureData":{"batchTransformOutput":{"data":"{}","encoding":"JSON"}}}',
                ]
            ),
        ),
        max_size=20,
    )
)
def test_any_bytes_as_captured_lines(lines: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root, "2013/02/08/10")
        folder.mkdir(parents=True)
        data = b"\n".join([EVENTS[0], *lines])
        (folder / "f.jsonl").write_bytes(data)
        stream = read_capture(Storage(), root, ALWAYS)
        rows = sum(batch.num_rows for batch in stream)
        report = stream.report
        # Each event here has one record.
        written = sum(bool(line.strip()) for line in data.split(b"\n"))
        assert rows + report.unreadable + report.outside_window == written
        assert report.outside_window == 0
        again = sum(identified.batch.num_rows for identified in identified_capture(Storage(), root, ALWAYS))
        assert again == rows


def parquet(**options: Any) -> bytes:
    buffer = io.BytesIO()
    table = pa.table({"a": range(100), "b": [f"t{n % 7}" for n in range(100)], "c": [[n] for n in range(100)]})
    pq.write_table(table, buffer, row_group_size=25, **options)
    return buffer.getvalue()


WHOLE = [parquet(compression="snappy"), parquet(compression="none", write_page_checksum=True, use_dictionary=False)]


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(WHOLE),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=6),
    st.floats(0, 1) | st.none(),
)
def test_any_damage_to_parquet(whole: bytes, changes: list[tuple[float, int]], cut: float | None) -> None:
    data = bytearray(whole)
    for place, value in changes:
        data[min(int(place * len(data)), len(data) - 1)] = value
    if cut is not None:
        del data[int(cut * len(data)) :]
    report = ReadReport()
    try:
        rows, lines = rows_of(parquet_files.read(io.BytesIO(data), "f", report))
    except InputError:
        return
    assert lines == sorted(set(lines))
    if not data:
        assert (rows, report.unreadable) == (0, 0)
    elif bytes(data) == whole:
        assert (rows, report.unreadable) == (100, 0)
    elif not rows:
        assert report.unreadable >= 1


CELL = st.text(st.one_of(st.sampled_from('",;\n\r\ufeff é\x00'), st.characters(codec="utf-8")), max_size=8)
TABLES = st.integers(2, 5).flatmap(
    lambda columns: st.lists(st.lists(CELL, min_size=columns, max_size=columns), min_size=1, max_size=12)
)


@settings(max_examples=300, deadline=None)
@given(
    TABLES,
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    st.sampled_from([",", ";", "\t"]),
    st.booleans(),
)
def test_any_table_written_as_csv_comes_back(
    table: list[list[str]], line_end: str, quoting: Any, delimiter: str, marked: bool
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator=line_end, quoting=quoting, delimiter=delimiter)
    writer.writerows([[f"c{index}" for index in range(len(table[0]))], *table])
    report = ReadReport()
    data = b"\xef\xbb\xbf" * marked + text.getvalue().encode()
    found = list(csv_files.read(io.BytesIO(data), "f", CSVDialect(delimiter=delimiter), report))
    rows = [list(row.values()) for block in found for row in block.batch.to_pylist()]
    assert rows == [[cell or None for cell in row] for row in table]
    assert report.unreadable == 0


TIMES = st.one_of(
    st.text(max_size=12),
    st.datetimes().map(str),
    st.datetimes(timezones=st.timezones()).map(lambda moment: moment.isoformat()),
    st.sampled_from(
        [
            "0001-01-01T00:00:00+23:59",
            "9999-12-31T23:59:59-23:59",
            "2013-02-08T24:00",
            "2013-W06",
            "2013-02-08 10",
            "2013-02-08T1015",
            "2013-02-08T10:15:00.123456789",
            "2013-02-08T10:00:00+01",
            "2013-02-08T10:00:00 Z",
            "2013-02-08 10:00:60",
            "-2013-02-08",
            "12013-02-08",
            "20130208",
        ]
    ),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(TIMES, max_size=6), st.sampled_from([pa.string(), pa.large_string()]))
def test_any_text_as_time(texts: list[str], kind: pa.DataType) -> None:
    """A time is the same whatever stands beside it."""
    together = instants(pa.array(texts, kind))
    assert together.type == pa.timestamp("us", "UTC")
    for text, moment in zip(texts, together.cast(pa.int64()).to_pylist(), strict=True):
        (alone,) = instants(pa.array([text], kind)).cast(pa.int64()).to_pylist()
        assert alone == moment


def test_times_are_read_as_elsewhere() -> None:
    reading: Callable[[str], datetime] = parse_time
    for text in (
        "2013-02-08",
        "2013-02-08T10:00",
        "2013-02-08 10:00:00.5",
        "2013-02-08T10:00:00Z",
        "2013-02-08T10:00:00+01:00",
    ):
        expected = reading(text)
        expected = expected.replace(tzinfo=UTC) if expected.tzinfo is None else expected
        (found,) = instants(pa.array([text])).cast(pa.int64()).to_pylist()
        assert found == round(expected.timestamp() * 1_000_000)
