"""JSON Lines: text as written, dotted names, bad lines counted."""

from __future__ import annotations

import gzip
import io
import json

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_monitor_jobs.sources import ReadReport, json_lines, rows
from model_monitor_jobs.sources.text import TextSource, lines


def read(data: bytes, name: str = "t.jsonl") -> tuple[list[dict[str, str | None]], list[int], ReadReport]:
    report = ReadReport()
    found: list[dict[str, str | None]] = []
    numbers: list[int] = []
    for block in json_lines.read(io.BytesIO(data), name, report):
        assert all(kind == pa.string() for kind in block.batch.schema.types)
        found += block.batch.to_pylist()
        numbers += [block.line_of(row) for row in range(block.batch.num_rows)]
    return found, numbers, report


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('{"a": 28, "b": 28.0, "c": 1.10e5}', {"a": "28", "b": "28.0", "c": "1.10e5"}),
        ('{"a": true, "b": false, "c": null, "d": ""}', {"a": "true", "b": "false", "c": None, "d": ""}),
        ('{"a": {"b": {"c": 1}}, "d": [1, "x", [2]]}', {"a.b.c": "1", "d.0": "1", "d.1": "x", "d.2.0": "2"}),
        ('{"a": [{"b": 1}, {"b": 2}], "e": [], "f": {}, "g": 0}', {"a.0.b": "1", "a.1.b": "2", "g": "0"}),
        ("[1, [2, 3]]", {"0": "1", "1": "2", "2": "3"}),
        ('{"n": 123456789012345678901234567890}', {"n": "123456789012345678901234567890"}),
        ('{"s": "\\u00e9\\ud83d\\ude00\\n"}', {"s": "é😀\n"}),
        ('{"x": NaN}', {"x": "NaN"}),
    ],
)
def test_values_are_the_text_as_written(line: str, expected: dict[str, str | None]) -> None:
    assert read(line.encode())[0] == [expected]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "not JSON"),
        (b"42", "an object or an array"),
        (b"null", "an object or an array"),
        (b'[{"a": 1}]', "an object among values without names"),
        (b'{"a": "\xff"}', "not UTF-8"),
        (b'{"a": "\\ud800"}', "surrogate"),
        (b'{"a.b": 1, "a": {"b": 2}}', "two values are named 'a.b'"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_a_bad_line_costs_only_itself(line: bytes, reason: str) -> None:
    found, numbers, report = read(b'\xef\xbb\xbf{"a": 1}\r\n\n' + line + b'\n{"b": 2}')
    assert found == [{"a": "1", "b": None}, {"a": None, "b": "2"}]
    assert numbers == [1, 4]
    (sample,) = report.samples
    assert (report.unreadable, sample.line) == (1, 3)
    assert reason in sample.reason
    assert len(sample.text) <= 200


def test_rows_without_any_column_stay_rows() -> None:
    report = ReadReport()
    blocks = list(json_lines.read(io.BytesIO(b"{}\n{}\n"), "t", report))
    assert [(block.batch.num_rows, block.batch.num_columns) for block in blocks] == [(2, 0)]


def test_batches_are_bounded_when_columns_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MAXIMUM_CELLS", 100)
    data = "\n".join(json.dumps({f"k{i}": i}) for i in range(200)).encode()
    report = ReadReport()
    blocks = [block.batch for block in json_lines.read(io.BytesIO(data), "t", report)]
    assert sum(block.num_rows for block in blocks) == 200
    assert max(block.num_rows * block.num_columns for block in blocks) <= 100


def test_columns_are_kept_from_batch_to_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MAXIMUM_ROWS", 2)
    found, numbers, _ = read(b'{"a": 1}\n' * 5)
    assert found == [{"a": "1"}] * 5
    assert numbers == [1, 2, 3, 4, 5]


def test_truncated_gzip_keeps_whole_lines() -> None:
    body = b"".join(b'{"a": %d}\n' % (i * 7919 % 10007) for i in range(20_000))
    data = gzip.compress(body)
    found, _, report = read(data[: len(data) // 2], "t.jsonl.gz")
    assert found == [{"a": str(i * 7919 % 10007)} for i in range(len(found))]
    assert 5_000 < len(found) < 15_000
    assert report.unreadable == 1
    assert report.samples[0].line == len(found) + 1


def test_an_overlong_line_is_cut_and_reported_once() -> None:
    data = b"a\n" + b"x" * 5_000_000 + b"\nb\n" + b"y" * 3_000_000
    found = list(lines(TextSource(io.BytesIO(data), "t"), maximum=1_000_000))
    assert [number for number, _, _ in found] == [1, 2, 3, 4]
    assert [line for _, line, fault in found if not fault] == [b"a", b"b"]
    assert all(fault and "longer than 1000000 bytes" in fault for _, line, fault in found if len(line) > 1)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.floats(allow_nan=False)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


def leaves(value: object) -> list[str | None]:
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in leaves(item)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in leaves(item)]
    return [value if isinstance(value, str) else None if value is None else json.dumps(value)]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.dictionaries(st.text(max_size=3), JSON, max_size=3), max_size=5), st.booleans())
def test_every_leaf_comes_back(records: list[dict[str, object]], ascii_only: bool) -> None:
    data = "\n".join(json.dumps(record, ensure_ascii=ascii_only) for record in records)
    found, _, report = read(data.encode())
    assert len(found) + report.unreadable == len(records)
    assert all("two values are named" in sample.reason for sample in report.samples)
    if not report.unreadable:
        for row, record in zip(found, records, strict=True):
            present = sorted(leaf for leaf in leaves(record) if leaf is not None)
            assert sorted(cell for cell in row.values() if cell is not None) == present
