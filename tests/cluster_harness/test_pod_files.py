"""How a test pod's paths, variables and quantities are read."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cluster.pod_files import PathMap, expand
from tests.cluster.quantities import divided, parse_quantity

PATHS = PathMap({"/data": Path("/host/1"), "/data/deep": Path("/host/2"), "/etc/metadata/": Path("/host/3")})


@pytest.mark.parametrize(
    ("text", "replaced"),
    [
        ("/data", "/host/1"),
        ("/data/x.csv", "/host/1/x.csv"),
        ("/data/deep/x", "/host/2/x"),
        ("--input=/data --config /etc/metadata/config", "--input=/host/1 --config /host/3/config"),
        ("file:///data/x", "file:///host/1/x"),
        ("file:///data=/data", "file:///host/1=/host/1"),
        ('{"uri": "file:///data"}', '{"uri": "file:///host/1"}'),
        ("s3://bucket/data/x", "s3://bucket/data/x"),
        ("/database", "/database"),
        ("/other/data", "/other/data"),
        ("./data", "./data"),
    ],
)
def test_mount_paths_become_folders(text: str, replaced: str) -> None:
    assert PATHS.replace(text) == replaced


@pytest.mark.parametrize(
    ("text", "expanded"),
    [("$(A)", "1"), ("$(B)", "$(B)"), ("$$(A)", "$(A)"), ("$$$(A)", "$1"), ("$A ${A} $", "$A ${A} $"), ("$(A", "$(A")],
)
def test_variables_expand_as_in_kubelet(text: str, expanded: str) -> None:
    assert expand(text, {"A": "1"}) == expanded


@given(st.text())
def test_doubled_dollars_protect_any_text(text: str) -> None:
    assert expand(text.replace("$", "$$"), {"A": "1", "": "2"}) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [("64Mi", 64 * 2**20), ("1G", 10**9), ("500m", Decimal("0.5")), ("1e3", 1000), ("1E", None), ("2", 2)],
)
def test_quantities(text: str, value: Decimal | None) -> None:
    if value is None:
        with pytest.raises(ValueError, match="no Kubernetes quantity"):
            parse_quantity(text)
    else:
        assert parse_quantity(text) == value


def test_quantities_are_divided_rounding_up() -> None:
    assert [divided("500m", "0"), divided("1Gi", "1Mi"), divided("1500Ki", "1Mi")] == ["1", "1024", "2"]
