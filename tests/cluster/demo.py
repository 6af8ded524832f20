"""The story of the demo through a real control plane and the operator: `python -m tests.cluster.demo`.

With HOLD=1 in the environment the cluster stays until Enter is pressed.
"""

from __future__ import annotations

import os
import shutil
import sys
from importlib.resources import files
from pathlib import Path

from rich.console import Console
from rich.text import Text

from model_monitor_jobs.demo.flights import write_story
from tests.cluster.control_plane import ControlPlane
from tests.cluster.installation import CHART, install
from tests.cluster.kubelet import SubprocessKubelet
from tests.cluster.processes import wait_until

DAYS = ("2013-02-07", "2013-02-08")
EXECUTION = """\
apiVersion: modelmonitor.dev/v1alpha1
kind: MonitoringExecution
metadata:
  name: {prefix}-{day}
spec:
  scheduleRef:
    name: {schedule}
  window:
    start: "{day}T05:00:00Z"
    end: "{next_day}T05:00:00Z"
"""


class Teller:
    """Shows each command as a person would type it, runs it, and shows what comes back."""

    def __init__(self, control_plane: ControlPlane, console: Console) -> None:
        self._control_plane = control_plane
        self._console = console

    def say(self, text: str) -> None:
        """A sentence of the story."""
        self._console.print(Text(f"\n{text}", style="bold"), soft_wrap=True)

    def kubectl(self, *arguments: str, input: str | None = None, shown: str | None = None) -> str:
        """Run kubectl and show it."""
        self._console.print(Text(f"$ kubectl {shown or ' '.join(arguments)}", style="green"), soft_wrap=True)
        output = self._control_plane.kubectl(*arguments, input=input)
        self._console.print(output.rstrip(), soft_wrap=True, markup=False, highlight=False)
        return output

    def wait(self, resource: str, condition: str = "Ready") -> None:
        """Wait as a script would, without showing it."""
        self._control_plane.kubectl("wait", f"--for=condition={condition}", resource, "--timeout=120s")


def main() -> int:
    """Tell the story; returns the exit code."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 160)
    console.print("Starting etcd, kube-apiserver, kube-controller-manager and a node made of processes …")
    with ControlPlane() as control_plane, SubprocessKubelet(control_plane) as node:
        teller = Teller(control_plane, console)
        teller.say("The operator is installed from the checkout.")
        console.print(
            Text(
                f"$ helm install model-monitor-operator {CHART.relative_to(Path.cwd())} -n model-monitor-system",
                style="green",
            )
        )
        install(control_plane)
        tell(teller, control_plane, node.claim_folder("default", "flights"))
        if os.environ.get("HOLD"):
            console.print(f"\nexport KUBECONFIG={control_plane.kubeconfig}\nPress Enter to end the cluster.")
            input()
    return 0


def tell(teller: Teller, control_plane: ControlPlane, claim: Path) -> None:
    """From manifests to violations in a status: first of the inputs, then of the answers."""
    teller.say(
        "The volume `flights` gets the training set of January 2013, the captured requests of two months, and their "
        "labels."
    )
    story = write_story(claim)
    shutil.rmtree(claim / "reports", ignore_errors=True)
    print(f"{story.training_rows:,} rows of training data, {story.captured_rows:,} captured requests and labels")
    tell_inputs(teller, control_plane)
    tell_answers(teller, control_plane)


def tell_inputs(teller: Teller, control_plane: ControlPlane) -> None:
    """Data quality."""
    teller.say("Two manifests: what is normal, and what is watched.")
    apply(teller, "monitor.yaml", "flights-january", "flights-daily")
    teller.say(
        "The schedule would run every midnight. These runs are wanted now: the day before the blizzard, and its day."
    )
    run_days(teller, control_plane, "flights-daily", "flights")
    teller.kubectl("get", "msch,mbl,mexe")
    teller.say("What is wrong with the eighth of February?")
    path = "{range .status.violations[*]}{.column}{'  '}{.check}{'  '}{.description}{'\\n'}{end}"
    teller.kubectl(
        "get", "mexe", "flights-2013-02-08", "-o", f"jsonpath={path}", shown="get mexe flights-2013-02-08 -o jsonpath=…"
    )
    teller.kubectl(
        "get",
        "events",
        "--field-selector=type=Warning",
        "-o",
        "custom-columns=OBJECT:.involvedObject.name,REASON:.reason,MESSAGE:.message",
    )
    teller.say("And the schedule's own word on it:")
    teller.kubectl("get", "msch", "flights-daily", "-o", "wide")


def tell_answers(teller: Teller, control_plane: ControlPlane) -> None:
    """Model quality."""
    teller.say("Were the answers right? Two more manifests: how good the model was in January, and where labels come.")
    apply(teller, "quality.yaml", "flights-quality", "flights-quality")
    teller.say("The same two days, with the labels that are there by now.")
    run_days(teller, control_plane, "flights-quality", "flights-quality")
    teller.kubectl("get", "mexe", "--field-selector=spec.scheduleRef.name=flights-quality", "-o", "wide")
    teller.say("How good was the model, and what had been estimated without labels?")
    path = (
        "{range .status.metrics[0:2]}{.metric}{'  '}{.value}{' ('}{.low}{' to '}{.high}{'), '}{.baseline}"
        "{' in the baseline; estimated '}{.estimate}{' ('}{.estimateLow}{' to '}{.estimateHigh}{')'}{'\\n'}{end}"
    )
    for day in DAYS:
        name = f"flights-quality-{day}"
        teller.kubectl("get", "mexe", name, "-o", f"jsonpath={path}", shown=f"get mexe {name} -o jsonpath=…")
    teller.say("Two monitors of one model:")
    teller.kubectl("get", "msch", "-o", "wide")


def apply(teller: Teller, manifest: str, baseline: str, schedule: str) -> None:
    """Apply one of the demo's manifests and wait until both of its objects are ready."""
    content = files("model_monitor_jobs.demo").joinpath(manifest).read_text()
    teller.kubectl("apply", "-f", "-", input=content, shown=f"apply -f {manifest}")
    teller.wait(f"baseline/{baseline}")
    teller.wait(f"monitoringschedule/{schedule}")
    teller.kubectl("get", "mbl,msch")


def run_days(teller: Teller, control_plane: ControlPlane, schedule: str, prefix: str) -> None:
    """Run a monitor on DAYS, of which the last is in violation."""
    for day in DAYS:
        next_day = f"2013-02-{int(day[-2:]) + 1:02}"
        execution = EXECUTION.format(prefix=prefix, schedule=schedule, day=day, next_day=next_day)
        teller.kubectl("create", "-f", "-", input=execution, shown=f"create -f {prefix}-{day}.yaml")
        teller.wait(f"monitoringexecution/{prefix}-{day}", "Complete")
    wait_until(
        lambda: control_plane.get("msch", schedule)["status"].get("violationCount") == 1,
        "the schedule tells of the violation",
        timeout_seconds=30,
    )


if __name__ == "__main__":
    sys.exit(main())
