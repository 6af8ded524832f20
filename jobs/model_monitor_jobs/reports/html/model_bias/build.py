"""From a bias run's result to what its page shows."""

from __future__ import annotations

import math
from typing import Final

from model_monitor_crds.alert import Check
from model_monitor_jobs.checks.bias.measured import MeasuredBias
from model_monitor_jobs.checks.bias.words import NAMES, check_of, metric_of, shown, spanned
from model_monitor_jobs.checks.finding import Finding
from model_monitor_jobs.decisions import Verdict
from model_monitor_jobs.reports.html.answer import (
    checks_in_alert,
    effect_of,
    ends_when,
    since_of,
    state_of,
    status_of,
    still_in_alert,
    window_text,
)
from model_monitor_jobs.reports.html.context import VERDICTS, ReportContext
from model_monitor_jobs.reports.html.model import Effect, Fact, State, Step
from model_monitor_jobs.reports.html.model_bias.model import BiasCheck, BiasRow, FacetPart, ModelBiasReport
from model_monitor_jobs.reports.html.model_bias.rates import rates_of
from model_monitor_jobs.reports.html.model_bias.words import MEANINGS, STEPS, rule_sentences
from model_monitor_jobs.reports.html.model_quality.model import Span
from model_monitor_jobs.reports.html.model_quality.truth import FollowedMetric, truth_of
from model_monitor_jobs.reports.html.run import alert_fact, reading_facts, unreadable_of
from model_monitor_jobs.reports.html.words import counted, cut, times
from model_monitor_jobs.runs.history import metric_key
from model_monitor_jobs.runs.model_bias_result import ModelBiasResult

_ORDER: Final = (Verdict.VIOLATION, Verdict.TOO_VARIABLE, Verdict.INSUFFICIENT_DATA, Verdict.PASS)
_LONGEST: Final = 160


def report_of(result: ModelBiasResult, context: ReportContext) -> ModelBiasReport:
    """Everything that the page shows of a result."""
    alerts = checks_in_alert(result.findings, context)
    state = state_of(result, alerts)
    headline, detail = _answer(state, result, context, alerts)
    learned = any(finding.evidence.learned for finding in result.findings if finding.evidence)
    told = frozenset(result.on_labels)
    found = sorted(result.findings, key=lambda finding: (_ORDER.index(finding.verdict), -finding.severity[1]))
    return ModelBiasReport(
        title=context.schedule,
        model=context.model,
        state=state,
        headline=headline,
        detail=detail,
        window=window_text(result, context.zone),
        facts=_facts(result),
        steps=tuple(map(Step, STEPS)) if result.violations else (),
        notes=tuple(note for note in result.notes if note not in told),
        unreadable=unreadable_of(result.report),
        run=_run_facts(result, context),
        rule=rule_sentences(
            context.model_bias, context.alert, result.needed.least, learned=learned, labelled=result.labelled
        ),
        checks=tuple(_check(finding, result, context, alerts) for finding in found),
        facets=tuple(_facet(place, result) for place in range(len(result.facets))),
        truth=truth_of(result, context, _followed(result)) if result.labelled else None,
    )


def _answer(state: State, result: ModelBiasResult, context: ReportContext, alerts: frozenset[Check]) -> tuple[str, str]:
    """The headline, and the sentence below it."""
    if violations := result.violations:
        worst = violations[0]
        more = f" {counted(len(violations), 'check')} are in violation." if len(violations) > 1 else ""
        size = f" The change is {times(worst.evidence.ratio)}." if worst.evidence is not None else ""
        head = f"The model or its data treat {worst.column} differently from the baseline."
        return head, f"{result.explained(worst)}.{size}{more} {status_of(state, context.alert)}"
    if state is State.ALERT:
        names = still_in_alert(alerts, lambda check: f"{metric_of(check.type)} of {check.column}")
        return "No violation in this window, but still in alert.", f"{names}. {ends_when(context.alert)}"
    if not result.judged:
        reasons = [finding.description for finding in result.findings]
        return "Bias could not be judged in this window.", f"{reasons[0]}." if reasons else ""
    passed = [finding for finding in result.findings if finding.verdict is Verdict.PASS]
    undecided = len(result.findings) - len(passed)
    rest = f" {counted(undecided, 'check')} could not be judged." if undecided else ""
    what = "the allowed range" if context.model_bias.allowed_ranges else "the baseline"
    return f"No group is treated differently from {what}.", f"{passed[0].description}.{rest}"


def _facts(result: ModelBiasResult) -> tuple[Fact, ...]:
    facts = [Fact("Records", f"{result.rows:,}")]
    if result.labelled:
        facts.append(Fact("With a label", f"{result.needed.labelled:,}"))
    for place, facet in enumerate(result.facets[:2]):
        for name in result.judged_metrics[:2]:
            metric = result.measured[place][name]
            facts.append(Fact(f"{name} of {facet}", shown(metric.value)))
    return tuple(facts)


def _run_facts(result: ModelBiasResult, context: ReportContext) -> tuple[Fact, ...]:
    settings = context.model_bias
    facts = [Fact("Positive labels", result.profile.label_text), Fact("Groups", ", ".join(result.facets))]
    if result.reference.problem.stratified_by is not None:
        facts.append(Fact("Conditioned on", result.reference.problem.stratified_by))
    facts.append(Fact("Rule", result.compatibility))
    if result.compatibility == "Default":
        facts.append(Fact("Judged", ", ".join(result.judged_metrics)))
        facts.append(Fact("Smallest change that counts", f"{settings.threshold:g}" if settings.threshold else ""))
        facts.append(Fact("Chance of a false violation in a run", f"{settings.alpha:g}"))
        facts.append(Fact("Compared with", settings.compare_with))
    facts.append(alert_fact(context.alert))
    return (*reading_facts(result, context, "metric"), *(fact for fact in facts if fact.value))


def _followed(result: ModelBiasResult) -> FollowedMetric:
    """The first judged metric of the first facet."""
    facet, name = result.facets[0], result.judged_metrics[0]
    verdicts = {(found.column, found.check): VERDICTS[found.verdict] for found in result.findings}
    check = check_of(name)
    return FollowedMetric(
        metric_key(name, facet), f"{name} of {facet}", f"{facet} {check}", _span_text, verdicts.get((facet, check), "")
    )


def _span_text(span: Span | None) -> str:
    if span is None:
        return ""
    low, high = (math.nan if end is None else end for end in (span.low, span.high))
    return spanned(span.value, low, high)


def _check(finding: Finding, result: ModelBiasResult, context: ReportContext, alerts: frozenset[Check]) -> BiasCheck:
    name, effect = metric_of(finding.check), effect_of(finding.evidence)
    return BiasCheck(
        facet=finding.column,
        metric=NAMES.get(name, name),
        key=name,
        observed=cut(finding.observed, _LONGEST),
        expected=cut(finding.expected, _LONGEST),
        verdict=VERDICTS[finding.verdict],
        sentence=_sentence(effect) or finding.description,
        violated=finding.violated,
        in_alert=finding.key in alerts,
        effect=effect,
        since=since_of(finding, result, context) if finding.violated else None,
    )


def _sentence(effect: Effect | None) -> str:
    if effect is None:
        return ""
    usual = f", usual {effect.typical:.3f}" if effect.typical is not None else ""
    return (
        f"Change {effect.difference:.3f} ({effect.low:.3f} to {effect.high:.3f}), limit {effect.limit:.3f}{usual}: "
        f"{times(effect.ratio)}"
    )


def _facet(place: int, result: ModelBiasResult) -> FacetPart:
    facet, metrics = result.facets[place], result.measured[place]
    verdicts = {
        metric_of(finding.check): VERDICTS[finding.verdict] for finding in result.findings if finding.column == facet
    }
    order = [*(name for name in metrics if name in verdicts), *(name for name in metrics if name not in verdicts)]
    rows = tuple(_row(metrics[name], result.reference.value(place, name), verdicts.get(name, "")) for name in order)
    others = f"not {facet}"
    missing = int(result.profile.counts.missing.sum(axis=0)[place])
    counts = f" {counted(missing, 'row')} without a value are among the others." if missing else ""
    return FacetPart(facet, others, f"The group {facet} beside all other rows.{counts}", rates_of(result, place), rows)


def _row(metric: MeasuredBias, baseline: float, verdict: str) -> BiasRow:
    known = metric.defined and not (math.isnan(metric.low) or math.isnan(metric.high))
    meaning = MEANINGS.get(metric.name, "")
    return BiasRow(
        name=NAMES.get(metric.name, metric.name),
        key=metric.name,
        value=shown(metric.value),
        interval=f"{shown(metric.low)} to {shown(metric.high)}" if known else "",
        baseline="" if math.isnan(baseline) else shown(baseline),
        rows=f"{metric.count:,}",
        verdict=verdict,
        remark=cut(metric.error or metric.reason or meaning, _LONGEST),
    )
