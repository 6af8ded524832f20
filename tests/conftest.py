"""Fixtures of a real cluster. Each is made only when a test asks for it, so unit tests need none."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.cluster.control_plane import ControlPlane
from tests.cluster.kubelet import SubprocessKubelet
from tests.cluster.object_store import ObjectStore

# How long one example takes says more about what else the machine does than about the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def control_plane() -> Iterator[ControlPlane]:
    """A control plane for the whole session."""
    with ControlPlane() as started:
        yield started


@pytest.fixture(scope="session")
def object_store() -> Iterator[ObjectStore]:
    """An S3 server for the whole session."""
    with ObjectStore() as started:
        yield started


@pytest.fixture(scope="session")
def kubelet(control_plane: ControlPlane) -> Iterator[SubprocessKubelet]:
    """A node of subprocesses for the whole session."""
    with SubprocessKubelet(control_plane) as started:
        yield started


@pytest.fixture
def namespace(control_plane: ControlPlane) -> Iterator[str]:
    """A namespace of the test's own, deleted afterwards without waiting."""
    name = f"test-{secrets.token_hex(4)}"
    control_plane.create_namespace(name)
    yield name
    control_plane.delete_namespace(name)
