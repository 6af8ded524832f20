"""Shows what a person would type, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.text import Text

from model_monitor_jobs.demo.chapter import Chapter
from tests.cluster.control_plane import ControlPlane
from tests.cluster.processes import wait_until

EXECUTION = """\
apiVersion: modelmonitor.dev/v1alpha1
kind: MonitoringExecution
metadata:
  name: {name}
spec:
  scheduleRef:
    name: {schedule}
  window:
    start: "{start}"
    end: "{end}"
"""


class Teller:
    """Shows each command as a person would type it, runs it, and shows what comes back."""

    def __init__(self, control_plane: ControlPlane, console: Console) -> None:
        self._control_plane = control_plane
        self._console = console

    def say(self, text: str) -> None:
        """A sentence of the story."""
        self._console.print(Text(f"\n{text}", style="bold"), soft_wrap=True)

    def print(self, text: str) -> None:
        """What a command would have printed."""
        self._console.print(text.rstrip(), soft_wrap=True, markup=False, highlight=False)

    def kubectl(self, *arguments: str, input: str | None = None, shown: str | None = None) -> str:
        """Run kubectl and show it."""
        self._console.print(Text(f"$ kubectl {shown or ' '.join(arguments)}", style="green"), soft_wrap=True)
        output = self._control_plane.kubectl(*arguments, input=input)
        self.print(output)
        return output

    def wait(self, resource: str, condition: str = "Ready") -> None:
        """Wait as a script would, without showing it."""
        self._control_plane.kubectl("wait", f"--for=condition={condition}", resource, "--timeout=120s")

    def apply(self, chapter: Chapter, baseline: str, schedule: str, manifest: str | None = None) -> None:
        """Apply a chapter's manifest, or what was made of it, and wait until both of its objects are ready."""
        text = chapter.manifest_text if manifest is None else manifest
        self.kubectl("apply", "-f", "-", input=text, shown=f"apply -f {chapter.manifest}")
        self.wait(f"baseline/{baseline}")
        self.wait(f"monitoringschedule/{schedule}")
        self.kubectl("get", "mbl,msch")

    def run(self, schedule: str, windows: Mapping[str, tuple[str, str]], violations: int) -> None:
        """Run a monitor on windows by the names of their runs, the last of which has so many violations."""
        for name, (start, end) in windows.items():
            execution = EXECUTION.format(name=name, schedule=schedule, start=start, end=end)
            self.kubectl("create", "-f", "-", input=execution, shown=f"create -f {name}.yaml")
            self.wait(f"monitoringexecution/{name}", "Complete")
        wait_until(
            lambda: self._control_plane.get("msch", schedule)["status"].get("violationCount") == violations,
            "the schedule tells of the violation",
            timeout_seconds=30,
        )
