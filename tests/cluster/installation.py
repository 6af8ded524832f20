"""The operator as a user installs it: by Helm, from the checkout, with the rights that the chart gives it."""

from __future__ import annotations

from pathlib import Path

from tests.cluster.control_plane import ControlPlane
from tests.cluster.helm import helm
from tests.cluster.processes import free_ports, wait_until

CHART = Path(__file__).parents[2] / "charts" / "model-monitor-operator"
NAMESPACE = "model-monitor-system"
RELEASE = "model-monitor-operator"


def install(control_plane: ControlPlane, *values: str) -> None:
    """`helm install`, and wait until the operator is there."""
    settings = [part for value in values for part in ("--set", value)] + port_settings()
    helm(control_plane, "install", RELEASE, str(CHART), "-n", NAMESPACE, "--create-namespace", *settings)
    wait_until(lambda: operator_pods(control_plane) == 1, "the operator is running", timeout_seconds=60)


def port_settings() -> list[str]:
    """Values for ports that are free: all pods share this machine's network."""
    health, metrics = free_ports(2)
    return ["--set", f"ports.health={health}", "--set", f"ports.metrics={metrics}"]


def operator_pods(control_plane: ControlPlane) -> int:
    """How many pods of the operator run."""
    pods = control_plane.get("pods", "-n", NAMESPACE, "-l", f"app.kubernetes.io/instance={RELEASE}")["items"]
    return sum(pod.get("status", {}).get("phase") == "Running" for pod in pods)


def scale(control_plane: ControlPlane, replicas: int) -> None:
    """Take the operator away (0) or bring it back (1), and wait until that is done."""
    deployment = control_plane.get("deployment", "-n", NAMESPACE)["items"][0]["metadata"]["name"]
    control_plane.kubectl("scale", "deployment", deployment, "-n", NAMESPACE, f"--replicas={replicas}")
    wait_until(lambda: operator_pods(control_plane) == replicas, f"{replicas} operators", timeout_seconds=60)
