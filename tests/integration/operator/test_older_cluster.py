"""A cluster whose API server does not know yet what a container of the user's own needs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cluster.control_plane import ControlPlane
from tests.integration.operator.process import OperatorProcess
from tests.integration.operator.resources import Resources, schedule

# Off by default before Kubernetes 1.35.
GATE = "EnvFiles"


@pytest.fixture
def older() -> Iterator[ControlPlane]:
    with ControlPlane(without=[GATE]) as started:
        yield started


def test_a_container_of_ones_own_is_refused_with_the_version_that_it_needs(older: ControlPlane) -> None:
    operator = OperatorProcess(older)
    older.create_namespace("old")
    operator.start()
    try:
        resources = Resources(older, "old")
        own = schedule(job={"contract": "SageMaker", "image": "own:1"})
        del own["spec"]["baselineRef"]
        resources.apply(own)
        stalled = resources.wait_condition("MonitoringSchedule", "flights", "Stalled", "True", "Invalid")
        assert "job.contract SageMaker needs Kubernetes 1.35 or newer" in stalled["message"]
    finally:
        operator.kill()
