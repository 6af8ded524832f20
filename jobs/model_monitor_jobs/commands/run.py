"""`model-monitor run`: manifests without a cluster."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from model_monitor_crds import Baseline
from model_monitor_crds.base import API_VERSION
from model_monitor_crds.baseline import BaselineFiles
from model_monitor_crds.data import Output
from model_monitor_crds.window import Window, format_time
from model_monitor_jobs.commands.exit_codes import ERROR, NO_VIOLATION, exit_code_of
from model_monitor_jobs.commands.spinner import busy
from model_monitor_jobs.errors import ConfigurationError, MonitorError
from model_monitor_jobs.execution.local import LocalRun, occasions, output_below, replay, resolve_columns
from model_monitor_jobs.execution.perform import Clock, perform_baseline, started_status
from model_monitor_jobs.manifests import Manifests, load_manifests
from model_monitor_jobs.reports.terminal import alert_line, baseline_report, result_report, standing_alert_line
from model_monitor_jobs.runs.baseline_files import MadeBaseline
from model_monitor_jobs.runs.outcome import finding_document
from model_monitor_jobs.storage import Storage


def run_manifests(
    files: Iterable[Path],
    output: Path | None,
    at: datetime,
    span: Window | None,
    storage: Storage,
    clock: Clock,
    console: Console | None,
    every_check: bool = False,
) -> int:
    """Make the baselines, then the runs, printing each; returns the exit code. Without a console, prints JSON."""
    manifests = load_manifests(files)
    for title in manifests.passed_over:
        click.echo(f"passed over: {title}", err=True)
    if not manifests.baselines and not manifests.schedules:
        raise ConfigurationError(
            f"the files hold neither a Baseline nor a MonitoringSchedule of {API_VERSION}",
            remedy="check apiVersion and kind",
        )
    _check_references(manifests)
    made = {}
    for name, baseline in manifests.baselines.items():
        made[name] = _make(baseline, output, storage, clock, console)
    runs: list[LocalRun] = []
    quiet: list[LocalRun] = []
    told: set[str] = set()
    reference = {name: baseline.files for name, baseline in made.items()}
    for local_run in _replay(manifests, reference, output, at, span, storage, clock, console):
        runs.append(local_run)
        if console is None:
            continue
        if quiet and (quiet[-1].schedule != local_run.schedule or not _is_quiet(local_run, every_check)):
            _show_quiet(console, quiet)
            quiet = []
        if _is_quiet(local_run, every_check):
            quiet.append(local_run)
        else:
            periods = manifests.schedules[local_run.schedule].spec.alert.evaluation_periods
            _show(console, local_run, periods, every_check, told)
    if console is not None:
        _show_quiet(console, quiet)
    if console is None:
        click.echo(json.dumps(_document(made, runs), indent=2, ensure_ascii=False))
    elif len(runs) > 1:
        _show_totals(console, runs)
    return exit_code(runs)


def exit_code(runs: Iterable[LocalRun]) -> int:
    """An error outweighs violations."""
    codes = {NO_VIOLATION}
    for local_run in runs:
        if local_run.performed is None:
            codes.add(ERROR)
        else:
            codes.add(exit_code_of(local_run.performed.result))
    return ERROR if ERROR in codes else max(codes)


def _check_references(manifests: Manifests) -> None:
    for name, schedule in manifests.schedules.items():
        if schedule.spec.job.contract == "SageMaker":
            raise ConfigurationError(
                f"MonitoringSchedule {name}: spec.job.contract: a container of your own runs only in a cluster"
            )
        wanted = schedule.spec.baseline_name
        if wanted not in manifests.baselines:
            known = ", ".join(manifests.baselines) or "none"
            raise ConfigurationError(
                f"MonitoringSchedule {name}: spec.baselineRef.name: no Baseline {wanted!r} in the files ({known})",
                remedy="give its file with another -f",
            )


def _make(
    baseline: Baseline, output: Path | None, storage: Storage, clock: Clock, console: Console | None
) -> MadeBaseline:
    name, spec = baseline.metadata.name, baseline.spec
    if output is not None:
        spec = spec.model_copy(update={"output": Output(uri=f"file://{output.absolute()}/baselines/{name}")})
    with busy(console, f"Baseline {name}: reading"):
        try:
            made, _ = perform_baseline(spec, started_status(clock()), storage, clock)
        except MonitorError as error:
            error.message = f"Baseline {name}: {error.message}"
            error.args = (error.message,)
            raise
    if console is not None:
        console.print(Text(f"Baseline {name}", style="bold"))
        console.print(Padding(baseline_report(made), (0, 0, 1, 2)))
    return made


def _replay(
    manifests: Manifests,
    files: dict[str, BaselineFiles],
    output: Path | None,
    at: datetime,
    span: Window | None,
    storage: Storage,
    clock: Clock,
    console: Console | None,
) -> Iterator[LocalRun]:
    for name, schedule in manifests.schedules.items():
        baseline = manifests.baselines[schedule.spec.baseline_name]
        monitor = resolve_columns(schedule.spec, baseline)
        if output is not None:
            monitor = output_below(monitor, f"file://{output.absolute()}")
        due = list(occasions(name, monitor, at, span))
        if not due:
            raise ConfigurationError(f"MonitoringSchedule {name}: no scheduled run has its window in {span}")
        if console is not None:
            kind = "1 run" if len(due) == 1 else f"{len(due)} runs"
            console.print(Text(f"MonitoringSchedule {name}: {kind}", style="bold"))
        reference = files[baseline.metadata.name]
        results = replay(schedule, monitor, reference, iter(due), storage, clock)
        while True:
            with busy(console, f"MonitoringSchedule {name}: comparing"):
                local_run = next(results, None)
            if local_run is None:
                break
            yield local_run


def _is_quiet(local_run: LocalRun, every_check: bool) -> bool:
    performed = local_run.performed
    if performed is None or local_run.alerts or every_check or local_run.again or not performed.result.judged:
        return False
    result = performed.result
    return not result.violations and not result.report.unreadable and not result.alarming


def _show_quiet(console: Console, runs: list[LocalRun]) -> None:
    """Runs one after the other in which nothing was found: a line for all."""
    results = [run.performed.result for run in runs if run.performed is not None]
    if len(results) == 1:
        console.print(Text(f"  {runs[0].occasion.window}  ") + Text(results[0].summary, style="green"))
    elif results:
        rows = sum(result.rows for result in results)
        span = Window(runs[0].occasion.window.start, runs[-1].occasion.window.end)
        console.print(Text(f"  {span}  ") + Text(f"{len(runs)} windows, {rows:,} rows, no violation", style="green"))


def _show(console: Console, local_run: LocalRun, periods: int, every_check: bool, told: set[str]) -> None:
    """Print a run; a note that earlier runs have had is not told again."""
    window = f"{local_run.occasion.window}"
    if local_run.performed is None:
        console.print(Text(f"  {window}  ", style="bold") + Text(f"failed: {local_run.error}", style="red"))
        return
    result = local_run.performed.result
    foreseen = f"    before its labels: {result.foreseen}" if result.foreseen else ""
    if local_run.again:
        window = f"{window}  judged again, {local_run.again}"
    if not result.violations and not every_check and not result.report.unreadable:
        console.print(Text(f"  {window}  ") + Text(result.summary, style="green"))
        for alert in local_run.alerts:
            console.print(Padding(standing_alert_line(alert, periods), (0, 0, 0, 4)))
        if foreseen:
            console.print(Text(foreseen, style="yellow" if result.alarming else "dim"))
        return
    console.print(Text(f"  {window}", style="bold"))
    console.print(Padding(result_report(result, every_check=every_check, told=told), (0, 0, 0, 4)))
    told.update(result.notes)
    for alert in local_run.alerts:
        console.print(Padding(alert_line(alert, periods), (0, 0, 0, 4)))
    if foreseen:
        console.print(Text(foreseen, style="yellow" if result.alarming else "dim"))
    console.print(Text(f"    {local_run.performed.folder}", style="dim"))


def _show_totals(console: Console, runs: list[LocalRun]) -> None:
    failed = sum(run.performed is None for run in runs)
    violated = sum(run.performed is not None and bool(run.performed.result.violations) for run in runs)
    parts = [f"{len(runs)} runs", f"{violated} with violations"] + ([f"{failed} failed"] if failed else [])
    console.print(Text(", ".join(parts), style="bold"))


def _document(made: dict[str, MadeBaseline], runs: list[LocalRun]) -> dict[str, Any]:
    return {
        "baselines": {name: baseline.files.to_dict() for name, baseline in made.items()},
        "runs": [_run_document(local_run) for local_run in runs],
    }


def _run_document(local_run: LocalRun) -> dict[str, Any]:
    window = local_run.occasion.window
    document: dict[str, Any] = {
        "schedule": local_run.schedule,
        "window": {"start": format_time(window.start), "end": format_time(window.end)},
    }
    if local_run.performed is None:
        return document | {"error": str(local_run.error)}
    performed = local_run.performed
    return document | {
        "reportURI": performed.folder,
        "status": performed.status.to_dict(),
        "findings": [
            finding_document(finding, performed.result.offenders.get(finding.key))
            for finding in performed.result.findings
        ],
        "alerts": [{"column": alert.check.place, "check": alert.check.type} for alert in local_run.alerts],
        **({"again": local_run.again} if local_run.again else {}),
    }
