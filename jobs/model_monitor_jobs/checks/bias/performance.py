"""The metrics of performance that Clarify's reports have, of all rows or of one side of a facet."""

from __future__ import annotations

from typing import Final

from model_monitor_jobs.checks.bias.quotients import quotient
from model_monitor_jobs.profiles.bias.problem import NEGATIVE, POSITIVE
from model_monitor_jobs.profiles.grouped_arrays import Counts
from model_monitor_jobs.profiles.performance.counts import Doubles

DESCRIPTIONS: Final = {
    "Accuracy": "Proportion of inputs assigned the correct predicted label by the model.",
    "Proportion of Positive Predictions in Labels": "Proportion of input assigned in positive predicted label.",
    "Proportion of Negative Predictions in Labels": "Proportion of input assigned the negative predicted label.",
    "True Positive Rate / Recall": (
        "Proportion of inputs with positive observed label correctly assigned the positive predicted label."
    ),
    "True Negative Rate / Specificity": (
        "Proportion of inputs with negative observed label correctly assigned the negative predicted label."
    ),
    "Acceptance Rate / Precision": (
        "Proportion of inputs with positive predicted label that actually have a positive observed label."
    ),
    "Rejection Rate": (
        "Proportion of inputs with negative predicted label that actually have a negative observed label."
    ),
    "Conditional Acceptance": "Ratio between the positive observed labels and positive predicted labels.",
    "Conditional Rejection": "Ratio between the negative observed labels and negative predicted labels.",
    "F1 Score": "Harmonic mean of precision and recall.",
}
"""Each metric, in Clarify's order and words."""


def performance(confusion: Counts) -> dict[str, Doubles]:
    """Every metric of tables (..., 2, 2) of label and prediction; 0/0 is 0, and what else is divided by 0 infinite.

    Of all rows take the sum of both sides: `Outcomes.confusion.sum(axis=-3)`.
    """
    observed, answered = confusion.sum(axis=-1), confusion.sum(axis=-2)
    rows = observed.sum(axis=-1)
    hits, rejections = confusion[..., POSITIVE, POSITIVE], confusion[..., NEGATIVE, NEGATIVE]
    recall, precision = quotient(hits, observed[..., POSITIVE]), quotient(hits, answered[..., POSITIVE])
    made = (
        quotient(hits + rejections, rows),
        quotient(answered[..., POSITIVE], rows),
        quotient(answered[..., NEGATIVE], rows),
        recall,
        quotient(rejections, observed[..., NEGATIVE]),
        precision,
        quotient(rejections, answered[..., NEGATIVE]),
        quotient(observed[..., POSITIVE], answered[..., POSITIVE]),
        quotient(observed[..., NEGATIVE], answered[..., NEGATIVE]),
        2 * quotient(precision * recall, precision + recall),
    )
    return dict(zip(DESCRIPTIONS, made, strict=True))
