"""Results as tables on a terminal."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import groupby

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from model_monitor_crds.alert import RaisedAlert
from model_monitor_jobs.checks.finding import Finding
from model_monitor_jobs.decisions import Evidence, Verdict
from model_monitor_jobs.runs.baseline import MadeBaseline
from model_monitor_jobs.runs.result import Result
from model_monitor_jobs.sources import ReadReport

_STYLES = {
    Verdict.PASS: "green",
    Verdict.VIOLATION: "bold red",
    Verdict.INSUFFICIENT_DATA: "yellow",
    Verdict.TOO_VARIABLE: "yellow",
}


def findings_table(findings: Iterable[Finding], *, verdicts: bool = True, segments: bool = True) -> Table:
    """One line a finding: what was observed, what was expected, and how far beyond its limit that is.

    Where the baseline's own windows are known, also by how much they usually differ. Without `segments` the
    names of columns stand alone.
    """
    findings = list(findings)
    learned = any(finding.evidence is not None and finding.evidence.typical is not None for finding in findings)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("Column", "Check"):
        table.add_column(name, overflow="fold")
    for name in ("Observed", "Baseline"):
        table.add_column(name, overflow="fold", min_width=14)
    for name in ("Change", *(("Usual",) if learned else ()), "Limit", "Times", "Rows"):
        table.add_column(name, justify="right", no_wrap=True, min_width=7)
    if verdicts:
        table.add_column("Verdict", no_wrap=True, min_width=16)
    for finding in findings:
        # As Text, because names and values may look like markup: [carrier = UA], [/].
        place = Text((finding.place if segments else finding.column) or "(table)")
        check = finding.check.removesuffix("_check")
        verdict = [Text(finding.verdict.value, style=_STYLES[finding.verdict])] if verdicts else []
        numbers = _numbers(finding.evidence, learned)
        table.add_row(place, check, Text(finding.observed), Text(finding.expected), *numbers, *verdict)
    return table


def _numbers(evidence: Evidence | None, learned: bool) -> Iterator[str]:
    if evidence is None:
        return
    measured = evidence.count > 0
    yield f"{evidence.difference:.3f}" if measured else ""
    if learned:
        yield "" if evidence.typical is None else f"{evidence.typical:.3f}"
    yield f"{evidence.limit:.3f}" if measured else ""
    yield f"{evidence.ratio:.1f}×" if measured else ""
    yield f"{evidence.count:,}"


def result_report(result: Result, *, every_check: bool = False, told: Collection[str] = ()) -> RenderableType:
    """A run: one sentence, the violations (or every check), what could not be read, and notes that were not `told`."""
    style = "bold red" if result.violations else "green"
    parts: list[RenderableType] = [Text(result.summary, style=style)]
    if every_check:
        for segment, findings in groupby(result.findings, key=lambda finding: finding.segment):
            parts += [Text(f"Where {' = '.join(segment)}:", style="bold")] if segment else []
            parts.append(findings_table(findings, segments=False))
    elif result.violations:
        parts.append(findings_table(result.violations, verdicts=False))
    parts += unreadable_lines(result.report)
    parts += [Text(f"Note: {note}", style="dim") for note in result.notes if note not in told]
    return Group(*parts)


def baseline_report(made: MadeBaseline) -> RenderableType:
    """A baseline that was made: its columns and where its files are."""
    files = made.files
    parts: list[RenderableType] = [
        Text(f"{files.record_count:,} rows, {files.column_count} columns", style="green"),
    ]
    if made.table is not None:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        for name in ("Column", "Type"):
            table.add_column(name, overflow="fold")
        for name in ("Missing", "Distinct", "Mean", "Min", "Max"):
            table.add_column(name, justify="right", no_wrap=True)
        for column in made.table.columns.values():
            moments = column.moments
            numbers = column.inferred_type in ("Integral", "Fractional")
            spread = (
                tuple(f"{x:.6g}" for x in (moments.mean, moments.minimum, moments.maximum)) if numbers else ("",) * 3
            )
            missing = f"{made.table.missing(column.name) / made.table.rows:.1%}"
            about = "" if column.frequencies.exact else "≈"
            distinct = f"{about}{column.frequencies.distinct:,}"
            table.add_row(Text(column.name), column.inferred_type, missing, distinct, *spread)
        parts.append(table)
    if made.report is not None:
        parts += unreadable_lines(made.report)
    parts += [Text(f"Note: {note}", style="yellow") for note in made.notes]
    parts.append(Text("\n".join(filter(None, (files.statistics_uri, files.constraints_uri))), style="dim"))
    return Group(*parts)


def unreadable_lines(report: ReadReport) -> list[RenderableType]:
    """How many lines could not be read, with the first three."""
    if not report.unreadable:
        return []
    counted = "1 line" if report.unreadable == 1 else f"{report.unreadable:,} lines"
    lines: list[RenderableType] = [Text(f"{counted} could not be read:", style="yellow")]
    lines += [
        Text(f"  {sample.file}:{sample.line}: {sample.reason}: {sample.text}", style="yellow")
        for sample in report.samples[:3]
    ]
    return lines


def alert_line(alert: RaisedAlert, periods: int) -> Text:
    """An alert in one line."""
    name = f"{alert.check.place} {alert.check.type}".strip()
    why = (
        ("far beyond its limit" if alert.check.column else "another structure") + ", so one window is enough"
        if alert.immediate
        else f"violated in {alert.violations} of the latest {periods} windows"
    )
    return Text(f"ALERT  {name}: {why}", style="bold white on red")


def standing_alert_line(alert: RaisedAlert, periods: int) -> Text:
    """An alert that earlier windows have raised and that stands after a window without a violation."""
    name = f"{alert.check.place} {alert.check.type}".strip()
    return Text(f"still in alert: {name}, violated in {alert.violations} of the latest {periods} windows", style="red")
