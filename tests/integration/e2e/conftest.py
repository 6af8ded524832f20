"""A cluster of these tests' own: the operator installed by Helm, a node, an S3 server with captured traffic."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from tests.cluster.control_plane import ControlPlane
from tests.cluster.installation import install
from tests.cluster.kubelet import SubprocessKubelet
from tests.cluster.object_store import ObjectStore
from tests.integration.e2e.monitored import Monitored
from tests.integration.e2e.traffic import write_training


@pytest.fixture(scope="package")
def control_plane() -> Iterator[ControlPlane]:
    with ControlPlane() as started:
        yield started


@pytest.fixture(scope="package")
def kubelet(control_plane: ControlPlane) -> Iterator[SubprocessKubelet]:
    with SubprocessKubelet(control_plane) as started:
        yield started


@pytest.fixture(scope="package")
def installed(control_plane: ControlPlane, kubelet: SubprocessKubelet) -> ControlPlane:
    install(control_plane)
    return control_plane


@pytest.fixture
def monitored(installed: ControlPlane, kubelet: SubprocessKubelet, object_store: ObjectStore) -> Iterator[Monitored]:
    """A namespace with the store's keys in a Secret, a bucket with a training set, and no resource yet."""
    name = f"e2e-{secrets.token_hex(4)}"
    installed.create_namespace(name, {"pod-security.kubernetes.io/enforce": "restricted"})
    bucket = object_store.create_bucket(name)
    write_training(bucket / "training.csv")
    keys = [f"--from-literal={key}={value}" for key, value in object_store.environment().items()]
    installed.kubectl("create", "secret", "generic", "store", "-n", name, *keys)
    yield Monitored(installed, kubelet, name, bucket)
    installed.delete_namespace(name)
