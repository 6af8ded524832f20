"""The `model-monitor` command."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import click
from pydantic import ValidationError
from rich.console import Console

from model_monitor_crds.baseline import BaselineSpec
from model_monitor_crds.data import Columns, CSVOptions, Dataset, Output
from model_monitor_crds.data_quality import DataQuality
from model_monitor_crds.validation import describe
from model_monitor_crds.window import Window, parse_time
from model_monitor_jobs.commands.exit_codes import ERROR
from model_monitor_jobs.errors import MonitorError
from model_monitor_jobs.pod_commands import execute, mount_option, now, prepare, publish
from model_monitor_jobs.storage import Storage

_FORMATS: dict[str, Literal["CSV", "JSONLines", "Parquet"]] = {
    ".csv": "CSV",
    ".jsonl": "JSONLines",
    ".ndjson": "JSONLines",
    ".parquet": "Parquet",
    ".pq": "Parquet",
}


class Moment(click.ParamType[datetime]):
    """A time on the command line, UTC unless it says otherwise."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read RFC 3339, or a date."""
        try:
            return parse_time(str(value))
        except ValueError:
            self.fail(f"{value!r} is no time; write 2013-02-08 or 2013-02-08T05:00:00Z", param, ctx)


output_format_option = click.option(
    "-o", "--output-format", type=click.Choice(["table", "json"]), default="table", help="How results are printed."
)
csv_options = (
    click.option(
        "--format", "file_format", type=click.Choice(["CSV", "JSONLines", "Parquet"]), help="Default: by name."
    ),
    click.option("--no-header", is_flag=True, help="CSV: the first line is data."),
    click.option("--delimiter", default=",", help="CSV: the character between cells."),
    click.option("--exclude", multiple=True, help="Column that is not judged; may be given more than once."),
    click.option("--timestamp", help="Column with the time of a row; it is not judged."),
    click.option("--segment", "segments", multiple=True, help="Column by whose values rows are also judged apart."),
)


class Commands(click.Group):
    """Ends with 1 after a mistake on the command line, where click would say 2: that tells of violations."""

    def make_context(self, *arguments: Any, **extra: Any) -> click.Context:
        """Read the command's own options."""
        with _mistakes():
            return super().make_context(*arguments, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Read the verb's options, and run it."""
        with _mistakes():
            return super().invoke(ctx)


@contextmanager
def _mistakes() -> Iterator[None]:
    try:
        yield
    except click.UsageError as error:
        error.exit_code = ERROR  # type: ignore[misc]
        raise


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="model-monitor-operator")
def main() -> None:
    """Monitors of machine-learning models: compare the data a model sees with a baseline.

    Exit codes: 0 no violation, 1 an error, 2 violations.
    """


@main.command()
@click.option("-f", "--file", "files", type=click.Path(path_type=Path), multiple=True, required=True, help="YAML file.")
@click.option("--output", type=click.Path(path_type=Path), help="Write results below this folder, not where specs say.")
@click.option(
    "--at",
    type=Moment(),
    help="Make the latest run that was due at or before this time (a date is midnight in UTC). Default: now.",
)
@click.option("--from", "start", type=Moment(), help="Replay every scheduled run whose window lies after this time …")
@click.option("--to", "end", type=Moment(), help="… and before this one.")
@click.option("--all-checks", is_flag=True, help="Show checks that passed, too.")
@mount_option
@output_format_option
def run(
    files: tuple[Path, ...],
    output: Path | None,
    at: datetime | None,
    start: datetime | None,
    end: datetime | None,
    all_checks: bool,
    mounts: tuple[tuple[str, Path], ...],
    output_format: str,
) -> None:
    """Run Baselines and MonitoringSchedules from YAML files, without a cluster.

    Example: model-monitor run -f monitor.yaml --mount pvc://flights=./data --from 2013-02-01 --to 2013-02-15
    """
    from model_monitor_jobs.commands.run import run_manifests
    from model_monitor_jobs.logs import show_what_scripts_print

    if (start is None) != (end is None) or (start is not None and at is not None):
        raise click.UsageError("give --from and --to together, or --at alone")
    span = _span(start, end)
    storage = Storage(dict(mounts))
    moment = at or datetime.now(UTC)
    show_what_scripts_print()
    _exit(lambda: run_manifests(files, output, moment, span, storage, now, _console(output_format), all_checks))


@main.command()
@click.argument("dataset")
@click.option("--output", required=True, help="Folder for statistics.json, constraints.json and profile.parquet.")
@click.option(
    "--window",
    "windows",
    multiple=True,
    help="Length of the windows that will be judged (PT1H, P1D); may be given more than once. Needs --timestamp.",
)
@click.option("--time-zone", default="Etc/UTC", help="Where the windows' days begin, such as Europe/Berlin.")
@output_format_option
@mount_option
def baseline(
    output_format: str,
    mounts: tuple[tuple[str, Path], ...],
    output: str,
    windows: tuple[str, ...],
    time_zone: str,
    **options: Any,
) -> None:
    """Profile DATASET (a file, a folder or a glob) and suggest constraints.

    With --timestamp it also learns how much the dataset's own windows vary.

    Example: model-monitor baseline train.csv --output baseline --exclude customer_id --timestamp decided_at
    """
    from model_monitor_jobs.commands.files import make_baseline_of_files

    dataset, columns = _dataset(options)
    folder = _as_uri(output)
    spec = _valid(
        lambda: BaselineSpec(
            dataset=dataset,
            columns=columns,
            output=Output(uri=folder),
            time_zone=time_zone,
            windows=list(windows) or BaselineSpec.model_fields["windows"].default,
        )
    )
    storage = Storage(dict(mounts))
    _exit(lambda: make_baseline_of_files(spec, folder, storage, _console(output_format)))


@main.command()
@click.argument("dataset")
@click.option("--baseline", "baseline_folder", required=True, help="Folder with statistics.json and constraints.json.")
@click.option("--output", help="Folder for the results; without it they are only printed.")
@click.option(
    "--compatibility", type=click.Choice(["Default", "SageMaker"]), default="Default", help="Which rule judges."
)
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="Smallest change that counts, as a share of rows. Default: 0.02, or 0.1 where variation is unknown.",
)
@click.option(
    "--from", "start", type=Moment(), help="Start of the window that DATASET is, for the baseline's variation …"
)
@click.option("--to", "end", type=Moment(), help="… and its end.")
@click.option("--all-checks", is_flag=True, help="Show checks that passed, too.")
@output_format_option
@mount_option
def check(
    baseline_folder: str,
    output: str | None,
    compatibility: str,
    threshold: float | None,
    start: datetime | None,
    end: datetime | None,
    all_checks: bool,
    output_format: str,
    mounts: tuple[tuple[str, Path], ...],
    **options: Any,
) -> None:
    """Compare DATASET (a file, a folder or a glob) with a baseline.

    With --from and --to it is compared with the baseline's windows of that length; with --timestamp as well, only rows
    inside are read.

    Example: model-monitor check today.csv --baseline baseline --from 2013-02-08 --to 2013-02-09
    """
    if (start is None) != (end is None):
        raise click.UsageError("give --from and --to together")
    from model_monitor_jobs.commands.files import check_files

    dataset, columns = _dataset(options)
    settings = DataQuality.model_validate({"compatibility": compatibility, "threshold": threshold})
    storage = Storage(dict(mounts))
    console = _console(output_format)
    folder, results = _as_uri(baseline_folder), _as_uri(output) if output else None
    span = _span(start, end)
    _exit(lambda: check_files(dataset, columns, folder, results, settings, storage, console, all_checks, span))


@main.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--output", type=click.Path(path_type=Path), help="Folder for the manifests; without it they are printed."
)
@click.option(
    "--compatibility",
    type=click.Choice(["Default", "SageMaker"]),
    default="SageMaker",
    help="Which rule judges. Default: SageMaker's, so that verdicts stay what they were.",
)
@click.option("--capture-uri", help="DestinationS3Uri of the data capture, above the endpoints' folders.")
@click.option("--model-url", help="The model that explainability monitors ask.")
@click.option("--secret", help="Secret with the store's keys, for the environment of the pods.")
def migrate(
    files: tuple[Path, ...],
    output: Path | None,
    compatibility: Literal["Default", "SageMaker"],
    capture_uri: str | None,
    model_url: str | None,
    secret: str | None,
) -> None:
    """Write SageMaker's monitoring schedules and job definitions as Baselines and MonitoringSchedules.

    FILES are manifests of the AWS controllers for Kubernetes (ACK), or the output of aws sagemaker
    describe-monitoring-schedule, describe-…-job-definition and describe-endpoint. What becomes of each field is told on
    the error output. Ends with 2 when something is left to do by hand.

    Example: model-monitor migrate ack/*.yaml --capture-uri s3://acme-ml/data-capture --output manifests
    """
    from model_monitor_jobs.commands.migrate import migrate_files
    from model_monitor_jobs.migration.settings import Settings

    settings = Settings(compatibility, capture_uri, model_url, secret)
    console = Console(stderr=True, highlight=False, width=None if sys.stderr.isatty() else 120)
    _exit(lambda: migrate_files(files, output, settings, console))


for command in (baseline, check):
    for option in reversed(csv_options):
        option(command)


for verb in (execute, prepare, publish):
    main.add_command(verb)


@main.command()
def crds() -> None:
    """Print the CustomResourceDefinitions.

    Example: model-monitor crds | kubectl apply -f -
    """
    from model_monitor_crds.definitions import definitions_yaml

    click.echo(definitions_yaml(), nl=False)


@main.command()
@click.option("--output", type=click.Path(path_type=Path), default=Path("demo-output"), help="Folder for all files.")
def demo(output: Path) -> None:
    """Tell four stories on real data: of New York's flights in a blizzard, and of a rule that names nobody.

    Example: model-monitor demo --output demo-output
    """
    with _packages_of_demo():
        from model_monitor_jobs.demo.story import tell
    _exit(lambda: tell(output, _terminal(), now, sys.argv[0]))


@main.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8013, show_default=True, help="Where it listens.")
def demo_model(port: int) -> None:
    """Serve the demo's model of flights on loopback, until Ctrl-C: CSV in, a probability a line out.

    Example: model-monitor demo-model --port 8013
    """
    with _packages_of_demo():
        from model_monitor_jobs.demo.flights_model import answer_until_stopped
    _exit(lambda: answer_until_stopped(port, _terminal()))


@contextmanager
def _packages_of_demo() -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f"the demo needs the package {error.name}: install model-monitor-operator[jobs,demo]"
        ) from error


def _dataset(options: dict[str, Any]) -> tuple[Dataset, Columns]:
    uri = options["dataset"]
    name = Path(uri.removesuffix(".gz"))
    try:
        dataset = Dataset(
            uri=_as_uri(uri),
            format=options["file_format"] or _FORMATS.get(name.suffix.lower(), "CSV"),
            csv=CSVOptions(header=not options["no_header"], delimiter=options["delimiter"]),
        )
        columns = Columns(
            exclude=list(options["exclude"]), timestamp=options["timestamp"], segments=list(options["segments"])
        )
    except ValidationError as error:
        raise click.UsageError(describe(error)) from error
    return dataset, columns


def _valid(make: Callable[[], BaselineSpec]) -> BaselineSpec:
    try:
        return make()
    except ValidationError as error:
        raise click.UsageError(describe(error)) from error


def _as_uri(text: str) -> str:
    """A URI as it is, a path as an absolute file:// URI."""
    return text if "://" in text else f"file://{Path(text).absolute()}"


def _span(start: datetime | None, end: datetime | None) -> Window | None:
    if start is None or end is None:
        return None
    try:
        return Window(start, end)
    except ValueError as error:
        raise click.UsageError(f"--to must be after --from: {error}") from error


def _console(output_format: str) -> Console | None:
    """Where tables go; None when the answer is JSON."""
    return _terminal() if output_format == "table" else None


def _terminal() -> Console:
    """As wide as the terminal; 120 columns where output goes to a file."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else 120)


def _exit(action: Any) -> None:
    """End with the action's exit code, or with 1 and one line that says what is wrong."""
    try:
        sys.exit(action())
    except MonitorError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(ERROR)
