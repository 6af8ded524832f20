"""The verbs of `model-monitor` that the operator's pods call."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from model_monitor_crds.own_container import BASELINE_FOLDER, ENVIRONMENT_FOLDER, INPUT_FOLDER
from model_monitor_crds.run import CREDENTIALS_FOLDER, OUTPUT_FOLDER, RUN_FOLDER
from model_monitor_jobs.logs import LogFormat, set_up_logging
from model_monitor_jobs.storage import Storage


class Mount(click.ParamType[tuple[str, Path]]):
    """A URI prefix and the folder that stands for it; for a person always a volume claim's."""

    name = "uri=folder"

    def __init__(self, *schemes: str) -> None:
        self._prefixes = tuple(f"{scheme}://" for scheme in schemes)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Path]:
        """Split at the last equals sign."""
        prefix, separator, folder = str(value).rpartition("=")
        if not separator or "://" not in prefix or not folder:
            self.fail(f"{value!r}: write a URI prefix and a folder, such as pvc://flights=./data", param, ctx)
        if not prefix.startswith(self._prefixes):
            self.fail(f"{value!r}: only volume claims can stand for folders, such as pvc://flights=./data", param, ctx)
        return prefix, Path(folder)


mount_option = click.option(
    "--mount",
    "mounts",
    type=Mount("pvc"),
    multiple=True,
    help="Folder that stands for a volume claim, such as pvc://claim=./data.",
)
_pod_mount_option = click.option(
    "--mount",
    "mounts",
    type=Mount("pvc", "file"),
    multiple=True,
    help="Folder that stands for a claim, or that file:// URIs may reach, such as file:///data=/data.",
)


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


pod_options = (
    click.option("--run-folder", type=click.Path(path_type=Path), default=RUN_FOLDER, help="What the pod was told."),
    click.option("--credentials", type=click.Path(path_type=Path), default=CREDENTIALS_FOLDER, help="The pod's token."),
    click.option("--log-format", type=click.Choice(["text", "json"]), default="json", help="How logs are written."),
    _pod_mount_option,
)


@click.command()
@click.option("--output", type=click.Path(path_type=Path), default=OUTPUT_FOLDER, help="Where scripts find results.")
def execute(
    output: Path, run_folder: Path, credentials: Path, log_format: LogFormat, mounts: tuple[tuple[str, Path], ...]
) -> None:
    """Do one run in a cluster; the operator's pods call this.

    Example: model-monitor execute --mount pvc://flights=/mnt/claims/flights
    """
    from model_monitor_jobs.container import execute as execute_run

    set_up_logging(log_format)
    storage = Storage(dict(mounts), confined=True)
    sys.exit(execute_run(run_folder, credentials, os.environ, storage, now, output))


@click.command()
@click.option("--input", "source", type=click.Path(path_type=Path), default=INPUT_FOLDER, help="Where data go.")
@click.option("--baseline", type=click.Path(path_type=Path), default=BASELINE_FOLDER, help="Where the baseline goes.")
@click.option("--output", type=click.Path(path_type=Path), default=OUTPUT_FOLDER, help="Where results will be.")
@click.option(
    "--environment", type=click.Path(path_type=Path), default=ENVIRONMENT_FOLDER, help="Where the variables go."
)
def prepare(
    source: Path,
    baseline: Path,
    output: Path,
    environment: Path,
    run_folder: Path,
    credentials: Path,
    log_format: LogFormat,
    mounts: tuple[tuple[str, Path], ...],
) -> None:
    """Stage a run's data for a container of your own; pods with job.contract SageMaker call this first.

    Example: model-monitor prepare --input /opt/ml/processing/input
    """
    from model_monitor_jobs.container import prepare as prepare_run
    from model_monitor_jobs.runs.staged_window import Staging

    set_up_logging(log_format)
    storage = Storage(dict(mounts), confined=True)
    folders = Staging(source, baseline, output, environment)
    sys.exit(prepare_run(run_folder, credentials, os.environ, storage, now, folders))


@click.command()
@click.option("--output", type=click.Path(path_type=Path), default=OUTPUT_FOLDER, help="Where the results are.")
def publish(
    output: Path, run_folder: Path, credentials: Path, log_format: LogFormat, mounts: tuple[tuple[str, Path], ...]
) -> None:
    """Tell what a container of your own found; pods with job.contract SageMaker call this last.

    Example: model-monitor publish --output /opt/ml/processing/output
    """
    from model_monitor_jobs.container import publish as publish_run

    set_up_logging(log_format)
    storage = Storage(dict(mounts), confined=True)
    sys.exit(publish_run(run_folder, credentials, os.environ, storage, now, output))


for command in (execute, prepare, publish):
    for option in reversed(pod_options):
        option(command)
