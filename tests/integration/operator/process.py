"""The operator as a process of its own, under the chart's rights, so that it can be killed at any moment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import yaml

from tests.cluster.control_plane import ControlPlane
from tests.cluster.helm import helm
from tests.cluster.processes import free_ports, kill_group, log_tail, start_process, wait_until

CHART = Path(__file__).parents[3] / "charts" / "model-monitor-operator"
RELEASE = "model-monitor"
NAMESPACE = "model-monitor-system"
NOT_RUN = ("Deployment", "Service")


class OperatorProcess:
    """Installs what the chart renders, but for the Deployment, and runs its container's command as a process.

    `start`, `stop` (SIGTERM) and `kill` (SIGKILL) may be called in any order, from the main thread.
    """

    def __init__(
        self,
        control_plane: ControlPlane,
        environment: Mapping[str, str] | None = None,
        *,
        release: str = RELEASE,
        values: Mapping[str, str] | None = None,
    ) -> None:
        self._control_plane = control_plane
        self._release = release
        self._values = dict(values or {})
        self._given = dict(environment or {})
        self._process: subprocess.Popen[bytes] | None = None
        self.log = control_plane.folder / f"{release}.log"
        self.health_port, self.metrics_port = free_ports(2)
        self._deployment = self._install()

    def _install(self) -> dict[str, Any]:
        values = [part for name, value in self._values.items() for part in ("--set", f"{name}={value}")]
        text = helm(self._control_plane, "template", self._release, str(CHART), "--namespace", NAMESPACE, *values)
        documents = [document for document in yaml.safe_load_all(text) if document]
        applied = [document for document in documents if document["kind"] not in NOT_RUN]
        if not self._control_plane.kubectl("get", "namespace", NAMESPACE, "--ignore-not-found"):
            self._control_plane.create_namespace(NAMESPACE)
        self._control_plane.apply(yaml.safe_dump_all(applied), "--server-side", "--force-conflicts")
        for plural in ("baselines", "monitoringschedules", "monitoringexecutions"):
            self._control_plane.kubectl("wait", "--for=condition=Established", f"crd/{plural}.modelmonitor.dev")
        deployment: dict[str, Any] = next(document for document in documents if document["kind"] == "Deployment")
        return deployment

    @property
    def service_account(self) -> str:
        """Name of the operator's ServiceAccount."""
        name: str = self._deployment["spec"]["template"]["spec"]["serviceAccountName"]
        return name

    @property
    def user(self) -> str:
        """The operator's name in the audit log."""
        return f"system:serviceaccount:{NAMESPACE}:{self.service_account}"

    def start(self) -> None:
        """Start it; ready when everything is observed."""
        container = self._deployment["spec"]["template"]["spec"]["containers"][0]
        environment = {
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "HOME": str(self._control_plane.folder),
            "KUBECONFIG": str(self._control_plane.kubeconfig_for(NAMESPACE, self.service_account)),
            **{variable["name"]: variable["value"] for variable in container["env"] if "value" in variable},
            "MODEL_MONITOR_BIND_ADDRESS": "127.0.0.1",
            "MODEL_MONITOR_HEALTH_PORT": str(self.health_port),
            "MODEL_MONITOR_METRICS_PORT": str(self.metrics_port),
            **self._given,
        }
        self._process = start_process([*container["command"]], self.log, environment=environment)
        try:
            wait_until(self._ready, "the operator to be ready", timeout_seconds=60.0)
        except TimeoutError as error:
            raise RuntimeError(f"{error}\n{log_tail(self.log, 40)}") from error

    def _ready(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            raise RuntimeError(f"the operator ended:\n{log_tail(self.log, 40)}")
        return self.http("readyz", self.health_port)[0] == 200

    def http(self, path: str, port: int) -> tuple[int, str]:
        """GET of one of its own pages; status 0 when nobody answers."""
        try:
            with urlopen(f"http://127.0.0.1:{port}/{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except OSError as error:
            return getattr(error, "code", 0), ""

    @property
    def running(self) -> bool:
        """Whether it is at work."""
        return self._process is not None and self._process.poll() is None

    def memory_mebibytes(self) -> float:
        """Its resident memory."""
        assert self._process is not None
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) / 1024

    def processor_seconds(self) -> float:
        """Processor time that it has taken."""
        assert self._process is not None
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self, grace_seconds: float = 10.0) -> None:
        """SIGTERM. Raises subprocess.TimeoutExpired when it does not end in time (it is killed then)."""
        if self._process is None:
            return
        process, self._process = self._process, None
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=grace_seconds)
        finally:
            kill_group(process)
            process.wait()

    def kill(self) -> None:
        """SIGKILL, in the middle of whatever it does."""
        if self._process is None:
            return
        process, self._process = self._process, None
        kill_group(process)
        process.wait()
