"""A control plane of the chart's own: releases and policies must not show in other tests' cluster."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chart.release import CHART, NAMESPACE, RELEASE
from tests.cluster.control_plane import ControlPlane
from tests.cluster.helm import helm


@pytest.fixture(scope="session")
def chart_cluster() -> Iterator[ControlPlane]:
    """A control plane without anything of ours in it."""
    with ControlPlane() as started:
        yield started


@pytest.fixture(scope="session")
def released(chart_cluster: ControlPlane) -> ControlPlane:
    """The control plane with the chart installed, with its default values."""
    helm(chart_cluster, "install", RELEASE, str(CHART), "--namespace", NAMESPACE, "--create-namespace")
    for kind in ("baselines", "monitoringschedules", "monitoringexecutions"):
        chart_cluster.kubectl("wait", f"crd/{kind}.modelmonitor.dev", "--for=condition=Established", "--timeout=30s")
    return chart_cluster
