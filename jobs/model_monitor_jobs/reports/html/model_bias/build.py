"""From a bias run's result to what its page shows."""

from __future__ import annotations

import math
from functools import partial

from model_monitor_crds.alert import Check
from model_monitor_jobs.checks.bias.measured import MeasuredBias
from model_monitor_jobs.checks.bias.metrics import NEED_STRATA
from model_monitor_jobs.checks.bias.words import NAMES, check_of, metric_of, shown, spanned
from model_monitor_jobs.checks.finding import Finding
from model_monitor_jobs.decisions import Verdict
from model_monitor_jobs.reports.html.answer import (
    checks_in_alert,
    ends_when,
    state_of,
    status_of,
    still_in_alert,
)
from model_monitor_jobs.reports.html.checks import LONGEST, any_learned, named_checks
from model_monitor_jobs.reports.html.context import VERDICTS, ReportContext
from model_monitor_jobs.reports.html.model import Fact, State, Step
from model_monitor_jobs.reports.html.model_bias.model import BiasRow, FacetPart, ModelBiasReport
from model_monitor_jobs.reports.html.model_bias.rates import drawn_rates, plain_sentence, rates_of
from model_monitor_jobs.reports.html.model_bias.timelines import timelines
from model_monitor_jobs.reports.html.model_bias.words import MEANINGS, STEPS, rule_sentences
from model_monitor_jobs.reports.html.run import frame_of, rule_facts, run_facts
from model_monitor_jobs.reports.html.truth import FollowedMetric, truth_of
from model_monitor_jobs.reports.html.words import counted, cut, span_text, times
from model_monitor_jobs.runs.history import metric_key
from model_monitor_jobs.runs.model_bias_result import ModelBiasResult


def report_of(result: ModelBiasResult, context: ReportContext) -> ModelBiasReport:
    """Everything that the page shows of a result."""
    alerts = checks_in_alert(result.findings, context)
    state = state_of(result, alerts)
    learned = any_learned(result.findings)
    return ModelBiasReport(
        **frame_of(result, context, state, _answer(state, result, context, alerts), result.on_labels),
        facts=_facts(result),
        steps=tuple(map(Step, STEPS)) if result.violations else (),
        run=_facts_of_run(result, context),
        rule=rule_sentences(
            context.model_bias, context.alert, result.needed.least, learned=learned, labelled=result.labelled
        ),
        checks=named_checks(result, context, alerts, _name_of),
        timelines=timelines(result, context),
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
        told = f"{_plain(worst, result)}{result.explained(worst)}.{size}{more} {status_of(state, context.alert)}"
        return head, told
    if state is State.ALERT:
        names = still_in_alert(alerts, lambda check: f"{metric_of(check.type)} of {check.column}")
        return "No violation in this window, but still in alert.", f"{names}. {ends_when(context.alert)}"
    if not result.judged:
        reasons = [finding.description for finding in result.findings]
        return "Bias could not be judged in this window.", f"{reasons[0]}." if reasons else ""
    passed = [finding for finding in result.findings if finding.verdict is Verdict.PASS]
    undecided = len(result.findings) - len(passed)
    rest = f" {counted(undecided, 'check')} could not be judged." if undecided else ""
    ranges = {allowed.metric for allowed in context.model_bias.allowed_ranges}
    head = "No group is treated differently from the baseline."
    if ranges.issuperset(result.judged_metrics):
        head = "Groups are treated as equally as is allowed."
    return head, f"{_plain(passed[0], result)}{passed[0].description}.{rest}"


def _plain(finding: Finding, result: ModelBiasResult) -> str:
    """The finding for who knows no metrics, in front of other sentences."""
    said = plain_sentence(result, result.facets.index(finding.column), metric_of(finding.check))
    return f"{said} " if said else ""


def _facts(result: ModelBiasResult) -> tuple[Fact, ...]:
    facts = [Fact("Records", f"{result.rows:,}")]
    if result.labelled:
        facts.append(Fact("With a label", f"{result.needed.labelled:,}"))
    for place, facet in enumerate(result.facets[:2]):
        for name in result.judged_metrics[:2]:
            metric = result.measured[place][name]
            facts.append(Fact(f"{name} of {facet}", shown(metric.value)))
    return tuple(facts)


def _facts_of_run(result: ModelBiasResult, context: ReportContext) -> tuple[Fact, ...]:
    facts = [Fact("Positive labels", result.profile.label_text), Fact("Groups", ", ".join(result.facets))]
    if result.reference.problem.stratified_by is not None:
        facts.append(Fact("Conditioned on", result.reference.problem.stratified_by))
    return run_facts(result, context, [*facts, *rule_facts(context.model_bias, result.judged_metrics)])


def _followed(result: ModelBiasResult) -> FollowedMetric:
    """The first judged metric of the first facet."""
    facet, name = result.facets[0], result.judged_metrics[0]
    verdicts = {(found.column, found.check): VERDICTS[found.verdict] for found in result.findings}
    check = check_of(name)
    verdict = verdicts.get((facet, check), "")
    text = partial(span_text, spanned=spanned)
    return FollowedMetric(metric_key(name, facet), f"{name} of {facet}", f"{facet} {check}", text, verdict)


def _name_of(finding: Finding) -> tuple[str, str]:
    name = metric_of(finding.check)
    return f"{name} of {finding.column}", NAMES.get(name, name)


def _facet(place: int, result: ModelBiasResult) -> FacetPart:
    facet, metrics = result.facets[place], result.measured[place]
    verdicts = {
        metric_of(finding.check): VERDICTS[finding.verdict] for finding in result.findings if finding.column == facet
    }
    told = [name for name in metrics if name not in NEED_STRATA or result.reference.problem.stratified_by is not None]
    order = [*(name for name in told if name in verdicts), *(name for name in told if name not in verdicts)]
    rows = tuple(_row(metrics[name], result.reference.value(place, name), verdicts.get(name, "")) for name in order)
    others = f"not {facet}"
    missing = int(result.profile.counts.missing.sum(axis=0)[place])
    counts = f" {counted(missing, 'row')} without a value are among the others." if missing else ""
    said = " ".join(filter(None, (plain_sentence(result, place, name) for name in ("DPPL", "DPL"))))
    sentence = f"{said or f'The group {facet} beside all other rows.'}{counts}"
    return FacetPart(facet, others, sentence, drawn_rates(result, place), rates_of(result, place), rows)


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
        remark=cut(metric.error or metric.reason or meaning, LONGEST),
    )
