"""Which settings hold for a column and a check."""

from __future__ import annotations

from dataclasses import dataclass

from model_monitor_crds.base import CheckType
from model_monitor_crds.data_quality import CompareWith, DataQuality


@dataclass(frozen=True)
class CheckSettings:
    """The settings of one check of one column; `threshold` is None where none was set."""

    enabled: bool
    threshold: float | None
    alpha: float
    compare_with: CompareWith
    named_threshold: float | None = None
    """The threshold of an override that names the check: the only one that is known to be in its unit."""


def settings_of(settings: DataQuality, column: str, check: CheckType) -> CheckSettings:
    """The settings of the schedule with its overrides; of several that fit, the later one holds, field by field."""
    enabled, threshold, named_threshold = True, settings.threshold, None
    alpha, compare_with = settings.alpha, settings.compare_with
    for override in settings.overrides:
        if (override.columns and column not in override.columns) or (override.checks and check not in override.checks):
            continue
        enabled = enabled if override.enabled is None else override.enabled
        alpha = alpha if override.alpha is None else override.alpha
        compare_with = override.compare_with or compare_with
        if override.threshold is not None:
            threshold = override.threshold
            named_threshold = override.threshold if override.checks else named_threshold
    return CheckSettings(enabled, threshold, alpha, compare_with, named_threshold)
