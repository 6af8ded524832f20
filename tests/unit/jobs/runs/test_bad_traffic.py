"""Runs on whatever comes as traffic: each ends with findings that can be written, or with an error for a person."""

from __future__ import annotations

import csv
import io
import json
import math
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model_monitor_crds.baseline import BaselineFiles, BaselineSpec
from model_monitor_crds.monitoringschedule import MonitoringScheduleSpec
from model_monitor_crds.window import Window
from model_monitor_jobs.errors import InputError
from model_monitor_jobs.runs.baseline import make_baseline
from model_monitor_jobs.runs.data_quality import DataQualityResult, run_data_quality
from model_monitor_jobs.runs.outcome import result_files, result_status
from model_monitor_jobs.storage import Storage

WINDOW = Window(datetime(2026, 3, 1, 10, tzinfo=UTC), datetime(2026, 3, 1, 11, tzinfo=UTC))
HARD = [
    *(
        "",
        "NaN",
        "nan",
        "inf",
        "-inf",
        "-0",
        "-0.0",
        "1_000",
        ".5",
        "1.",
        "+ 7",
        " 1",
        "0x1F",
        "1e308",
        "1e309",
        "-1e999",
    ),
    *(
        "9" * 400,
        "-" + "9" * 30,
        str(2**63),
        str(2**64),
        "1e-400",
        "2013-02-08",
        "2013-02-08T00:00:00Z",
        "true",
        "True",
    ),
    *("é", "\0", "\ufeff", "a" * 5000, "'", '"', "1,5", "NA", "null", "٣", "１"),
]
CELLS = st.one_of(
    st.sampled_from(HARD), st.integers(-5, 60).map(str), st.floats(width=32).map(str), st.text(max_size=4)
)
NAMES = st.sampled_from(["age", "plan", "income", "Age", "plan ", "extra", "0", "a.b", "é"])


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("traffic")


@pytest.fixture(scope="module")
def baseline(root: Path) -> BaselineFiles:
    rows = "".join(f"{20 + n % 50},{'ab'[n % 2]},{n * 0.37 if n % 10 else ''}\n" for n in range(1000))
    (root / "train.csv").write_text("age,plan,income\n" + rows)
    spec = BaselineSpec.model_validate(
        {"dataset": {"uri": "pvc://data/train.csv"}, "output": {"uri": "pvc://data/base"}}
    )
    return make_baseline(spec, Storage({"pvc://data": root})).files


def run(
    root: Path, baseline: BaselineFiles, files: dict[str, bytes], format: str, compatibility: str
) -> DataQualityResult:
    """Judge these files, and write what is written of a run."""
    shutil.rmtree(root / "in", ignore_errors=True)
    for name, content in files.items():
        path = root / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    source: dict[str, Any] = {"batch": {"dataURI": "pvc://data/in", "format": format}}
    if format == "Capture":
        source = {"endpoint": {"captureURI": "pvc://data/in", "format": "SageMaker"}}
    spec = MonitoringScheduleSpec.model_validate(
        {
            "monitoringType": "DataQuality",
            "baselineRef": {"name": "base"},
            "input": {**source, "maxUnreadableShare": 1},
            "dataQuality": {"compatibility": compatibility},
            "output": {"uri": "pvc://data/out"},
        }
    )
    result = run_data_quality(spec, baseline, WINDOW, Storage({"pvc://data": root}))
    for name, content in result_files(result, {}).items():
        if name.endswith(".json"):
            json.loads(content, parse_constant=_no_constant)
    assert result_status(result, None).record_count == result.table.rows == result.report.records
    return result


def _no_constant(text: str) -> None:
    raise AssertionError(f"{text} is no JSON")


def ends_well(root: Path, baseline: BaselineFiles, files: dict[str, bytes], format: str, compatibility: str) -> None:
    with suppress(InputError):
        run(root, baseline, files, format, compatibility)


COMPATIBILITY = st.sampled_from(["Default", "SageMaker"])
SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@SETTINGS
@given(
    columns=st.lists(NAMES, min_size=1, max_size=4, unique=True),
    cells=st.lists(CELLS, min_size=4, max_size=40),
    repeat=st.sampled_from([1, 60]),
    compatibility=COMPATIBILITY,
)
def test_any_table(
    root: Path, baseline: BaselineFiles, columns: list[str], cells: list[str], repeat: int, compatibility: str
) -> None:
    width = len(columns)
    rows = [cells[start : start + width] for start in range(0, len(cells) - width + 1, width)] * repeat
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([columns, *rows])
    try:
        result = run(root, baseline, {"f.csv": text.getvalue().encode()}, "CSV", compatibility)
    except InputError:
        # Names that are a position, or a row that looks like a header.
        assert not {"age", "plan", "income"} & set(columns)
        return
    assert (result.report.records, result.report.unreadable) == (len(rows), 0)
    # The same as JSON Lines has the same counts, but for empty texts, which JSON tells from missing ones.
    lines = [json.dumps({name: cell or None for name, cell in zip(columns, row, strict=True)}) for row in rows]
    if "a.b" not in columns:
        again = run(root, baseline, {"f.jsonl": "\n".join(lines).encode()}, "JSONLines", compatibility)
        assert [(f.column, f.check, f.verdict, f.observed) for f in again.findings] == [
            (f.column, f.check, f.verdict, f.observed) for f in result.findings
        ]


@SETTINGS
@given(
    content=st.binary(max_size=120),
    format=st.sampled_from(["CSV", "JSONLines", "Parquet", "Capture"]),
    compatibility=COMPATIBILITY,
)
def test_any_bytes(root: Path, baseline: BaselineFiles, content: bytes, format: str, compatibility: str) -> None:
    good: dict[str, bytes] = {"1": b"age,plan,income\n31,a,\n"}
    if format == "JSONLines":
        good = {"1": b'{"age": 31, "plan": "a"}\n'}
    elif format == "Parquet":
        buffer = io.BytesIO()
        pq.write_table(pa.table({"age": [31]}), buffer)
        good = {"1": buffer.getvalue()}
    elif format == "Capture":
        event = b'{"captureData":{"endpointInput":{"data":"31,a,1","encoding":"CSV"}},"eventMetadata":{}}\n'
        good = {"2026/03/01/10/1.jsonl": event}
    other = "2026/03/01/10/2.jsonl" if format == "Capture" else "2"
    ends_well(root, baseline, {**good, other: content}, format, compatibility)


ARRAYS: dict[str, pa.Array] = {
    "int8": pa.array([1, None, -5], pa.int8()),
    "uint64": pa.array([2**64 - 1, 0, None], pa.uint64()),
    "float16": pa.array([1.5, None, math.nan], pa.float16()),
    "double": pa.array([math.inf, -0.0, 1e308]),
    "decimal": pa.array([1, None, 3], pa.decimal128(38, 10)),
    "decimal256": pa.array([1, None, 3], pa.decimal256(70, 10)),
    "bool": pa.array([True, None, False]),
    "text": pa.array(["x", None, "5"]),
    "large": pa.array(["x", None, "5"], pa.large_string()),
    "words": pa.array(["x", None, "5"]).dictionary_encode(),
    "numbers": pa.array([1, None, 5]).dictionary_encode(),
    "blob": pa.array([b"\xff", None, b"text"]),
    "fixed": pa.array([b"ab", None, b"cd"], pa.binary(2)),
    "date": pa.array([0, None, 10], pa.date32()),
    "far date": pa.array([-(10**9), None, 10**9], pa.date32()),
    "time": pa.array([1, None, 2], pa.time64("ns")),
    "timestamp": pa.array([1, None, 2], pa.timestamp("ns", "Europe/Berlin")),
    "far timestamp": pa.array([-(2**62), None, 2**62], pa.timestamp("ms")),
    "duration": pa.array([1, None, 2], pa.duration("ns")),
    "list": pa.array([[1], None, []]),
    "times": pa.array([[1], None, []], pa.list_(pa.timestamp("ns"))),
    "map": pa.array([[("k", 1)], None, []], pa.map_(pa.string(), pa.int8())),
    "struct": pa.array([{"x": 1}, None, {"x": None}]),
    "null": pa.nulls(3),
}


@pytest.mark.parametrize("compatibility", ["Default", "SageMaker"])
@pytest.mark.parametrize("kind", ARRAYS)
@pytest.mark.parametrize("column", ["age", "plan"])
def test_any_parquet_type(root: Path, baseline: BaselineFiles, kind: str, column: str, compatibility: str) -> None:
    """A column of any type where the baseline has numbers or text, after a file with the usual types."""
    table = pa.table({column: pa.concat_arrays([ARRAYS[kind]] * 100)})
    buffers = [io.BytesIO(), io.BytesIO()]
    pq.write_table(pa.table({"age": [31] * 300, "plan": ["a"] * 300, "income": [0.5] * 300}), buffers[0])
    pq.write_table(table, buffers[1])
    files = {str(number): buffer.getvalue() for number, buffer in enumerate(buffers)}
    result = run(root, baseline, files, "Parquet", compatibility)
    assert (result.table.rows, result.report.unreadable) == (600, 0)


def test_files_that_break_off_are_noted_in_what_is_written(root: Path, baseline: BaselineFiles) -> None:
    rows = "".join(f"{20 + n % 50},{'ab'[n % 2]},{n}\n" for n in range(500))
    files = {"1.csv": f"age,plan,income\n{rows}".encode(), "2.csv.gz": b"\x1f\x8b\x08"}
    result = run(root, baseline, files, "CSV", "Default")
    document = json.loads(result_files(result, {})["execution.json"])
    assert any("2.csv.gz could not be read whole" in note for note in document["notes"])
    assert document["reading"]["unreadable"] == 1
    assert document["reading"]["reasons"] == {"the compressed file is cut off": 1}
    assert document["reading"]["brokenFiles"] == ["pvc://data/in/2.csv.gz"]


@pytest.fixture(autouse=True)
def _clean(root: Path) -> Iterator[None]:
    yield
    shutil.rmtree(root / "in", ignore_errors=True)
