"""What attributions of a window are compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from model_monitor_jobs.attribution.aggregate import Aggregation
from model_monitor_jobs.attribution.baseline import BaselineAttributions
from model_monitor_jobs.sagemaker.attributions import LabelExplanation


@dataclass(frozen=True)
class AttributionReference:
    """A baseline's analysis.json, by label, and what stands behind it.

    `baseline` is None where the file was adopted; `edited` are labels whose values were changed since it was made, and
    `length` is that of the baseline's windows that are like the judged one, None where there are none.
    """

    explanations: Mapping[str, LabelExplanation]
    aggregation: Aggregation
    baseline: BaselineAttributions | None = None
    edited: frozenset[str] = frozenset()
    length: timedelta | None = None
