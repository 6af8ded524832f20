"""`model-monitor baseline` and `model-monitor check`: datasets without any YAML."""

from __future__ import annotations

import json
from dataclasses import replace

import click
from rich.console import Console

from model_monitor_crds.baseline import BaselineSpec, ExistingBaseline
from model_monitor_crds.data import Columns, Dataset
from model_monitor_crds.data_quality import DataQuality
from model_monitor_crds.window import Window
from model_monitor_jobs.commands.exit_codes import NO_VIOLATION, exit_code_of
from model_monitor_jobs.commands.spinner import busy
from model_monitor_jobs.errors import ConfigurationError
from model_monitor_jobs.execution.page import REPORT, dataset_page
from model_monitor_jobs.reports.terminal import baseline_report, result_report
from model_monitor_jobs.runs.baseline_files import PROFILE, MadeBaseline
from model_monitor_jobs.runs.data_quality import judge
from model_monitor_jobs.runs.data_quality_baseline import adopt, profile_dataset
from model_monitor_jobs.runs.loading import LoadedBaseline, load_baseline
from model_monitor_jobs.runs.outcome import EXECUTION, report_document, result_files, result_status
from model_monitor_jobs.runs.reading import excluded_columns, first_columns
from model_monitor_jobs.runs.result import CONSTRAINTS, STATISTICS
from model_monitor_jobs.runs.traffic import open_dataset
from model_monitor_jobs.storage import Storage


def make_baseline_of_files(spec: BaselineSpec, output: str, storage: Storage, console: Console | None) -> int:
    """Profile a dataset, write the baseline's files and print them; returns the exit code."""
    if spec.dataset is None:
        raise ConfigurationError("a dataset is needed")
    with busy(console, f"reading {spec.dataset.uri}"):
        profiled = profile_dataset(spec.dataset, spec.columns, storage, spec.windows, spec.time_zone)
    profiled.write(output, storage)
    made = MadeBaseline(profiled.files_in(output, storage), profiled.table, profiled.report, profiled.notes)
    if console is None:
        click.echo(json.dumps(made.files.to_dict(), indent=2))
    else:
        console.print(baseline_report(made))
    return NO_VIOLATION


def check_files(
    dataset: Dataset,
    columns: Columns,
    folder: str,
    output: str | None,
    settings: DataQuality,
    storage: Storage,
    console: Console | None,
    every_check: bool = False,
    window: Window | None = None,
) -> int:
    """Compare a dataset with the baseline in a folder and print the outcome; returns the exit code."""
    existing = ExistingBaseline(
        statistics_uri=storage.join(folder, STATISTICS), constraints_uri=storage.join(folder, CONSTRAINTS)
    )
    files = adopt(existing, storage)
    if storage.exists(storage.join(folder, PROFILE)):
        files = files.model_copy(update={"profile_uri": storage.join(folder, PROFILE)})
    baseline = load_baseline(files, excluded_columns(columns), storage, window)
    with busy(console, f"comparing {dataset.uri}"):
        columns, note = _stamped(dataset, columns, baseline, storage, window)
        traffic = open_dataset(dataset, storage, window if columns.timestamp else None, columns.timestamp)
        result = judge(traffic, baseline, columns, settings, window)
        result = replace(result, notes=(*note, *result.notes))
    status = result_status(result, output).to_dict()
    if output is not None:
        page = dataset_page(result, settings, dataset.uri.rsplit("/", 1)[-1], output)
        storage.write_folder(output, result_files(result, {"status": status}) | {REPORT: page}, last=EXECUTION)
    if console is None:
        click.echo(json.dumps(report_document(result, {"status": status}), indent=2, ensure_ascii=False))
    else:
        console.print(result_report(result, every_check=every_check))
    return exit_code_of(result)


def _stamped(
    dataset: Dataset, columns: Columns, baseline: LoadedBaseline, storage: Storage, window: Window | None
) -> tuple[Columns, tuple[str, ...]]:
    """The columns with the baseline's time where the data have it, and what to say where they don't."""
    if window is None or columns.timestamp is not None or baseline.timestamp is None:
        return columns, ()
    if baseline.timestamp in first_columns(open_dataset(dataset, storage).stream):
        return columns.model_copy(update={"timestamp": baseline.timestamp}), ()
    return columns, (f"the data have no column {baseline.timestamp!r}: all rows are taken for the window's",)
