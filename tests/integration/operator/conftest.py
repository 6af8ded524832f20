"""The operator for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cluster.control_plane import ControlPlane
from tests.integration.operator.process import OperatorProcess
from tests.integration.operator.resources import Resources

GRACE_SECONDS = 4


@pytest.fixture(scope="session")
def installed_operator(control_plane: ControlPlane) -> Iterator[OperatorProcess]:
    """The chart's objects in the control plane, and a process that may be started and ended."""
    graces = {
        "MODEL_MONITOR_BASELINE_GRACE_TIME": str(GRACE_SECONDS),
        "MODEL_MONITOR_JOB_START_GRACE_TIME": "2",
    }
    process = OperatorProcess(control_plane, graces)
    yield process
    process.kill()


@pytest.fixture
def operator(installed_operator: OperatorProcess) -> OperatorProcess:
    """An operator at work. A test may kill it: the next one starts another."""
    if not installed_operator.running:
        installed_operator.start()
    return installed_operator


@pytest.fixture
def resources(control_plane: ControlPlane, namespace: str) -> Resources:
    """Baselines, schedules and executions in the test's namespace."""
    return Resources(control_plane, namespace)
