"""URIs and globs as text."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_monitor_jobs.errors import ConfigurationError
from model_monitor_jobs.storage import uris


@pytest.mark.parametrize(
    ("uri", "scheme", "path"),
    [
        ("data/x.csv", "file", "data/x.csv"),
        ("/data/x.csv", "file", "/data/x.csv"),
        ("file:///data/x", "file", "/data/x"),
        ("pvc://claim/a/b", "pvc", "claim/a/b"),
        ("s3://bucket/a%20b/", "s3", "bucket/a%20b"),
        ("gs://bucket", "gs", "bucket"),
        ("az://container/x", "az", "container/x"),
    ],
)
def test_parse(uri: str, scheme: str, path: str) -> None:
    location = uris.parse(uri)
    assert (location.uri, location.scheme, location.path) == (uri, scheme, path)


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("http://host/x", "unknown scheme http://.*file://, pvc://, s3://"),
        ("s3://", "the bucket is missing"),
        ("pvc:///", "the claim is missing"),
        ("file://data/x", "absolute path"),
    ],
)
def test_what_is_no_uri(uri: str, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        uris.parse(uri)


@pytest.mark.parametrize(
    ("parts", "joined"),
    [
        (("s3://b", "x", "y"), "s3://b/x/y"),
        (("s3://b/", "/x/", "y/"), "s3://b/x/y"),
        (("/data", ""), "/data"),
        (("pvc://c", "2013/02"), "pvc://c/2013/02"),
    ],
)
def test_join(parts: tuple[str, ...], joined: str) -> None:
    assert uris.join(*parts) == joined


@pytest.mark.parametrize(
    ("uri", "root", "pattern"),
    [
        ("s3://b/x/*/y.csv", "s3://b/x", "*/y.csv"),
        ("s3://b/x?", "s3://b", "x?"),
        ("/*.csv", "/", "*.csv"),
        ("*.csv", ".", "*.csv"),
        ("data/[ab].csv", "data", "[ab].csv"),
        ("file:///a/**", "file:///a", "**"),
    ],
)
def test_split_glob(uri: str, root: str, pattern: str) -> None:
    assert uris.split_glob(uri) == (root, pattern)


def test_a_bucket_can_be_no_wildcard() -> None:
    with pytest.raises(ConfigurationError, match="first segment"):
        uris.split_glob("s3://buck*/x")


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        ("*.csv", ["a.csv"], ["a.csvx", "b/a.csv", "_a.csv", ".a.csv"]),
        ("_*.csv", ["_a.csv"], ["a.csv"]),
        ("a?c", ["abc"], ["ac", "a/c"]),
        ("[ab]1", ["a1", "b1"], ["c1", "ab1"]),
        ("[!ab]1", ["c1"], ["a1", "/1", "_1"]),
        ("a[", ["a["], ["a"]),
        ("**/x", ["x", "a/x", "a/b/x"], ["ax", ".a/x"]),
        ("a/**", ["a/b", "a/b/c"], ["a", "b/c", "a/_x"]),
        ("a/**/c", ["a/c", "a/b/c", "a/b/b/c"], ["ac", "a/b"]),
        ("a.b+", ["a.b+"], ["axbb"]),
    ],
)
def test_globs(pattern: str, matching: list[str], other: list[str]) -> None:
    expression = uris.glob_expression(pattern)
    assert [path for path in [*matching, *other] if expression.match(path)] == matching


@given(
    pattern=st.text("ab*?[]!-.", min_size=1, max_size=6).filter(lambda text: "**" not in text),
    name=st.text("ab-!", min_size=1, max_size=6),
)
def test_within_a_segment_globs_match_as_fnmatch_does(pattern: str, name: str) -> None:
    assert bool(uris.glob_expression(pattern).match(name)) == fnmatchcase(name, pattern)
