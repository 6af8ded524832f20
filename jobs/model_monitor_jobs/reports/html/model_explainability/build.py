"""From an explainability run's result to what its page shows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

from model_monitor_crds.alert import Check
from model_monitor_jobs.attribution.drift import ShareChange
from model_monitor_jobs.attribution.partial_dependence import PartialDependence
from model_monitor_jobs.checks.explainability.words import ORDER_CHECK, SHARE_CHECK, place_of, share_text, shown
from model_monitor_jobs.checks.finding import Finding
from model_monitor_jobs.decisions import Verdict
from model_monitor_jobs.reports.html.answer import (
    checks_in_alert,
    ends_when,
    state_of,
    status_of,
    still_in_alert,
)
from model_monitor_jobs.reports.html.checks import any_learned, named_checks
from model_monitor_jobs.reports.html.context import VERDICTS, ReportContext
from model_monitor_jobs.reports.html.model import Fact, State, Step
from model_monitor_jobs.reports.html.model_explainability.model import (
    Dependence,
    DependenceLine,
    FeatureRow,
    FeatureShare,
    FeatureShares,
    LabelPart,
    ModelExplainabilityReport,
)
from model_monitor_jobs.reports.html.model_explainability.words import STEPS, rule_sentences
from model_monitor_jobs.reports.html.run import frame_of, run_facts
from model_monitor_jobs.reports.html.words import counted, times
from model_monitor_jobs.runs.model_explainability_result import ModelExplainabilityResult

MOST_DRAWN: Final = 12
MOST_VALUES: Final = 8
"""Categories whose names stand side by side."""
MOST_LISTED: Final = 200


def report_of(result: ModelExplainabilityResult, context: ReportContext) -> ModelExplainabilityReport:
    """Everything that the page shows of a result."""
    alerts = checks_in_alert(result.findings, context)
    state = state_of(result, alerts)
    return ModelExplainabilityReport(
        **frame_of(result, context, state, _answer(state, result, context, alerts)),
        facts=_facts(result),
        steps=tuple(map(Step, STEPS)) if result.violations else (),
        run=_facts_of_run(result, context),
        rule=rule_sentences(context.model_explainability, context.alert, learned=any_learned(result.findings)),
        checks=named_checks(result, context, alerts, _name_of),
        labels=tuple(_label(label, result) for label in result.measured),
        dependence=tuple(_dependence(result)),
    )


def _name_of(finding: Finding) -> tuple[str, str]:
    if finding.check == SHARE_CHECK:
        return finding.column, "share of attribution"
    return finding.column or "All features", "their order (NDCG)"


def _answer(
    state: State, result: ModelExplainabilityResult, context: ReportContext, alerts: frozenset[Check]
) -> tuple[str, str]:
    """The headline, and the sentence below it."""
    if violations := result.violations:
        worst = violations[0]
        more = f" {counted(len(violations), 'check')} are in violation." if len(violations) > 1 else ""
        size = f" The change is {times(worst.evidence.ratio)}." if worst.evidence is not None else ""
        found = worst.description
        # Elsewhere the name of a feature comes first, which is left as it is.
        found = found[0].upper() + found[1:] if worst.check == ORDER_CHECK else found
        detail = f"{found}.{size}{more} {status_of(state, context.alert)}"
        ordered = any(finding.check == ORDER_CHECK for finding in violations)
        if not result.attributions.local.any():
            return "No feature moves the answers of the model any more.", detail
        if ordered:
            return "Other features drive the model than in the baseline.", detail
        return "Features drive the model more, or less, than in the baseline.", detail
    if state is State.ALERT:
        names = still_in_alert(alerts, lambda check: check.column or "order of features")
        return "No violation in this window, but still in alert.", f"{names}. {ends_when(context.alert)}"
    if not result.judged:
        reasons = [finding.description for finding in result.findings]
        return "Attributions could not be judged in this window.", f"{reasons[0]}." if reasons else ""
    undecided = sum(finding.verdict is not Verdict.PASS for finding in result.findings)
    rest = f" {counted(undecided, 'check')} could not be judged." if undecided else ""
    return "The same features drive the model as in the baseline.", f"Most: {result.leading}.{rest}"


def _facts(result: ModelExplainabilityResult) -> tuple[Fact, ...]:
    own = next(iter(result.measured.values()))
    return (
        Fact("Records", f"{result.rows:,}"),
        Fact("Explained", f"{own.rows:,}"),
        Fact("NDCG", shown(own.drift.ndcg)),
    )


def _facts_of_run(result: ModelExplainabilityResult, context: ReportContext) -> tuple[Fact, ...]:
    settings, problem = context.model_explainability, result.problem
    model, shap = problem.model, problem.shap
    exact = model.estimator is not None
    facts = [
        Fact("Model", model.url or model.callable or model.estimator or ""),
        Fact("Protocol", (model.protocol or "CSV") if model.url else ""),
        Fact("Method", "exact Shapley values" if exact else "Kernel SHAP"),
        Fact("Coalitions asked for", "" if exact else f"{shap.samples:,}"),
        Fact("Background", counted(result.background.rows.num_rows, "row")),
        Fact("Explained are", "log odds" if shap.use_logit else "answers"),
        Fact("Aggregation", shap.aggregation),
        Fact("Rule", result.compatibility),
    ]
    if result.compatibility == "Default":
        facts.append(Fact("Lowest NDCG", f"{settings.threshold:g}"))
        facts.append(Fact("Chance of a false violation in a run", f"{settings.alpha:g}"))
        facts.append(Fact("Compared with", settings.compare_with))
    return run_facts(result, context, facts, judged="feature")


def _label(label: str, result: ModelExplainabilityResult) -> LabelPart:
    own, known = result.measured[label], result.reference.explanations[label]
    verdicts = {
        finding.column: VERDICTS[finding.verdict] for finding in result.findings if finding.check == SHARE_CHECK
    }
    ordered = sorted(own.drift.shares, key=lambda each: (-max(each.current, each.baseline), each.feature))
    values = own.explanation.global_shap_values
    rows = tuple(
        FeatureRow(
            name=each.feature,
            share=share_text(each.current),
            baseline_share=share_text(each.baseline),
            change=f"{_signed(each.change)} ({_signed(each.low)} to {_signed(each.high)})",
            value=f"{values[each.feature]:.4g}",
            baseline_value=f"{known.global_shap_values[each.feature]:.4g}",
            verdict=verdicts.get(place_of(each.feature, label, len(result.measured)), ""),
        )
        for each in ordered[:MOST_LISTED]
    )
    drawn = FeatureShares(tuple(map(_drawn, ordered[:MOST_DRAWN])))
    mean, before = (f"{each.expected_value:.4g}".replace("-", "−") for each in (own, known))
    as_before = "as in the baseline" if before == mean else f"{before} in the baseline"
    sentence = (
        "A share is a feature’s part of what moves answers away from the background’s mean answer, which is "
        f"{mean} ({as_before})."
    )
    return LabelPart(label if len(result.measured) > 1 else "", sentence, drawn, rows)


def _drawn(each: ShareChange) -> FeatureShare:
    low, high = max(0.0, each.baseline + each.low), min(1.0, each.baseline + each.high)
    return FeatureShare(each.feature, each.current, low, high, each.baseline)


def _signed(change: float) -> str:
    """A change of a share, in points."""
    rounded = round(change, 6)
    return f"{'+' if rounded > 0 else '−' if rounded < 0 else ''}{share_text(abs(change)).removesuffix(' %')}"


def _dependence(result: ModelExplainabilityResult) -> Iterator[Dependence]:
    baseline = result.reference.baseline
    before = {each.feature: each for each in baseline.dependence} if baseline is not None else {}
    for own in result.dependence:
        for label in result.measured:
            then = before.get(own.feature)
            known = baseline.labels.index(label) if baseline is not None and label in baseline.labels else None
            names = _names(own, then) if not own.numeric else ()
            yield Dependence(
                own.feature,
                label if len(result.measured) > 1 else "",
                _line(own, result.labels.index(label), names),
                _line(then, known, names)
                if then is not None and known is not None and then.numeric == own.numeric
                else None,
                names,
            )


def _names(own: PartialDependence, then: PartialDependence | None) -> tuple[str, ...]:
    values = dict.fromkeys([*own.values, *(then.values if then is not None and not then.numeric else ())])
    return tuple(str(value) for value in values)[:MOST_VALUES]


def _line(each: PartialDependence, output: int, names: tuple[str, ...]) -> DependenceLine:
    places: Mapping[Any, float] = {name: float(place) for place, name in enumerate(names)}
    known = [
        (places[str(value)] if names else float(value), float(answer), rows)
        for value, answer, rows in zip(each.values, each.answers[output], each.shares, strict=True)
        if not names or str(value) in places
    ]
    known = [point for point in known if all(map(math.isfinite, point))]
    return DependenceLine(*(tuple(column) for column in zip(*known, strict=True)))
