"""What the page says of attributions: what to do, and how verdicts come about."""

from __future__ import annotations

from typing import Final

from model_monitor_crds.model_explainability import ModelExplainability
from model_monitor_crds.monitoringschedule import Alert
from model_monitor_jobs.decisions import LEARNED_FLOOR, UNLEARNED_FLOOR
from model_monitor_jobs.reports.html.words import FAR_BEYOND, false_violations, persistence, share
from model_monitor_jobs.sagemaker.attributions import ATTRIBUTION_THRESHOLD

STEPS: Final = (
    "Look at the features whose share has changed most: has their data changed, or what the model makes of them? The "
    "model is the one that answered just now.",
    "A feature that matters far less often comes in another unit, is always the same, or is missing upstream; one that "
    "matters far more may have outgrown the range it was trained on. The data quality monitor of this traffic shows "
    "which.",
    "If the data are as they were, the model has been replaced: compare the time it began with its deployments.",
    "If the new state is meant to be, make a new Baseline; else correct the data, or go back to the earlier model.",
)
"""What to do of violations."""


def rule_sentences(settings: ModelExplainability, alert: Alert, *, learned: bool) -> tuple[str, ...]:
    """How the verdicts of a run came about."""
    if settings.compatibility == "SageMaker":
        return (
            f"Attributions have drifted when their NDCG against the baseline’s is below {ATTRIBUTION_THRESHOLD:g}, as "
            "in SageMaker Model Monitor.",
            "Sampling noise, and changes of size without another order of features, are not taken into account.",
            persistence(alert),
        )
    floor = settings.share_threshold or (LEARNED_FLOOR if learned else UNLEARNED_FLOOR)
    known = (
        "sampling noise and the baseline’s own windows can explain"
        if learned
        else "sampling noise and a fixed margin, as the baseline does not tell how much its own windows vary"
    )
    return (
        "The order of features is in violation when the upper end of its NDCG’s 95 % interval is below "
        f"{settings.threshold:g}: NDCG is 1 where features are in the baseline’s order of importance, and noise can "
        "only lower it.",
        "A feature is in violation when its share of all attribution is further from that in the baseline, in either "
        f"direction, than {known}.",
        f"{false_violations(settings.alpha)}, and changes of less than {share(floor)} of all attribution never count.",
        persistence(alert, FAR_BEYOND),
    )
