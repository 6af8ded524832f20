"""Local folders, mounts and confinement."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from model_monitor_jobs.errors import ConfigurationError, InputError
from model_monitor_jobs.storage import Storage, local


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "data"
    for name in ("b.csv", "a.csv", "sub/c.csv", "sub/deep/d.csv", "_SUCCESS", ".hidden/x.csv", "sub/_tmp/y.csv"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (root / "empty").mkdir()
    return root


def paths(storage: Storage, uri: str, *, recursive: bool = True) -> list[str]:
    return [entry.path for entry in storage.list(uri, recursive=recursive)]


@pytest.mark.parametrize("prefix", ["", "file://"])
def test_list(tree: Path, prefix: str) -> None:
    storage = Storage()
    uri = f"{prefix}{tree}"
    assert paths(storage, uri) == ["a.csv", "b.csv", "sub/c.csv", "sub/deep/d.csv"]
    assert paths(storage, uri, recursive=False) == ["a.csv", "b.csv"]
    assert storage.list(f"{uri}/none") == []
    assert storage.list(f"{uri}/a.csv/x") == []
    (entry,) = storage.list(f"{uri}/sub/c.csv")
    assert (entry.uri, entry.path, entry.size) == (f"{uri}/sub/c.csv", "c.csv", 9)
    assert entry.modified is not None
    assert entry.modified.tzinfo is not None
    assert [storage.read_bytes(entry.uri).decode() for entry in storage.list(uri)] == paths(storage, uri)


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*.csv", ["a.csv", "b.csv"]),
        ("**/*.csv", ["a.csv", "b.csv", "sub/c.csv", "sub/deep/d.csv"]),
        ("*/*.csv", ["sub/c.csv"]),
        ("[a]*", ["a.csv"]),
        ("_S*", ["_SUCCESS"]),
        ("none/*", []),
    ],
)
def test_glob(tree: Path, pattern: str, found: list[str]) -> None:
    assert paths(Storage(), f"{tree}/{pattern}") == found


def test_a_file_whose_name_looks_like_a_glob(tree: Path) -> None:
    (tree / "x[1].csv").write_text("")
    (tree / "x1.csv").write_text("")
    assert paths(Storage(), f"{tree}/x[1].csv") == ["x[1].csv"]


def test_folders(tree: Path) -> None:
    assert Storage().folders(str(tree)) == ["empty", "sub"]
    assert Storage().folders(f"{tree}/none") == []
    assert Storage().folders(f"{tree}/a.csv") == []


def test_exists_open_and_missing(tree: Path) -> None:
    storage = Storage()
    assert storage.exists(f"{tree}/a.csv")
    assert storage.exists(f"{tree}/sub")
    assert not storage.exists(f"{tree}/none")
    with storage.open(f"{tree}/a.csv") as stream:
        stream.seek(2)
        assert stream.read() == b"csv"
    with pytest.raises(InputError, match=f"{tree}/none does not exist"):
        storage.open(f"{tree}/none")
    with pytest.raises(InputError, match=r"[Dd]irectory"):
        storage.open(str(tree))


def test_links_in_a_circle_end(tree: Path) -> None:
    (tree / "sub/loop").symlink_to(tree)
    (tree / "gone.csv").symlink_to(tree / "nowhere")
    assert "sub/deep/d.csv" in paths(Storage(), str(tree))


def test_files_that_vanish_while_listing(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = local.walk(tree, recursive=True)
    first = next(found)[0]
    for name in ("a.csv", "b.csv", "sub/c.csv"):
        (tree / name).unlink()
    rest = [path for path, *_ in found]
    assert {first, *rest} <= {"a.csv", "b.csv", "sub/deep/d.csv"}
    assert "sub/deep/d.csv" in {first, *rest}


def test_write_folder(tmp_path: Path) -> None:
    storage = Storage()
    uri = f"{tmp_path}/out/2013"
    storage.write_folder(uri, {"done.json": b"1", "a.json": b"1", "sub/b.json": b"1"}, last="done.json")
    (tmp_path / "out/2013/other").write_text("stays")
    storage.write_folder(uri, {"done.json": b"2", "a.json": b"22"}, last="done.json")
    assert {e.path: storage.read_bytes(e.uri) for e in storage.list(uri)} == {
        "a.json": b"22",
        "done.json": b"2",
        "other": b"stays",
        "sub/b.json": b"1",
    }
    assert [name for name in os.listdir(tmp_path / "out/2013") if name.startswith(".")] == []
    with pytest.raises(ValueError, match="nope"):
        storage.write_folder(uri, {"a": b""}, last="nope")


def test_a_write_that_breaks_off_leaves_no_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = Storage()
    storage.write_folder(str(tmp_path), {"a": b"1", "done": b"1"}, last="done")
    (tmp_path / "b").mkdir()
    with pytest.raises(InputError, match="writing"):
        storage.write_folder(str(tmp_path), {"a": b"2", "b": b"2", "done": b"2"}, last="done")
    assert not (tmp_path / "done").exists()
    assert (tmp_path / "a").read_bytes() == b"2"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


# Mounts


def test_the_longest_mount_wins(tmp_path: Path) -> None:
    for name in ("x", "y", "z"):
        (tmp_path / name / "sub").mkdir(parents=True)
        (tmp_path / name / "sub/f").write_text(name)
        (tmp_path / name / "f").write_text(name)
    mounts = {"pvc://claim": tmp_path / "x", "pvc://claim/sub": tmp_path / "y", "file:///data": tmp_path / "z"}
    storage = Storage(mounts)
    assert storage.read_bytes("pvc://claim/f") == b"x"
    assert storage.read_bytes("pvc://claim/sub/f") == b"y"
    assert storage.read_bytes("file:///data/f") == b"z"
    assert storage.read_bytes("/data/sub/f") == b"z"
    assert [entry.uri for entry in storage.list("pvc://claim/sub")] == ["pvc://claim/sub/f", "pvc://claim/sub/sub/f"]
    assert storage.local_path("s3://b/x") is None
    with pytest.raises(ConfigurationError, match="--mount pvc://claim2=FOLDER"):
        storage.list("pvc://claim2/f")


def test_confined(tmp_path: Path) -> None:
    mount, outside = tmp_path / "mount", tmp_path / "outside"
    for folder in (mount, outside):
        folder.mkdir()
        (folder / "f.csv").write_text(folder.name)
    storage = Storage({"pvc://claim": mount, "file:///data": mount}, confined=True)
    assert storage.read_bytes("pvc://claim/f.csv") == b"mount"
    for uri in (f"{outside}/f.csv", "file:///etc/passwd", "pvc://other/x", "file:///data2/f.csv", "f.csv"):
        for call in (storage.list, storage.open, storage.exists, storage.folders):
            with pytest.raises(
                ConfigurationError, match=r"mounted: file:///data, pvc://claim.*spec\.job\.volumeMounts"
            ):
                call(uri)
        with pytest.raises(ConfigurationError):
            storage.write_folder(uri, {"a": b""}, last="a")
    for uri in (
        "pvc://claim/../outside/f.csv",
        "file:///data/../outside/f.csv",
        "pvc://claim/x/../../outside",
        "pvc://claim/x/../f.csv",
    ):
        with pytest.raises(ConfigurationError):
            storage.list(uri)


def test_confined_links(tmp_path: Path) -> None:
    mount, outside = tmp_path / "mount", tmp_path / "outside"
    (mount / "real").mkdir(parents=True)
    outside.mkdir()
    (mount / "real/f").write_text("inside")
    (outside / "f").write_text("outside")
    storage = Storage({"pvc://claim": mount}, confined=True)
    (mount / "good").symlink_to(mount / "real/f")
    assert paths(storage, "pvc://claim") == ["good", "real/f"]
    (mount / "bad").symlink_to(outside / "f")
    with pytest.raises(ConfigurationError, match="leads out of its mount"):
        storage.open("pvc://claim/bad")
    with pytest.raises(ConfigurationError, match="leads out of its mount"):
        storage.list("pvc://claim")
    (mount / "bad").unlink()
    (mount / "folder").symlink_to(outside)
    for call in (storage.list, storage.folders, storage.exists):
        with pytest.raises(ConfigurationError, match="leads out of its mount"):
            call("pvc://claim/folder")
    with pytest.raises(ConfigurationError):
        storage.write_folder("pvc://claim/folder", {"a": b""}, last="a")


def test_a_mounted_config_map_can_be_read(tmp_path: Path) -> None:
    """Kubernetes puts the files in a hidden folder and links to them."""
    (tmp_path / "..2024").mkdir()
    (tmp_path / "..2024/constraints.json").write_text("{}")
    (tmp_path / "..data").symlink_to("..2024")
    (tmp_path / "constraints.json").symlink_to("..data/constraints.json")
    storage = Storage({"file:///etc/baseline": tmp_path}, confined=True)
    assert paths(storage, "file:///etc/baseline") == ["constraints.json"]
    assert storage.read_bytes("file:///etc/baseline/constraints.json") == b"{}"
