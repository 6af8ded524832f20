"""Storage and sources on a real S3 server."""

from __future__ import annotations

import gzip
import json
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model_monitor_crds.window import Window
from model_monitor_jobs.errors import ConfigurationError, InputError, StorageUnavailable
from model_monitor_jobs.sources import capture_hours, fetch, read_capture, read_dataset
from model_monitor_jobs.storage import Storage
from tests.cluster.object_store import ObjectStore

TEN = datetime(2013, 2, 8, 10, tzinfo=UTC)


@pytest.fixture
def bucket(object_store: ObjectStore) -> str:
    name = f"bucket-{secrets.token_hex(4)}"
    object_store.create_bucket(name)
    return name


@pytest.fixture
def storage(object_store: ObjectStore) -> Storage:
    return Storage(environment=object_store.environment())


def put(storage: Storage, uri: str, data: bytes) -> None:
    folder, name = uri.rsplit("/", 1)
    storage.write_folder(folder, {name: data}, last=name)


def event(value: str, time: datetime) -> bytes:
    side = {"observedContentType": "text/csv", "mode": "INPUT", "data": value, "encoding": "CSV"}
    metadata = {"eventId": "e", "inferenceTime": time.isoformat()}
    return json.dumps({"captureData": {"endpointInput": side}, "eventMetadata": metadata}).encode() + b"\n"


def test_list_open_and_write(storage: Storage, bucket: str) -> None:
    root = f"s3://{bucket}/data"
    assert storage.list(root) == []
    assert not storage.exists(root)
    for path in ("b.csv", "a b%20é.csv", "sub/c.csv", "_SUCCESS", "sub/deep/d.csv"):
        put(storage, f"{root}/{path}", path.encode())
    assert [entry.path for entry in storage.list(root)] == ["a b%20é.csv", "b.csv", "sub/c.csv", "sub/deep/d.csv"]
    assert [entry.path for entry in storage.list(root + "/", recursive=False)] == ["a b%20é.csv", "b.csv"]
    assert [entry.path for entry in storage.list(f"{root}/**/*.csv")] == [entry.path for entry in storage.list(root)]
    assert [entry.path for entry in storage.list(f"{root}/*/*.csv")] == ["sub/c.csv"]
    assert [storage.read_bytes(entry.uri).decode() for entry in storage.list(root)] == [
        entry.path for entry in storage.list(root)
    ]
    (entry,) = storage.list(f"{root}/sub/c.csv")
    assert (entry.uri, entry.path, entry.size) == (f"{root}/sub/c.csv", "c.csv", 9)
    assert entry.modified is not None
    assert storage.folders(root) == ["sub"]
    assert storage.folders(f"{root}/none") == []
    assert storage.exists(f"{root}/sub")
    assert storage.exists(f"{root}/b.csv")
    with storage.open(f"{root}/b.csv") as stream:
        stream.seek(2)
        assert stream.read() == b"csv"
    with pytest.raises(InputError, match=f"{root}/none does not exist"):
        storage.open(f"{root}/none")


def test_write_folder_replaces(storage: Storage, bucket: str) -> None:
    uri = f"s3://{bucket}/out"
    storage.write_folder(uri, {"done": b"1", "a": b"1", "b": b"x" * 6_000_000}, last="done")
    storage.write_folder(uri, {"done": b"2", "a": b""}, last="done")
    assert {entry.path: entry.size for entry in storage.list(uri)} == {"a": 0, "b": 6_000_000, "done": 1}
    assert storage.read_bytes(f"{uri}/done") == b"2"


def test_a_missing_bucket(storage: Storage) -> None:
    for uri in ("s3://no-such-bucket", "s3://no-such-bucket/x"):
        with pytest.raises(InputError, match="the bucket no-such-bucket does not exist"):
            storage.list(uri)
    with pytest.raises(InputError):
        storage.open("s3://no-such-bucket/x")
    with pytest.raises((InputError, ConfigurationError)):
        storage.write_folder("s3://no-such-bucket/x", {"a": b"1"}, last="a")


@pytest.mark.parametrize("wrong", [{"AWS_SECRET_ACCESS_KEY": "wrong"}, {"AWS_ACCESS_KEY_ID": "nobody"}])
def test_wrong_keys(object_store: ObjectStore, bucket: str, wrong: dict[str, str]) -> None:
    storage = Storage(environment={**object_store.environment(), **wrong})
    for call in (storage.list, storage.exists, storage.folders):
        with pytest.raises(ConfigurationError, match=f"s3://{bucket}/x: access denied .*set AWS_ACCESS_KEY_ID"):
            call(f"s3://{bucket}/x")
    with pytest.raises(ConfigurationError, match="writing"):
        storage.write_folder(f"s3://{bucket}/x", {"a": b"1"}, last="a")


def test_a_store_that_goes_away_while_it_is_read(bucket: str) -> None:
    with ObjectStore() as store:
        storage = Storage(environment=store.environment())
        store.create_bucket(bucket)
        put(storage, f"s3://{bucket}/f.csv", b"a\n" + b"1\n" * 6_000_000)
        stream = storage.open(f"s3://{bucket}/f.csv")
        assert stream.read(2) == b"a\n"
    with pytest.raises(StorageUnavailable, match=f"reading s3://{bucket}/f.csv: the store does not answer"):
        stream.read()


def test_read_dataset(storage: Storage, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        put(storage, f"s3://{bucket}/csv/{number:02}.csv.gz", gzip.compress(f"a,b\n{number},x\n".encode() * 1))
    stream = read_dataset(storage, f"s3://{bucket}/csv", "CSV", scratch=tmp_path)
    assert [row["a"] for batch in stream for row in batch.to_pylist()] == [str(number) for number in range(20)]
    assert stream.report.files == 20
    assert list(tmp_path.iterdir()) == []
    # Larger than the scratch: straight from the store.
    monkeypatch.setattr(fetch, "SCRATCH_BYTES", 10)
    assert sum(batch.num_rows for batch in stream) == 20
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"a": list(range(100_000))}), sink)
    put(storage, f"s3://{bucket}/p/x.parquet", sink.getvalue().to_pybytes())
    assert sum(batch.num_rows for batch in read_dataset(storage, f"s3://{bucket}/p", "Parquet")) == 100_000


def test_scratch_is_bounded(storage: Storage, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(30):
        put(storage, f"s3://{bucket}/csv/{number:02}", b"a\n" + b"1\n" * 499)
    monkeypatch.setattr(fetch, "SCRATCH_BYTES", 3_500)
    rows = 0
    for batch in read_dataset(storage, f"s3://{bucket}/csv", "CSV", scratch=tmp_path):
        rows += batch.num_rows
        assert sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()) <= 3_500
    assert rows == 30 * 499


def test_an_object_removed_meanwhile(storage: Storage, object_store: ObjectStore, bucket: str) -> None:
    for name in ("1", "2"):
        put(storage, f"s3://{bucket}/csv/{name}", f"a\n{name}\n".encode())
    stream = read_dataset(storage, f"s3://{bucket}/csv", "CSV")
    (object_store.folder(bucket) / "csv/1").unlink()
    assert [row for batch in stream for row in batch.to_pylist()] == [{"a": "2"}]
    assert "csv/1 was removed" in stream.report.notes[0]


def test_read_capture(storage: Storage, bucket: str) -> None:
    root = f"s3://{bucket}/capture"
    for hour in range(8):
        time = TEN + timedelta(hours=hour)
        put(storage, f"{root}/ep/v/{time:%Y/%m/%d/%H}/00.jsonl", event(f"{hour},0", time))
        late = event(f"{hour},1", time - timedelta(seconds=1))
        put(storage, f"{root}/ep/v/{time:%Y/%m/%d/%H}/01.jsonl.gz", gzip.compress(late))
    stream = read_capture(storage, root, Window(TEN, TEN + timedelta(hours=1)), expected=["x", "y"])
    rows = [row for batch in stream for row in batch.to_pylist()]
    assert rows == [{"x": "0", "y": "0"}, {"x": "1", "y": "1"}]
    assert stream.report.outside_window == 2
    stream = read_capture(storage, root, Window(TEN, TEN + timedelta(hours=7)))
    assert sum(batch.num_rows for batch in stream) == 14
    hours = capture_hours(storage, root)
    assert (hours.first, hours.last, hours.count) == (TEN, TEN + timedelta(hours=7), 8)
    with pytest.raises(InputError, match=r"data exists for 2013-02-08T10 to 2013-02-08T17"):
        read_capture(storage, root, Window(TEN - timedelta(days=2), TEN - timedelta(days=1)))
