"""Feature attributions in words."""

from __future__ import annotations

import math
from typing import Final

from model_monitor_jobs.checks.finding import percent

ORDER_CHECK: Final = "feature_attribution_drift_check"
"""Of the order of all features (NDCG); SageMaker's name."""
SHARE_CHECK: Final = "attribution_share_check"
"""Of one feature's share of all attribution."""
CHECKS: Final = {ORDER_CHECK: "order (NDCG)", SHARE_CHECK: "share"}
"""What each check is of, in a word."""


def place_of(feature: str, label: str, labels: int) -> str:
    """What a finding is of: a feature, or all of them where that is empty; of one label among several."""
    if labels == 1:
        return feature
    return f"{feature} ({label})" if feature else label


def shown(value: float) -> str:
    """An NDCG for people."""
    return "undefined" if math.isnan(value) else f"{value:.3f}"


def spanned(value: float, low: float, high: float) -> str:
    """An NDCG with its interval."""
    return shown(value) if math.isnan(low) or math.isnan(high) else f"{shown(value)} ({shown(low)} to {shown(high)})"


def share_text(share: float) -> str:
    """A share of all attribution; what a feature without any effect has by rounding is nothing."""
    return percent(round(share, 6))


def share_spanned(share: float, low: float, high: float) -> str:
    """A share with its interval."""
    return f"{share_text(share)} ({share_text(max(0.0, low))} to {share_text(min(1.0, high))})"
