"""Settings of the data quality monitor."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from model_monitor_crds.base import Model


class DataQuality(Model):
    """How windows are compared with the baseline."""

    compatibility: Literal["Default", "SageMaker"] = "Default"
    """Default judges change against a threshold and sampling noise; it does not know yet how much the baseline's own
    windows vary. SageMaker applies the thresholds of constraints.json as SageMaker Model Monitor does."""
    threshold: Annotated[float, Field(gt=0, lt=1)] = 0.1
    """Smallest change that counts, as a share of rows (0 to 1); sampling noise is added to it. Only for Default."""
    alpha: Annotated[float, Field(gt=0, le=0.2)] = 0.01
    """Chance that a run without any change has some violation, shared among columns and checks. Only for Default."""
