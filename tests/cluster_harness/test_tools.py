"""Which of the programs already installed are taken."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import tools


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    caches = (tools.find_tool, tools._installed_candidates)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder as the whole PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    return tmp_path


def install(folder: Path, name: str, says: str) -> Path:
    folder.mkdir(exist_ok=True)
    program = folder / name
    program.write_text(f"#!/bin/sh\necho '{says}'\n")
    program.chmod(0o755)
    return program


def test_a_program_of_a_fitting_version_is_taken(programs: Path) -> None:
    program = install(programs, "kubectl", "Client Version: v1.36.0")
    assert tools.find_tool("kubectl") == program


def test_kubebuilder_assets_come_before_path(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(programs, "etcd", "etcd Version: 3.5.1")
    assets = install(programs / "assets", "etcd", "etcd Version: 3.6.0")
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(assets.parent))
    assert tools.find_tool("etcd") == assets


def test_an_old_program_is_passed_over(programs: Path) -> None:
    install(programs, "kubectl", "Client Version: v1.32.4-dispatcher")
    assert tools._find_installed(tools.TOOLS["kubectl"]) is None


def test_an_older_api_server_is_taken_only_with_its_own_controller_manager(programs: Path) -> None:
    server = tools.TOOLS["kube-apiserver"]
    program = install(programs, server.name, "Kubernetes v1.35.4")
    assert tools._find_installed(server) is None
    install(programs, "kube-controller-manager", "Kubernetes v1.35.2")
    tools._installed_candidates.cache_clear()
    assert tools._find_installed(server) == program


def test_a_failed_build_tells_the_end_of_its_log(
    programs: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    go = programs / "go"
    go.write_text(
        '#!/bin/sh\nif [ "$1" = version ]; then echo go version go1.26.8 linux/amd64; exit; fi\n'
        "echo no space left on device\nexit 1\n"
    )
    go.chmod(0o755)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(tools.ToolError, match=r"(?s)versitygw 1\.8\.0 failed.*no space left on device"):
        tools.find_tool("versitygw")
    assert not list((tmp_path / "cache").rglob("versitygw"))


def test_an_unknown_tool_names_the_known_ones() -> None:
    with pytest.raises(tools.ToolError, match="known: kube-apiserver"):
        tools.find_tool("kubeadm")
