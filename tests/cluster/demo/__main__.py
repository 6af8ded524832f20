"""Starts a cluster, installs the operator and tells all chapters.

With HOLD=1 in the environment the cluster stays until Enter is pressed.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

from tests.cluster.control_plane import ControlPlane
from tests.cluster.demo import data_quality, model_bias, model_explainability, model_quality
from tests.cluster.demo.teller import Teller
from tests.cluster.installation import CHART, install
from tests.cluster.kubelet import SubprocessKubelet

CHAPTERS = (data_quality, model_quality, model_bias, model_explainability)


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
        tell(teller, node)
        if os.environ.get("HOLD"):
            console.print(f"\nexport KUBECONFIG={control_plane.kubeconfig}\nPress Enter to end the cluster.")
            input()
    return 0


def tell(teller: Teller, node: SubprocessKubelet) -> None:
    """From manifests to violations in a status, chapter by chapter."""
    there = []
    for chapter in CHAPTERS:
        data = chapter.CHAPTER.data
        if data not in there:
            there.append(data)
            folder = node.claim_folder("default", data.claim)
            shutil.rmtree(folder / "reports", ignore_errors=True)
            teller.say(f"{data.about} The volume `{data.claim}` gets its training set, captured requests and labels.")
            teller.print(data.write(folder))
        chapter.tell(teller)


if __name__ == "__main__":
    sys.exit(main())
