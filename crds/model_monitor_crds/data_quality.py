"""Settings of the data quality monitor."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from model_monitor_crds.base import CheckType, ColumnName, Model

CompareWith = Literal["Auto", "All", "HourOfDay", "DayOfWeek", "HourOfWeek"]
Alpha = Annotated[float, Field(gt=0, le=0.2)]


class DataQualityOverride(Model):
    """Other settings for some columns and checks."""

    columns: Annotated[
        list[ColumnName], Field(max_length=200, json_schema_extra={"x-kubernetes-list-type": "set"})
    ] = []
    """Columns that these settings are for. Left out: all."""
    checks: Annotated[list[CheckType], Field(max_length=20, json_schema_extra={"x-kubernetes-list-type": "set"})] = []
    """Checks that these settings are for. Left out: all of those columns that are judged anyway."""
    enabled: bool | None = None
    """Whether they are judged at all. Left out: as other overrides say, else true."""
    threshold: Annotated[float, Field(gt=0)] | None = None
    """Smallest change that counts, in the unit of the check: a share of rows (0 to 1) for most. The distances that are
    only reported otherwise (docs/data-quality.md lists them) are judged once they are named with a threshold."""
    alpha: Alpha | None = None
    """Chance of a false violation, as in `dataQuality.alpha`."""
    compare_with: CompareWith | None = None
    """Which of the baseline's windows a window is compared with, as in `dataQuality.compareWith`."""


class DataQuality(Model):
    """How windows are compared with the baseline."""

    compatibility: Literal["Default", "SageMaker"] = "Default"
    """Default judges change against sampling noise and the usual variation of the baseline's own windows. SageMaker
    applies the thresholds of constraints.json as SageMaker Model Monitor does."""
    threshold: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Smallest change that counts, as a share of rows (0 to 1). Default: 0.02 where the baseline's usual variation is
    known, else 0.1, to which sampling noise is added. Only for Default."""
    alpha: Alpha = 0.01
    """Chance that a run without any change has some violation, shared among columns and checks. Only for Default."""
    compare_with: CompareWith = "Auto"
    """Which of the baseline's windows a window is compared with: All, or those of the same HourOfDay, DayOfWeek or
    HourOfWeek. Auto: HourOfDay for windows under 12 hours where the baseline has at least 7 of each hour, else All.
    Only for Default."""
    overrides: Annotated[
        list[DataQualityOverride], Field(max_length=50, json_schema_extra={"x-kubernetes-list-type": "atomic"})
    ] = []
    """Other settings for some columns and checks; of several that fit, the later one holds. Only for Default."""
