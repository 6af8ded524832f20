"""What the page says of model quality: names of metrics, what to do, and how verdicts come about."""

from __future__ import annotations

import math
from functools import partial
from typing import Final

from model_monitor_crds.alert import Check
from model_monitor_crds.ground_truth import GroundTruth
from model_monitor_crds.model_quality import ModelQuality
from model_monitor_crds.monitoringschedule import Alert
from model_monitor_jobs.checks.model_quality.usual import RELATIVE
from model_monitor_jobs.checks.model_quality.words import NAMES, metric_of, shown, spanned
from model_monitor_jobs.reports.html import words
from model_monitor_jobs.reports.html.model import Effect, Span
from model_monitor_jobs.reports.html.words import (
    FAR_BEYOND,
    change_text,
    duration_text,
    false_violations,
    persistence,
    share,
    smallest_change,
)

MINUS: Final = "\N{MINUS SIGN}"
_LABELS = (
    "Look at the labels first: did their source, their definition or the join change? Ground truth, further down, "
    "tells how many came, what was replaced and what could not be read. Compare the time it began with deployments of "
    "the model and of the label pipeline."
)
_DATA = (
    "Look at the data quality monitor of this traffic in the same windows: a column that has drifted or lost its "
    "values is the likely cause."
)
_RETRAIN = (
    "If labels and data are right, what the model has learned no longer holds: retrain it with recent data, and make a "
    "new Baseline of the new model."
)
_BETTER = (
    "The model does better than in the baseline, by more than chance. Check that labels are not made from its own "
    "answers, and that those still missing are not the hard cases.",
    "If it is real, make a new Baseline: a fall back to the old value would go unseen.",
)


def metric_name(check: str) -> str:
    """The metric of a check in words."""
    return name_of(metric_of(check))


def name_of(metric: str) -> str:
    """A metric in words."""
    return NAMES.get(metric, metric.replace("_", " ").capitalize())


def lowered(name: str) -> str:
    """A name within a sentence: names such as F1 or R² keep their capitals."""
    return name if name[1:2].isdigit() or not name[1:2].isalpha() else name[0].lower() + name[1:]


def check_text(check: Check) -> str:
    """A check in words, with its segment."""
    where = f" where {' = '.join(check.segment)}" if check.segment else ""
    return f"{lowered(metric_name(check.type))}{where}"


def span_text(metric: str, span: Span | None) -> str:
    """A value with its interval; empty where there is none."""
    return words.span_text(span, partial(spanned, metric))


def interval_text(metric: str, low: float, high: float) -> str:
    """An interval; empty where it is unknown."""
    return f"{shown(metric, low)} to {shown(metric, high)}" if math.isfinite(low) and math.isfinite(high) else ""


def amount(metric: str, change: float) -> str:
    """How large a change is: in the metric's own unit, or as a share of the baseline's value."""
    return share(change) if metric in RELATIVE else f"{change:.3f}"


def signed(metric: str, change: float) -> str:
    """A change with its sign."""
    size = amount(metric, abs(change))
    if not size.strip("0.% "):
        return size
    return f"{'+' if change > 0 else MINUS}{size}"


def effect_sentence(metric: str, effect: Effect | None) -> str:
    """How large a change is against its limit; empty where nothing was measured."""
    unit = " of the baseline's value" if metric in RELATIVE else ""
    return change_text(effect, partial(amount, metric), unit, "rows with a label")


def steps_for_worse(*, segments: bool) -> tuple[str, ...]:
    """What to do when a metric has become worse; `segments`: whether the page has any."""
    where = (
        "Look at the segments: where only some are worse, follow their source, client or product; where all are, the "
        "model or the labels."
        if segments
        else "Find where it is worse: name columns in spec.columns.segments of Baseline and schedule, and each of "
        "their values is judged apart."
    )
    return _LABELS, where, _DATA, _RETRAIN


def steps_for_better() -> tuple[str, ...]:
    """What to do when a metric has become better."""
    return _BETTER


def steps_for_few_labels(truth: GroundTruth | None) -> tuple[str, ...]:
    """What to do when too few records have a label."""
    steps = [
        "See whether labels are late or lost: Ground truth, further down, says how many were read and how many of them "
        "are of no record of this window. If hardly any fits, they carry other ids than the records."
    ]
    if truth is not None:
        rest = "."
        if truth.recheck is None:
            rest = ", or spec.groundTruth.recheck to have the window judged again when more have."
        delay = f"spec.groundTruth.delay (now {duration_text(truth.delay)})"
        steps.append(f"If they are only late, set {delay} to when most of them have come{rest}")
        steps.append(f"If they are lost, look at what writes {truth.uri}.")
    return tuple(steps)


def steps_for_silenced() -> tuple[str, ...]:
    """What to do when the estimate has been wrong too often."""
    return (
        "Go by measured values only: labels no longer follow from the data as they did in the baseline, which no "
        "estimate can see. Make a new Baseline from recent data with labels, or retrain; or switch it off "
        "(spec.modelQuality.estimate).",
    )


def rule_sentences(settings: ModelQuality, alert: Alert, least: float, *, learned: bool) -> tuple[str, ...]:
    """How the verdicts of a run came about; `least`: the share of records that need a label."""
    if settings.compatibility == "SageMaker":
        return (
            "A metric is in violation when it is beyond the threshold that constraints.json sets for it, as in "
            "SageMaker Model Monitor.",
            "Sampling noise, the baseline's usual variation and the share of records with a label are not taken into "
            "account.",
            persistence(alert),
        )
    floor = smallest_change(settings, learned=learned)
    if learned:
        first = (
            "A metric is in violation when it is further from its value in the baseline, for the worse or for the "
            "better, than sampling noise and the baseline's own windows can explain."
        )
    else:
        first = (
            "The baseline does not tell how much its own windows vary, so only large changes count: a metric is in "
            "violation when it is further from its value in the baseline than sampling noise and a fixed margin. Name "
            "a column of time stamps in the Baseline (spec.columns.timestamp) to learn its usual variation."
        )
    return (
        first,
        f"{false_violations(settings.alpha)}, and changes of less than {floor:g} ({floor * 100:g} % of the baseline's "
        "value for errors, losses, costs and lift) never count.",
        f"Nothing is judged while fewer than {share(least)} of the records have a label, as labels that come early are "
        "no random sample.",
        persistence(alert, FAR_BEYOND),
    )
