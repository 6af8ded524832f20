"""The headline of a model quality run: how the model does, and whether that can be said yet."""

from __future__ import annotations

from model_monitor_crds.alert import Check
from model_monitor_jobs.checks.finding import Finding
from model_monitor_jobs.checks.model_quality.words import direction, metric_of, shown
from model_monitor_jobs.decisions import Verdict
from model_monitor_jobs.reports.html.answer import ends_when, status_of, still_in_alert
from model_monitor_jobs.reports.html.context import ReportContext, written
from model_monitor_jobs.reports.html.model import Fact, State
from model_monitor_jobs.reports.html.model_quality.judged import (
    compared_with,
    estimate_of,
    findings_of_all_rows,
    judged_of,
)
from model_monitor_jobs.reports.html.model_quality.words import (
    amount,
    check_text,
    lowered,
    metric_name,
    name_of,
    span_text,
)
from model_monitor_jobs.reports.html.words import counted, duration_text, share, times
from model_monitor_jobs.runs.model_quality_result import ModelQualityResult
from model_monitor_jobs.runs.outcome import UNDECIDED


def answer_of(
    state: State, result: ModelQualityResult, context: ReportContext, alerts: frozenset[Check]
) -> tuple[str, str]:
    """The headline, and the sentence below it."""
    if result.violations:
        return _violated(state, result, context, alerts)
    if not result.judged:
        return _unjudged(result, context, alerts)
    if alerts:
        return (
            f"Nothing is violated in this window; still in alert: {still_in_alert(alerts, check_text)}.",
            f"{_measured(result)} {ends_when(context.alert)}",
        )
    return _quiet(result)


def headline_facts(result: ModelQualityResult, context: ReportContext) -> tuple[Fact, ...]:
    """The few numbers that stand beside the headline."""
    needed = result.needed
    facts = [
        Fact("Labelled records", f"{needed.labelled:,} of {result.rows:,}"),
        Fact("Coverage", share(needed.share)),
        Fact("Labels as of", written(result.as_of, context.zone)),
    ]
    # Beside a headline on a violation stands what that metric was.
    worst = result.violations[0] if result.violations else None
    metric = metric_of(worst.check) if worst is not None else result.judged_metrics[0]
    finding = worst if worst is not None else findings_of_all_rows(result).get(metric)
    baseline = compared_with(finding, result) if finding is not None else result.reference.values.get(metric)
    if baseline is not None:
        facts.append(Fact("In the baseline", shown(metric, baseline)))
    facts.append(Fact("Checks in violation", f"{len(result.violations):,} of {len(result.findings):,}"))
    if undecided := sum(finding.verdict in UNDECIDED for finding in result.findings):
        facts.append(Fact("Not judged", f"{undecided:,}"))
    if result.revisions:
        facts.append(Fact("Judged before", counted(len(result.revisions), "time")))
    return tuple(facts)


def is_better(finding: Finding, result: ModelQualityResult) -> bool:
    """Whether a metric has changed for the better."""
    metric = metric_of(finding.check)
    baseline = compared_with(finding, result)
    value = result.parts[finding.segment].measured[metric].value
    return baseline is not None and direction(metric, value, baseline) == "better"


def _violated(
    state: State, result: ModelQualityResult, context: ReportContext, alerts: frozenset[Check]
) -> tuple[str, str]:
    worst, count = result.violations[0], len(result.violations)
    view = judged_of(worst, result, context, alerts)
    size = f" — {times(view.effect.ratio)}" if view.effect else ""
    since = f"In violation {view.since.text}. " if view.since else ""
    better = " It is better than the baseline, which is as unusual." if is_better(worst, result) else ""
    others = f" {counted(count - 1, 'more check')} in violation." if count > 1 else ""
    return f"{_change(worst, result)}{size}.", f"{since}{status_of(state, context.alert)}{better}{others}"


def _change(finding: Finding, result: ModelQualityResult) -> str:
    """What has become of a metric, in words."""
    metric = metric_of(finding.check)
    value = result.parts[finding.segment].measured[metric].value
    where = f" where {' = '.join(finding.segment)}" if finding.segment else ""
    name, shown_value = f"{metric_name(finding.check)}{where}", shown(metric, value)
    constraint = result.reference.constraints.get(metric)
    if result.compatibility == "SageMaker" and constraint is not None:
        side = "below" if constraint.comparison_operator == "LessThanThreshold" else "above"
        return f"{name} is {shown_value}, {side} the {shown(metric, constraint.threshold)} of constraints.json"
    baseline = compared_with(finding, result)
    if baseline is None:
        return f"{name}: {finding.description}"
    moved = "fell" if value < baseline else "rose"
    return f"{name} {moved} to {shown_value}, from {shown(metric, baseline)} in the baseline"


def _unjudged(result: ModelQualityResult, context: ReportContext, alerts: frozenset[Check]) -> tuple[str, str]:
    needed, metric = result.needed, result.judged_metrics[0]
    standing = f" Still in alert: {still_in_alert(alerts, check_text)}." if alerts else ""
    if not needed.enough:
        head = f"Not judged yet: {share(needed.share)} of the records have a label, {share(needed.least)} are needed."
        known = f"Labels as of {written(result.as_of, context.zone)}. "
        if context.ground_truth is not None and context.ground_truth.recheck is not None:
            again = duration_text(context.ground_truth.recheck)
            known = f"{known}For {again} after they were due it is judged again as more come. "
    else:
        reasons = [finding.description for finding in result.findings if not finding.segment]
        head = f"Not judged: {_in_words(reasons[0])}." if reasons else "Nothing could be judged."
        known = "A longer window collects more rows. "
    estimate = estimate_of(metric, result)
    if estimate is not None:
        told = (
            f"Without labels, {lowered(name_of(metric))} is estimated at {span_text(metric, estimate)}: an estimate, "
            "not a measurement."
        )
    elif result.estimates is not None and not result.trusted:
        told = "The estimate without labels has been wrong too often and is not shown."
    else:
        told = "There is no estimate without labels."
    return head, f"{known}{told}{standing}"


def _in_words(description: str) -> str:
    """A finding's description with its metric in words."""
    metric, colon, rest = description.partition(": ")
    return f"{lowered(name_of(metric))}: {rest}" if colon else description


def _quiet(result: ModelQualityResult) -> tuple[str, str]:
    passed = [finding for finding in result.findings if finding.verdict is Verdict.PASS]
    first = next((finding for finding in passed if not finding.segment), passed[0])
    metric = metric_of(first.check)
    value = result.parts[first.segment].measured[metric].value
    where = f" where {' = '.join(first.segment)}" if first.segment else ""
    baseline = compared_with(first, result)
    then = f", {shown(metric, baseline)} in the baseline" if baseline is not None else ""
    seen = ""
    if first.evidence is not None:
        seen = f" A change of more than {amount(metric, first.evidence.limit)} would have been a violation."
    checks = f" {counted(len(passed), 'check')} passed." if len(passed) > 1 else ""
    undecided = sum(finding.verdict in UNDECIDED for finding in result.findings)
    rest = f" {counted(undecided, 'check')} could not be judged." if undecided else ""
    head = f"{metric_name(first.check)}{where} is {shown(metric, value)}{then}: within its limit."
    return head, f"{_measured(result)}{seen}{checks}{rest}"


def _measured(result: ModelQualityResult) -> str:
    return f"Measured on {result.needed.labelled:,} records with a label."
