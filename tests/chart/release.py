"""What the chart's tests share: where the chart is, and how to look at what it renders."""

from __future__ import annotations

import copy
import functools
import subprocess
from typing import Any

from hack.generate import ROOT
from hack.install_manifest import render
from tests.cluster.tools import find_tool

CHART = ROOT / "charts/model-monitor-operator"
RELEASE = "monitoring"
NAMESPACE = "model-monitor-system"
FULLNAME = "monitoring-model-monitor-operator"
Object = dict[str, Any]


def objects(*sets: str) -> list[Object]:
    """The objects that the chart renders with these `name=value` settings (JSON values)."""
    return copy.deepcopy(_rendered(sets))


@functools.cache
def _rendered(sets: tuple[str, ...]) -> list[Object]:
    return render(CHART, "--namespace", NAMESPACE, *(part for one in sets for part in ("--set-json", one)))


def of_kind(rendered: list[Object], kind: str) -> list[Object]:
    """The objects of one kind."""
    return [document for document in rendered if document["kind"] == kind]


def only(rendered: list[Object], kind: str) -> Object:
    """The one object of this kind."""
    (document,) = of_kind(rendered, kind)
    return document


def helm_output(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Helm without a cluster: exit status and both outputs, whatever they are."""
    return subprocess.run([find_tool("helm"), *arguments], capture_output=True, text=True, check=False)
