"""Results as tables on a terminal."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC
from itertools import groupby
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from model_monitor_crds.alert import Check, RaisedAlert
from model_monitor_jobs.checks.bias import words as bias_words
from model_monitor_jobs.checks.explainability.words import share_text
from model_monitor_jobs.checks.finding import Finding, percent
from model_monitor_jobs.checks.model_quality.measured import MeasuredMetric
from model_monitor_jobs.checks.model_quality.words import NAMES, shown, spanned
from model_monitor_jobs.decisions import Evidence, Verdict
from model_monitor_jobs.reports.naming import COLUMNS, naming_of
from model_monitor_jobs.runs.baseline_files import MadeBaseline
from model_monitor_jobs.runs.labelled_result import LabelledResult
from model_monitor_jobs.runs.model_quality_result import ModelQualityResult
from model_monitor_jobs.runs.result import Result
from model_monitor_jobs.sources import ReadReport

if TYPE_CHECKING:
    from model_monitor_jobs.checks.bias.measured import MeasuredBias
    from model_monitor_jobs.sagemaker.attributions import LabelExplanation

_STYLES = {
    Verdict.PASS: "green",
    Verdict.VIOLATION: "bold red",
    Verdict.INSUFFICIENT_DATA: "yellow",
    Verdict.TOO_VARIABLE: "yellow",
}


def findings_table(findings: Iterable[Finding], *, verdicts: bool = True, segments: bool = True) -> Table:
    """One line a finding: what was observed, what was expected, and how far beyond its limit that is.

    Where the baseline's own windows are known, also by how much they usually differ. Without `segments` the
    names of columns stand alone. Checks of metrics have no column: they tell which rows they are of.
    """
    findings = list(findings)
    learned = any(finding.evidence is not None and finding.evidence.typical is not None for finding in findings)
    naming = naming_of(finding.key for finding in findings)
    table = _table(naming.heads)
    for name in ("Observed", "Baseline"):
        table.add_column(name, overflow="fold", min_width=14)
    for name in ("Change", *(("Usual",) if learned else ()), "Limit", "Times", "Rows"):
        table.add_column(name, justify="right", no_wrap=True, min_width=7)
    if verdicts:
        table.add_column("Verdict", no_wrap=True, min_width=16)
    for finding in findings:
        key = finding.key if segments or naming is not COLUMNS else Check(finding.column, finding.check)
        # As Text, because names and values may look like markup: [carrier = UA], [/].
        names = map(Text, naming.cells(key))
        verdict = [Text(finding.verdict.value, style=_STYLES[finding.verdict])] if verdicts else []
        numbers = _numbers(finding.evidence, learned)
        table.add_row(*names, Text(finding.observed), Text(finding.expected), *numbers, *verdict)
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
    if isinstance(result, LabelledResult) and result.labelled:
        parts += _label_lines(result)
    if every_check and isinstance(result, ModelQualityResult):
        parts.append(findings_table(result.findings))
    elif every_check:
        for segment, findings in groupby(result.findings, key=lambda finding: finding.segment):
            parts += [Text(f"Where {' = '.join(segment)}:", style="bold")] if segment else []
            parts.append(findings_table(findings, segments=False))
    elif result.violations:
        parts.append(findings_table(result.violations, verdicts=False))
    parts += unreadable_lines(result.report)
    if isinstance(result, LabelledResult) and result.label_report is not None:
        parts += unreadable_lines(result.label_report, "label")
    parts += [Text(f"Note: {note}", style="dim") for note in result.notes if note not in told]
    return Group(*parts)


def _label_lines(result: LabelledResult) -> Iterator[Text]:
    """How many records have a label, and the estimate beside the measured value."""
    needed = result.needed
    few = "" if needed.enough or result.compatibility == "SageMaker" else f", {percent(needed.least)} are needed"
    moment = f"{result.as_of.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    counted = f"{needed.labelled:,} of {result.rows:,} records ({percent(needed.share)}{few})"
    yield Text(f"Labels as of {moment}: {counted}")
    if not isinstance(result, ModelQualityResult) or result.estimates is None:
        return
    told = []
    unmeasured = "undefined" if needed.enough else "not yet"
    for name in result.judged_metrics:
        if not result.trusts(name):
            yield Text(f"Estimated without labels: {name} silenced, it has been wrong too often", style="yellow")
            continue
        estimate, metric = result.estimates.metrics.get(name), result.measured.get(name)
        if estimate is not None:
            measured = shown(name, metric.value) if metric is not None and metric.defined else unmeasured
            said = spanned(name, estimate.value, estimate.low, estimate.high)
            told.append(f"{name} {said}, measured {measured}")
    if told:
        yield Text(f"Estimated without labels: {'; '.join(told)}")


def baseline_report(made: MadeBaseline) -> RenderableType:
    """A baseline that was made: its columns or metrics, and where its files are."""
    files = made.files
    parts: list[RenderableType] = [
        Text(f"{files.record_count:,} rows, {files.column_count} {made.judges}", style="green")
    ]
    if made.measured is not None:
        parts.append(metrics_table(made.measured))
    for facet, metrics in (made.bias or {}).items():
        parts += [Text(facet, style="bold"), bias_table(metrics)]
    for label, explanation in (made.explained or {}).items():
        parts += [
            *([Text(label, style="bold")] if len(made.explained or {}) > 1 else []),
            attributions_table(explanation),
        ]
    if made.table is not None:
        table = _table(("Column", "Type"), ("Missing", "Distinct", "Mean", "Min", "Max"))
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


def metrics_table(measured: Mapping[str, MeasuredMetric]) -> Table:
    """Metrics with their 95 % intervals, and the rows that each rests on."""
    table = _table(("Metric", ""), ("Value", "95 % interval", "Rows"))
    for name, metric in measured.items():
        interval = f"{shown(name, metric.low)} to {shown(name, metric.high)}" if metric.method else ""
        value = shown(name, metric.value)
        table.add_row(name, Text(NAMES.get(name, ""), style="dim"), value, interval, f"{metric.count:,}")
    return table


def bias_table(measured: Mapping[str, MeasuredBias]) -> Table:
    """Metrics of a facet with their 95 % intervals, and the rows of the smaller side that each rests on."""
    table = _table(("Metric", ""), ("Value", "95 % interval", "Rows"))
    for name, metric in measured.items():
        if metric.defined:
            interval = f"{bias_words.shown(metric.low)} to {bias_words.shown(metric.high)}" if metric.method else ""
            words = Text(bias_words.NAMES.get(name, ""), style="dim")
            table.add_row(name, words, bias_words.shown(metric.value), interval, f"{metric.count:,}")
    return table


def attributions_table(explanation: LabelExplanation) -> Table:
    """The features of a model by the size of their attributions, with the share of all attribution that each has."""
    table = _table(("Feature",), ("Attribution", "Share"))
    values = explanation.global_shap_values
    total = sum(map(abs, values.values())) or 1.0
    for name, value in sorted(values.items(), key=lambda item: -abs(item[1])):
        table.add_row(Text(name), f"{value:.4g}", share_text(abs(value) / total))
    return table


def _table(texts: Iterable[str], numbers: Iterable[str] = ()) -> Table:
    """A table without lines: columns of texts, which are folded, and of numbers to the right."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in texts:
        table.add_column(name, overflow="fold")
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def unreadable_lines(report: ReadReport, noun: str = "line") -> list[RenderableType]:
    """How many lines could not be read, with the first three."""
    if not report.unreadable:
        return []
    counted = f"1 {noun}" if report.unreadable == 1 else f"{report.unreadable:,} {noun}s"
    lines: list[RenderableType] = [Text(f"{counted} could not be read:", style="yellow")]
    lines += [
        Text(f"  {sample.file}:{sample.line}: {sample.reason}: {sample.text}", style="yellow")
        for sample in report.samples[:3]
    ]
    return lines


def alert_line(alert: RaisedAlert, periods: int) -> Text:
    """An alert in one line."""
    naming = naming_of([alert.check])
    why = f"violated in {alert.violations} of the latest {periods} windows"
    if alert.immediate:
        small = bool(alert.check.column) or not naming.structural
        why = ("far beyond its limit" if small else "another structure") + ", so one window is enough"
    elif periods == 1:
        why = "violated, and one window is enough"
    return Text(f"ALERT  {naming.text(alert.check)}: {why}", style="bold white on red")


def standing_alert_line(alert: RaisedAlert, periods: int) -> Text:
    """An alert that earlier windows have raised and that stands after a window without a violation."""
    name = naming_of([alert.check]).text(alert.check)
    return Text(f"still in alert: {name}, violated in {alert.violations} of the latest {periods} windows", style="red")
