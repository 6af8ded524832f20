"""From a model quality run's result to what its page shows."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from model_monitor_jobs.profiles.performance.profile import PerformanceProfile
from model_monitor_jobs.reports.html.answer import checks_in_alert, state_of
from model_monitor_jobs.reports.html.checks import any_learned
from model_monitor_jobs.reports.html.context import ReportContext
from model_monitor_jobs.reports.html.model import Fact, Step
from model_monitor_jobs.reports.html.model_quality.answer import answer_of, headline_facts, is_better
from model_monitor_jobs.reports.html.model_quality.confusion import confusion_of
from model_monitor_jobs.reports.html.model_quality.curves import calibration_of, curves_of
from model_monitor_jobs.reports.html.model_quality.errors import errors_of
from model_monitor_jobs.reports.html.model_quality.judged import (
    MOST_SEGMENTS,
    findings_of_all_rows,
    judged_of,
    metric_rows,
    segment_rows,
    verdict_of,
)
from model_monitor_jobs.reports.html.model_quality.model import ModelQualityReport
from model_monitor_jobs.reports.html.model_quality.timelines import timelines
from model_monitor_jobs.reports.html.model_quality.trial import trial_of
from model_monitor_jobs.reports.html.model_quality.words import (
    check_text,
    name_of,
    rule_sentences,
    span_text,
    steps_for_better,
    steps_for_few_labels,
    steps_for_silenced,
    steps_for_worse,
)
from model_monitor_jobs.reports.html.run import frame_of, rule_facts, run_facts
from model_monitor_jobs.reports.html.truth import FollowedMetric, truth_of
from model_monitor_jobs.reports.html.words import label
from model_monitor_jobs.runs.model_quality_result import ModelQualityResult

MOST_VIOLATED: Final = 30


def report_of(result: ModelQualityResult, context: ReportContext) -> ModelQualityReport:
    """Everything that the page shows of a result."""
    alerts = checks_in_alert(result.findings, context)
    state = state_of(result, alerts)
    window, baseline = result.everything.profile, _baseline_profile(result)
    segments = segment_rows(result, context, alerts)
    violations = result.violations
    learned = _learned(result)
    return ModelQualityReport(
        **frame_of(result, context, state, answer_of(state, result, context, alerts), result.on_labels),
        facts=headline_facts(result, context),
        steps=tuple(_steps(result, context)),
        run=_facts_of_run(result, context),
        rule=rule_sentences(context.model_quality, context.alert, result.needed.least, learned=learned),
        violated=tuple(judged_of(found, result, context, alerts) for found in violations[:MOST_VIOLATED]),
        violated_total=len(violations),
        timelines=timelines(result, context),
        trial=trial_of(result, context),
        metrics=metric_rows(result),
        segments=segments[:MOST_SEGMENTS],
        segments_total=len(segments),
        confusion=confusion_of(window, baseline),
        curves=curves_of(window, baseline),
        calibration=calibration_of(window, baseline),
        errors=errors_of(window, baseline),
        truth=truth_of(result, context, _followed(result)),
    )


def _followed(result: ModelQualityResult) -> FollowedMetric:
    metric = result.judged_metrics[0]
    finding = findings_of_all_rows(result).get(metric)
    verdict = verdict_of(finding, result) if finding is not None else ""
    return FollowedMetric(metric, name_of(metric), f"{metric}_check", partial(span_text, metric), verdict)


def _facts_of_run(result: ModelQualityResult, context: ReportContext) -> tuple[Fact, ...]:
    problem = result.reference.problem
    kind = {
        "BinaryClassification": "Binary classification",
        "MulticlassClassification": "Multiclass classification",
        "Regression": "Regression",
    }[problem.type]
    facts = [Fact("Problem", kind)]
    if problem.type == "BinaryClassification" and problem.classes:
        facts.append(Fact("Positive label", label(problem.classes[1])))
    judged = [name_of(metric) for metric in result.judged_metrics]
    return run_facts(result, context, [*facts, *rule_facts(context.model_quality, judged)])


def _learned(result: ModelQualityResult) -> bool:
    """Whether limits know, or would know, how much the baseline's own windows vary."""
    if any(finding.evidence for finding in result.findings):
        return any_learned(result.findings)
    baseline = result.reference.baseline
    return baseline is not None and bool(baseline.windows)


def _baseline_profile(result: ModelQualityResult) -> PerformanceProfile | None:
    baseline = result.reference.baseline
    return baseline.everything if baseline is not None else None


def _steps(result: ModelQualityResult, context: ReportContext) -> Iterator[Step]:
    """What to do: of violations each step once, with the checks that it is for where they differ."""
    places: dict[str, dict[str, None]] = {}
    segments = any(result.parts) or any(finding.segment for finding in result.findings)
    for finding in result.violations:
        better = is_better(finding, result)
        name = check_text(finding.key)
        for text in steps_for_better() if better else steps_for_worse(segments=segments):
            places.setdefault(text, {})[name] = None
    alike = len({tuple(names) for names in places.values()}) == 1
    yield from (Step(text, () if alike else tuple(names)) for text, names in places.items())
    if not result.needed.enough and result.compatibility == "Default":
        yield from map(Step, steps_for_few_labels(context.ground_truth))
    if result.estimates is not None and not result.trusted:
        yield from map(Step, steps_for_silenced())
