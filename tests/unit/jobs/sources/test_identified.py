"""The second look at a window sees the same records as the first, and says where each is to be found."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model_monitor_crds.window import Window
from model_monitor_jobs.sources import CSVDialect, read_capture, read_dataset
from model_monitor_jobs.sources.identified import IdentifiedBatch, identified_capture, identified_dataset
from model_monitor_jobs.storage import Storage

HOUR = Window(datetime(2026, 3, 1, 10, tzinfo=UTC), datetime(2026, 3, 1, 11, tzinfo=UTC))


def rows_by_identity(batches: list[IdentifiedBatch]) -> dict[str, dict[str, Any]]:
    rows = {}
    number = 0
    for identified in batches:
        assert identified.first == number
        number += identified.batch.num_rows
        for row, values in enumerate(identified.batch.to_pylist()):
            rows[identified.identity(row)] = values
    assert len(rows) == number
    return rows


def test_lines_of_csv_files(tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_text('a,b\n1,"x\ny"\nragged\n\n2,z\n')
    (tmp_path / "2.csv.gz").write_bytes(gzip.compress(b"a,b\n3,w\n"))
    found = rows_by_identity(list(identified_dataset(Storage(), str(tmp_path), "CSV")))
    assert {identity.removeprefix(f"{tmp_path}/"): row["a"] for identity, row in found.items()} == {
        "1.csv:2": "1",
        "1.csv:6": "2",
        "2.csv.gz:2": "3",
    }


def test_without_header_lines_count_from_the_first(tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_text("1;2\n3;4\n")
    batches = identified_dataset(Storage(), f"{tmp_path}/f.csv", "CSV", csv=CSVDialect(False, ";"))
    assert list(rows_by_identity(list(batches))) == [f"{tmp_path}/f.csv:1", f"{tmp_path}/f.csv:2"]


@pytest.mark.parametrize("format", ["CSV", "JSONLines", "Parquet"])
def test_only_rows_of_the_window(tmp_path: Path, format: Any) -> None:
    times = [f"2026-03-01T{hour:02}:30:00Z" for hour in (9, 10, 11, 10, 12)]
    if format == "CSV":
        (tmp_path / "f").write_text("t,n\n" + "".join(f"{time},{index}\n" for index, time in enumerate(times)))
    elif format == "JSONLines":
        (tmp_path / "f").write_text("".join(json.dumps({"t": time, "n": n}) + "\n" for n, time in enumerate(times)))
    else:
        pq.write_table(pa.table({"t": times, "n": range(5)}), tmp_path / "f")
    uri = f"{tmp_path}/f"
    found = rows_by_identity(list(identified_dataset(Storage(), uri, format, window=HOUR, timestamp="t")))
    offset = 2 if format == "CSV" else 1
    assert {int(identity.rsplit(":", 1)[1]): int(row["n"]) for identity, row in found.items()} == {
        1 + offset: 1,
        3 + offset: 3,
    }
    batches = read_dataset(Storage(), uri, format, window=HOUR, timestamp="t")
    first_look = [row for batch in batches for row in batch.to_pylist()]
    assert list(found.values()) == first_look


def event(inputs: str, output: str, time: str = "2026-03-01T10:15:00Z", encoding: str = "CSV", **metadata: str) -> str:
    return json.dumps(
        {
            "captureData": {
                "endpointInput": {"data": inputs, "encoding": encoding},
                "endpointOutput": {"data": output, "encoding": encoding},
            },
            "eventMetadata": {"inferenceTime": time, **metadata},
        }
    )


def test_events_by_their_id(tmp_path: Path) -> None:
    folder = tmp_path / "2026/03/01/10"
    folder.mkdir(parents=True)
    lines = [
        event("1,2", "0", eventId="e1", inferenceId="i1"),
        event("3,4", "1", inferenceId="i2"),
        "not an event",
        event("5,6", "0"),
        event("7,8", "0", "2026-03-01T12:00:00Z", eventId="another hour"),
        event('{"instances": [[9, 10], [11, 12]]}', '{"predictions": [1, 0]}', encoding="JSON", eventId="e6"),
        event('"13",14', "1", eventId="e7"),
    ]
    (folder / "0.jsonl").write_text("\n".join(lines) + "\n")
    names = ["y", "a", "b"]
    found = rows_by_identity(list(identified_capture(Storage(), str(tmp_path), HOUR, expected=names)))
    place = next(identity for identity in found if identity.endswith("0.jsonl:4"))
    assert {identity: row["a"] for identity, row in found.items()} == {
        "e1": "1",
        "i2": "3",
        place: "5",
        "e6[0]": "9",
        "e6[1]": "11",
        "e7": "13",
    }
    first_look = read_capture(Storage(), str(tmp_path), HOUR, expected=names)
    assert list(found.values()) == [row for batch in first_look for row in batch.to_pylist()]


def test_many_events_of_changing_shape_keep_their_ids(tmp_path: Path) -> None:
    folder = tmp_path / "2026/03/01/10"
    folder.mkdir(parents=True)
    lines = []
    for number in range(3000):
        shape = number // 700 % 3
        inputs = (f"{number},x", f'"{number}",x', f"{number},x,z")[shape]
        lines.append(event(inputs, "1", eventId=f"id-{number}"))
    (folder / "0.jsonl").write_text("\n".join(lines) + "\n")
    found = rows_by_identity(list(identified_capture(Storage(), str(tmp_path), HOUR, expected=["y", "a", "b"])))
    assert len(found) == 3000
    # Inputs that alone are as many as the names take them all.
    assert all(identity in (f"id-{row['a']}", f"id-{row['y']}") for identity, row in found.items())


def test_plain_traffic_is_found_by_its_lines(tmp_path: Path) -> None:
    """Blocks that are taken apart as a whole, with ragged records, other hours and lines of another kind between."""
    folder = tmp_path / "2026/03/01/10"
    folder.mkdir(parents=True)
    lines = []
    for number in range(12_000):
        time = f"2026-03-01T{'10' if not 5000 < number < 5300 else '11'}:15:00Z"
        inputs = f"{number},x" + ",y" * (number % 4001 == 17)
        lines.append("{" if number % 3500 == 3 else event(inputs, "1", time, eventId=f"id-{number}"))
    (folder / "0.jsonl").write_text("\n".join(lines[:7000]) + "\n")
    (folder / "1.jsonl").write_text("\n".join(lines[7000:]))
    names = ["y", "a", "b"]
    found = rows_by_identity(list(identified_capture(Storage(), str(tmp_path), HOUR, expected=names)))
    assert len(found) == 12_000 - 299 - 4
    assert all(identity in (f"id-{row['a']}", f"id-{row['y']}") for identity, row in found.items())
    first_look = read_capture(Storage(), str(tmp_path), HOUR, expected=names)
    assert list(found.values()) == [row for batch in first_look for row in batch.to_pylist()]
