"""One manifest for `kubectl apply -f`, rendered from the chart with its default values."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import yaml

from model_monitor_crds.definitions import to_yaml
from tests.cluster.tools import find_tool

NAMESPACE = "model-monitor-system"
RELEASE = "model-monitor-operator"
HEADER = (
    "# Generated from charts/model-monitor-operator by `make generate`. Do not edit.\n"
    "# Everything to run the operator: kubectl apply --server-side -f install.yaml\n"
)


def install_manifest(chart: Path) -> str:
    """Namespace, definitions and operator as one YAML stream, without the marks that Helm puts on what it owns.

    Raises subprocess.CalledProcessError when the chart does not render.
    """
    rendered = render(chart, "--namespace", NAMESPACE)
    return HEADER + "---\n".join(to_yaml(_without_helm(document)) for document in [_namespace(), *rendered])


def render(chart: Path, *arguments: str) -> list[dict[str, Any]]:
    """The objects that the chart gives with these arguments of `helm template`, in the order of their installation.

    Raises subprocess.CalledProcessError when the chart does not render.
    """
    command = [str(find_tool("helm")), "template", RELEASE, str(chart), *arguments]
    text = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return [document for document in yaml.load_all(text, Loader=yaml.CSafeLoader) if document]


def _namespace() -> dict[str, Any]:
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": labels}}


def _without_helm(node: Any) -> Any:
    """The same object without helm.sh/… and without the claim that Helm manages it."""
    if isinstance(node, list):
        return [_without_helm(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {
        key: _without_helm(value)
        for key, value in node.items()
        if not str(key).startswith("helm.sh/") and not (key == "app.kubernetes.io/managed-by" and value == "Helm")
    }
    return {key: value for key, value in kept.items() if not (key in ("annotations", "labels") and value == {})}
