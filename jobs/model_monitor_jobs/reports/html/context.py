"""What a page tells beyond the result itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Final

from model_monitor_crds.bias import ModelBias
from model_monitor_crds.data_quality import DataQuality
from model_monitor_crds.ground_truth import GroundTruth
from model_monitor_crds.model_explainability import ModelExplainability
from model_monitor_crds.model_quality import ModelQuality
from model_monitor_crds.monitoringschedule import Alert
from model_monitor_jobs.decisions import Verdict
from model_monitor_jobs.runs.history import History

VERDICTS: Final = {
    Verdict.PASS: "Pass",
    Verdict.VIOLATION: "Violation",
    Verdict.INSUFFICIENT_DATA: "Too few rows",
    Verdict.TOO_VARIABLE: "Too variable",
}
VERDICT_ORDER: Final = (Verdict.VIOLATION, Verdict.TOO_VARIABLE, Verdict.INSUFFICIENT_DATA, Verdict.PASS)
"""In which checks are listed."""


@dataclass(frozen=True)
class ReportContext:
    """What a page tells beyond the result itself. `zone` is how times are written.

    Of the settings, a page reads those of its monitoring type.
    """

    schedule: str
    model: str = ""
    execution: str = ""
    folder: str = ""
    zone: tzinfo = UTC
    history: History = field(default_factory=History)
    data_quality: DataQuality = field(default_factory=DataQuality)
    model_quality: ModelQuality = field(default_factory=ModelQuality)
    model_bias: ModelBias = field(default_factory=ModelBias)
    model_explainability: ModelExplainability = field(default_factory=ModelExplainability)
    ground_truth: GroundTruth | None = None
    alert: Alert = field(default_factory=Alert)


def written(moment: datetime, zone: tzinfo) -> str:
    """A time for people, without the hour at midnight."""
    local = moment.astimezone(zone)
    return f"{local.day} {local:%B %Y}" + ("" if not (local.hour or local.minute) else f", {local:%H:%M}")
